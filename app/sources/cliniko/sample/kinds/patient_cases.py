"""Patient cases, with and without a limit."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from app.sources.cliniko.sample.children import CONFLICT, DELETED, MERGED, TWICE, client_of, of_clients, planted_rows
from app.sources.cliniko.sample.kinds.contacts import doctor_of
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import CREATED, UPDATED, CellForm, SampleColumn, SampleValue, texts
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("patient_id", CellForm.LINK),
    *texts("name", "notes", "issue_date", "expiry_date", "max_sessions", "max_invoiceable_amount"),
    SampleColumn("closed", CellForm.BOOL),
    SampleColumn("referral", CellForm.BOOL),
    SampleColumn("referral_type"),
    SampleColumn("contact_id", CellForm.LINK),
    SampleColumn("include_cancelled_attendees", CellForm.BOOL, key="include_cancelled"),
    SampleColumn("include_dna_attendees", CellForm.BOOL, key="include_dna"),
    SampleColumn("attendee_ids"),
    CREATED,
    UPDATED,
    DELETED_AT,
)
PLANTS = (
    *of_clients("case_without_patient"),
    *MERGED,
    Plant("no_name", ("name_missing",)),
    Plant("dates_reversed", ("case_dates_reversed",)),
    Plant("both_limits", ("case_two_limits", "case_balance_check")),
    Plant("no_contact", ("case_contact_unknown",)),
    Plant("unlimited"),
    TWICE,
    CONFLICT,
    DELETED,
)
_KEY = "patient_cases"
_STEP = 3


def _plants(world: World) -> dict[int, Planted]:
    return world.planted(_KEY, PLANTS, world.size.cases, by_api=world.is_api_file(False))


def case_of(world: World, patient: int) -> str | None:
    """The id of a client's case; None for a client without an ordinary case."""
    index = patient // _STEP
    if patient % _STEP or index >= world.size.cases or index in _plants(world) or patient in world.patients:
        return None
    return world.source_id(_KEY, index, world.size.cases)


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each case, and the second rows of plants."""
    plants, size = _plants(world), world.size
    for index in range(size.cases):
        planted, limited = plants.get(index), index % 3 != 2
        patient = world.patient_near(index * _STEP % size.patients)
        values = _plain(world, index) | {"patient_id": client_of(world, planted, patient)}
        problems = ("case_balance_check",) if limited else ()
        older: dict[str, SampleValue] | None = None
        if planted:
            older = values | {"notes": "First plan.", "updated_at": datetime(2021, 1, 1, tzinfo=UTC)}
            if planted.plant.name in ("both_limits", "unlimited"):
                problems = ()
            _apply_plant(values, planted)
        yield from planted_rows(str(values["id"]), values, planted, records=("cases",), problems=problems, older=older)


def _plain(world: World, index: int) -> dict[str, SampleValue]:
    issued = date(2022, 1, 10) + timedelta(days=index * 1600 // world.size.cases)
    created = datetime(issued.year, issued.month, issued.day, 1, tzinfo=UTC)
    return {
        "id": world.source_id(_KEY, index, world.size.cases),
        "name": f"Shared care plan {issued.year}",
        "notes": "Five visits, reviewed by the practice." if index % 4 == 0 else None,
        "issue_date": issued.isoformat(),
        "expiry_date": (issued + timedelta(days=365)).isoformat(),
        "max_sessions": 5 if index % 3 == 0 else None,
        "max_invoiceable_amount": "600.00" if index % 3 == 1 else None,
        "closed": index % 2 == 0,
        "referral": index % 3 == 0,
        "referral_type": ("medicare", "dva")[index // 3 % 2] if index % 3 == 0 else None,
        "contact_id": doctor_of(world, index // 5) if index % 5 == 0 else None,
        "include_cancelled": False,
        "include_dna": index % 2 == 1,
        "created_at": created,
        "updated_at": created,
    }


def _apply_plant(values: dict[str, SampleValue], planted: Planted) -> None:
    name, turn = planted.plant.name, planted.turn
    if name == "no_name":
        values["name"] = None
    elif name == "dates_reversed":
        values |= {"issue_date": "2024-06-30", "expiry_date": "2024-01-31"}
    elif name == "both_limits":
        values |= {"max_sessions": 10, "max_invoiceable_amount": "950.50"}
    elif name == "unlimited":
        values |= {"max_sessions": None, "max_invoiceable_amount": None}
    elif name == "no_contact":
        values["contact_id"] = str(999_750_001 + turn)
    elif name == "deleted":
        values["deleted_at"] = datetime(2025, 1, 9, 23, 0, tzinfo=UTC)


KIND = SampleKind(_KEY, "Patient cases", COLUMNS, rows, folder="People")
