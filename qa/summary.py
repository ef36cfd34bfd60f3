"""Documents → their most central sentences: an overview in their own words.

Sentences are chosen to cover the documents: greedily, each time the one that brings most of the
passages nearest to a chosen sentence (facility location, Lin and Bilmes 2011, "A Class of
Submodular Functions for Document Summarization"). So the first is the most central of all, and
none says again what another says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from embeddings.encoder import Encoder
from embeddings.passages import Passage
from embeddings.runtime import Floats
from embeddings.sentences import Span
from embeddings.store import Store
from qa.read import Extract
from qa.retrieve import Hit
from qa.within import EVERYTHING, Filter

SENTENCES = 5
MAX_PASSAGES = 2000
"""Of more passages, so many evenly spread ones stand for all."""
PASSAGES_READ = 12
"""The sentences of so many passages are embedded and compared."""
MIN_WORDS, MAX_WORDS = 6, 60

_ALL = (
    r"(?:this|these|it all|all (?:of )?(?:this|these)|everything|(?:(?:all|all the|all of the|the|"
    r"this|these|my|our|your) )(?:whole |entire )?(?:documents?|files?|folders?|texts?|articles?|"
    r"papers?|reports?|pages?|books?|stor(?:y|ies)|collection|contents?|library))(?: here)?"
)
_SUMMARY = r"(?:(?:short|brief|quick|general) )?(?:summary|overview|recap|outline|gist)"
_POINTS = (
    r"(?:main|key|most important|central) (?:points?|ideas?|facts?|topics?|subjects?|takeaways?|"
    r"messages?|findings?|themes?)"
)
_OVERVIEW = re.compile(
    r"(?:please |(?:can|could|would|will) you (?:please )?|i(?: would|'d) like )*(?:"
    rf"(?:tell me )?what(?:'s| is| are)? {_ALL}(?: is| are)?(?: all)? about"
    rf"|what(?:'s| is) in {_ALL}"
    rf"|what do(?:es)? {_ALL} (?:say|cover|contain|discuss|deal with|talk about)"
    rf"|(?:summari[sz]e|sum up|recap|outline)(?: {_ALL}| it)?"
    rf"|(?:(?:give|show|write|make) (?:me )?)?(?:an? |the )?{_SUMMARY}(?: (?:of|on) (?:{_ALL}|it))?"
    rf"|(?:(?:what are|what is|what's|list|give|show|tell)(?: me)? )?(?:the )?{_POINTS}"
    rf"(?: (?:of|in|from) (?:{_ALL}|it))?"
    r"|tl ?dr"
    r")(?: for me)?(?: please)?"
)
_WHAT_IS_IT = re.compile(r"what(?:'s| is) it (?:all )?about")
_LEANING = re.compile(
    r"\W*(?:he|she|it|they|this|that|these|those|his|her|its|their|and|but|or|so|however|also|then|"
    r"thus|therefore|moreover|instead)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.!]\W*$")


def asks_for_overview(message: str, *, first: bool = True) -> bool:
    """Whether the message asks what all the documents say, as in "What is this about?".

    `first`: nothing was said before that "it" may mean. "Summarise the plot" is a question.
    """
    bare = re.sub(r"[^\w'’]+", " ", message).replace("’", "'").strip().lower()
    return bool(_OVERVIEW.fullmatch(bare) or (first and _WHAT_IS_IT.fullmatch(bare)))


def central_sentences(
    stores: Sequence[Store], encoder: Encoder, among: Filter = EVERYTHING
) -> list[Extract]:
    """The `SENTENCES` sentences that best cover the documents, in the order of the documents.

    `score` is the sentence's mean cosine to all passages. The time is bounded, whatever the number
    of documents; of many, only their first passages speak, which say what the rest is about. Raises
    `DocumentError` where `among` takes in nothing.
    """
    files = {path: d for store in stores for path, d in store.files().items()}
    documents = among.documents(stores)
    if documents is None:
        documents = set(files.values())
    many = len(documents) >= PASSAGES_READ
    every = [_spread(store.passage_ids(documents)) for store in stores]
    speaking = [_spread(store.first_passages(documents)) for store in stores] if many else every
    targets = _vectors(stores, every)
    places = [(store, i) for store, ids in zip(stores, speaking, strict=True) for i in ids]
    chosen = cover(_vectors(stores, speaking), targets, PASSAGES_READ)
    read = [passage for n in chosen for passage in places[n][0].passages([places[n][1]])]
    quotable = _sentences(read, encoder)
    if not quotable:
        return []
    texts = [_text(passage, span) for passage, span in quotable]
    encoded = encoder.encode_passages(texts)
    means = targets.mean(axis=0) @ encoded.T
    extracts = []
    for i in cover(encoded, targets, SENTENCES):
        passage, span = quotable[i]
        score = float(means[i])
        extracts.append(Extract(Hit(passage, score, score, 0.0), span.start, span.end, score))
    path = {document: path for path, document in reversed(files.items())}
    return sorted(extracts, key=lambda e: (path[e.hit.passage.document], e.start))


def _vectors(stores: Sequence[Store], ids: Sequence[list[int]]) -> Floats:
    pairs = zip(stores, ids, strict=True)
    return np.concatenate([store.vectors_at(some) for store, some in pairs])


def _spread(ids: list[int]) -> list[int]:
    """The ids, or `MAX_PASSAGES` of them, evenly spread."""
    count = min(len(ids), MAX_PASSAGES)
    return [ids[i * len(ids) // count] for i in range(count)]


def cover(candidates: Floats, targets: Floats, k: int) -> list[int]:
    """The numbers of at most `k` candidates that together are nearest to all targets.

    Both have shape (count, dimension), unit length. Chosen greedily, in that order: each adds most
    to the sum, over the targets, of the cosine with the nearest one chosen.
    """
    cosines = targets @ candidates.T
    covered = np.zeros(len(targets), np.float32)
    chosen: list[int] = []
    for _ in range(min(k, len(candidates))):
        gains = np.maximum(cosines, covered[:, None]).sum(axis=0)
        gains[chosen] = -np.inf
        best = int(np.argmax(gains))
        chosen.append(best)
        covered = np.maximum(covered, cosines[:, best])
    return chosen


def _sentences(passages: Sequence[Passage], encoder: Encoder) -> list[tuple[Passage, Span]]:
    """The different sentences of the passages that can be quoted alone: whole prose by choice."""
    places: dict[tuple[str, Span], Passage] = {}
    for passage in passages:
        for span in passage.sentences:
            if passage.start <= span.start and span.end <= passage.end:
                places.setdefault((passage.document, span), passage)
    every = [(p, span) for (_, span), p in places.items() if encoder.fits(_text(p, span))]
    whole = [place for place in every if _is_prose(_text(*place))]
    alone = [place for place in whole if not _LEANING.match(_text(*place))]
    return next((some for some in (alone, whole) if len(some) >= SENTENCES), every)


def _text(passage: Passage, span: Span) -> str:
    return passage.text[span.start - passage.start : span.end - passage.start]


def _is_prose(sentence: str) -> bool:
    return MIN_WORDS <= len(sentence.split()) <= MAX_WORDS and bool(_ENDS.search(sentence))
