import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.check import check_index
from embeddings.documents import parse_document
from embeddings.encoder import BUNDLED, SentenceTransformerEncoder
from embeddings.indexer import index_folder, open_store
from embeddings.languages import detect_language, language_code, paragraph_language
from embeddings.passages import MAX_TOKENS, split_passages
from embeddings.sentences import Span, clause_cut, split_sentences
from embeddings.tokens import load_encoding
from qa.report_json import language_notes
from tests.formats import BOOK, zip_of
from tests.multilingual import SENTENCES, UNSPACED, paragraph
from tests.toy import WordEncoder

ENGLISH = (
    "The keeper of the light wrote to Dr. Smith, and the man answered that he was ill. He was."
)


def sentences(text: str, language: str | None) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text, language)]


@pytest.mark.parametrize("language", SENTENCES)
def test_sentences_follow_the_language_that_is_detected(language: str) -> None:
    document = parse_document(paragraph(language).encode(), "a.txt")
    assert document.language == language
    assert sentences(document.text, document.language) == list(SENTENCES[language])


def test_an_index_holds_those_sentences_and_the_language(tmp_path: Path) -> None:
    docs, encoder = tmp_path / "docs", WordEncoder()
    docs.mkdir()
    for language in SENTENCES:
        (docs / f"{language}.txt").write_text(paragraph(language), "utf-8")
    with open_store(tmp_path / "index", encoder) as store:
        index_folder(docs, store, encoder)
        for path, identity in store.files().items():
            document = store.document(identity)
            spans = {span for p in store.passages_of(identity) for span in p.sentences}
            found = [document.text[span.start : span.end] for span in sorted(spans, key=_start)]
            assert f"{document.language}.txt" == path
            assert found == list(SENTENCES[path.removesuffix(".txt")])
        assert store.languages() == dict.fromkeys(sorted(SENTENCES), 1)


def _start(span: Span) -> int:
    return span.start


@pytest.mark.xfail(reason="the rules know no grammar: a year or an abbreviation may end a sentence")
@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ru", ["Город основан в 862 г.", "Он стоит на реке."]),
        ("fr", ["Il y avait des livres, des cartes, etc.", "Le prix est élevé."]),
        ("cs", ["Dr. Novák přijel v 10 hod.", "Bylo zima."]),
        ("da", ["Det koster 5 kr.", "Hvorfor ikke?"]),
    ],
)
def test_an_abbreviation_that_ends_a_sentence(language: str, expected: list[str]) -> None:
    assert sentences(" ".join(expected), language) == expected


def test_english_is_split_as_ever_whatever_names_are_in_it() -> None:
    text = (
        "Rue de la Paix was renamed. M. Dupont and Sr. García of the Straße left. (See p. 3.) No."
    )
    assert detect_language(text) in ("en", None)
    assert split_sentences(text, "en") == split_sentences(text, None) == split_sentences(text)


@pytest.mark.parametrize("text", ["", "12 345,67 €", "🙂", "Ada", "The Harbour", "NATO, IBM"])
def test_no_language_is_claimed_of_a_few_letters(text: str) -> None:
    assert detect_language(text) in (None, "en")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("東京都", "zh"),
        ("さくら", "ja"),
        ("Ναι", "el"),
        ("Да", "ru"),
        ("안녕", "ko"),
        ("שלום", "he"),
    ],
)
def test_a_script_tells_where_there_are_few_letters(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_what_a_file_declares_counts_only_where_its_text_is_not_clear() -> None:
    assert detect_language(ENGLISH, "de") == "en"
    assert detect_language(paragraph("de"), "en-US") == "de"
    assert detect_language("東京都", "ja-JP") == "ja"
    short = "Museum, Restaurant, Hotel, Strand"
    assert detect_language(short) is None
    assert detect_language(short, "de-AT") == "de"
    assert detect_language(short, "zh") is None


def test_tags_are_read_in_any_form() -> None:
    tags = ["de-AT", "pt_BR", "nb", "EN", "zh-Hant-TW", "ger", "", "x-klingon", None, "english"]
    found = [language_code(tag) for tag in tags]
    assert found == ["de", "pt", "no", "en", "zh", None, None, None, None, None]


def test_html_and_books_hand_over_what_they_declare() -> None:
    page = '<html lang="de"><body><p>Museum, Restaurant, Hotel, Strand</p></body></html>'
    assert parse_document(page.encode(), "a.html").language == "de"
    package = BOOK["OEBPS/book.opf"].replace(
        "</metadata>", "<dc:language>ja</dc:language></metadata>"
    )
    chapter = BOOK["OEBPS/text/one.xhtml"]
    chapter = chapter[: chapter.index("<h1>")] + "<p>東京都</p></body></html>"
    book = {**BOOK, "OEBPS/book.opf": package, "OEBPS/text/one.xhtml": chapter}
    book["OEBPS/text/chapter 2.xhtml"] = chapter
    assert parse_document(zip_of(book), "a.epub").language == "ja"


def test_plain_english_loads_no_model() -> None:
    code = (
        "import sys; from embeddings.languages import detect_language as told;"
        "print(told(sys.argv[1]), 'py3langid' in sys.modules)"
    )
    for text, expected in ((ENGLISH * 2, "en False"), (paragraph("de"), "de True")):
        run = subprocess.run([sys.executable, "-c", code, text], capture_output=True, text=True)
        assert run.stdout.split() == expected.split(), run.stderr


def test_only_samples_of_a_long_document_are_looked_at() -> None:
    text = paragraph("de") + "\n\n" + (ENGLISH + "\n\n") * 20_000
    assert detect_language(text) == "en"


def test_a_paragraph_in_another_script_is_split_by_that_script() -> None:
    text = "\n\n".join([ENGLISH, *(paragraph(language) for language in ("zh", "el", "ru", "he"))])
    expected = [*sentences(ENGLISH, "en"), *SENTENCES["zh"], *SENTENCES["el"]]
    assert sentences(text, "en") == [*expected, *SENTENCES["ru"], *SENTENCES["he"]]
    assert paragraph_language(ENGLISH, "zh") == "en"
    assert paragraph_language("1990", "zh") == "en"
    assert paragraph_language(paragraph("ru"), "uk") == "uk"


def test_chinese_that_is_wrapped_flows_and_lines_of_it_do_not() -> None:
    whole = (
        "昔者庄周梦为蝴蝶栩栩然蝴蝶也自喻适志与不知周也俄然觉则蘧蘧然周也不知周之梦为蝴蝶与。" * 3
    )
    wrapped = "\n".join(whole[at : at + 35] for at in range(0, len(whole), 35))
    assert [s.replace("\n", "") for s in sentences(wrapped, "zh")] == [whole[:42]] * 3
    lines = [
        "第一条规定所有的人都必须在早上九点之前到达",
        "第二条规定不得迟到",
        "第三条规定中午可以休息",
    ]
    assert sentences("\n".join(lines), "zh") == lines


def test_a_quotation_never_closed_does_not_swallow_a_chinese_paragraph() -> None:
    text = "他说：「我们今天晚上一定要走。" + "然后大家都安静地坐下来等着天亮。" * 40
    assert len(sentences(text, "zh")) == 41


def test_a_long_german_quotation_stays_whole() -> None:
    quoted = "„" + "Wir haben lange darüber gesprochen. " * 14 + "Nun ist es genug“, sagte er."
    assert sentences(f"{quoted} Dann ging er.", "de") == [quoted, "Dann ging er."]


def test_text_without_stops_is_cut_at_clauses_of_its_own_script() -> None:
    assert clause_cut("一二三四五六七，八九十一二三", 0, 12) == 8
    assert clause_cut("واحد اثنان ثلاثة، أربعة خمسة", 0, 26) == 17
    thai = "นายสมชายมาถึงเวลาสิบโมง นางสาวลีอยู่ที่ไหน เราไม่รู้เรื่องนี้เลย " * 20
    pieces = sentences(thai, "th")
    assert all(len(piece) <= 400 for piece in pieces)
    assert "".join(pieces).replace(" ", "") == thai.replace(" ", "")


@pytest.mark.parametrize("language", ["zh", "ja", "ko", "th", "ar"])
def test_passages_stay_within_the_budget_and_the_embedders_window(language: str) -> None:
    source = SENTENCES.get(language, ("นายสมชายมาถึงเวลาสิบโมง",))
    text = ("" if language in UNSPACED else " ").join(source * 40)
    text += "\n\n" + text.translate(dict.fromkeys(map(ord, "。！？.!?؟"), None))
    encoder, encoding = SentenceTransformerEncoder(BUNDLED), load_encoding()
    found = split_sentences(text, language)
    windows = split_passages(text, found, encoding, fits=encoder.fits)
    assert {span for window in windows for span in window.sentences} == set(found)
    for window in windows:
        part = text[window.start : window.end]
        assert encoder.fits(part)
        assert len(encoding.encode_ordinary(part)) <= MAX_TOKENS


MIXED = st.text(
    st.sampled_from("aB1 .\n?!'\"„“”‚‘»«›‹()（）「」『』。！？，…-—דר\"'Жяα;；ا؟।ដ។།한と说r. ")
)


@given(MIXED, st.sampled_from([*SENTENCES, "th", "bo", None]))
def test_spans_lose_nothing_in_any_language(text: str, language: str | None) -> None:
    at = 0
    for span in split_sentences(text, language):
        quote = text[span.start : span.end]
        assert text[at : span.start].strip() == ""
        assert quote
        assert quote == quote.strip()
        at = span.end
    assert text[at:].strip() == ""


def test_an_index_of_the_format_before_is_brought_up_to_date(tmp_path: Path) -> None:
    docs, index, encoder = tmp_path / "docs", tmp_path / "index", WordEncoder()
    docs.mkdir()
    (docs / "en.txt").write_text(ENGLISH)
    (docs / "fr.txt").write_text(paragraph("fr"), "utf-8")
    with open_store(index, encoder) as store:
        index_folder(docs, store, encoder)
    as_of_format_3(index)
    with open_store(index, encoder) as store:
        assert {store.document(d).language for d in store.files().values()} == {None}
        report = index_folder(docs, store, encoder)
        assert (report.added, report.unchanged) == (["fr.txt"], ["en.txt"])
        assert {p: store.document(d).language for p, d in store.files().items()} == {
            "en.txt": "en",
            "fr.txt": "fr",
        }
        assert report.embedded == 1
        assert index_folder(docs, store, encoder).unchanged == ["en.txt", "fr.txt"]
        assert check_index(docs, store, encoder).mended == []
    as_of_format_3(index)
    with open_store(index, encoder) as store:
        assert check_index(docs, store, encoder).mended == []


def test_nothing_is_said_of_languages_that_another_model_may_read() -> None:
    languages: dict[str | None, int] = {"de": 2, "en": 3, None: 1}
    (note,) = language_notes(languages, bundled=True)
    assert note.startswith("2 of 6 documents are not in English")
    assert language_notes(languages, bundled=False) == []
    assert language_notes({"en": 3, None: 1}, bundled=True) == []


def as_of_format_3(index: Path) -> None:
    with sqlite3.connect(index / "index.sqlite") as db:
        db.execute("ALTER TABLE documents DROP COLUMN language")
        db.execute("UPDATE meta SET value = '3' WHERE name = 'format'")
    db.close()
