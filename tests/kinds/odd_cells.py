"""Rows with one odd cell, mapped and verified as in a trial, without files and without a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from app.caspen.row_codec import shape
from app.mapping.columns import Column, Link, RowColumn
from app.mapping.parse import parse_row
from app.mapping.rows import Joined, Mapped, NotMapped, Record, Target
from app.mapping.verified_kinds import Comparison, VerifiedKind, bare_header
from app.problems import Level, Problem
from app.sources import source
from app.trial.verification.cell_comparison import words
from app.trial.verification.column_verdicts import ComparedRows, RowCode, Sampled
from tests.kinds.story import IDS, ROWS, TABLES, context, lookups

JSON_SHAPES = (
    "{}",
    "[]",
    "[1, 2]",
    '"words"',
    '{"name": "Rowing", "value": "Sundays"}',
    '[{"number": "0400 111 222", "phone_type": "Mobile"}, {"number": "ask mum"}]',
    '{"sections": "Better"}',
    '{"sections": [{"name": "Sleep", "questions": {"name": "How", "answer": "Badly"}}]}',
    "{'single': 'quotes'}",
    '{"cut": "off',
)
VALUES = (
    *("n/a", "N/A", "-", "--", "none", "None", "null", "nil", "yes", "No", "true", "0", "1", "2", "-1", "?", ".", "x"),
    *("2024-05-06", "06/05/2024", "2024-02-30", "0000-00-00", "2024-05-06 10:00:00 +1000", "2024-05-06T00:00:00Z"),
    *("2024-W05", "2024-W05-1", "20240506", "2024-127", "20240506T100000Z", "2024-05-06T10Z", "2024-05-06T24:00:00Z"),
    *("2024-05-06T10:00:60Z", "2024-05-06T10:00+24:00", "2024-05-06 10:00:00 +9959", "2024-05-06T10:00:00z"),
    *("2024-05-06T10:00:00.123456789Z", "2024-05-06T10:00:00,5Z", "2024-05-06T10:00:00+1000", "2024-05-06 10:00 UTC"),
    *("1850-01-01", "2091-01-01", "9999-12-31T23:59:59Z", "29265", "10:00", "25:61", "yesterday", "2024"),
    *("a..b@mail.example", "a@b..example", "Jo <jo@mail.example>", "jo@mail", "jo@@mail.example", "jo@mail.example."),
    *("&lt;jo@mail.example&gt;", "jo@mail.example%20", "a&amp;b@mail.example", "mailto:jo@mail.example?subject=Hi"),
    *("&lt;b&gt;", "&amp;", "&nbsp;", "Fish &amp; chips", "<b>bold</b>", "<script>alert(1)</script>", "a < b > c", "<"),
    *("1.2E+3", "1.23457E+11", "1e400", "1,234.50", "(5.50)", "$12", "12.0", "1٢3", "１２３"),
    *("=1+1", "'0012", '="0012"', '="=Hi"', "#N/A", "#REF!", "########", "+61 400 111 222", "ask mum"),
    *(
        "Anna\u200b",
        "\u200b",
        "\u202eAnna",
        "A\u00adnna",
        "Zoe\u0308",
        "\u00a0",
        "\ufeffAnna",
        "Anna\x07",
        "😀",
        "李小龙",
    ),
    *(
        "one\ntwo",
        "one\ttwo",
        "long " * 80,
        "x" * 300,
        '"quoted"',
        "a|b;c,d",
        "C:\\new\\table",
        'say \\"hi\\"',
        "O’Brien",
    ),
    *JSON_SHAPES,
)
MORE: dict[str, tuple[dict[str, str], ...]] = {
    "appointments": (
        {"patient_arrived": "", "cancelled_at": "2026-03-31 09:00:00 +1100", "cancellation_reason": "Sick"},
        {"patient_arrived": "", "cancellation_reason": "It rained", "cancellation_note": "Rang to cancel"},
        {"cancelled_at": "n/a", "cancellation_reason": "Sick", "cancellation_note": "Rang to cancel"},
        {"cancellation_reason": "It rained", "cancellation_reason_description": "All day", "did_not_arrive": "true"},
        {"patient_arrived": "", "archived_at": "2026-03-31 09:00:00 +1100", "cancellation_note": "Rang to cancel"},
        {"cancelled_at": "2026-03-31 09:00:00 +1100"},
    ),
    "patients": ({"email": "zoe@mail.example", "notes": "Likes mornings", "sex": "F", "gender": "Woman"},),
    "contacts": ({"first_name": "", "company_name": "Hall Ltd", "type_code": "2"}, {"email": "ada@mail.example"}),
    "treatment_notes": ({"draft": "true"}, {"finalized_at": "2026-04-02T02:00:00Z"}, {"booking_id": ""}),
    "patient_forms": ({"completed_at": ""}, {"signatures": "n/a"}),
    "users": ({"archived_at": "true"}, {"role": "administrator"}),
    "practitioners": ({"active": "false"}, {"first_name": "Sam", "last_name": "Lee"}),
    "communications": ({"type_code": "", "type": "Email", "direction_code": "", "direction": "Sent"},),
    "businesses": ({"email_reply_to": "hello@clinic.example", "additional_information": "Ring the bell"},),
    "patient_cases": ({"issue_date": "2026-02-01", "expiry_date": "2026-01-01"},),
}
KNOWN = {
    "businesses": "3",
    "users": "5",
    "practitioners": "7",
    "appointment_types": "9",
    "patients": "11",
    "contacts": "41",
    "patient_cases": "51",
    "custom_fields": "f1",
    "appointments": "77",
    "treatment_note_templates": "21",
    "patient_form_templates": "31",
}
VISIT_AT = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Verified:
    """The result of one row in a trial: its records, its codes, and the headers whose cells verification misses."""

    records: tuple[Record, ...]
    codes: frozenset[str]
    columns: frozenset[str]
    missed: frozenset[str]


def kinds() -> list[str]:
    """The kinds that move and have a row to begin with."""
    return [kind.name for kind in source("cliniko").kinds if kind.imported and kind.name in ROWS]


def columns_of(kind: str) -> list[RowColumn]:
    """The columns that go somewhere in Caspen, but for the row's own id."""
    placed = source("cliniko").kind(kind).columns
    return [p for p in placed if not p.column.is_key and not p.column.set_by_reading and not p.column.prefix]


def bases(kind: str) -> Iterator[dict[str, str]]:
    """Good rows of a kind, and rows whose cells contradict each other."""
    for more in ({}, *MORE.get(kind, ())):
        yield {name: cell for name, cell in (ROWS[kind] | more).items() if cell}


def verified(kind: str, cells: Mapping[str, str], *, is_native: bool = True) -> Verified:
    """Maps a row and compares its raw cells with its records. `cells` are by attribute."""
    parsed = parse_row(source("cliniko").kind(kind), dict(_trimmed(kind, cells)), context())
    problems = list(parsed.problems)
    records: tuple[Record, ...] = ()
    if parsed.stopped is None and parsed.row is not None:
        joined, orphans = _joined(kind, parsed.row)
        problems += orphans
        if not any(_stops(problem) for problem in problems):
            to_records = source("cliniko").kind(kind).to_records
            assert to_records is not None
            result = to_records(parsed.row, joined, lookups())
            problems += result.problems
            if isinstance(result, NotMapped):
                problems += [result.problem] if result.problem else [Problem("left_out_silently")]
            else:
                assert isinstance(result, Mapped)
                records = result.records
    elif parsed.row is None:
        assert problems
    codes = frozenset(RowCode(p.code, bare_header(p.column or ""), _stops(p)) for p in problems if _is_reported(p))
    raw = {_header(placed, is_native): cells.get(placed.name, "").strip() for placed in _placed(kind)}
    missed = frozenset(
        header
        for verified_kind in source("cliniko").verified_kinds
        if verified_kind.kind == kind
        for header in _missed(verified_kind, raw, records, codes)
    )
    return Verified(
        records, frozenset(code.code for code in codes), frozenset(code.column for code in codes) - {""}, missed
    )


def lacks(kind: str, cells: Mapping[str, str], name: str, result: Verified) -> bool:
    """Whether the words of a cell are nowhere in the records, and the row is the same as with an empty cell."""
    empty = _emptied(kind, tuple(sorted((n, c) for n, c in cells.items() if n != name)))
    return result.records == empty.records and result.codes == empty.codes and bool(words(cells[name]))


@cache
def _emptied(kind: str, cells: tuple[tuple[str, str], ...]) -> Verified:
    return verified(kind, dict(cells))


@cache
def _placed(kind: str) -> tuple[RowColumn, ...]:
    return tuple(source("cliniko").kind(kind).columns)


def _header(placed: RowColumn, is_native: bool) -> str:
    return bare_header((placed.column.native if is_native else "") or placed.name)


def _trimmed(kind: str, cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for placed in _placed(kind):
        if cell := cells.get(placed.name, ""):
            yield placed.name, cell if placed.column.raw else cell.strip(" \u00a0\t\n")


def _stops(problem: Problem) -> bool:
    return problem.severity in (Level.HELD, Level.SKIPPED, Level.REFUSED)


def _is_reported(problem: Problem) -> bool:
    return problem.severity is not Level.INFO


def _joined(kind: str, row: Any) -> tuple[Joined, list[Problem]]:
    """The references that lead to a known row, and the codes of the others."""
    many: dict[str, tuple[Target, ...]] = {}
    orphans: list[Problem] = []
    for placed in _placed(kind):
        name, column = placed.name, placed.column
        link = getattr(row, name)
        if not isinstance(link, Link) or not column.links_to:
            continue
        known = KNOWN.get(column.links_to)
        if known is not None and (link.ids == (known,) or (not link.ids and link.name in ROWS[kind].values())):
            target = Target(IDS.derive(TABLES[column.links_to], column.links_to, known), known, starts_at=VISIT_AT)
            many[name] = (target,)
        elif column.orphan_code:
            orphans.append(Problem(column.orphan_code, kind, column=name, level=_level(column)))
    return Joined({name: result[0] for name, result in many.items()}, many), orphans


def _level(column: Column) -> Level | None:
    return Level.HELD if column.required else None


def _missed(
    verified_kind: VerifiedKind, raw: dict[str, str], records: tuple[Record, ...], codes: frozenset[RowCode]
) -> frozenset[str]:
    key = next((raw[header] for header in map(bare_header, verified_kind.key_headers) if header in raw), "")
    rows = ComparedRows(verified_kind, {2: Sampled(key, key, raw)}, {2: codes} if codes else {})
    stored = [
        (r.key, _canonical(r)) for r in records if (r.table, r.source_kind) == (verified_kind.table, verified_kind.kind)
    ]
    links = {*verified_kind.columns, *(claim.column for claim in verified_kind.reported_problems)}
    targets = {each: _target(each.kind, each.table) for each in links if each.comparison is Comparison.LINK}
    rows.compare([(i, r) for i, r in stored if i in rows.record_ids], targets, lambda _: frozenset(), frozenset())
    rows.check_claims(targets, lambda claim, cells: False)
    if verified_kind.has_own_record:
        rows.check_presence(lambda key: True)
    return frozenset({*rows.results.wrong, *rows.results.faults})


def _canonical(record: Record) -> dict[str, object]:
    slots = shape(record.table).slots
    cells: dict[str, object] = {n: None if value is None else slots[n][1](value) for n, value in record.values.items()}
    return cells | {"id": IDS.derive(record.table, record.source_kind, record.key)}


@cache
def _target(kind: str, table: str) -> dict[str, dict[str, object]]:
    known = KNOWN.get(kind)
    if known is None:
        return {}
    client = IDS.derive("clients", "patients", KNOWN["patients"])
    at = shape("appointments").slots["starts_at"][1](VISIT_AT)
    return {known: {"id": IDS.derive(table, kind, known), "client_id": client, "starts_at": at}}
