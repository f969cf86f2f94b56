"""An invited person sees who invites to which clinic, accepts or declines, and keeps all other roles."""

import pytest

from app.access.rights import Role
from app.sandbox.demo import WORKSPACE
from tests.conftest import At
from tests.harness.invitations import answer_invitation, invitation_to, invite, join, sign_in_by_link
from tests.harness.page_text import done, headline, words
from tests.harness.product import ANA, MEGAN, NORA, OLIVE, ROSA, VERA, Product

KIM = "kim@harbourstreet.example"


@pytest.fixture
def product(product_at: At) -> Product:
    return product_at("preparing")


def test_the_invitation_names_clinic_role_and_inviter_before_its_buttons(product: Product) -> None:
    done(invite(product, OLIVE, "reviewer"))
    page = product.visitor(OLIVE).get("/invitations")
    assert headline(page) == "You are invited"
    shown = words(page)
    for fact in (
        "Harbour Street Physiotherapy",
        "Megan Doyle",
        "Reviewer: you may look at numbers",
        "Accept",
        "Decline",
    ):
        assert fact in shown


def test_an_invitation_gives_no_access_before_it_is_accepted(product: Product) -> None:
    for role in Role.VIEWER, Role.REVIEWER, Role.ADMIN:
        done(invite(product, OLIVE, role.value))
        olive = product.visitor(OLIVE)
        assert olive.get("/").headers["location"] == f"/m/{product.other_id}"
        assert olive.get("/start").headers["location"] == f"/m/{product.other_id}"
        assert olive.get(f"{product.at}/handover").status_code == 404
        done(answer_invitation(product, olive, OLIVE, act="decline"))
        assert olive.get("/").headers["location"] == f"/m/{product.other_id}"


def test_a_new_colleague_signs_in_types_a_name_and_accepts(product: Product) -> None:
    done(invite(product, KIM, "reviewer"))
    kim = sign_in_by_link(product, KIM)
    assert "Your name" in words(kim.get("/invitations"))
    for name in ("", " ", "http://evil.example", "kim@x.example", "x" * 81, "a\x07b"):
        answer = answer_invitation(product, kim, KIM, name=name)
        assert answer.status_code == 422
        message = "Shorten your name to 80 characters." if len(name) > 80 else "Write your name"
        assert message in words(answer)
    accepted = done(answer_invitation(product, kim, KIM, name=" Kim Sato "))
    assert accepted.headers["location"] == product.at
    assert "Kim Sato" in words(kim.see(product.at))
    assert kim.get(f"{product.at}/checklist").status_code == 200
    assert kim.post(f"{product.at}/checklist/services", data={"way": "bring"}).status_code == 403
    again = done(answer_invitation(product, kim, KIM))
    assert again.headers["location"] == product.at, "twice is once"
    assert product.acts().count("invitation_accepted") == 1


def test_after_accepting_a_person_of_two_clinics_chooses_and_sees_where_she_is(product: Product) -> None:
    olive = product.visitor(OLIVE)
    done(invite(product, OLIVE))
    done(answer_invitation(product, olive, OLIVE))
    assert olive.get("/").headers["location"] == "/clinics"
    page = olive.get("/clinics")
    assert headline(page) == "Your clinics"
    assert f'href="{product.at}"' in page.text
    assert f'href="/m/{product.other_id}"' in page.text
    shown = words(page)
    assert "Harbour Street Physiotherapy May look" in shown
    assert "Riverbend Podiatry Clinic admin" in shown
    own_page, there = olive.get(f"{product.at}/overview").text, olive.get(f"/m/{product.other_id}/overview").text
    assert '<p class="top-clinic"><bdi>Harbour Street Physiotherapy</bdi></p>' in own_page
    assert "<b>May look</b>" in own_page
    assert '<p class="top-clinic"><bdi>Riverbend Podiatry</bdi></p>' in there
    assert "<b>Clinic admin</b>" in there
    assert '<a href="/clinics">Your clinics</a>' in own_page


def test_an_admin_of_two_clinics_chooses_which_move_to_start(product_at: At) -> None:
    product = product_at("preparing")
    done(invite(product, OLIVE, "admin"))
    olive = product.visitor(OLIVE)
    done(answer_invitation(product, olive, OLIVE))
    assert olive.get("/start").headers["location"] == "/clinics"
    assert olive.post("/start").headers["location"] == "/clinics"
    assert olive.get(f"/start?workspace={WORKSPACE}").headers["location"] == product.at


@pytest.mark.parametrize("email", [VERA, NORA, MEGAN, ANA])
def test_an_invitation_opens_for_its_own_address_alone(product: Product, email: str) -> None:
    done(invite(product, OLIVE, "admin"))
    visitor = product.visitor(email)
    made_up = visitor.post("/invitations/inv_none/accept", data={"name": "X"})
    for act in ("accept", "decline"):
        answer = answer_invitation(product, visitor, OLIVE, act=act, name="X")
        assert answer.status_code == 409
        assert answer.text == made_up.text
    assert "No invitation is open" in words(visitor.get("/invitations"))
    assert invitation_to(product, OLIVE).accepted_at is None


@pytest.mark.parametrize("email", [ANA, ROSA])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.ADMIN])
def test_an_invitation_does_not_change_supports_pages(product: Product, email: str, role: Role) -> None:
    done(invite(product, email, role.value))
    staff = product.visitor(email)
    page = words(staff.get("/invitations"))
    assert "support takes no role in a clinic" in page
    assert answer_invitation(product, staff, email).status_code == 409
    assert staff.get("/").headers["location"] == "/support"
    assert staff.get("/clinics").headers["location"] == "/support"
    assert staff.get("/support").status_code == 200
    assert staff.get(f"/support/{product.migration_id}").status_code == 200
    assert staff.get(f"{product.at}/clients").status_code == 403, "support sees no client's record"
    done(answer_invitation(product, staff, email, act="decline"))


def test_a_person_without_a_clinic_sees_who_can_invite(product: Product) -> None:
    done(invite(product, NORA))
    nora = product.visitor(NORA)
    page = nora.see("/")
    assert headline(page) == "You belong to no clinic"
    assert "You have 1 open invitation" in words(page)


def test_the_button_of_the_mail_leads_to_the_invitations_by_signing_in(product: Product) -> None:
    done(invite(product, OLIVE))
    asked = product.visitor().get("/invitations")
    assert asked.headers["location"] == "/signin?next=/invitations"


def test_a_person_who_was_removed_can_be_invited_again(product: Product) -> None:
    kim = join(product, KIM)
    done(product.visitor(MEGAN).post(f"{product.at}/people/{viewer_id(product)}/remove"))
    assert kim.get(product.at).status_code == 303
    done(invite(product, KIM, "admin"))
    kim = sign_in_by_link(product, KIM)
    assert "Your name" not in words(kim.get("/invitations"))
    done(answer_invitation(product, kim, KIM))
    assert kim.get(f"{product.at}/overview").status_code == 200


def viewer_id(product: Product) -> str:
    return str(product.audit()[-1].facts["person"])
