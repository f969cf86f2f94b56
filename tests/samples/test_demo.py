"""The demo workspace fits the sample export, except for the gaps that the checklist must show."""

from app.sources.cliniko.demo_workspace import DEMO_WORKSPACE
from tests.samples.exports import sample


def practitioners() -> set[str]:
    return {str(row["Display Name"]) for row in sample("native", "small").rows("practitioners")}


def test_one_location_is_missing() -> None:
    there = {location.name for location in DEMO_WORKSPACE.locations}
    export = {str(row["Display Name"]) for row in sample("native", "small").rows("businesses")}
    assert there < export
    assert export - there == {"Newport"}


def test_one_practitioner_is_missing() -> None:
    assert practitioners() - {user.name for user in DEMO_WORKSPACE.users} == {"Ruby Castellano"}


def test_one_practitioner_has_not_accepted() -> None:
    waiting = [user.name for user in DEMO_WORKSPACE.users if user.active and user.invite != "accepted"]
    assert waiting == ["Priya Raghunathan"]


def test_two_services_are_missing() -> None:
    export = {str(row["Name"]) for row in sample("native", "small").rows("appointment_types")}
    there = {service.name for service in DEMO_WORKSPACE.services}
    assert export - there == {"Podiatry consultation", "Dry needling"}
    assert there < export


def test_a_person_in_both_has_one_address() -> None:
    export = {
        f"{r['First Name']} {r['Last Name']}": r["Email"] or None for r in sample("native", "small").rows("users")
    }
    for user in DEMO_WORKSPACE.users:
        assert export[user.name] == user.email


def test_a_person_who_left_has_no_seat() -> None:
    active = {str(r["Display Name"]): r["Active"] == "true" for r in sample("native", "small").rows("practitioners")}
    for user in DEMO_WORKSPACE.users:
        if user.name in active:
            assert user.active == active[user.name]


def test_the_clinic_is_the_one_the_pages_show() -> None:
    assert DEMO_WORKSPACE.name == "Harbour Street Physiotherapy"
    assert DEMO_WORKSPACE.timezone == "Australia/Sydney"
    admins = {user.name for user in DEMO_WORKSPACE.users if user.role in ("practitioner_admin", "practice_manager")}
    assert admins == {"Megan Doyle", "Grace Okonkwo"}
