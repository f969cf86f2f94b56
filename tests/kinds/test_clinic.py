"""Businesses, users, practitioners and appointment types: the clinic's set-up, with rights never raised."""

from decimal import Decimal
from typing import Any

import pytest

from app.mapping.plan import Choice, Plan
from app.mapping.rows import Joined, Outcome, Target
from app.mapping.traits import Mention
from app.sources import source
from app.sources.cliniko.appointment_types import suggests_activity
from tests.kinds.story import IDS, lookups, mapped, row_of

CLINIKO = source("cliniko")
OWN = Choice(to="match", id="own_1")
AWAY = Choice(to="leave_out")


@pytest.mark.parametrize(
    ("cells", "name", "codes"),
    [
        ({"display_name": "Front", "business_name": "Harbour", "label": "L"}, "Front", []),
        ({"business_name": "Harbour", "label": "L"}, "Harbour", []),
        ({"business_name": "", "label": "L"}, "L", []),
        ({"business_name": ""}, "Location 3", ["name_missing"]),
    ],
)
def test_a_location_is_called_by_the_first_name_that_it_has(cells: dict[str, Any], name: str, codes: list[str]) -> None:
    result = mapped("businesses", **cells)
    assert (result["name"], result.codes) == (name, codes)


def test_a_location_carries_its_address_and_number_and_is_never_bookable_online() -> None:
    result = mapped(
        "businesses", address_1="1 High St", city="Sydney", post_code="2000", country="Narnia", country_code="AU",
        business_registration_name="ABN", business_registration_value="12345678901",
        contact_information="(02) 5550 0100",
        website_address="https://h.example",
        additional_information="Ring twice.", show_in_online_bookings="true",
        time_zone="Brisbane",
    )  # fmt: skip
    assert result.codes == []
    assert (result["abn"], result["phone"], result["online_booking"]) == ("12 345 678 901", "+61255500100", False)
    assert (result["timezone"], result["country_code"]) == ("Australia/Brisbane", "AU")
    assert result["description"] == "Ring twice.\nWebsite: https://h.example"
    assert result["address"]["country_code"] == "AU"


def test_text_that_is_no_phone_or_business_number_is_in_the_description() -> None:
    result = mapped(
        "businesses", contact_information="Ring Jo on 0400 111 222", business_registration_name="NZBN",
        business_registration_value="942903",
    )  # fmt: skip
    assert (result["phone"], result["abn"]) == (None, None)
    assert result["description"] == "Ring Jo on 0400 111 222\nNZBN: 942903"


def test_an_unknown_time_zone_is_the_workspaces() -> None:
    result = mapped("businesses", time_zone="Atlantis")
    assert (result["timezone"], result.codes) == ("Australia/Sydney", ["timezone_unknown"])


def test_a_closed_location_is_archived() -> None:
    assert mapped("businesses", archived_at="2022-01-01T00:00:00Z")["status"] == "archived"


@pytest.mark.parametrize(
    ("kind", "plan"),
    [
        ("businesses", Plan(locations={"3": OWN})),
        ("users", Plan(users={"5": OWN})),
        ("practitioners", Plan(practitioners={"7": OWN})),
        ("appointment_types", Plan(services={"9": OWN})),
    ],
)
def test_a_row_that_matches_the_workspace_makes_no_record(kind: str, plan: Plan) -> None:
    result = mapped(kind, with_lookups=lookups(plan))
    assert (result.outcome, result.records) == (Outcome.UNCHANGED, ())


def test_a_row_that_the_clinic_leaves_out_makes_no_record() -> None:
    assert mapped("businesses", with_lookups=lookups(Plan(locations={"3": AWAY}))).outcome is Outcome.LEFT_OUT


@pytest.mark.parametrize(
    ("role", "treats", "becomes", "codes"),
    [
        ("administrator", True, "practitioner_admin", []),
        ("administrator", False, "practice_manager", []),
        ("practitioner", True, "practitioner", []),
        ("Power Receptionist", False, "receptionist", []),
        ("receptionist", False, "receptionist", []),
        ("scheduler", False, "receptionist", []),
        ("bookkeeper", False, "accountant", []),
        ("wizard", False, "receptionist", ["role_unknown"]),
        ("", True, "receptionist", ["role_unknown"]),
    ],
)
def test_roles_never_give_more_rights_than_they_had(role: str, treats: bool, becomes: str, codes: list[str]) -> None:
    joined = Joined(extra={"practitioners": "1"}) if treats else Joined()
    result = mapped("users", role=role, joined=joined)
    assert (result["role"], result["invite_state"], result.codes) == (becomes, "not_invited", codes)


def test_a_user_without_an_email_is_kept_without_one() -> None:
    result = mapped("users", email="")
    assert (result["email"], result.codes) == (None, ["user_email_missing"])


def test_of_two_users_with_one_email_the_later_has_none() -> None:
    assert mapped("users", joined=Joined(findings=("user_email_duplicate",)))["email"] is None
    kind = CLINIKO.kind("users")
    assert kind.names.alias_of is not None
    assert kind.names.alias_of(row_of("users", email="Sam@Clinic.example")) == "sam@clinic.example"


def test_62_a_practitioner_who_left_is_inactive_and_keeps_the_history() -> None:
    result = mapped("practitioners", active="false")
    assert (result.outcome, result["active"], result["online_booking"]) == (Outcome.CREATED, False, False)
    assert result["user_id"] == IDS.derive("users", "users", "5")


def test_a_practitioner_without_a_user_gets_one_that_cannot_sign_in() -> None:
    result = mapped("practitioners", lost=("user_id",), first_name="Sam", last_name="Lee")
    user, practitioner = result.records
    assert (user.table, user.key, user.values["active"], user.values.get("email")) == ("users", "7:user", False, None)
    assert practitioner.values["user_id"] == IDS.derive("users", "practitioners", "7:user")


def test_a_practitioner_is_called_by_the_display_name_else_by_parts() -> None:
    assert mapped("practitioners")["display_name"] == "Dr Sam Lee"
    parts = mapped("practitioners", display_name="", title="Dr", first_name="Sam", last_name="Lee")
    assert parts["display_name"] == "Dr Sam Lee"


def test_a_practitioner_whom_only_notes_name_gets_no_seat() -> None:
    made = CLINIKO.kind("practitioners").naming.record_makers
    mention = Mention("practitioners", "name:sam lee", "Dr Sam Lee")
    practitioner, user = made["practitioners"](mention, lookups()), made["users"](mention, lookups())
    assert practitioner.values["active"] is False
    assert practitioner.values["user_id"] == IDS.derive(user.table, user.source_kind, user.key)


def test_a_type_becomes_a_service() -> None:
    result = mapped(
        "appointment_types", description="First visit", category="Physio", max_attendees="1", item_code="HSP01",
        practitioner_ids="7, 8", show_in_online_bookings="true",
    )  # fmt: skip
    assert result.codes == []
    assert (result["kind"], result["duration"], result["price"], result["capacity"]) == (
        "appointment",
        45,
        Decimal(120),
        None,
    )
    assert result["practitioner_ids"] == [IDS.derive("practitioners", "practitioners", i) for i in ("7", "8")]
    assert result["category_id"] == IDS.derive("categories", "appointment_types", "name:physio")
    assert result["online_booking"] is False


@pytest.mark.parametrize(("color", "colour"), [("#1a2B3c", "#1a2B3c"), ("blue", None), ("#12345", None), ("", None)])
def test_a_new_category_has_the_colour_of_its_type(color: str, colour: str | None) -> None:
    kind = source("cliniko").kind("appointment_types")
    mention = kind.naming.mentions(row_of("appointment_types", color=color))[0]
    assert kind.naming.record_makers["categories"](mention, lookups()).values["colour"] == colour


def test_a_type_mentions_its_category_and_the_tax_with_rate_0() -> None:
    kind = CLINIKO.kind("appointment_types")
    names = {mention.table: mention.name for mention in kind.naming.mentions(row_of("appointment_types"))}
    assert names == {"categories": "Imported from Cliniko", "taxes": "No tax"}
    for mention in kind.naming.mentions(row_of("appointment_types")):
        record = kind.naming.record_makers[mention.table](mention, lookups())
        result = mapped("appointment_types")
        column = "category_id" if mention.table == "categories" else "tax_id"
        assert result[column] == IDS.derive(record.table, record.source_kind, record.key)


@pytest.mark.parametrize("cell", ["0", "", "none"])
def test_a_type_without_a_duration_takes_30_minutes(cell: str) -> None:
    result = mapped("appointment_types", duration_in_minutes=cell)
    assert (result["duration"], result.codes) == (30, ["duration_defaulted"])


def test_a_type_without_a_price_costs_nothing_and_is_reported() -> None:
    result = mapped("appointment_types", price="")
    assert (result["price"], result.codes) == (Decimal(0), ["price_unknown"])


def test_a_class_has_a_capacity() -> None:
    assert mapped("appointment_types", max_attendees="8")["capacity"] == 8


@pytest.mark.parametrize("name", ["Report writing", "Case note review", "Phone call", "Non-face to face", "ADMIN"])
def test_a_type_that_sounds_like_an_activity_is_asked_about(name: str) -> None:
    assert suggests_activity(name)
    asked = mapped("appointment_types", name=name)
    assert (asked.outcome, asked["kind"], asked.codes) == (Outcome.CREATED, "appointment", ["service_kind_undecided"])
    answered = mapped("appointment_types", name=name, with_lookups=lookups(Plan(service_kinds={"9": "activity"})))
    assert (answered["kind"], answered.codes) == ("activity", [])


def test_45_a_type_that_only_appointments_name_is_an_archived_service() -> None:
    kind = CLINIKO.kind("appointment_types")
    made = kind.naming.record_makers["services"](Mention("services", "name:massage", "Massage"), lookups())
    assert (made.values["name"], made.values["status"], made.key) == ("Massage", "archived", "name:massage")


def test_a_visit_of_an_activity_refers_to_the_activity() -> None:
    activity = Target(IDS.derive("activities", "appointment_types", "9"), "9")
    row = {name: Target(name, "1") for name in ("practitioner_id", "patient_ids", "business_id")}
    result = mapped("appointments", joined=Joined({**row, "appointment_type_id": activity}))
    assert result["service_id"].startswith("act_")
