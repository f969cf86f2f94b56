"""Appointments of one practitioner at one time."""

from datetime import datetime, timedelta

from tests.index.story import Export, day, practitioner

NINE = day("2026-03-02") + timedelta(hours=9)


def visit(
    export: Export, source_id: str, who: str, start: datetime, minutes: int = 30, *, cancelled: bool = False
) -> int:
    end = start + timedelta(minutes=minutes)
    return export.has("appointments", source_id, practitioner(who), starts_at=start, ends_at=end, cancelled=cancelled)


def test_overlapping_appointments_all_move_and_are_counted(export: Export) -> None:
    for who in ("1", "2"):
        export.has("practitioners", who)
    visit(export, "10", "1", NINE, 120)
    inside = visit(export, "11", "1", NINE + timedelta(minutes=30))
    visit(export, "12", "1", NINE + timedelta(minutes=90))
    visit(export, "13", "1", NINE + timedelta(minutes=120))
    visit(export, "14", "2", NINE)
    visit(export, "15", "1", NINE, cancelled=True)

    assert export.verdict("appointments", inside) is None
    assert [(p.code, p.kind, p.count) for p in export.problems] == [("appointment_overlap", "appointments", 2)]
