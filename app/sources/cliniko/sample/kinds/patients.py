"""Patients, with the difficult rows that real lists of patients have."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from app.sources.cliniko.sample import invented_names
from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.fields import CELLS, CUSTOM_COLUMNS, own_cells
from app.sources.cliniko.sample.kinds.contacts import Referrers
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.planting import Planted
from app.sources.cliniko.sample.sample_columns import (
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

# The 65 columns of Cliniko's csv export of patients in their order, then those that only its API has.

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    *texts("title", "first_name", "last_name", "preferred_first_name", "date_of_birth", "sex", "email"),
    *texts("phone_mobile", "phone_home", "phone_work", "phone_fax", "phone_other", only="native"),
    *texts("address_1", "address_2", "address_3", "time_zone", "city", "state", "post_code", "country", "occupation"),
    *texts("emergency_contact", "medicare"),
    *texts("referral_type", "referral_subcategory", "referral_extra", "referring_doctor", only="native"),
    SampleColumn("referring_doctor_id", CellForm.LINK, only="api"),
    SampleColumn("old_reference_id"),
    CREATED,
    UPDATED,
    SampleColumn("next_appointment", CellForm.TIME, only="native"),
    SampleColumn("last_appointment", CellForm.TIME, only="native"),
    SampleColumn("birth_month", only="native"),
    SampleColumn("last_practitioner_seen", only="native", key="last_practitioner"),
    SampleColumn("last_business_visited", only="native", key="last_business"),
    SampleColumn("business_id", CellForm.ID, only="native"),
    SampleColumn("unapplied_account_credit", only="native", key="credit"),
    SampleColumn("medical_alerts", only="native"),
    *texts("notes", "reminder_type", "invoice_default_to", "invoice_email", "invoice_extra_information"),
    SampleColumn("concession_type", only="native"),
    SampleColumn("unsubscribed_sms_marketing", CellForm.BOOL, only="native", key="sms_unsubscribed"),
    SampleColumn("first_appointment", CellForm.TIME, only="native"),
    SampleColumn("first_practitioner_seen", only="native", key="first_practitioner"),
    SampleColumn("accepted_privacy_policy", only="native", key="privacy_words"),
    SampleColumn("gender_identity"),
    SampleColumn("pronouns", only="native", key="pronouns_text"),
    *texts("gender", "appointment_notes", "medicare_reference_number"),
    SampleColumn("accepted_email_marketing", CellForm.BOOL, key="email_marketing"),
    *texts("opening_balance", "account_balance", "mobile_phones", "home_phones", "work_phones", only="native"),
    *texts("fax_phones", "other_phones", only="native"),
    SampleColumn("receives_confirmation_emails", CellForm.BOOL),
    SampleColumn("dva_card_number"),
    SampleColumn("follow_up_messages", only="native", key="follow_up"),
    SampleColumn("patient_phone_numbers", CellForm.JSON),
    SampleColumn("accepted_sms_marketing", CellForm.BOOL, key="sms_marketing"),
    SampleColumn("accepted_privacy_policy", CellForm.BOOL, only="api", key="privacy"),
    SampleColumn("pronouns", CellForm.JSON, only="api", key="pronouns_json"),
    SampleColumn("archived_at", CellForm.TIME, only="api"),
    DELETED_AT,
    SampleColumn("merged_at", CellForm.TIME),
    SampleColumn("merged_with_patient_id", CellForm.LINK),
)

FIELD_COLUMNS: tuple[tuple[str, str, bool], ...] = (
    ("Medicare number", "medicare", True),
    ("Medicare reference number", "medicare_reference_number", True),
    ("DVA card number", "dva_card_number", True),
    ("Concession type", "concession_type", False),
    ("Previous reference number", "old_reference_id", True),
    ("Reminder preference", "reminder_type", True),
    ("Follow-up messages", "follow_up", False),
    ("Receives confirmation emails", "receives_confirmation_emails", True),
    ("Email marketing consent", "email_marketing", True),
    ("SMS marketing consent", "sms_marketing", True),
    ("Invoice to", "invoice_default_to", True),
    ("Invoice email", "invoice_email", True),
    ("Invoice extra information", "invoice_extra_information", True),
)
"""Columns that become custom fields: the field's name, the key of the cell, and whether an API file has the column."""


Values = dict[str, SampleValue]


def apply_plant(world: World, values: Values, planted: Planted) -> None:
    """Change the cells of a client as its plant requires."""
    name, turn = planted.plant.name, planted.turn
    given, family = invented_names.GIVEN[turn], invented_names.FAMILY[turn]
    values["archived_at"] = None
    if name in ("merged", "merged_twice"):
        target = "merged" if name == "merged_twice" else "apostrophe"
        gone = datetime(2024, 3, 4, 1, 30, tzinfo=UTC)
        values |= {"archived_at": gone, "merged_at": gone}
        values["merged_with_patient_id"] = world.patient_id(world.patient_at(target, turn))
    elif name == "deleted":
        values["deleted_at"] = datetime(2023, 5, 1, 3, 0, tzinfo=UTC)
    elif name == "unnamed":
        values |= {"first_name": None, "last_name": None, "preferred_first_name": None}
    elif name == "archived":
        values["archived_at"] = datetime(2022, 1, 9, 23, 0, tzinfo=UTC)
    elif name == "bad_email":
        values["email"] = ("jo@@x", "none", "a b@mail.example")[turn % 3]
    elif name == "bad_phone":
        values |= {"mobiles": (("ask mum", "silent number")[turn % 2],), "homes": ()}
    elif name in ("shares_a", "shares_b"):
        values |= {"email": f"family{turn}@mail.example", "mobiles": (invented_names.mobile(turn),)}
    elif name == "no_first_name":
        values |= {"first_name": None, "last_name": invented_names.FAMILY[turn + 50], "preferred_first_name": None}
    elif name == "no_last_name":
        values |= {"first_name": invented_names.GIVEN[turn + 50], "last_name": None}
    elif name == "birth_ahead":
        values["date_of_birth"] = "2091-01-01"
    elif name == "birth_too_early":
        values["date_of_birth"] = "1899-12-31"
    elif name == "birth_no_such_day":
        values["date_of_birth"] = "1985-02-30"
    elif name in invented_names.ODD_FAMILY:
        values |= {"first_name": given, "last_name": invented_names.ODD_FAMILY[name]}
    elif name == "emoji":
        values |= {"first_name": f"{given} 🌻", "notes": "Likes the garden 🌿 and her dog 🐕‍🦺"}
    elif name in ("rtl", "vietnamese"):
        firsts, lasts = invented_names.RTL if name == "rtl" else invented_names.VIETNAMESE
        values |= {"first_name": firsts[turn % 5], "last_name": lasts[turn // 5 % 5], "preferred_first_name": None}
    elif name == "long_name":
        values |= {"first_name": invented_names.LONG_GIVEN, "last_name": family, "preferred_first_name": None}
    elif name == "formula":
        values["notes"] = '=HYPERLINK("https://evil.example/","Click")'
        values["occupation"] = "@SUM(1+1)"
    elif name == "newlines":
        values["notes"] = 'First line\nSecond line, with "quotes"\n\nLast; line'
        values["address_1"] = "Level 2\n14 Ferry Parade"
    elif name == "legacy_gender":
        values |= {"sex": None, "gender": "Female"}
    elif name.startswith("twin"):
        values |= {"first_name": given, "last_name": "Twice-Entered", "date_of_birth": "1971-06-05"}
    elif name.startswith("namesake"):
        born = "1950-01-02" if name.endswith("a") else "1990-03-04"
        values |= {"first_name": given, "last_name": "Same-Name", "date_of_birth": born}
    elif name == "test_record":
        values |= {"first_name": ("Test", "asdf")[turn % 2], "last_name": family}
    elif name == "conflict":
        values["last_name"] = f"{values['last_name']}-Married"


_FIRST_SEEN = datetime(2016, 3, 1, 22, 0, tzinfo=UTC)
_RELATIONS = ("wife", "husband", "mother", "son", "neighbour")


@dataclass(frozen=True)
class _PatientWriter:
    world: World
    rng: Random

    def plain(self, index: int) -> Values:
        """The cells of an ordinary client; each call takes the next random numbers."""
        rng = self.rng
        first, last = invented_names.plain_name(index)
        suburb, post_code = rng.choice(invented_names.SUBURBS)
        born = date(1932, 1, 1) + timedelta(days=rng.randrange(31_000))
        created = _FIRST_SEEN + timedelta(days=index * 3600 // self.world.size.patients, minutes=rng.randrange(480))
        mobile = invented_names.mobile(index * 7) if rng.random() < 0.93 else None
        home = invented_names.landline(index) if rng.random() < 0.2 else None
        second = invented_names.mobile(index * 7 + 500) if mobile and rng.random() < 0.04 else None
        has_mail = rng.random() < 0.85
        return {
            "id": self.world.patient_id(index),
            "title": rng.choice(("Ms", "Mr", "Mrs", "Dr", "Mx", "")),
            "first_name": first,
            "last_name": last,
            "preferred_first_name": first[:3] if rng.random() < 0.1 else None,
            "date_of_birth": born.isoformat() if rng.random() < 0.97 else None,
            "birth_month": born.strftime("%B"),
            "sex": rng.choice(invented_names.SEXES),
            "email": f"{first}.{last}{index}@mail.example".lower() if has_mail else None,
            "mobiles": tuple(number for number in (mobile, second) if number),
            "homes": (home,) if home else (),
            "address_1": f"{1 + index % 180} {rng.choice(invented_names.STREETS)}",
            "address_2": f"Unit {1 + index % 12}" if rng.random() < 0.2 else None,
            "time_zone": "Australia/Perth" if index % 40 == 3 else ("Australia/Sydney" if index % 3 == 0 else None),
            "city": suburb,
            "state": "NT" if post_code == "0800" else "NSW",
            "post_code": post_code,
            "country": "Australia",
            "occupation": rng.choice(invented_names.WORK),
            "emergency_contact": (
                f"{rng.choice(invented_names.GIVEN)} ({rng.choice(_RELATIONS)}) +61 491 570 {index % 1000:03d}"
            )
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
        """Add the cells that the dialects write differently, and return the same dictionary."""
        mobiles, homes = _texts(values["mobiles"]), _texts(values["homes"])
        values["phone_mobile"], values["mobile_phones"] = (mobiles or ("",))[0], ", ".join(mobiles)
        values["phone_home"], values["home_phones"] = (homes or ("",))[0], ", ".join(homes)
        values["patient_phone_numbers"] = [
            {"number": number, "normalized_number": number, "phone_type": kind}
            for kind, numbers in (("Mobile", mobiles), ("Home", homes))
            for number in numbers
        ]
        consent, privacy, pronouns = values["sms_marketing"], values["privacy"], _texts(values["pronouns"] or ())
        values["sms_unsubscribed"] = None if consent is None else not consent
        values["privacy_words"] = {True: "Accepted", False: "Rejected", None: "No response"}[
            bool(privacy) if privacy is not None else None
        ]
        values["pronouns_text"] = "/".join(pronouns)
        values["pronouns_json"] = {"nominative": pronouns[0], "accusative": pronouns[1]} if pronouns else None
        return values

    def row(
        self, index: int, values: Values, planted: Planted | None, outcome: str, problems: tuple[str, ...]
    ) -> SampleRow:
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
        return SampleRow(
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


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each patient, and the second rows of plants."""
    writer = _PatientWriter(world, world.random("patients"))
    referrers = Referrers(world)
    for index in range(world.size.patients):
        values = writer.plain(index)
        planted = world.patients.get(index)
        if planted is None:
            referrer, problems = referrers.next()
            yield writer.row(index, writer.finished(values | referrer), None, "created", problems)
            continue
        older = dict(values)
        apply_plant(world, values, planted)
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
    """The number of rows."""
    return world.size.patients + sum(planted.plant.extra_row for planted in world.patients.values())


KIND = SampleKind(
    "patients", "Patients", COLUMNS + CUSTOM_COLUMNS, rows, shape=Shape.PAGES, folder="People", total=total
)
