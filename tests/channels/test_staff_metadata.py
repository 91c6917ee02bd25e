"""What staff tell of a document: the dates that are taken, and what a new version begins with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.channels.console.metadata import begun, early, fields_of, told
from assistant.errors import MetadataError
from assistant.types import TOLD, Audience, Document

DOCUMENT = Document("a", "办法.txt", "办法", "办法\n\n正文。\n", ())
TYPED = {**dict.fromkeys(TOLD, ""), "title": "办法", "topics": "", "audience": "residents"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2025-7-1", "2025-07-01"), ("2025/7/1", "2025-07-01"), ("2025.7.1", "2025-07-01"),
        ("2025年7月1日", "2025-07-01"), ("2025 年 7 月 1 日", "2025-07-01"), ("2025-07", "2025-07"),
        ("2025年7月", "2025-07"), ("2025年", "2025"), ("2025", "2025"), ("", ""),
    ],
)  # fmt: skip
def test_a_date_is_taken_as_people_write_it(typed: str, kept: str) -> None:
    assert told(DOCUMENT, {**TYPED, "date": typed}).date == kept


@pytest.mark.parametrize(
    "typed",
    [
        "2025-7月1", "2025年7-1", "2025-7-1日", "2025-7/1", "2025.7月", "2025年7", "2025日", "2025月",
        "2025-7-", "2025-13-1", "2025年2月30日", "25-7-1", "7月1日",
    ],
)  # fmt: skip
def test_a_date_that_mixes_ways_of_writing_or_is_none_is_refused(typed: str) -> None:
    with pytest.raises(MetadataError) as refused:
        told(DOCUMENT, {**TYPED, "effective": typed})
    assert list(refused.value.fields) == ["effective"]


@pytest.mark.parametrize(
    ("issued", "effective", "expected"),
    [
        ("2024-01-15", "2024-01-01", True), ("2024年1月15日", "2023", True), ("2024-02", "2024-01-31", True),
        ("2024-01-15", "2024-01-15", False), ("2024-01-15", "2024-01", False), ("2024", "2024-01-01", False),
        ("", "2024-01-01", False), ("2024-01-15", "", False), ("去年", "2024", False),
    ],
)  # fmt: skip
def test_a_document_in_force_before_it_was_issued_is_noticed_and_taken(
    issued: str, effective: str, expected: bool
) -> None:
    typed = {**TYPED, "date": issued, "effective": effective}
    assert early(typed) is expected
    if expected:
        assert told(DOCUMENT, typed).effective


BEFORE = Document(
    "before", "办法.txt", "借用办法", "旧的正文。\n", (), source="文体中心", date="2025-03",
    topics=("文体",), audience=Audience.STAFF, number="启文〔2025〕7号", issuer="镇政府",
    department="文体中心", effective="2025-04-01",
)  # fmt: skip


def test_the_first_version_begins_with_what_its_file_says() -> None:
    document = replace(DOCUMENT, text="办法\n\n启文〔2025〕9号\n")
    begins = begun(document, None)
    assert begins == replace(document, number="启文〔2025〕9号")
    assert fields_of(begins, chosen=False)["audience"] == ""


def test_a_new_version_begins_with_what_was_told_of_the_one_before() -> None:
    begins = begun(DOCUMENT, BEFORE)
    carried = (*TOLD, "topics", "audience")
    assert [getattr(begins, n) for n in carried] == [getattr(BEFORE, n) for n in carried]
    assert (begins.id, begins.text) == (DOCUMENT.id, DOCUMENT.text)
    assert fields_of(begins, chosen=True)["audience"] == "staff"


def test_what_was_not_told_before_is_what_the_new_file_says() -> None:
    new = replace(DOCUMENT, issuer="文体中心", topics=("场地",), number="启文〔2025〕7号")
    begins = begun(new, replace(BEFORE, issuer="", topics=(), number=""))
    assert (begins.issuer, begins.topics, begins.number) == (new.issuer, new.topics, new.number)
    assert begins.date == BEFORE.date


def test_another_number_in_the_new_file_is_another_issue_with_dates_of_its_own() -> None:
    new = replace(DOCUMENT, text="办法\n\n启文〔2026〕1号\n")
    begins = begun(new, BEFORE)
    assert (begins.number, begins.date, begins.effective) == ("启文〔2026〕1号", "", "")
    assert (begins.title, begins.issuer) == (BEFORE.title, BEFORE.issuer)
    begins = begun(replace(new, date="2026-01-05"), BEFORE)
    assert (begins.date, begins.effective) == ("2026-01-05", "")


def test_the_same_number_in_other_brackets_is_as_staff_wrote_it() -> None:
    begins = begun(replace(DOCUMENT, text="办法\n\n启文[2025]7号\n"), BEFORE)
    assert (begins.number, begins.date) == (BEFORE.number, BEFORE.date)


def test_a_date_that_the_new_file_states_goes_before_the_earlier_one() -> None:
    begins = begun(replace(DOCUMENT, date="2026-01"), BEFORE)
    assert (begins.date, begins.effective) == ("2026-01", BEFORE.effective)


@pytest.mark.parametrize("audience", Audience)
def test_for_staff_is_what_either_version_says_is_for_staff(audience: Audience) -> None:
    for new, before in ((audience, Audience.STAFF), (Audience.STAFF, audience)):
        begins = begun(replace(DOCUMENT, audience=new), replace(BEFORE, audience=before))
        assert begins.audience is Audience.STAFF
    residents = replace(BEFORE, audience=Audience.RESIDENTS)
    assert begun(DOCUMENT, residents).audience is Audience.RESIDENTS
