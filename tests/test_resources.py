"""The data files: whole, in Simplified Chinese, and in step with the program that reads them."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import opencc
import pytest
import yaml

import assistant.resources
from assistant.answering.features import NAMES, READER_NAMES
from assistant.answering.weigh import Weights
from assistant.resources import load
from assistant.segment import Segmenter, town_words

FOLDER = Path(assistant.resources.__file__).parent
FILES = sorted(path.stem for path in FOLDER.glob("*.yml"))
SOURCES = [
    *FOLDER.parent.rglob("*.py"),
    *(FOLDER.parents[1] / name for name in ("ingest.py", "server.py")),
]
STATUS = re.compile(r"answered|(?:refused|routed|error)_[a-z_]+")

REPLY_VALUES = {
    "topics": {"topics"},
    "contact": {"name"},
    "citation_mark": {"number"},
    "not_told": {"question"},
    "page.understood": {"text"},
}
"""What is filled into a reply; the others are said as they stand."""


CONSOLE_VALUES = {
    "accounts.role_of": {"name"},
    "accounts.role_sure": {"name"},
    "accounts.close_sure": {"name"},
    "accounts.invite_sure": {"name"},
    "search.understood": {"text"},
    "search.rejected": {"count"},
    "ask.against": {"confidence", "threshold"},
    "documents.history_of": {"name"},
    "uploads.kinds": {"kinds", "limit"},
    "uploads.together": {"limit", "count"},
    "uploads.sending": {"name"},
    "uploads.taken": {"name"},
    "uploads.too_large": {"limit"},
    "work.summary": {"busy", "drafts"},
    "work.version": {"number"},
    "work.reading_at": {"at"},
    "work.publishing_at": {"share"},
    "work.refused": {"reason"},
    "work.failed": {"reason"},
    "work.review_of": {"name"},
    "work.open_of": {"name", "number"},
    "work.differs": {"name"},
    "history.title": {"name"},
    "review.title": {"name", "number"},
    "review.page": {"number"},
    "review.publish_for": {"audience"},
    "review.publish_sure": {"audience"},
    "review.restore_sure": {"audience"},
    "review.by": {"who", "at", "size"},
    "questions.total": {"total"},
    "questions.erase_one": {"question"},
}
"""The same of the console."""


def strings(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a data file with its place; the keys are the program's."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(inner, f"{place}.{key}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, place)
    elif isinstance(value, str):
        yield place, value


def placeholders(text: str) -> set[str]:
    """The names of what is filled into a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@cache
def constants() -> frozenset[str]:
    """Every text that stands in the program, without its docstrings."""
    found = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        said = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in said:
                found.add(str(node.value))
    return frozenset(found)


@pytest.mark.parametrize("name", FILES)
def test_every_file_loads_and_holds_something(name: str) -> None:
    assert load(name)
    assert load(name) is load(name)


@pytest.mark.parametrize("name", FILES)
def test_no_key_stands_twice(name: str) -> None:
    def check(node: yaml.Node | None) -> None:
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys))
            for _, inner in node.value:
                check(inner)
        elif isinstance(node, yaml.SequenceNode):
            for inner in node.value:
                check(inner)

    check(yaml.compose((FOLDER / f"{name}.yml").read_text("utf-8")))


@pytest.mark.parametrize("name", FILES)
def test_every_text_is_in_simplified_chinese(name: str) -> None:
    simplify = opencc.OpenCC("t2s")
    for place, text in strings(load(name)):
        assert simplify.convert(text) == text, place


@pytest.mark.parametrize("name", FILES)
def test_no_text_has_outer_space_or_characters_that_cannot_be_seen(name: str) -> None:
    for place, text in strings(load(name)):
        assert text == text.strip() != "", place
        assert not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", text), place


# --- statuses


def test_every_status_of_the_program_is_in_the_data_and_the_other_way_round() -> None:
    assert {c for c in constants() if STATUS.fullmatch(c)} == set(load("statuses"))


@pytest.mark.parametrize("status", load("statuses"))
def test_every_status_tells_residents_and_staff(status: str) -> None:
    told = load("statuses")[status]
    assert STATUS.fullmatch(status)
    wanted = {"staff"} if status == "answered" else {"staff", "residents"}
    assert told.keys() - {"http"} == wanted
    assert placeholders(told["staff"]) == set()


@pytest.mark.parametrize("status", load("statuses"))
def test_only_a_refusal_fills_in_topics_and_a_contact(status: str) -> None:
    names = placeholders(load("statuses")[status].get("residents", ""))
    assert names <= ({"topics", "contact"} if status.startswith("refused_") else set())


@pytest.mark.parametrize("status", [s for s in load("statuses") if s.startswith("refused_")])
def test_every_refusal_says_whom_to_ask(status: str) -> None:
    assert "{contact}" in load("statuses")[status]["residents"]


@pytest.mark.parametrize("status", load("statuses"))
def test_errors_and_only_they_have_an_http_status(status: str) -> None:
    http = load("statuses")[status].get("http")
    assert (http is not None) == status.startswith("error_")
    assert http is None or 400 <= http < 600


# --- errors, replies, contacts, suggestions


def test_every_error_text_is_used_and_ends_without_surprise() -> None:
    for key, text in load("errors").items():
        assert key in constants(), key
        assert not text.endswith((".", "，", "："))


def test_replies_fill_in_only_what_the_program_gives() -> None:
    for place, text in strings(load("replies")):
        assert placeholders(text) == REPLY_VALUES.get(place, set()), place


def test_the_consoles_texts_fill_in_only_what_its_pages_give() -> None:
    for place, text in strings(load("console")):
        assert placeholders(text) == CONSOLE_VALUES.get(place, set()), place


def test_no_text_of_the_console_has_the_name_of_a_dictionarys_method() -> None:
    """A template would be given the method."""
    for group, texts in load("console").items():
        assert not hasattr({}, group)
        for key in texts if isinstance(texts, dict) else ():
            assert not hasattr({}, key), f"{group}.{key}"


def test_every_group_of_the_consoles_texts_is_used_by_its_pages() -> None:
    pages = "".join(
        path.read_text("utf-8") for path in FOLDER.parent.glob("channels/console/templates/*.html")
    )
    for group in load("console"):
        assert f"text.{group}" in pages, group


def test_suggestions_are_short_questions_each_once() -> None:
    suggestions = load("suggestions")
    assert len(suggestions) == len(set(suggestions)) >= 3
    for question in suggestions:
        assert question.endswith("？")
        assert len(question) <= 20


def test_every_contact_has_a_number_and_says_where_it_is_from() -> None:
    for contact in load("contacts"):
        assert contact.keys() == {"name", "phone", "source"}
        assert re.fullmatch(r"[\d-]{3,}", contact["phone"])
        assert len(contact["source"]) > 10


def test_how_telephone_numbers_are_told_is_in_regular_expressions() -> None:
    for key, pattern in load("telephones").items():
        assert not re.compile(pattern).search(""), key


def test_what_makes_a_password_weak_is_written_as_it_is_compared() -> None:
    for text in load("passwords"):
        assert text == unicodedata.normalize("NFKC", text).casefold()
        assert len(text) >= 3


# --- what is tuned


def test_the_kinds_of_answers_are_regular_expressions_over_folded_text(
    segmenter: Segmenter,
) -> None:
    kinds = [entry["kind"] for entry in load("answer_kinds")]
    assert len(kinds) == len(set(kinds))
    for entry in load("answer_kinds"):
        for key in ("asks", "looks"):
            assert re.compile(entry[key])
            assert not re.search(entry[key], "")
        letters = re.sub(r"\\.|[^\w]", "", entry["asks"] + entry["looks"])
        assert segmenter.normalise(letters) == letters


@pytest.mark.parametrize(
    ("name", "features"),
    [("sentence_weights", NAMES), ("reader_weights", (*NAMES, *READER_NAMES))],
)
def test_weights_belong_to_the_programs_features(name: str, features: tuple[str, ...]) -> None:
    weights = Weights.load(name, features)
    assert weights.mean.shape == weights.scale.shape == (len(features),)
    assert weights.hidden.shape == (len(weights.output), len(features))
    assert weights.hidden_bias.shape == weights.output.shape
    assert (weights.scale > 0).all()


def test_search_settings_are_in_their_ranges() -> None:
    search = load("search")
    for share in ("vector_share", "refusal_threshold"):
        assert 0 <= search[share] <= 1
    for count in ("vector_candidates", "keyword_candidates", "chunks_read", "passages_read"):
        assert search[count] >= 1
    for quoting in search["quoting"].values():
        assert 0 <= quoting["part"] <= 1
        assert 0 <= quoting["second_share"] <= 1
        assert quoting["passages_quoted"] >= 1
        assert quoting["answer_length"] >= 1


def test_town_words_stand_once_and_are_found_as_words(segmenter: Segmenter) -> None:
    words = town_words()
    assert len(words) == len(set(words))
    for word in words:
        assert segmenter.normalise(word) in segmenter.words(word), word


def test_no_name_of_the_town_is_a_stop_word() -> None:
    assert not set(load("understanding")["stop_words"]) & set(town_words())


def patterns(value: object) -> Iterator[str]:
    """The regular expressions of follow_up.yml and forms.yml, without the space that lays them out."""
    for _, text in strings(value):
        if not text.isalpha():
            yield re.sub(r"\s+", "", text)


@pytest.mark.parametrize("name", ["follow_up", "forms"])
def test_how_people_ask_is_told_in_regular_expressions(name: str) -> None:
    for pattern in patterns(load(name)):
        assert re.compile(pattern)


def test_every_attribute_is_of_one_sort() -> None:
    nouns = [noun for sort in load("follow_up")["attributes"] for noun in sort["nouns"]]
    assert len(nouns) == len(set(nouns))
    assert not set(nouns) & set(load("follow_up")["generic"])


@pytest.mark.parametrize("reply", ["有", "是", "能", "可以", "会"])
def test_a_yes_is_one_word(reply: str) -> None:
    form = load("forms")["whether"]
    said = {form["reply"], form["there_is"]["reply"], *(word for _, word in form["replies"])}
    assert reply in said
