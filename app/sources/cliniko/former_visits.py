"""The records that a row of appointments may have become in an earlier export: of another shape, or with another note.

A visit of one client may become a group or a busy time, and the other way round. What is left of the old shape would
stand twice in Caspen.
"""

from collections.abc import Iterator

from app.mapping.lookups import Lookups
from app.mapping.rows import Delivered, FormerRecord, Joined
from app.sources.cliniko.appointment_row import AppointmentRow
from app.sources.cliniko.bookings import is_group
from app.sources.cliniko.visit_records import KIND, NOTE


def former_records(
    row: AppointmentRow, joined: Joined, lookups: Lookups, delivered: Delivered
) -> Iterator[FormerRecord]:
    """The records of the row's other shapes, and the whole notes of its visits.

    A file without a column for patients does not say who visits. Where a group has rows of attendees, one that is gone
    is listed as gone and its visit stays. A group without any is as the list in its row says.
    """
    if "patient_ids" not in delivered.columns and not joined.members:
        return
    is_busy, is_several = row.shape == "busy" and not joined.members, is_group(row, joined)
    if is_several and not joined.members:
        return  # the export does not say who attends
    yield FormerRecord("busy_times", KIND, row.id, is_replaced=True)
    yield FormerRecord("appointments", KIND, row.id, is_replaced=True)
    if is_busy or is_several or "notes" in delivered.columns:
        yield FormerRecord("communications", KIND, f"{row.id}{NOTE}")
    if not is_several:
        yield FormerRecord("appointment_groups", KIND, row.id, is_replaced=True)
        yield _members(row, lookups, is_replaced=True)
        return
    merged = frozenset(key for member in joined.members for key in delivered.merged.get(member.target.source_id, ()))
    if all(member.place is None for member in joined.members):
        yield _members(row, lookups, is_replaced=False, but=_unsettled(row, joined, merged))
    for key in merged:
        yield FormerRecord("appointments", KIND, f"{row.id}:{key}", is_replaced=True)
        yield FormerRecord("communications", KIND, f"{row.id}:{key}{NOTE}")
    for member in joined.members:
        if member.row is not None:
            yield FormerRecord("communications", KIND, f"{member.key}{NOTE}")


def _members(row: AppointmentRow, lookups: Lookups, *, is_replaced: bool, but: tuple[str, ...] = ()) -> FormerRecord:
    """The visits of the row's group, with their whole notes."""
    group = lookups.ids.derive("appointment_groups", KIND, row.id)
    notes = (("communications", NOTE),)
    return FormerRecord(
        "appointments", KIND, f"{row.id}:", is_replaced, is_family=True, through="group_id", to=group, but=but,
        endings=notes,
    )  # fmt: skip


def _unsettled(row: AppointmentRow, joined: Joined, merged: frozenset[str]) -> tuple[str, ...]:
    """The keys of visits of listed patients without a place: their own rows are held. `merged` patients have none."""
    places = merged.union(member.target.source_id for member in joined.members)
    listed = row.patient_ids.ids if row.patient_ids else ()
    return tuple(f"{row.id}:{key}" for key in listed if key not in places)
