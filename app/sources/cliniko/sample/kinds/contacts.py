"""Contacts: referrers, payers and other people."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from app.sources.cliniko.sample import invented_names
from app.sources.cliniko.sample.children import CONFLICT, DELETED, TWICE, planted_rows
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import (
    ARCHIVED,
    CREATED,
    UPDATED,
    CellForm,
    SampleColumn,
    SampleValue,
    texts,
)
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    *texts("type", "type_code", "doctor_type", "title", "first_name", "last_name", "preferred_name", "company_name"),
    *texts("occupation", "provider_number", "email"),
    *texts("phone_mobile", "phone_home", "phone_work", "phone_fax", "phone_other", only="native"),
    SampleColumn("phone_numbers", CellForm.JSON),
    *texts("address_1", "address_2", "address_3", "city", "state", "post_code", "country"),
    SampleColumn("country_code", only="api"),
    SampleColumn("notes"),
    ARCHIVED,
    CREATED,
    UPDATED,
    DELETED_AT,
)
PLANTS = (
    Plant("namesake_a"),
    Plant("namesake_b"),
    Plant("no_type"),
    Plant("other_code", ("contact_type_conflict",), by_api=True),
    Plant("company_only", ("contact_name_defaulted",)),
    Plant("nameless", ("contact_name_defaulted",)),
    Plant("bad_email", ("bad_email",)),
    Plant("bad_phone", ("bad_phone",)),
    Plant("archived"),
    TWICE,
    CONFLICT,
    DELETED,
)
TYPES = (("Doctor", 1), ("Standard", 0), ("3rd Party Payer", 2))
_KEY = "contacts"


def _plants(world: World) -> dict[int, Planted]:
    return world.planted(_KEY, PLANTS, world.size.contacts, by_api=world.is_api_file(True))


def _name(index: int) -> tuple[str, str]:
    return invented_names.plain_name(len(invented_names.GIVEN) * 240 + index)


def _doctors(world: World) -> list[int]:
    plants = _plants(world)
    return [index for index in range(0, world.size.contacts, len(TYPES)) if index not in plants]


def doctor_of(world: World, turn: int) -> str | None:
    """The id of a doctor without a plant; None in a sample without doctors."""
    doctors = _doctors(world)
    return world.source_id(_KEY, doctors[turn % len(doctors)], world.size.contacts) if doctors else None


class Referrers:
    """The referring doctors of clients, in the order of the clients."""

    def __init__(self, world: World) -> None:
        self._world, self._turn = world, 0
        self._doctors = _doctors(world)

    def next(self) -> tuple[dict[str, SampleValue], tuple[str, ...]]:
        """The cells of the next client, and the codes of their problems."""
        world, turn, few = self._world, self._turn, self._world.size.few
        self._turn += 1
        if turn < few:
            cells: dict[str, SampleValue] = {
                "referring_doctor": f"Moved Away{turn}",
                "referring_doctor_id": str(999_740_001 + turn),
            }
            return cells, ("referrer_not_found",)
        if turn < 2 * few and not world.patients_api:
            return {"referring_doctor": f"Lesley {_name(0)[1]}{turn - few}"}, ("referrer_ambiguous",)
        if turn % 5 or not self._doctors:
            return {}, ()
        doctor = self._doctors[turn // 5 % len(self._doctors)]
        key = world.source_id(_KEY, doctor, world.size.contacts)
        return {"referring_doctor": " ".join(_name(doctor)), "referring_doctor_id": key}, ()


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each contact, and the second rows of plants."""
    plants = _plants(world)
    for index in range(world.size.contacts):
        key = world.source_id(_KEY, index, world.size.contacts)
        values, planted = _plain(index) | {"id": key}, plants.get(index)
        older: dict[str, SampleValue] | None = None
        if planted:
            older = values | {"notes": "Rooms upstairs.", "updated_at": datetime(2017, 1, 8, tzinfo=UTC)}
            _apply_plant(values, planted)
        yield from planted_rows(key, values, planted, records=(_KEY,), older=older)


def _plain(index: int) -> dict[str, SampleValue]:
    first, last = _name(index)
    kind, code = TYPES[index % len(TYPES)]
    suburb, post_code = invented_names.SUBURBS[index % len(invented_names.SUBURBS)]
    work = invented_names.landline(5_000 + index)
    created = datetime(2018, 1, 8, 1, 0, tzinfo=UTC) + timedelta(days=index)
    return {
        "type": kind,
        "type_code": code,
        "doctor_type": "general_practitioner" if kind == "Doctor" else "",
        "title": "Dr" if kind == "Doctor" else "",
        "first_name": first,
        "last_name": last,
        "company_name": f"{last} Medical Centre" if kind != "Standard" else "",
        "provider_number": f"{200_000 + index}A" if kind == "Doctor" else None,
        "email": f"rooms{index}@clinic.example",
        "phone_work": work,
        "phone_numbers": [{"number": work, "normalized_number": work, "phone_type": "Work"}],
        "address_1": f"{index + 1} {invented_names.STREETS[index % len(invented_names.STREETS)]}",
        "city": suburb,
        "state": "NSW",
        "post_code": post_code,
        "country": "Australia",
        "country_code": "AU",
        "created_at": created,
        "updated_at": created,
    }


def _apply_plant(values: dict[str, SampleValue], planted: Planted) -> None:
    name, turn = planted.plant.name, planted.turn
    if name.startswith("namesake"):
        values |= {"type": "Doctor", "type_code": 1, "first_name": "Lesley", "last_name": f"{_name(0)[1]}{turn}"}
    elif name == "no_type":
        values |= {"type": None, "type_code": None}
    elif name == "other_code":
        values |= {"type": "Standard", "type_code": 2}
    elif name == "company_only":
        values |= {"first_name": None, "company_name": f"Harbour Insurance {turn + 1}"}
    elif name == "nameless":
        values |= {"first_name": None, "last_name": None, "company_name": None}
    elif name == "bad_email":
        values["email"] = "rooms@@clinic"
    elif name == "bad_phone":
        text = ("ask at the desk", "12")[turn % 2]
        values |= {"phone_work": text, "phone_numbers": [{"number": text, "phone_type": "Work"}]}
    elif name == "archived":
        values["archived_at"] = datetime(2023, 1, 9, 23, 0, tzinfo=UTC)
    elif name == "deleted":
        values["deleted_at"] = datetime(2023, 1, 9, 23, 0, tzinfo=UTC)


KIND = SampleKind(_KEY, "Contacts", COLUMNS, rows, mixed_native=True, folder="People")
