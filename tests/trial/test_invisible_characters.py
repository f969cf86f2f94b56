"""An invisible character or a comment inside a word never makes a correct record look wrong, however it is written."""

import csv
import io
import unicodedata
from collections.abc import Callable
from html.entities import html5

import pytest

from app.mapping.verified_kinds import Comparison
from app.sources import SOURCES
from app.trial.verification.cell_comparison import compare_cell
from tests.harness.clinic import Clinic, clinic_files
from tests.kinds.odd_cells import columns_of, kinds, verified
from tests.kinds.story import ROWS
from tests.world.spoiled import column, source

INVISIBLE = [sign for sign in map(chr, range(0x110000)) if unicodedata.category(sign) in ("Cf", "Cc")]
NAMED = {sign: [f"&{name}" for name, named in html5.items() if named == sign] for sign in INVISIBLE}
SPELLINGS: dict[str, Callable[[str], list[str]]] = {
    "raw": lambda sign: [sign],
    "named": lambda sign: NAMED[sign],
    "decimal": lambda sign: [f"&#{ord(sign)};"],
    "hexadecimal": lambda sign: [f"&#x{ord(sign):x};", f"&#X{ord(sign):04X};"],
    "escaped twice": lambda sign: [f"&amp;#{ord(sign)};"],
}
FORM = '{"sections": [{"name": "S", "questions": [{"name": "Q", "type": "paragraph", "answer": "%s"}]}]}'
CONTENTS = {
    "a note of prose": ("treatment_notes", "content", "<p>physio%stherapy</p>"),
    "a note of questions": ("treatment_notes", "content", FORM % "<p>physio%stherapy</p>"),
    "a message": ("communications", "content", "physio%stherapy"),
    "a message in HTML": ("communications", "content", "<p>%sphysio%stherapy</p>"),
    "a column of words": ("treatment_notes", "title", "physio%stherapy"),
}
GLUED = (
    "a<!-- comment -->b",
    "<p>a<!-- comment -->b</p>",
    "<![CDATA[cdataword]]>after",
    "x<![CDATA[q]]>y",
    "a<!--[if mso]>x<![endif]-->b",
    "a<![if mso]>x<![endif]>b",
    "a<?xml version=1?>b",
    "a<!doctype html>b",
    "a<!-- never closed b",
    "a<br>b<span>c</span>d",
)
"""Words with markup between them, and no space."""


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("content", CONTENTS)
def test_an_invisible_character_inside_a_word_is_no_fault(content: str, spelling: str) -> None:
    kind, name, pattern = CONTENTS[content]
    in_json = pattern.startswith("{")
    for written in (each for sign in INVISIBLE for each in SPELLINGS[spelling](sign)):
        if in_json and not written.isprintable() and ord(written) < 0x20:
            continue  # JSON holds no raw control character
        assert not verified(kind, ROWS[kind] | {name: pattern.replace("%s", written)}).missed, repr(written)


@pytest.mark.parametrize("kind", kinds())
def test_markup_glued_to_words_is_no_fault_in_any_column(kind: str) -> None:
    for placed in columns_of(kind):
        for cell in (*GLUED, "physio&shy;therapy", "a&zwnj;b"):
            assert not verified(kind, ROWS[kind] | {placed.name: cell}).missed, (placed.name, cell)


@pytest.mark.parametrize(
    ("cell", "stored"),
    [
        ("physio&shy;therapy", "physio"),
        ("physio&shy;therapy", "physio\u00ad"),
        ("sore&#8203;knee swollen", "sore\u200bknee"),
        ("a<!-- comment -->b", "a"),
        ("a<!-- comment -->b", "a<!-- comment -->"),
        ("<![CDATA[cdataword]]>after", "after"),
        ("<![CDATA[cdataword]]>after", "<![CDATA[cdataword]]>"),
    ],
)
def test_a_lost_word_beside_an_invisible_character_is_still_a_fault(cell: str, stored: str) -> None:
    for how in (Comparison.WORDS, Comparison.CONTENT):
        assert compare_cell(how, cell, stored) is False


def _file(**cells: str) -> str:
    lines = io.StringIO()
    csv.writer(lines).writerows((cells.keys(), cells.values()))
    return lines.getvalue()


def _export(words: str) -> dict[str, str]:
    """A small export with one message and one note."""
    at = "2024-03-01 09:00:00 +1100"
    return {
        **clinic_files(),
        "communications.csv": _file(
            id="5001", patient_id="1001", type_code="1", direction_code="1", content=words, created_at=at
        ),
        "treatment_notes.csv": _file(
            id="3001", patient_id="1001", practitioner_id="7", title=words[:200], content=f"<p>{words}</p>",
            finalized_at=at, created_at=at,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_export_of_one_message_and_one_note_with_every_invisible_character_can_be_approved(
    clinic: Clinic, spelling: str
) -> None:
    signs = [sign for sign in INVISIBLE if spelling != "raw" or unicodedata.category(sign) == "Cf"]
    written = [each for sign in signs for each in SPELLINGS[spelling](sign)]
    clinic.tried(_export("Hello " + " ".join(f"physio{each}therapy" for each in written)))
    _can_be_approved(clinic)


@pytest.mark.parametrize("glued", GLUED)
def test_an_export_of_one_message_and_one_note_with_glued_markup_can_be_approved(clinic: Clinic, glued: str) -> None:
    clinic.tried(_export(glued))
    _can_be_approved(clinic)


def test_a_word_that_a_message_with_an_invisible_character_lost_keeps_a_trial_from_approval(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SOURCES, source().name, source())  # mends the column after the test
    column("communications", "communications", "body", "off")()
    clinic.tried(_export("Hello physio&shy;therapy"))
    assert "cells_not_found" in clinic.codes("trial:1")
    assert not clinic.trial.balanced


def _can_be_approved(clinic: Clinic) -> None:
    assert not clinic.codes("trial:1") & {"cells_not_found", "cells_in_doubt"}
    created = {kind["kind"]: kind["created"] for kind in clinic.trial.kinds}
    assert (created["communications"], created["treatment_notes"]) == (1, 1)
    assert clinic.trial.balanced
    clinic.approve()
