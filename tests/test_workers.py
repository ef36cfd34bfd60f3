import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from embeddings.documents import parse_document
from embeddings.errors import DocumentError
from embeddings.indexer import index_folder, open_store
from embeddings.workers import Limits, Workers
from tests.formats import BOOK, MAIL, RTF, harbour_deck, odf_of, pptx_of, xlsx_of, zip_of
from tests.toy import WordEncoder

ROOT = Path(__file__).parent.parent
HOSTILE = (sys.executable, "-m", "tests.hostile_worker")
LIMITS = Limits(seconds=20, memory_bytes=512 << 20, document_bytes=1 << 20)

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits and signals are Linux's")


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers(LIMITS, HOSTILE) as made:
        yield made


def pid_of(workers: Workers, order: str = "work") -> int:
    return int(workers.parse(order.encode(), "a.rtf").text.split()[0])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "zombie" not in Path(f"/proc/{pid}/status").read_text()


def refused(workers: Workers, order: str) -> str:
    with pytest.raises(DocumentError) as error:
        workers.parse(order.encode(), "a.rtf")
    return str(error.value)


def test_documents_come_back_exactly() -> None:
    files = {
        "a.md": b"# Head\n\nText.",
        "a.xlsx": xlsx_of({"Staff": [["Name", "Born"], ["Ada", 1815]]}),
        "a.odt": odf_of("text", "<text:h>The Harbour</text:h><text:p>It is old.</text:p>"),
        "a.pptx": pptx_of(harbour_deck()),
        "b/a.epub": zip_of(BOOK),
        "a.eml": MAIL,
        "a.rtf": RTF,
        "a.txt": b"One.",
    }
    with Workers() as workers:
        for path, data in files.items():
            assert workers.parse(data, path) == parse_document(data, path)
        with pytest.raises(DocumentError, match=r"^a\.pdf: broken PDF .*; open it"):
            workers.parse(b"%PDF-1.4 rubbish", "a.pdf")


def test_a_worker_stays_and_plain_text_needs_none(workers: Workers) -> None:
    assert workers.parse(b"crash", "a.txt").text == "crash"
    assert workers._idle == []
    assert pid_of(workers) == pid_of(workers) != os.getpid()


def test_two_parse_at_once(workers: Workers) -> None:
    with ThreadPoolExecutor(4) as threads:
        pids = list(threads.map(lambda _: pid_of(workers, "sleep 0.3"), range(4)))
    assert len(set(pids)) == 2


@linux
@pytest.mark.parametrize("order", ["loop", "loop in C", "sleep 1000"])
def test_what_does_not_end_is_ended(order: str) -> None:
    with Workers(Limits(seconds=2), HOSTILE) as workers:
        assert refused(workers, order).startswith("a.rtf: not read within 2 s; save it again")
        assert pid_of(workers) > 0


@linux
@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("eat", "takes more than 512 MiB of memory to read; "),
        ("crash", "its parser crashed (SIGSEGV); "),
        ("grow", "holds more than 1 MiB of text; "),
        ("fail", "its parser failed (AttributeError: a defect); "),
    ],
)
def test_what_a_parser_does_costs_its_file_alone(workers: Workers, order: str, reason: str) -> None:
    pid = pid_of(workers)
    assert refused(workers, order).startswith(f"a.rtf: {reason}")
    assert (pid_of(workers) == pid) == (order == "fail")


def test_what_parsers_print_is_not_in_the_way(workers: Workers) -> None:
    assert pid_of(workers, "print") == pid_of(workers)


def test_a_file_is_not_blamed_for_what_one_before_it_did(workers: Workers) -> None:
    pid = pid_of(workers, "be spoilt")
    assert pid_of(workers, "crash unless fresh") != pid


def test_an_answer_that_would_run_code_is_not_unpickled(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    code = f"""
import pickle, sys
class Evil:
    def __reduce__(self):
        return open, ({str(mark)!r}, "w")
sys.stdin.buffer.read(8)
body = pickle.dumps(("document", Evil()))
sys.stdout.buffer.write(len(body).to_bytes(8) + body)
"""
    with Workers(LIMITS, (sys.executable, "-c", code)) as workers:
        assert "its parser crashed" in refused(workers, "work")
    assert not mark.exists()


@linux
def test_closing_ends_them_at_work_too(workers: Workers) -> None:
    with ThreadPoolExecutor(1) as threads:
        pid = pid_of(workers)
        looping = threads.submit(workers.parse, b"loop", "a.rtf")
        while workers._idle:
            time.sleep(0.01)
        workers.close()
        with pytest.raises(ValueError, match="closed"):
            looping.result()
    assert not alive(pid)
    with pytest.raises(ValueError, match="closed"):
        pid_of(workers)


PARENT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may start it without
from embeddings.workers import Limits, Workers
workers = Workers(Limits(seconds=60), (sys.executable, "-m", "tests.hostile_worker"))
print(workers.parse(b"work", "a.rtf").text.split()[0], flush=True)
workers.parse(sys.argv[1].encode(), "a.rtf")
"""


@linux
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("order", ["loop", "sleep 1000"])
def test_they_end_with_a_parent_that_is_killed_or_interrupted(
    order: str, ending: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, order],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.2)
        assert alive(pid)
        if ending == signal.SIGINT:
            os.killpg(parent.pid, ending)  # as Ctrl-C in a terminal does
        else:
            parent.kill()
    deadline = time.monotonic() + 20
    while alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_script_without_a_guard_is_not_run_again(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Cats\n\nCats sleep.")
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nprint('once')\n"
        "from pathlib import Path\nfrom embeddings.indexer import index_folder, open_store\n"
        "from tests.toy import WordEncoder\n"
        "with open_store(Path('index'), WordEncoder()) as store:\n"
        "    print(index_folder(Path('docs'), store, WordEncoder()).added)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert (done.stdout, done.stderr) == ("once\n['a.md']\n", "")


def test_a_folder_with_hostile_files_is_indexed(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "crash.rtf").write_text("crash")
    (docs / "deep.html").write_text("<div>" * 200_000 + "Deep.")
    (docs / "fine.rtf").write_text("work well.")
    (docs / "fine.txt").write_text("Cats sleep.")
    (docs / "loop.rtf").write_text("loop")
    encoder = WordEncoder()
    limits = Limits(seconds=3)
    with Workers(limits, HOSTILE) as workers, open_store(tmp_path / "index", encoder) as store:
        report = index_folder(docs, store, encoder, workers=workers)
        assert report.added == ["fine.rtf", "fine.txt"]
        assert [skip.path for skip in report.skipped] == ["crash.rtf", "deep.html", "loop.rtf"]
        assert "not read within 3 s" in report.skipped[2].reason
        assert store.known()["loop.rtf"].reason == report.skipped[2].reason


def test_an_unchanged_folder_starts_no_worker(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# Cats\n\nCats sleep.")
    encoder = WordEncoder()
    with open_store(tmp_path / "index", encoder) as store:
        assert index_folder(docs, store, encoder).added == ["a.md"]
        with Workers(command=("/nowhere/to/be/found",)) as workers:
            assert index_folder(docs, store, encoder, workers=workers).unchanged == ["a.md"]
            (docs / "b.md").write_text("# Dogs\n\nDogs bark.")
            with pytest.raises(FileNotFoundError):
                index_folder(docs, store, encoder, workers=workers)
