"""Nobody in a sample exists: addresses, numbers and links lead nowhere, and the text never speaks of its making."""

import re

import pytest

from app.sources.cliniko.sample import DialectName
from tests.samples.exports import DIALECTS, sample

MAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\d\"=.])(?:\+?61|0)[ ]?\d(?:[ ]?\d){8}(?!\d)")
FICTION = re.compile(r"(?:61|0)(?:491570\d{3}|[2378]5550\d{4})")
LINK = re.compile(r"https?://([\w.-]+)")
TELLING = re.compile(r"\b(lorem|ipsum|todo|fixme|dummy|fixture|generator|seed|sample|fake|mock)\b", re.IGNORECASE)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_mail_goes_nowhere(dialect: DialectName) -> None:
    found = {mail for _name, text in sample(dialect, "small").texts() for mail in MAIL.findall(text)}
    assert len(found) > 100
    assert [mail for mail in found if not mail.endswith(".example")] == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_telephones_are_those_set_aside_for_fiction(dialect: DialectName) -> None:
    found = [
        re.sub(r"\D", "", number)
        for name, text in sample(dialect, "small").texts()
        if any(kind in name.lower() for kind in ("patients", "contacts", "users", "businesses", "communications"))
        for number in PHONE.findall(text)
    ]
    assert len(found) > 100
    assert [number for number in found if not FICTION.fullmatch(number)] == []


def test_medicare_numbers_can_not_be_real() -> None:
    numbers = [
        str(row["Medicare Number"]) for row in sample("native", "small").rows("patients") if row["Medicare Number"]
    ]
    assert numbers
    assert all(number[0] not in "23456" for number in numbers)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_links_lead_to_reserved_names_alone(dialect: DialectName) -> None:
    hosts = {host for _name, text in sample(dialect, "small").texts() for host in LINK.findall(text)}
    assert hosts
    assert [host for host in hosts if not host.endswith((".example", "example.org"))] == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_text_never_speaks_of_its_making(dialect: DialectName) -> None:
    for name, text in sample(dialect, "small").texts():
        assert TELLING.search(text) is None, name


def test_the_difficult_names_are_there() -> None:
    rows = sample("native", "small").rows("patients")
    names = [f"{row['First Name']} {row['Last Name']}" for row in rows]
    assert any("O'Brien" in name for name in names)
    assert any("🌻" in name for name in names)
    assert any("Nguyễn" in name for name in names)
    assert any("\u0600" <= name[0] <= "\u06ff" for name in names if name.strip())
    assert any(len(str(row["First Name"])) == 100 for row in rows)
    assert any(str(row["Extra Information"]).startswith("=HYPERLINK") for row in rows)
    assert any("\n" in str(row["Extra Information"]) for row in rows)


def test_notes_are_about_as_long_as_real_ones() -> None:
    lengths = [len(str(row["Content"])) for row in sample("native", "small").rows("treatment_notes")]
    assert 1_000 < sum(lengths) / len(lengths) < 3_000
