"""The clinic's clients, with the odd records that every real list of clients holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from .. import people
from ..bundle import Shape
from ..fields import CELLS, CUSTOM_COLUMNS, own_cells
from ..planting import Planted
from ..row import Row
from ..world import World
from .contacts import Referrers
from .kind import SampleKind
from .patient_columns import COLUMNS, FIELD_COLUMNS
from .patient_difficulties import Values, upset

_FIRST_SEEN = datetime(2016, 3, 1, 22, 0, tzinfo=UTC)
_RELATIONS = ("wife", "husband", "mother", "son", "neighbour")


@dataclass(frozen=True)
class _Writer:
    world: World
    rng: Random

    def plain(self, index: int) -> Values:
        rng = self.rng
        first, last = people.plain_name(index)
        suburb, post_code = rng.choice(people.SUBURBS)
        born = date(1932, 1, 1) + timedelta(days=rng.randrange(31_000))
        created = _FIRST_SEEN + timedelta(days=index * 3600 // self.world.size.patients, minutes=rng.randrange(480))
        mobile = people.mobile(index * 7) if rng.random() < 0.93 else None
        home = people.landline(index) if rng.random() < 0.2 else None
        second = people.mobile(index * 7 + 500) if mobile and rng.random() < 0.04 else None
        has_mail = rng.random() < 0.85
        return {
            "id": self.world.patient_id(index),
            "title": rng.choice(("Ms", "Mr", "Mrs", "Dr", "Mx", "")),
            "first_name": first,
            "last_name": last,
            "preferred_first_name": first[:3] if rng.random() < 0.1 else None,
            "date_of_birth": born.isoformat() if rng.random() < 0.97 else None,
            "birth_month": born.strftime("%B"),
            "sex": rng.choice(people.SEXES),
            "email": f"{first}.{last}{index}@mail.example".lower() if has_mail else None,
            "mobiles": tuple(number for number in (mobile, second) if number),
            "homes": (home,) if home else (),
            "address_1": f"{1 + index % 180} {rng.choice(people.STREETS)}",
            "address_2": f"Unit {1 + index % 12}" if rng.random() < 0.2 else None,
            "time_zone": "Australia/Perth" if index % 40 == 3 else ("Australia/Sydney" if index % 3 == 0 else None),
            "city": suburb,
            "state": "NT" if post_code == "0800" else "NSW",
            "post_code": post_code,
            "country": "Australia",
            "occupation": rng.choice(people.WORK),
            "emergency_contact": f"{rng.choice(people.GIVEN)} ({rng.choice(_RELATIONS)}) +61 491 570 {index % 1000:03d}"
            if rng.random() < 0.3
            else None,
            "medicare": f"9999 {index % 100_000:05d} 0" if rng.random() < 0.5 else None,
            "medicare_reference_number": str(1 + index % 5) if rng.random() < 0.3 else None,
            "referral_type": rng.choice(("Word of mouth", "GP", "Website", "Walked past", "")),
            "old_reference_id": f"H{index:05d}" if index % 9 == 0 else None,
            "created_at": created,
            "updated_at": created + timedelta(days=rng.randrange(1, 200)),
            "business_id": self.world.business_id(index % 2),
            "medical_alerts": "Latex allergy" if rng.random() < 0.04 else None,
            "notes": "Prefers early appointments." if rng.random() < 0.1 else None,
            "reminder_type": rng.choice(("SMS", "Email", "SMS & Email", "None")),
            "invoice_default_to": "The parents" if index % 50 == 7 else None,
            "invoice_email": f"accounts{index}@mail.example" if index % 50 == 7 else None,
            "invoice_extra_information": "Claim 12/3, adjuster Pym" if index % 90 == 7 else None,
            "concession_type": "Pensioner" if rng.random() < 0.1 else None,
            "sms_marketing": rng.choice((True, False, None)),
            "email_marketing": rng.choice((True, False, None)),
            "privacy": rng.choice((True, True, True, False, None)),
            "gender_identity": "Non-binary" if rng.random() < 0.02 else None,
            "pronouns": ("they", "them") if rng.random() < 0.02 else None,
            "receives_confirmation_emails": rng.choice((True, False)),
            "dva_card_number": f"NX{index:06d}" if rng.random() < 0.02 else None,
            "follow_up": rng.choice(("SMS & Email", "")),
            "credit": "25.0" if index % 60 == 11 else "0.0",
            "opening_balance": "0.0",
            "account_balance": f"{index % 7 * 35}.00" if index % 12 == 5 else "0.0",
            "archived_at": created + timedelta(days=400) if index % 23 == 5 else None,
        }

    def finished(self, values: Values) -> Values:
        """The same client in the words of both dialects."""
        mobiles, homes = _texts(values["mobiles"]), _texts(values["homes"])
        values["phone_mobile"], values["mobile_phones"] = (mobiles or ("",))[0], ", ".join(mobiles)
        values["phone_home"], values["home_phones"] = (homes or ("",))[0], ", ".join(homes)
        values["patient_phone_numbers"] = [
            {"number": number, "normalized_number": number, "phone_type": kind}
            for kind, numbers in (("Mobile", mobiles), ("Home", homes))
            for number in numbers
        ]
        consent, privacy, said = values["sms_marketing"], values["privacy"], _texts(values["pronouns"] or ())
        values["sms_unsubscribed"] = None if consent is None else not consent
        values["privacy_words"] = {True: "Accepted", False: "Rejected", None: "No response"}[
            bool(privacy) if privacy is not None else None
        ]
        values["pronouns_text"] = "/".join(said)
        values["pronouns_json"] = {"nominative": said[0], "accusative": said[1]} if said else None
        return values

    def row(self, index: int, values: Values, planted: Planted | None, outcome: str, problems: tuple[str, ...]) -> Row:
        api = self.world.patients_api
        cells = [(field, values.get(key)) for field, key, in_api in FIELD_COLUMNS if in_api or not api]
        filled = tuple(field for field, value in cells if value not in (None, ""))
        lost = ["time_zone"] if values["time_zone"] else []
        shared: dict[str, tuple[str, ...]] = {}
        if values["referral_type"] and not api:
            shared["referral_types"] = (str(values["referral_type"]),)
        records: tuple[str, ...] = ("clients",)
        own = own_cells(index)
        shared["custom_fields"] = filled
        records += ("custom_field_values",) * (len(filled) + (len(CELLS) if own else 0))
        values |= own
        if outcome == "created":
            problems += ("field_without_destination",) * len(lost)
        return Row(
            source_id=str(values["id"]),
            values=values,
            outcome=outcome,
            problems=problems,
            records=records,
            shared_records=shared,
            marks=(planted.plant.name,) if planted else (),
        )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(part) for part in value) if isinstance(value, tuple) else ()


def rows(world: World) -> Iterator[Row]:
    writer = _Writer(world, world.random("patients"))
    referrers = Referrers(world)
    for index in range(world.size.patients):
        values = writer.plain(index)
        planted = world.patients.get(index)
        if planted is None:
            referrer, problems = referrers.next()
            yield writer.row(index, writer.finished(values | referrer), None, "created", problems)
            continue
        older = dict(values)
        upset(world, values, planted)
        plant = planted.plant
        row = writer.row(index, writer.finished(values), planted, plant.outcome, plant.codes)
        if plant.name == "conflict":
            updated = values["updated_at"]
            older["updated_at"] = updated - timedelta(days=1) if isinstance(updated, datetime) else None
            older["archived_at"] = None
            loser = writer.row(index, writer.finished(older), planted, "skipped", ("id_conflict_newest_used",))
            yield from (loser, row) if planted.turn % 2 else (row, loser)
        else:
            yield row
            if plant.extra_row:
                yield writer.row(index, values, planted, "skipped", ("duplicate_row",))


def total(world: World) -> int:
    return world.size.patients + sum(planted.plant.extra_row for planted in world.patients.values())


KIND = SampleKind(
    "patients", "Patients", COLUMNS + CUSTOM_COLUMNS, rows, shape=Shape.PAGES, folder="People", total=total
)
