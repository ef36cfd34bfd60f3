import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest

from embeddings.database import writing_alone

GOLD = Path(__file__).parent / "gold" / "seed.jsonl"
COMMAND = [sys.executable, "-c", "from qa.cli import main; main()"]


def pincite(
    *arguments: str | Path, stdin: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        timeout=120,
    )


def test_ask_json_is_one_object_and_agrees_with_the_file(seeds: Path) -> None:
    result = pincite("ask", "Who co-hosted the NATO Youth Summit?", "--docs", seeds, "--json")
    assert result.returncode == 0
    answer = json.loads(result.stdout)
    assert list(answer) == [
        "question",
        "text",
        "confidence",
        "abstained",
        "seconds",
        "citations",
        "nearest",
        "kind",
        "remark",
    ]
    citation = answer["citations"][0]
    assert list(citation) == [
        "number",
        "document",
        "title",
        "sha256",
        "page",
        "start",
        "end",
        "quote",
        "answer_start",
        "answer_end",
        "answer",
        "boxes",
        "author",
        "date",
        "source",
        "link",
        "also",
    ]
    assert citation["boxes"] == []
    text = (seeds / citation["document"]).read_text("utf-8")
    assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert "Aspen Institute" in citation["quote"]


def test_a_question_needs_no_quotation_marks_around_it(seeds: Path) -> None:
    words = ["Who", "co-hosted", "the", "NATO", "Youth", "Summit?"]
    asked = json.loads(pincite("ask", *words, "--docs", seeds, "--json").stdout)
    assert asked["question"] == "Who co-hosted the NATO Youth Summit?"
    assert asked["text"] == "Aspen Institute"


def test_a_refusal_is_an_answer_and_not_an_error(seeds: Path) -> None:
    result = pincite("ask", "How is bread baked?", "--docs", seeds, "--json")
    answer = json.loads(result.stdout)
    assert (result.returncode, answer["text"], answer["abstained"]) == (0, None, True)
    assert answer["citations"] == []
    assert len(answer["nearest"]) == 3


def test_small_talk_gets_its_line_and_claims_nothing(seeds: Path) -> None:
    assert pincite("ask", "thanks", "--docs", seeds).stdout == "You are welcome.\n"
    answer = json.loads(pincite("ask", "thanks", "--docs", seeds, "--json").stdout)
    assert (answer["kind"], answer["remark"]) == ("remark", "You are welcome.")
    assert (answer["text"], answer["nearest"]) == (None, [])


def test_ask_prints_the_quotation_and_its_place(seeds: Path) -> None:
    result = pincite("ask", "Who co-hosted the NATO Youth Summit?", "--docs", seeds)
    assert "co-hosted by the Aspen Institute." in result.stdout
    assert "000_c69afa3c8f6a24bb.txt, characters " in result.stdout


def test_index_says_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Cats sleep.")
    (tmp_path / "broken.pdf").write_bytes(b"rubbish")
    result = pincite("index", tmp_path)
    assert result.stdout.startswith("1 added, 0 changed, 0 unchanged, 0 removed, 1 skipped; ")
    assert "skipped: broken.pdf" in result.stderr
    assert result.returncode == 0
    assert pincite("index", tmp_path).stdout.startswith("0 added, 0 changed, 1 unchanged")
    assert pincite("index", tmp_path, "--rebuild").stdout.startswith("1 added")


def test_index_says_which_kinds_are_not_read(tmp_path: Path) -> None:
    for name in ("a.txt", "b.json", "c.json", "d.jpg", "e", ".hidden.py"):
        (tmp_path / name).write_text("x")
    said = "pincite: 4 files of kinds that are not read: .json, no ending, .jpg\n"
    assert pincite("index", tmp_path).stderr == said
    for name in ("f.py", "g.json", "h.c", "i.png", "j.rs"):
        (tmp_path / name).write_text("x")
    said = "pincite: 9 files of kinds that are not read: .json, no ending, .c, .jpg, .png …\n"
    assert pincite("index", tmp_path).stderr == said


def test_index_json_is_one_object_for_scripts(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("Cats sleep.")
    (docs / "broken.pdf").write_bytes(b"rubbish")
    (docs / "c.json").write_text("{}")
    result = pincite("index", docs, "--json")
    assert (result.returncode, result.stderr) == (0, "")
    report = json.loads(result.stdout)
    assert [skip["document"] for skip in report.pop("skipped")] == ["broken.pdf"]
    assert report.pop("seconds") > 0
    first = {
        "added": ["a.txt"],
        "changed": [],
        "unchanged": [],
        "removed": [],
        "unread": {".json": 1},
        "embedded": 1,
        "passages": 1,
        "index": str(docs / ".pincite"),
        "languages": {"": 1},
        "notes": [],
    }
    assert report == first
    check = json.loads(pincite("index", docs, "--check", "--json").stdout)
    assert (check["added"], check["unchanged"], check["passages"]) == ([], ["a.txt"], 1)
    assert (check["mended"], check["broken"]) == ([], [])
    assert "broken.pdf: " in check["skipped"][0]["reason"]


def test_index_says_that_the_bundled_models_read_english(tmp_path: Path) -> None:
    (tmp_path / "de.txt").write_text("Der Leuchtturm wurde im Jahr 1871 gebaut. Er steht noch.")
    (tmp_path / "en.txt").write_text("The lighthouse was built in 1871, and it still stands there.")
    said = "1 of 2 documents is not in English: the bundled models read English and find little"
    assert said in pincite("index", tmp_path).stderr
    assert pincite("index", tmp_path).stderr == ""  # nothing is new
    report = json.loads(pincite("index", tmp_path, "--json").stdout)
    assert report["languages"] == {"de": 1, "en": 1}
    assert report["notes"][0].startswith(said)


NEWS = "---\nauthor: {}\ndate: {}\n---\nThe lighthouse was built in 1871 by Ada Byron."


def test_the_same_text_is_answered_once_with_all_its_sources_and_dates(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(NEWS.format("Grace", "2023-05"))
    (tmp_path / "b.md").write_text(NEWS.format("Alan", "2024-05-03"))
    (tmp_path / "copy of b.md").write_text(NEWS.format("Alan", "2024-05-03"))
    (tmp_path / "other.md").write_text("The harbour was built in 1902.")
    asked = ("ask", "When was the lighthouse built?", "--docs", tmp_path, "--min-confidence", "0")
    (first, *_) = json.loads(pincite(*asked, "--json").stdout)["citations"]
    places = [first, *first["also"]]
    assert [(p["document"], p["author"], p["date"]) for p in places] == [
        ("a.md", "Grace", "2023-05"),
        ("b.md", "Alan", "2024-05-03"),
        ("copy of b.md", "Alan", "2024-05-03"),
    ]
    assert {(p["quote"], p["answer"]) for p in places} == {(first["quote"], first["answer"])}
    shown = pincite(*asked, "--after", "2024").stdout
    assert "    b.md (Alan, 2024-05-03), characters 0 to 46\n" in shown
    assert "    also copy of b.md (Alan, 2024-05-03), characters 0 to 46\n" in shown
    assert "a.md (" not in shown
    assert "other.md" not in shown  # it has no date
    refused = pincite(*asked, "--before", "2022")
    assert refused.returncode == 1
    assert "No document is dated before 2022. Of 2 it is known when they are from" in refused.stderr
    refused = pincite(*asked, "--after", "May")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "pincite: after is 'May', expected a date as in 2024-05-03, 2024-05 or 2024.\n"
    )


def test_index_check_mends_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Cats sleep.")
    assert pincite("index", tmp_path).returncode == 0
    with closing(sqlite3.connect(tmp_path / ".pincite" / "index.sqlite")) as db, db:
        db.execute("UPDATE texts SET text = 'Cats bark.'")
    result = pincite("index", tmp_path, "--check")
    assert result.returncode == 0
    assert "mended: a.txt: its text is not that of the file; it is indexed again" in result.stderr
    assert result.stdout.startswith("2 faults mended, 0 left; 1 files indexed again")
    result = pincite("index", tmp_path, "--check")
    assert (result.returncode, result.stderr) == (0, "")
    (tmp_path / ".pincite" / "index.sqlite").write_bytes(b"rubbish" * 1000)
    result = pincite("index", tmp_path, "--check")
    assert result.returncode == 1
    assert "--rebuild" in result.stderr


def test_while_another_indexes_questions_are_answered_and_indexing_is_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.txt").write_text("The lighthouse was built in 1871.")
    assert pincite("index", tmp_path).returncode == 0
    (tmp_path / "b.txt").write_text("The harbour was built in 1902.")
    with writing_alone(tmp_path / ".pincite", 0):
        refused = pincite("index", tmp_path)
        answered = pincite("ask", "When was the lighthouse built?", "--docs", tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    said = "another process is indexing this folder; so far the index holds 1 documents"
    assert "Another process is writing the index in" in refused.stderr
    assert said in answered.stderr
    assert (answered.returncode, "1871" in answered.stdout) == (0, True)


def test_while_another_indexes_for_the_first_time_nothing_is_answered(tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"rubbish")
    assert pincite("index", tmp_path).returncode == 1  # there is an index, with nothing in it
    (tmp_path / "a.txt").write_text("The lighthouse was built in 1871.")
    with writing_alone(tmp_path / ".pincite", 0):
        refused = pincite("ask", "When was the lighthouse built?", "--docs", tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"pincite: Another process is still indexing {tmp_path} for the first time, and the index "
        "holds nothing yet. Ask again in a while.\n"
    )


def test_chat_answers_until_an_empty_line(seeds: Path) -> None:
    lines = ["Who co-hosted the NATO Youth Summit?", "why?", "=why?", "thanks", "", "ignored"]
    result = pincite("chat", "--docs", seeds, stdin="\n".join(lines))
    assert "Aspen Institute" in result.stdout
    assert "(understood as: Who co-hosted the NATO Youth Summit? Why?)" in result.stderr
    assert result.stderr.count("understood as") == 1
    assert "You are welcome.\n" in result.stdout
    assert result.returncode == 0


def test_eval_prints_and_writes_the_figures(seeds: Path, tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(
        '{"id": "q1", "question": "Who co-hosted the NATO Youth Summit?",'
        ' "answers": ["the Aspen Institute"], "document": "000_c69afa3c8f6a24bb.txt"}\n'
        '{"id": "q2", "question": "How is bread baked?", "answers": []}\n'
    )
    file = tmp_path / "out.json"
    result = pincite("eval", gold, "--docs", seeds, "--json", file)
    written = json.loads(file.read_text())
    assert written["summary"]["sentence_accuracy_forced"] == 1.0
    assert [row["id"] for row in written["rows"]] == ["q1", "q2"]
    assert "sentence_accuracy_forced  1.000" in result.stdout


def test_eval_and_calibrate_say_that_documents_of_gold_questions_are_not_there(
    tmp_path: Path,
) -> None:
    docs, gold = tmp_path / "docs", tmp_path / "gold.jsonl"
    docs.mkdir()
    (docs / "a.txt").write_text("The lighthouse was built in 1871.")
    paths = ["a.txt", None, "gone.txt", "lost.txt"]
    asked = {"question": "When was the lighthouse built?", "answers": ["1871"]}
    lines = [json.dumps({**asked, "document": path}) for path in paths]
    gold.write_text("\n".join(lines))
    said = f"pincite: 2 gold questions name documents that are not in {docs}, the first: gone.txt\n"
    result = pincite("eval", gold, "--docs", docs)
    assert (result.returncode, result.stderr) == (0, said)
    assert "sentence_accuracy_forced  0.500" in result.stdout
    assert pincite("calibrate", gold, "--docs", docs).stderr.startswith(said)
    gold.write_text("\n".join(lines[:3]))
    said = f"pincite: 1 gold question names a document that is not in {docs}, the first: gone.txt\n"
    assert pincite("eval", gold, "--docs", docs).stderr == said
    gold.write_text("\n".join(lines[:2]))
    assert pincite("eval", gold, "--docs", docs).stderr == ""


@pytest.mark.parametrize("limit", ["0", "-3"])
def test_eval_asks_at_least_one_question(limit: str) -> None:
    result = pincite("eval", GOLD, f"--limit={limit}")
    assert (result.returncode, result.stdout) == (2, "")
    assert "--limit" in result.stderr


def test_eval_makes_documents_of_the_paragraphs_of_a_squad_file(tmp_path: Path) -> None:
    paragraphs = [
        {
            "context": f"The {animal} of the house is called {name}.",
            "qas": [
                {
                    "id": name,
                    "question": f"What is the {animal} called?",
                    "answers": [{"text": name, "answer_start": 0}],
                }
            ],
        }
        for animal, name in (("cat", "Mitzi"), ("dog", "Rex"))
    ]
    squad = tmp_path / "squad.json"
    squad.write_text(json.dumps({"data": [{"title": "Pets", "paragraphs": paragraphs}]}))
    result = pincite("eval", squad)
    assert "sentence_accuracy_forced  1.000" in result.stdout
    assert "recall@1                  1.000" in result.stdout


def test_calibrate_prints_what_is_answered_at_which_precision_and_keeps_it(
    seeds: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    result = pincite("calibrate", GOLD, "--docs", seeds, "--index", index, "--precision", "0.75")
    lines = result.stdout.splitlines()
    assert lines[0] == "right  answered  from confidence"
    assert sum("chosen" in line for line in lines) == 1
    assert json.loads((index / "calibration.json").read_text())["reader"].startswith("pincite-")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "Who?", "--docs", "nowhere"], "nowhere"),
        (["index", "EMPTY"], "no documents"),
        (["index", "BAD"], "a file, not a folder"),
        (["ask", "  ", "--docs", "SEEDS"], "question is empty"),
        (["ask", "x" * 50_000, "--docs", "SEEDS"], "50,000 characters"),
        (["eval", "nowhere.jsonl", "--docs", "SEEDS"], "nowhere.jsonl"),
        (["eval", "BAD", "--docs", "SEEDS"], "line 2"),
        (["index", "SEEDS", "--model", "no/such-model"], "No embedding model 'no/such-model'"),
        (["index", "SEEDS", "--index", "BAD"], "--index"),
        (["serve", "SEEDS", "--host", "0.0.0.0"], "--no-auth"),
        (["serve", "SEEDS", "--feedback", "BAD"], "one JSON object a line, found something else"),
        (["serve", "SEEDS", "--host-name", "answers.example"], "--auth-file"),
        (["serve", "SEEDS", "--auth", "anna"], "expected USER:PASSWORD"),
        (["serve", "SEEDS", "--auth-file", "BAD"], "chmod 600"),
    ],
)
def test_what_a_person_can_mend_is_one_line_on_stderr(
    arguments: list[str], said: str, seeds: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"question": "Who?", "answers": ["x"]}\n{"question": \n')
    names = {"SEEDS": str(seeds), "EMPTY": str(tmp_path / "empty"), "BAD": str(bad)}
    result = pincite(
        *[names.get(a, a) for a in arguments], env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    )
    assert result.returncode == 1
    assert said in result.stderr
    assert result.stderr.startswith("pincite: ")
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_reader_that_is_not_there_is_spoken_of_as_one(seeds: Path, tmp_path: Path) -> None:
    env = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    result = pincite("ask", "Who?", "--docs", seeds, "--reader", "no/such", env=env)
    assert result.returncode == 1
    assert result.stderr.startswith("pincite: No reader 'no/such': ")
    assert "the folder of a question-answering model" in result.stderr
    assert "leave --reader out" in result.stderr
    assert "embedding" not in result.stderr


def test_the_version_is_printed() -> None:
    result = pincite("--version")
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{version('pincite')}\n", "")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from qa.cli import app\n"
        "from typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'gradio', 'faiss', 'openvino',"
        " 'numpy', 'tiktoken'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_asking_an_existing_index_imports_neither_torch_nor_transformers(seeds: Path) -> None:
    pincite("index", seeds)
    code = (
        "import sys\n"
        "from qa import Bot\n"
        "with Bot.open(sys.argv[1]) as bot: bot.ask('Who spoke?')\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & sys.modules.keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code, seeds], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_in_narrows_the_folder_and_says_what_there_is(tmp_path: Path) -> None:
    for folder, name in (("2023", "Ann Lee"), ("2024", "Bob Roe")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "club.txt").write_text(f"The president of the club is {name}.\n")
    question = ["ask", "Who is the president of the club?", "--docs", str(tmp_path), "--json"]
    answers = [
        json.loads(pincite(*question, "--min-confidence", "0", *only).stdout)
        for only in (["--in", "2023/*"], ["--in", "2024"], ["--in", "2024", "--in", "2023"])
    ]
    found = [sorted(c["document"] for c in answer["citations"]) for answer in answers]
    assert found == [["2023/club.txt"], ["2024/club.txt"], ["2023/club.txt", "2024/club.txt"]]
    wrong = pincite(*question, "--in", "2025")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == ("pincite: No document is in '2025'. There are: 2023/ (1), 2024/ (1).\n")


def test_a_phrase_that_nothing_holds_is_refused_and_said(seeds: Path) -> None:
    result = pincite("ask", 'Who "likes bread"?', "--docs", seeds, "--min-confidence", "0")
    assert result.returncode == 0
    assert result.stdout == (
        "No answer in these documents.\n"
        "No passage holds the words in quotation marks, word for word.\n"
    )
