"""The command line: what is typed becomes calls; `terminal` prints what comes of them."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from embeddings.errors import PinciteError
from qa.remarks import remark
from qa.terminal import counter, figure, indexing_bar, show_answer, show_check, show_report

if TYPE_CHECKING:
    from qa.bot import Bot
    from qa.gold import Gold

T = TypeVar("T")

app = typer.Typer(
    name="pincite",
    help="Ask a folder of documents; get its own words back, pinned to the exact sentence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DocsArgument = Annotated[Path, typer.Argument(metavar="DOCS", help="The folder of documents.")]
DocsOption = Annotated[
    Path, typer.Option("--docs", envvar="PINCITE_DOCS", help="The folder of documents.")
]
IndexOption = Annotated[
    Path | None,
    typer.Option(
        "--index",
        help="Where the index is kept. Default: DOCS/.pincite, or your cache folder where DOCS "
        "cannot be written.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="A sentence-transformers model, by hub name or folder. Default: the bundled one.",
        show_default=False,
    ),
]
ReaderOption = Annotated[
    str | None,
    typer.Option(
        "--reader",
        help="A question-answering model, by hub name or folder, or `sentences` for none. "
        "Default: the one that ships with pincite.",
        show_default=False,
    ),
]
InOption = Annotated[
    list[str] | None,
    typer.Option(
        "--in",
        metavar="PATTERN",
        help="Answer from this document or folder alone, by its path in DOCS; * stands for "
        'anything, as in "2024/*". May be given several times.',
        show_default=False,
    ),
]
AfterOption = Annotated[
    str | None,
    typer.Option(
        "--after",
        metavar="DATE",
        help="Answer from documents of this day, month or year or later alone, as in 2024-05-03; "
        "those that do not say when they are from are left out.",
        show_default=False,
    ),
]
BeforeOption = Annotated[
    str | None,
    typer.Option(
        "--before",
        metavar="DATE",
        help="Answer from documents of this day, month or year or earlier alone, likewise.",
        show_default=False,
    ),
]
SEEDS = Path("seeds")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("pincite"))
        raise typer.Exit


@app.callback()
def _root(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what is done.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.ERROR, format="pincite: %(message)s"
    )
    logging.getLogger("embeddings.runtime").setLevel(logging.INFO)  # what takes seconds, once
    logging.getLogger("qa.gold").setLevel(logging.WARNING)  # what is left out of a figure
    logging.getLogger("qa.confidence").setLevel(logging.WARNING)  # what confidence promises


@app.command()
def index(
    docs: DocsArgument,
    index: IndexOption = None,
    model: ModelOption = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make it anew from nothing.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Verify all of it against the files, and mend it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Build or refresh the index of a folder, and report what was read and what was not."""
    from embeddings.check import check_index
    from embeddings.documents import check_folder
    from embeddings.encoder import BUNDLED, SentenceTransformerEncoder
    from embeddings.indexer import default_index, index_folder, open_store, remove_index
    from qa.report_json import check_json, language_notes, report_json

    check_folder(docs)
    folder = default_index(docs) if index is None else index
    if rebuild:
        remove_index(folder)
    encoder = SentenceTransformerEncoder(model or BUNDLED)
    with open_store(folder, encoder) as store, indexing_bar() as tell:
        if check:
            found = check_index(docs, store, encoder, progress=tell)
            passages = 0 if found.broken else len(store)
            languages = {} if found.broken else store.languages()
            if as_json:
                notes = language_notes(languages, bundled=model is None)
                _print_json(check_json(found, passages, folder, languages, notes))
            else:
                show_check(found, passages, folder)
            raise typer.Exit(1 if found.broken else 0)
        report = index_folder(docs, store, encoder, progress=tell, purge=True)
        passages, languages = len(store), store.languages()
    notes = language_notes(languages, bundled=model is None)
    if as_json:
        _print_json(report_json(report, passages, folder, languages, notes))
    else:
        show_report(report, passages, folder, notes if report.added or report.changed else [])


@app.command()
def ask(
    words: Annotated[list[str], typer.Argument(metavar="QUESTION")],
    docs: DocsOption = SEEDS,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
    min_confidence: Annotated[
        float | None,
        typer.Option(help="Answer only above this, 0 to 1. Default: the calibrated threshold."),
    ] = None,
    within: InOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Answer one question.

    What QUESTION puts in double quotation marks must stand, word for word, in the passage that
    answers: 'Who said "a pinch of salt"?' Small talk gets a line that is in no document.
    """
    question = " ".join(words)  # as typed without quotation marks around it all
    if (line := remark(question)) is not None:
        if as_json:
            from qa.answer_json import remark_json

            _print_json(remark_json(question, line))
        else:
            print(line)
        return
    with _open(docs, index, model, reader) as bot:
        answer = _said(
            lambda: bot.ask(
                question,
                min_confidence=min_confidence,
                within=within or (),
                after=after,
                before=before,
            )
        )
        if as_json:
            from qa.answer_json import answer_json

            _print_json(answer_json(answer))
        else:
            show_answer(answer)


@app.command()
def chat(
    docs: DocsOption = SEEDS,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
    within: InOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
) -> None:
    """Talk in the terminal; an empty line, Ctrl-C or Ctrl-D ends it.

    A question may lean on the ones before it; a line that begins with = is asked as it stands.
    """
    with _open(docs, index, model, reader) as bot:
        conversation = _said(lambda: bot.chat(within=within or (), after=after, before=before))
        print(f"{len(bot.store.files())} documents. Ask; an empty line ends.", file=sys.stderr)
        while message := _prompt():
            try:
                as_asked = message.startswith("=")
                turn = conversation.say(message.removeprefix("="), as_asked=as_asked)
            except ValueError as error:
                print(f"pincite: {error}", file=sys.stderr)
                continue
            if turn.answer is None:
                print(turn.remark)
                continue
            if turn.question != turn.message:
                print(f"(understood as: {turn.question})", file=sys.stderr)
            show_answer(turn.answer)


@app.command()
def serve(
    docs: Annotated[Path, typer.Argument(metavar="[DOCS]", help="The folder.")] = SEEDS,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="Default: 7860, or the next free.", show_default=False)
    ] = None,
    shared: Annotated[
        bool,
        typer.Option(
            "--shared",
            help="Keep what people add in DOCS/uploads, for everyone. Default: each browser "
            "session has its own, until it is closed.",
        ),
    ] = False,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="Offer ask, search and documents as tools for MCP.")
    ] = False,
    auth: Annotated[
        list[str] | None,
        typer.Option(
            "--auth",
            metavar="USER:PASSWORD",
            help="Let in who knows this. May be given several times; others on this machine can "
            "see it in the list of processes, so rather use --auth-file.",
            show_default=False,
        ),
    ] = None,
    auth_file: Annotated[
        Path | None,
        typer.Option(
            "--auth-file",
            metavar="FILE",
            help="Let in who is in this file, USER:PASSWORD on each line; only you may read it.",
            show_default=False,
        ),
    ] = None,
    host_name: Annotated[
        list[str] | None,
        typer.Option(
            "--host-name",
            metavar="NAME",
            help="Answer to this host name too, as behind a proxy. May be given several times.",
            show_default=False,
        ),
    ] = None,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="Let other machines in, without a password.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow the folder: changed files answer anew.")
    ] = False,
    feedback: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Let people judge answers, and keep that there as gold questions for `eval`.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Open the web chat."""
    from qa.feedback import Feedback
    from qa.ui.auth import read_accounts
    from qa.ui.settings import LOOPBACK

    accounts = read_accounts(auth or (), auth_file)
    if (host not in LOOPBACK or host_name) and not accounts and not no_auth:
        raise PinciteError(
            f"On {host} anyone who reaches this machine could read the documents: there is no "
            "password. Give one with --auth-file or --auth, or say --no-auth if that is meant."
        )
    kept = None if feedback is None else Feedback(feedback)
    with _open(docs, index, model, reader) as bot:
        from embeddings.watch import watching
        from qa.ui.page import running
        from qa.ui.page import serve as serve_page

        with watching(docs, bot.store, bot.encoder) if watch else nullcontext():
            page = running(
                bot,
                host=host,
                port=port,
                feedback=kept,
                shared=docs if shared else None,
                accounts=accounts,
                names=host_name or (),
                mcp=mcp,
            )
            serve_page(page)


@app.command(name="eval")
def evaluate_(
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="JSON Lines, or SQuAD JSON.")],
    docs: Annotated[
        Path | None,
        typer.Option(
            "--docs",
            help="The folder of documents. Default: seeds, or the paragraphs of a SQuAD file.",
            show_default=False,
        ),
    ] = None,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
    within: InOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    limit: Annotated[
        int | None, typer.Option(help="Ask every n-th, so many in all.", min=1)
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write summary and rows there.")
    ] = None,
) -> None:
    """Measure the bot on questions with known answers."""
    from qa.evaluate import evaluate
    from qa.gold import read_gold, sample

    golds = sample(read_gold(gold), limit)
    with (
        _documents(gold, docs) as folder,
        _open(folder, index, model, reader) as bot,
        counter("asking", len(golds)) as tell,
    ):
        _warn_of_missing(golds, bot, folder)
        report = _said(
            lambda: evaluate(
                bot, golds, within=within or (), after=after, before=before, progress=tell
            )
        )
    if json_file is not None:
        text = json.dumps(report.as_dict(), ensure_ascii=False, indent=1)
        try:
            json_file.write_text(text + "\n", "utf-8")
        except OSError as error:
            raise PinciteError(f"{json_file} cannot be written: {error.strerror}.") from error
    for name, value in report.summary.items():
        print(f"{name:<26}{figure(value)}")


@app.command()
def calibrate(
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="JSON Lines, or SQuAD JSON.")],
    docs: DocsOption = SEEDS,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
    precision: Annotated[
        float, typer.Option(help="The share of answers that are to be right.", min=0, max=1)
    ] = 0.8,
) -> None:
    """Fit confidence to your own questions, and see what share is answered at which precision."""
    from qa.calibrate import cross_fit, fit, judge
    from qa.confidence import save_calibration
    from qa.gold import read_gold
    from qa.metrics import risk_coverage

    golds = read_gold(gold)
    with _open(docs, index, model, reader) as bot:
        _warn_of_missing(golds, bot, docs)
        with counter("asking", len(golds)) as tell:
            judged = list(judge(bot, golds, progress=tell))
        rows, right = [row for row, _ in judged], [is_right for _, is_right in judged]
        names = bot.reader.name, bot.encoder.name
        calibration = _said(lambda: fit(*names, rows, right, precision=precision))
        save_calibration(calibration, bot.store.folder)
        lost = len(golds) - len(judged)  # questions that find nothing, which no confidence answers
        points = risk_coverage([*cross_fit(rows, right), *[0.0] * lost], [*right, *[False] * lost])
        print("right  answered  from confidence")
        for wanted in sorted({0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, precision}):
            good = [p for p in points if p.precision >= wanted]
            best = max(good, key=lambda p: p.answered, default=None)
            row = "not reached" if best is None else f"{best.answered:7.0%}   {best.threshold:.2f}"
            print(f"{wanted:5.0%}  {row}{'   <- chosen' if wanted == precision else ''}")
        print(f"kept in {bot.store.folder}")


def main() -> None:
    """Runs the command line; what a person can mend is one line on stderr and exit code 1."""
    try:
        app()
    except PinciteError as error:
        print(f"pincite: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        print("pincite: interrupted; what was indexed so far is kept", file=sys.stderr)
        sys.exit(130)


@contextmanager
def _open(docs: Path, index: Path | None, model: str | None, reader: str | None) -> Iterator[Bot]:
    """A bot over the folder, with a progress bar on stderr while it indexes."""
    from embeddings.encoder import BUNDLED
    from qa.bot import Bot

    with indexing_bar() as tell:
        bot = Bot.open(docs, index=index, model=model or BUNDLED, reader=reader, progress=tell)
    with bot:
        if bot.report is None:
            number = len(bot.store.files())
            if not number:
                raise PinciteError(
                    f"Another process is still indexing {docs} for the first time, and the index "
                    "holds nothing yet. Ask again in a while."
                )
            print(
                "pincite: another process is indexing this folder; so far the index holds "
                f"{number} documents",
                file=sys.stderr,
            )
        elif bot.report.skipped:
            number = len(bot.report.skipped)
            print(
                f"pincite: {number} of the files and folders cannot be read; "
                f"`pincite index {docs}` says why",
                file=sys.stderr,
            )
        yield bot


@contextmanager
def _documents(gold: Path, docs: Path | None) -> Iterator[Path]:
    """The folder to ask: the one given, else a SQuAD file's paragraphs, else the seeds."""
    from qa.gold import read_squad_paragraphs

    paragraphs = [] if docs else read_squad_paragraphs(gold)
    if not paragraphs:
        yield docs or SEEDS
        return
    with tempfile.TemporaryDirectory(prefix="pincite-") as folder:
        for path, text in paragraphs:
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", newline="")
        yield Path(folder)


def _warn_of_missing(golds: Sequence[Gold], bot: Bot, docs: Path) -> None:
    """Says how many gold questions name a document that is not there: no answer is right then."""
    files = bot.files()
    gone = [g.document for g in golds if g.document is not None and g.document not in files]
    if gone:
        one = len(gone) == 1
        said = "question names a document that is" if one else "questions name documents that are"
        print(
            f"pincite: {len(gone)} gold {said} not in {docs}, the first: {gone[0]}",
            file=sys.stderr,
        )


def _said(call: Callable[[], T]) -> T:
    """What the call gives; a mistake in what was typed becomes an error for the person."""
    try:
        return call()
    except ValueError as error:
        raise PinciteError(str(error)) from error


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _prompt() -> str:
    try:
        return input("> ").strip()
    except EOFError:
        return ""
