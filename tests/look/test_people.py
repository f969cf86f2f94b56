"""The pages about people: who can see a move, one person, invitations and the choice of a clinic."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from app.migration.models import AuditEntry
from app.signin.clinics import ClinicLine
from app.signin.invitation_pages import InvitationOffer
from app.wizard.history import history
from app.wizard.people import InvitationLine, MemberLine
from tests.look.pages import LONG_NAME, NOW, assert_open_to_everybody, render, served

EMAIL = f"{'alexandrina' * 5}@harbourstreetphysiotherapyandsportsmedicine.example"
MEMBERS = [
    MemberLine("p1", LONG_NAME, EMAIL, "admin", "Clinic admin", reads=True, is_self=True, is_last_admin=False),
    MemberLine(
        "p2", "يوسف إبراهيم", "y@x.example", "viewer", "May look", reads=False, is_self=False, is_last_admin=False
    ),
]
LAST = MemberLine("p1", LONG_NAME, EMAIL, "admin", "Clinic admin", reads=True, is_self=True, is_last_admin=True)
INVITED = [
    InvitationLine("i1", EMAIL, "Reviewer", LONG_NAME, NOW, is_expired=False),
    InvitationLine("i2", "k@x.example", "May look", "Megan Doyle", NOW, is_expired=True),
]
PAST = history(
    [
        AuditEntry(
            id=1, at=NOW, workspace_id="w", by=EMAIL, role="clinic", act="person_invited", facts={"invitation": "i1"}
        )
    ],
    {EMAIL: LONG_NAME},
    {"i1": EMAIL},
)
MISTAKES = [{"field": "email", "words": "Write an address."}, {"field": "role", "words": "Choose."}]
OFFERS = [
    InvitationOffer(
        f"i{number}", LONG_NAME, "Reviewer", "look at numbers", reads=True, by=LONG_NAME, by_email=EMAIL, expires_at=NOW
    )
    for number in range(2)
]
CLINICS = [
    ClinicLine(LONG_NAME, "Clinic admin", "Getting ready", "/m/a"),
    ClinicLine("Riverbend", "May look", "Nobody has started the move yet", ""),
]


def people(**more: object) -> str:
    values: dict[str, object] = {
        "people": MEMBERS,
        "invited": INVITED,
        "history": PAST,
        "typed": {},
        "may_let_read": True,
    }
    return render("wizard/people.html", **(values | {"may_act": True, "days": 7} | more))


def person(**more: object) -> str:
    values: dict[str, object] = {"person": MEMBERS[0], "typed": {}, "may_let_read": True, "may_act": True}
    return render("wizard/person.html", **(values | more))


def offers(**more: object) -> str:
    values: dict[str, object] = {"offers": OFFERS, "needs_name": False, "name": "", "migration": None, "clinic": None}
    return render("signin/invitations.html", **(values | {"rail": []} | more))


def clinics(**more: object) -> str:
    values: dict[str, object] = {"clinics": CLINICS, "invited": 2, "migration": None, "clinic": None, "rail": []}
    return render("signin/clinics.html", **(values | more))


PAGES: dict[str, Callable[[], str]] = {
    "/people": people,
    "/people-mistakes": lambda: people(errors=MISTAKES, typed={"email": EMAIL, "role": "x", "clinical": "1"}),
    "/people-look": lambda: people(may_act=False, may_let_read=False, invited=[]),
    "/person": person,
    "/person-last": lambda: person(person=LAST, errors=[{"field": "role", "words": "This is the only one."}]),
    "/person-remove": lambda: person(errors=[{"field": "remove", "words": "This is the only one."}]),
    "/offers": offers,
    "/offers-name": lambda: offers(needs_name=True, errors=[{"field": "name", "words": "Write your name."}]),
    "/offers-none": lambda: offers(offers=[]),
    "/clinics": clinics,
    "/clinics-none": lambda: clinics(clinics=[], invited=0),
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served({address: draw() for address, draw in PAGES.items()}) as address:
        yield address


@pytest.mark.browser
@pytest.mark.xdist_group("look")
@pytest.mark.parametrize("address", PAGES)
def test_a_page_about_people_is_open_to_everybody_on_every_screen(page: Page, site: str, address: str) -> None:
    assert_open_to_everybody(page, site + address)
