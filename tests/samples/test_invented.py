"""The people of a sample are invented: addresses, numbers and links are reserved ones."""

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
def test_email_addresses_are_on_reserved_domains(dialect: DialectName) -> None:
    result = {mail for _name, text in sample(dialect, "small").texts() for mail in MAIL.findall(text)}
    assert len(result) > 100
    assert [mail for mail in result if not mail.endswith(".example")] == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_telephone_numbers_are_reserved_for_fiction(dialect: DialectName) -> None:
    result = [
        re.sub(r"\D", "", number)
        for name, text in sample(dialect, "small").texts()
        if any(kind in name.lower() for kind in ("patients", "contacts", "users", "businesses", "communications"))
        for number in PHONE.findall(text)
    ]
    assert len(result) > 100
    assert [number for number in result if not FICTION.fullmatch(number)] == []


def test_medicare_numbers_can_not_be_real() -> None:
    numbers = [
        str(row["Medicare Number"]) for row in sample("native", "small").rows("patients") if row["Medicare Number"]
    ]
    assert numbers
    assert all(number[0] not in "23456" for number in numbers)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_links_are_on_reserved_domains(dialect: DialectName) -> None:
    hosts = {host for _name, text in sample(dialect, "small").texts() for host in LINK.findall(text)}
    assert hosts
    assert [host for host in hosts if not host.endswith((".example", "example.org"))] == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_text_never_mentions_its_generator(dialect: DialectName) -> None:
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
