import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from qa.gold import Gold, GoldError, read_gold, read_squad_paragraphs, sample

LINES = """\
{"id": "q1", "question": "Who?", "answers": ["Ann", "Ann Lee"], "sentence": "Ann did.", \
"document": "a.txt", "history": [{"question": "Why?", "answer": "So."}, {"question": "And?"}]}

{"question": "Where?", "answers": [], "note": "fields like this one are ignored"}
{"id": 7, "question": "When?", "answers": null, "sentence": "It was\u2028then.", "document": ""}
"""
GOLDS = [
    Gold(
        id="q1",
        question="Who?",
        answers=("Ann", "Ann Lee"),
        sentence="Ann did.",
        document="a.txt",
        history=(("Why?", "So."), ("And?", "")),
    ),
    Gold("line-3", "Where?", (), None, None, ()),
    Gold("7", "When?", (), "It was\u2028then.", None, ()),
]

SQUAD: dict[str, Any] = {
    "version": "v2.0",
    "data": [
        {
            "title": "AC/DC: live",
            "paragraphs": [
                {
                    "context": "Ann sang.",
                    "qas": [
                        {
                            "id": "s1",
                            "question": "Who sang?",
                            "answers": [
                                {"text": "Ann", "answer_start": 0},
                                {"text": "Ann sang", "answer_start": 0},
                                {"text": "Ann", "answer_start": 0},
                            ],
                        },
                        {
                            "id": "s2",
                            "question": "Who danced?",
                            "is_impossible": True,
                            "answers": [],
                            "plausible_answers": [{"text": "Ann", "answer_start": 0}],
                        },
                    ],
                },
                {"context": "Ben played.", "qas": []},
            ],
        },
        {
            "title": "..",
            "paragraphs": [
                {"context": "Ann sang.", "qas": []},
                {
                    "context": "Cid left.",
                    "qas": [{"id": "s3", "question": "Who left?", "answers": [{"text": "Cid"}]}],
                },
            ],
        },
    ],
}
SQUAD_GOLDS = [
    Gold("s1", "Who sang?", ("Ann", "Ann sang"), None, None, ()),
    Gold("s2", "Who danced?", (), None, None, ()),
    Gold("s3", "Who left?", ("Cid",), None, None, ()),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gold"


def refusal(file: Path) -> str:
    with pytest.raises(GoldError) as caught:
        read_gold(file)
    return str(caught.value)


def test_json_lines_are_read_in_order(file: Path) -> None:
    file.write_text(LINES, encoding="utf-8")
    assert read_gold(file) == GOLDS


@pytest.mark.parametrize("newline", ["\r\n", "\n\n"])
def test_json_lines_may_have_a_byte_order_mark_and_any_line_ends(file: Path, newline: str) -> None:
    lines = [json.dumps({"id": str(n), "question": "Who?"}) for n in range(3)]
    file.write_bytes(newline.join(lines).encode("utf-8-sig"))
    assert [gold.id for gold in read_gold(file)] == ["0", "1", "2"]


def test_both_kinds_may_be_compressed_whatever_the_name(file: Path) -> None:
    file.write_bytes(gzip.compress(LINES.encode()))
    assert read_gold(file) == GOLDS
    file.write_bytes(gzip.compress(json.dumps(SQUAD).encode()))
    assert read_gold(file) == SQUAD_GOLDS


@pytest.mark.parametrize("indent", [None, 2])
def test_squad_is_known_by_its_content(file: Path, indent: int | None) -> None:
    file.write_text(json.dumps(SQUAD, indent=indent))
    assert read_gold(file) == SQUAD_GOLDS


def test_a_line_with_a_field_called_data_is_still_a_question(file: Path) -> None:
    file.write_text('{"id": "q", "question": "Who?", "answers": ["Ann"], "data": []}')
    assert read_gold(file) == [Gold("q", "Who?", ("Ann",), None, None, ())]


def test_an_answer_or_a_sentence_makes_a_question_answerable() -> None:
    by_answer = Gold("1", "Who?", ("Ann",), "Ann did.", None, ())
    by_sentence = Gold("2", "Who?", (), "Ann did.", None, ())
    unanswerable = Gold("3", "Who?", (), None, "a.txt", ())
    assert [g.answerable for g in (by_answer, by_sentence, unanswerable)] == [True, True, False]
    assert by_answer.targets == ("Ann",)
    assert by_sentence.targets == ("Ann did.",)
    assert unanswerable.targets == ()


def test_squad_paragraphs_become_documents_with_safe_distinct_names(file: Path) -> None:
    file.write_text(json.dumps(SQUAD))
    assert read_squad_paragraphs(file) == [
        ("AC_DC_live/0001.txt", "Ann sang."),
        ("AC_DC_live/0002.txt", "Ben played."),
        ("untitled/0003.txt", "Cid left."),  # "Ann sang." was there already
    ]


@pytest.mark.parametrize(
    ("title", "folder"),
    [
        ("Beyoncé", "Beyoncé"),
        ("../../etc/passwd", "etc_passwd"),
        ("/", "untitled"),
        (None, "untitled"),
        (".hidden\0\n", "hidden"),
        ("字" * 300, "字" * 60),
    ],
)
def test_a_title_cannot_lead_out_of_the_folder(file: Path, title: str | None, folder: str) -> None:
    file.write_text(json.dumps({"data": [{"title": title, "paragraphs": [{"context": "Ann."}]}]}))
    assert read_squad_paragraphs(file) == [(f"{folder}/0001.txt", "Ann.")]


def test_only_squad_holds_paragraphs(file: Path) -> None:
    file.write_text(LINES)
    assert read_squad_paragraphs(file) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"question": "Who?"', "found what is not JSON (Expecting ',' delimiter at column 20)"),
        ("question,answer", "found what is not JSON"),
        ("[" * 100_000, "found what is not JSON"),
        ('{"question": ' + "9" * 5000 + "}", "found what is not JSON"),
        ('["Who?"]', 'expected the line to be a JSON object, found ["Who?"]'),
        ("{}", 'expected "question" to hold text that is not blank, found nothing'),
        ('{"question": " "}', 'expected "question" to hold text that is not blank, found " "'),
        (
            '{"question": "' + "x" * 2001 + '"}',
            'expected "question" to hold at most 2,000 characters, found "xxx',
        ),
        ('{"question": 3}', 'expected "question" to hold text, found 3'),
        ('{"question": "Who \\ud83d?"}', 'expected "question" to hold whole characters'),
        ('{"question": "Who?", "id": ["q"]}', 'expected "id" to hold text, found ["q"]'),
        ('{"question": "Who?", "id": true}', 'expected "id" to hold text, found true'),
        ('{"question": "Who?", "answers": "Ann"}', 'expected "answers" to be a list, found "Ann"'),
        ('{"question": "Who?", "answers": [1]}', 'expected "answers" to hold text, found 1'),
        ('{"question": "Who?", "answers": [""]}', 'expected "answers" to hold text that is not'),
        ('{"question": "Who?", "answers": [null]}', 'expected "answers" to hold text that is not'),
        ('{"question": "Who?", "sentence": []}', 'expected "sentence" to hold text, found []'),
        ('{"question": "Who?", "document": 1}', 'expected "document" to hold text, found 1'),
        ('{"question": "Who?", "history": {}}', 'expected "history" to be a list, found {}'),
        (
            '{"question": "Who?", "history": [["Why?", "So."]]}',
            'expected a turn of history to be a JSON object, found ["Why?", "So."]',
        ),
        (
            '{"question": "Who?", "history": [{"answer": "So."}]}',
            'expected "question" to hold text that is not blank, found nothing',
        ),
    ],
)
def test_a_bad_line_is_named(file: Path, line: str, complaint: str) -> None:
    file.write_text('{"question": "Where?"}\n\n' + line + "\n")
    message = refusal(file)
    assert message.startswith(f"{file}, line 3: ")
    assert complaint in message
    assert message.endswith("take it out.")
    assert len(message) < len(str(file)) + 300


def test_white_space_around_a_question_does_not_make_it_too_long(file: Path) -> None:
    question = " " + "x" * 2000 + "\n"
    file.write_text(json.dumps({"question": question}))
    assert [gold.question for gold in read_gold(file)] == [question]


def test_a_file_nested_too_deep_is_refused(file: Path) -> None:
    file.write_text("[" * 100_000)
    assert refusal(file).startswith(f"{file}, line 1: expected one JSON object a line")


def test_an_id_used_twice_is_named_with_both_places(file: Path) -> None:
    file.write_text('{"id": "line-3", "question": "Who?"}\n\n{"question": "Where?"}\n')
    assert refusal(file) == (
        f'{file}, line 3: expected an id of its own, found "line-3", which {file}, line 1 has; '
        "give each question another id."
    )


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (["data", 0], 5, "data[0]: expected an article to be a JSON object, found 5"),
        (["data", 0, "title"], 5, 'data[0]: expected "title" to hold text, found 5'),
        (["data", 0, "paragraphs"], None, 'data[0]: expected "paragraphs" to be a list, found no'),
        (
            ["data", 1, "paragraphs", 1, "qas"],
            None,
            'data[1].paragraphs[1]: expected "qas" to be a list, found nothing',
        ),
        (
            ["data", 0, "paragraphs", 0, "qas", 0, "answers"],
            None,
            'data[0].paragraphs[0].qas[0]: expected "answers" to be a list, found nothing',
        ),
        (
            ["data", 0, "paragraphs", 0, "qas", 0, "answers", 1, "text"],
            "",
            'paragraphs[0].qas[0]: expected "text" to hold text that is not blank, found ""',
        ),
        (
            ["data", 0, "paragraphs", 0, "qas", 1, "is_impossible"],
            "yes",
            'qas[1]: expected "is_impossible" to be true or false, found "yes"',
        ),
        (
            ["data", 0, "paragraphs", 0, "qas", 1, "question"],
            "x" * 2001,
            'qas[1]: expected "question" to hold at most 2,000 characters, found "xxx',
        ),
        (["data", 0, "paragraphs", 0, "qas", 1, "id"], "s1", 'found "s1", which '),
    ],
)
def test_a_bad_squad_entry_is_named(
    file: Path, path: list[str | int], value: object, complaint: str
) -> None:
    squad = json.loads(json.dumps(SQUAD))
    *parents, last = path
    node = squad
    for step in parents:
        node = node[step]
    node[last] = value
    file.write_text(json.dumps(squad))
    assert complaint in refusal(file)


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff", '{"data": []}'])
def test_a_file_without_questions_is_refused(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")
    assert "expected gold questions, found none; write one" in refusal(file)


def test_text_that_is_not_utf8_is_refused_with_its_line(file: Path) -> None:
    file.write_bytes('{"question": "Where?"}\n{"question": "Café?"}\n'.encode("latin-1"))
    assert refusal(file) == (
        f"{file}, line 2: expected UTF-8 text, found byte 0xe9; save the file as UTF-8."
    )


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "found no such file" in refusal(tmp_path / "absent.jsonl")
    assert "found a folder" in refusal(tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "expected a readable file" in refusal(tmp_path / "loop")


@pytest.mark.parametrize("damage", [slice(0, -12), slice(0, 5)])
def test_a_damaged_gzip_file_is_refused(file: Path, damage: slice) -> None:
    file.write_bytes(gzip.compress(LINES.encode())[damage])
    assert "expected a whole gzip file, found a damaged one" in refusal(file)


def test_a_gzip_file_with_wrong_bytes_is_refused(file: Path) -> None:
    data = bytearray(gzip.compress(LINES.encode()))
    data[12:40] = b"\xff" * 28
    file.write_bytes(data)
    assert "found a damaged one" in refusal(file)


def test_a_sample_is_spread_evenly_over_the_file() -> None:
    golds = [Gold(str(i), "Who?", (), None, None, ()) for i in range(10)]
    assert [gold.id for gold in sample(golds, 4)] == ["0", "2", "5", "7"]
    assert sample(golds, None) == sample(golds, 11) == golds
