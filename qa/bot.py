"""The whole chain behind one call: retrieve → read → cite → Answer, or none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from embeddings.documents import Box, Document, check_folder
from embeddings.encoder import BUNDLED, Encoder, SentenceTransformerEncoder
from embeddings.errors import StoreBusyError
from embeddings.indexer import Progress, Report, default_index, index_folder, open_store
from embeddings.store import Store
from qa.chat import Chat
from qa.cite import Citation, cite, grouped, near_first
from qa.confidence import Calibration, load_calibration
from qa.followup import Understood, understand
from qa.place import page_image
from qa.question import checked
from qa.read import Extract, Reader, SentenceReader, agreed
from qa.retrieve import Hit, Retriever
from qa.span import SpanReader
from qa.summary import SENTENCES, asks_for_overview, central_sentences
from qa.within import EVERYTHING, Filter

PASSAGES_READ = 10
MAX_CITATIONS = 5
NEAREST = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What the documents say, or that they do not.

    `text` is the short answer, in the documents' own words, and None where the bot abstained;
    then `citations` is empty and `nearest` holds the closest sentences. `confidence` is the
    probability that the first citation is right. `question` is what was searched for: the
    question asked, with what a follow-up leans on. A `summary` is a choice of central sentences, in
    the order of the documents; its `text` is the first of them, and its `confidence` is 0, for it
    answers no question that it could be right about.
    """

    question: str
    text: str | None
    confidence: float
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    seconds: float
    summary: bool = False

    @property
    def abstained(self) -> bool:
        """Whether the documents do not answer."""
        return self.text is None


class Bot:
    """Answers questions from the documents of a folder.

    bot = Bot.open("seeds/")
    answer = bot.ask("Who is the national security adviser?")
    answer.text, answer.confidence, answer.citations[0].quote
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        reader: Reader,
        calibration: Calibration,
        *,
        others: Sequence[Store] = (),
    ) -> None:
        self.store = store
        self.stores = (store, *others)
        """All that is answered from, made with the same encoder."""
        self.encoder = encoder
        self.calibration = calibration
        self.report: Report | None = None
        """What indexing did when the bot was opened from a folder; None where another process was
        at it, and the bot answers from what there is.
        """
        self.folders: tuple[Path, ...] = ()
        """Where the documents' files are; pictures of their pages come from there."""
        self.reader = reader
        self._retriever = Retriever(store, encoder, others)

    @classmethod
    def open(
        cls,
        docs: str | Path,
        *,
        index: str | Path | None = None,
        model: str = BUNDLED,
        reader: str | None = None,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Bot:
        """A bot over the folder `docs`, indexing first what is new or changed.

        `index` is where the index is kept (by default `docs/.pincite`) and `model` the embedding
        model, by hub name or folder; `reader` is an extractive question-answering model, likewise,
        or "sentences" for none. Raises `DocumentError`, `StoreError` or `ModelError`.
        """
        folder = Path(docs)
        check_folder(folder)
        encoder = SentenceTransformerEncoder(model)
        opened = SentenceReader(encoder) if reader == "sentences" else SpanReader(reader)
        store = open_store(default_index(folder) if index is None else Path(index), encoder)
        bot = cls(store, encoder, opened, load_calibration(opened.name, encoder.name, store.folder))
        bot.folders = (folder,)
        try:
            with suppress(StoreBusyError):
                bot.report = index_folder(folder, store, encoder, progress=progress)
        except BaseException:
            store.close()
            raise
        return bot

    def beside(self, store: Store, folder: Path) -> Bot:
        """A bot that answers from that store too, with the same models; closing it is not needed.

        The store must have been made with this bot's encoder, over `folder`. A document is found in
        it as in the first, and what is cited does not say which of them it is from.
        """
        others = (*self.stores[1:], store)
        both = type(self)(self.store, self.encoder, self.reader, self.calibration, others=others)
        both.folders = (*self.folders, folder)
        return both

    def close(self) -> None:
        """Releases the index."""
        self.store.close()

    def __enter__(self) -> Bot:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(
        self,
        question: str,
        *,
        history: Sequence[tuple[str, str]] = (),
        min_confidence: float | None = None,
        within: Sequence[str] = (),
        after: str | None = None,
        before: str | None = None,
    ) -> Answer:
        """The answer to the question, or an `Answer` whose `text` is None.

        `history` holds the earlier (question, answer) pairs that the question may lean on, see
        `followup.understand`. One that asks what all is about gets `summarise`. Below
        `min_confidence` the bot abstains: 0.0 never, None means the calibrated threshold. `within`
        names the documents or folders to answer from, as in `("2024/*",)`; () is all. `after` and
        `before`, as in "2024-05-03" or "2024", both included, leave out documents of other times
        and those that do not say when they are from. Words in double quotation marks must stand so
        in what answers; where no passage holds them the bot abstains, with nothing nearest. Raises
        `ValueError` for a question that is empty or longer than `MAX_QUESTION_CHARS`, or for what
        is no date, `DocumentError` where `within` or the dates leave no document.
        """
        began = time.perf_counter()
        threshold = self.calibration.threshold if min_confidence is None else min_confidence
        if not 0.0 <= threshold <= 1.0:
            raise ValueError(f"min_confidence is {threshold}, expected a number from 0 to 1.")
        question = checked(question)
        if asks_for_overview(question, first=not history):
            return self.summarise(question, within=within, after=after, before=before)
        among = Filter.of(within, after, before)
        understood = understand(question, history)
        with self._snapshot():  # what is read is what is cited, whoever indexes meanwhile
            extracts = self.read(understood, among)
            confidence = self.calibration.confidence(extracts, self.reader.retrieval_weight)
            answers = bool(extracts) and confidence >= threshold
            if answers:
                extracts = grouped(near_first(extracts, self.reader.margin))
            found = self.cite(extracts, MAX_CITATIONS if answers else NEAREST, among)
        return Answer(
            question=understood.question,
            text=found[0].answer if answers else None,
            confidence=confidence,
            citations=tuple(found) if answers else (),
            nearest=() if answers else tuple(found),
            seconds=time.perf_counter() - began,
        )

    def summarise(
        self,
        question: str = "What is this about?",
        *,
        within: Sequence[str] = (),
        after: str | None = None,
        before: str | None = None,
    ) -> Answer:
        """The most central sentences of the documents, in their order, as a `summary`.

        The filters and their errors are as in `ask`.
        """
        began = time.perf_counter()
        among = Filter.of(within, after, before)
        with self._snapshot():
            extracts = central_sentences(self.stores, self.encoder, among)
            citations = tuple(self.cite(extracts, SENTENCES, among))
        return Answer(
            question=question,
            text=citations[0].answer if citations else None,
            confidence=0.0,
            citations=citations,
            nearest=(),
            seconds=time.perf_counter() - began,
            summary=True,
        )

    def understand(self, question: str, history: Sequence[tuple[str, str]] = ()) -> Understood:
        """The question as it is searched for, with what it leans on. Raises as `ask` does."""
        return understand(checked(question), history)

    def read(self, understood: Understood, among: Filter = EVERYTHING) -> list[Extract]:
        """What the reader finds for the question, best first; a follow-up is read in both forms."""
        hits = self._retrieve(understood, PASSAGES_READ, among)
        extracts = self.reader.read(understood.question, hits)
        if understood.message == understood.question:
            return extracts
        beside = self.reader.read(understood.message, hits)
        return agreed(extracts, beside, self.reader.retrieval_weight)

    def cite(
        self, extracts: Sequence[Extract], limit: int, among: Filter = EVERYTHING
    ) -> list[Citation]:
        """Citations of the extracts, under those of the documents' paths that the filter takes."""

        def paths(document: str) -> list[str]:
            return list(filter(among.takes_in, self.paths(document)))

        return cite(extracts, self.document, limit=limit, paths=paths)

    def search(
        self,
        question: str,
        k: int = PASSAGES_READ,
        *,
        history: Sequence[tuple[str, str]] = (),
        within: Sequence[str] = (),
        after: str | None = None,
        before: str | None = None,
    ) -> list[Hit]:
        """The `k` passages that a question finds, best first, before anything is read.

        `history` and the filters are as in `ask`. Raises `ValueError` where `k` is less than 1.
        """
        if k < 1:
            raise ValueError(f"k is {k}, expected 1 or more.")
        among = Filter.of(within, after, before)
        with self._snapshot():
            return self._retrieve(self.understand(question, history), k, among)

    def _retrieve(self, understood: Understood, k: int, among: Filter) -> list[Hit]:
        return self._retriever.retrieve(understood.question, k, among, understood.background)

    def chat(
        self,
        *,
        within: Sequence[str] = (),
        after: str | None = None,
        before: str | None = None,
    ) -> Chat:
        """A conversation that remembers its turns; the filters and their errors as in `ask`."""
        among = Filter.of(within, after, before)
        among.documents(self.stores)
        return Chat(self, within=among.within, after=after, before=before)

    def document(self, document: str) -> Document:
        """The document with this id (`Citation.document`). Raises `KeyError` without one."""
        for store in self.stores:
            with suppress(KeyError):
                return store.document(document)
        raise KeyError(document)

    def paths(self, document: str) -> list[str]:
        """The files that hold the document with this id, relative to their folders."""
        return [path for store in self.stores for path in store.paths(document)]

    def files(self) -> dict[str, str]:
        """The id of the document at each path, in all of the stores."""
        return {path: document for store in self.stores for path, document in store.files().items()}

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        with ExitStack() as stack:
            for store in self.stores:
                stack.enter_context(store.snapshot())
            yield

    def page_image(
        self, document: str, page: int, boxes: Sequence[Box] = (), strong: Sequence[Box] = ()
    ) -> bytes:
        """A page of a PDF, by its document's id, as a PNG picture with the boxes highlighted.

            bot.page_image(cited.document, cited.page, cited.boxes)

        The file is read again. Raises `KeyError` without such a document, `ValueError` without
        such a page, and `DocumentError` where the document is no PDF, or its file is gone or not
        the one that was indexed.
        """
        return page_image(self.folders, self.document(document), page, boxes, strong)
