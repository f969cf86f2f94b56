"""Who can see a move: colleagues are invited, changed and removed. And everything that happened in the move."""

from datetime import timedelta

import pytest
import time_machine

from app.access.access_tables import Membership
from app.access.invitations import MOST_A_DAY, MOST_A_DAY_PER_ADDRESS
from app.access.rights import Role
from app.access.viewer import Viewer
from app.db import now
from app.records.reader_rights import reader_of
from tests.conftest import At
from tests.harness.invitations import (
    answer_invitation,
    change,
    invitation_to,
    invite,
    join,
    person_id,
    remove,
    sign_in_by_link,
)
from tests.harness.page_text import done, headline, typed, words
from tests.harness.product import ANA, GRACE, MEGAN, OLIVE, RICK, VERA, Product

KIM = "kim@harbourstreet.example"
WBR_OLIVE = OLIVE.replace("@", " @")  # an address may break before its sign


@pytest.fixture
def product(product_at: At) -> Product:
    return product_at("preparing")


def test_an_invited_colleague_is_on_the_list_by_address_until_the_invitation_is_accepted(product: Product) -> None:
    done(invite(product, " Olive@Riverbend.example", "reviewer"))
    page = words(product.visitor(MEGAN).get(f"{product.at}/people"))
    assert "Invited, not accepted yet An invitation opens nothing before it is accepted. E-mail" in page
    assert WBR_OLIVE in page
    assert "Olive Tran" not in page
    assert "A person was invited" in page
    done(answer_invitation(product, product.visitor(OLIVE), OLIVE))
    page = words(product.visitor(MEGAN).get(f"{product.at}/people"))
    assert "Olive Tran" in page
    assert "not accepted yet" not in page
    assert "An invitation was accepted" in page


def test_an_invitation_is_mailed_and_every_admin_is_informed(product: Product) -> None:
    done(invite(product, KIM, "admin"))
    (mail,) = product.mails("invitation")
    assert mail.recipient == KIM
    assert (mail.params["by"], mail.params["by_email"]) == ("Megan Doyle", MEGAN)
    assert {mail.recipient for mail in product.mails("person_invited")} == {MEGAN, GRACE}
    kim = sign_in_by_link(product, KIM)
    done(answer_invitation(product, kim, KIM, name="Kim Sato"))
    assert {mail.recipient for mail in product.mails("person_joined")} == {MEGAN, GRACE, KIM}


@pytest.mark.parametrize("email", [OLIVE, ANA, KIM, "who@nowhere.example"])
def test_the_response_is_the_same_for_every_address(product: Product, email: str) -> None:
    answer = done(invite(product, email))
    page = words(product.visitor(MEGAN).get(f"{product.at}/people"))
    shown = page.split("Invited, not accepted yet")[1].split("Invite a colleague")[0]
    rest = shown.replace(email.replace("@", " @"), "X").replace(email, "X")
    assert answer.headers["location"] == f"{product.at}/people"
    heads = "E-mail Would be Invited by Open until Withdraw"
    assert rest.startswith(f" An invitation opens nothing before it is accepted. {heads} X May look Megan Doyle")
    assert [mail.recipient for mail in product.mails("invitation")] == [email]


def test_a_withdrawn_invitation_is_off_the_list_and_opens_nothing(product: Product) -> None:
    done(invite(product, OLIVE))
    address = f"{product.at}/people/invitations/{invitation_to(product, OLIVE).id}/withdraw"
    for _ in range(2):
        done(product.visitor(MEGAN).post(address))
    assert product.acts().count("invitation_withdrawn") == 1
    assert WBR_OLIVE not in words(product.visitor(MEGAN).get(f"{product.at}/people"))
    assert answer_invitation(product, product.visitor(OLIVE), OLIVE).status_code == 409
    assert product.visitor(OLIVE).get(f"{product.at}/overview").status_code == 404


def test_an_admin_cannot_withdraw_another_clinics_invitation(product: Product) -> None:
    done(invite(product, KIM))
    address = f"/m/{product.other_id}/people/invitations/{invitation_to(product, KIM).id}/withdraw"
    done(product.visitor(OLIVE).post(address))
    assert invitation_to(product, KIM).withdrawn_at is None


def test_an_invitation_expires_after_a_week_and_can_be_sent_anew(product: Product) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        done(invite(product, OLIVE))
        clock.shift(timedelta(days=7, seconds=1))
        assert "Expired" in words(product.visitor(MEGAN).get(f"{product.at}/people"))
        assert answer_invitation(product, product.visitor(OLIVE), OLIVE).status_code == 409
        clock.shift(timedelta(seconds=1))
        done(invite(product, OLIVE, "reviewer"))
        assert "Expired" not in words(product.visitor(MEGAN).get(f"{product.at}/people"))
        done(answer_invitation(product, product.visitor(OLIVE), OLIVE))
    assert product.visitor(OLIVE).get(f"{product.at}/overview").status_code == 200


def test_invitations_of_a_clinic_are_limited_by_the_day(product: Product) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        for number in range(MOST_A_DAY):
            done(invite(product, f"kim{number}@x.example"))
        answer = invite(product, "one-more@x.example")
        assert answer.status_code == 422
        assert "A clinic can send 20 invitations a day, and 3 to one address." in words(answer)
        assert typed(answer, "email") == "one-more@x.example"
        assert len(product.mails("invitation")) == MOST_A_DAY
        clock.shift(timedelta(days=1, seconds=1))
        done(invite(product, "one-more@x.example"))


def test_an_address_gets_at_most_three_invitations_of_a_clinic_a_day(product: Product) -> None:
    for _ in range(MOST_A_DAY_PER_ADDRESS):
        done(invite(product, KIM))
        done(product.visitor(MEGAN).post(f"{product.at}/people/invitations/{invitation_to(product, KIM).id}/withdraw"))
    assert invite(product, KIM).status_code == 422
    assert len(product.mails("invitation")) == MOST_A_DAY_PER_ADDRESS


def test_a_role_is_changed_from_the_next_request_on(product: Product) -> None:
    vera, rick = product.visitor(VERA), product.visitor(RICK)
    done(change(product, VERA, "admin"))
    done(change(product, RICK, "viewer"))
    done(vera.post(f"{product.at}/checklist/services", data={"way": "bring"}))
    assert rick.get(f"{product.at}/clients").status_code == 403
    assert "What a person may do was changed" in words(vera.get(f"{product.at}/people"))


def test_a_removed_person_is_out_at_the_next_request(product: Product) -> None:
    vera = product.visitor(VERA)
    assert vera.get(f"{product.at}/overview").status_code == 200
    done(remove(product, VERA))
    assert vera.get(f"{product.at}/overview").status_code == 303, "of no clinic any more: signed out"
    again = product.visitor(VERA)
    assert again.get(f"{product.at}/overview").status_code == 404
    assert again.see("/").status_code == 200
    done(product.visitor(MEGAN).post(f"{product.at}/people/{person_id(product, VERA)}/remove"))
    assert product.acts().count("person_removed") == 1, "twice is once"
    assert "A person was removed: Vera Lindqvist" in words(product.visitor(MEGAN).get(f"{product.at}/people"))


def test_a_person_of_two_clinics_keeps_the_session_after_removal_by_the_other(product: Product) -> None:
    olive = product.visitor(OLIVE)
    done(invite(product, OLIVE))
    done(answer_invitation(product, olive, OLIVE))
    assert olive.get(f"{product.at}/overview").status_code == 200
    done(remove(product, OLIVE))
    assert olive.get(f"{product.at}/overview").status_code == 404
    assert olive.get(f"/m/{product.other_id}/overview").status_code == 200
    assert olive.get("/").headers["location"] == f"/m/{product.other_id}"


def test_a_removed_admin_leaves_no_invitation_behind(product: Product) -> None:
    done(invite(product, KIM, "admin", by=GRACE))
    done(remove(product, GRACE))
    kim = product.visitor()
    kim.post("/signin", data={"email": KIM, "act": "link"})
    assert not product.mails("sign_in"), "nobody knows this address any more"
    assert invitation_to(product, KIM).withdrawn_at is not None


def test_the_only_admin_cannot_lose_the_role(product: Product) -> None:
    done(change(product, GRACE, "viewer"))
    page = product.visitor(MEGAN).get(f"{product.at}/people/{person_id(product, MEGAN)}")
    assert "Nobody else can act for the clinic" in words(page)
    assert "Remove from this clinic" not in words(page)
    for answer in (change(product, MEGAN, "viewer"), remove(product, MEGAN)):
        assert answer.status_code == 422
        assert "This is the only person who can act for the clinic." in words(answer)
    assert product.visitor(MEGAN).post(f"{product.at}/people", data={"email": ""}).status_code == 422


@pytest.mark.parametrize("trouble", ["disabled", "support"])
def test_an_admin_who_cannot_act_does_not_count(product: Product, trouble: str) -> None:
    if trouble == "disabled":
        product.end_access("per_grace")
    else:
        done(change(product, GRACE, "viewer"))
        workspace = product.move().workspace_id
        product.write(
            lambda session: session.add(Membership(person_id="per_ana", workspace_id=workspace, role="admin"))
        )
    assert remove(product, MEGAN).status_code == 422


def test_an_admin_may_remove_herself_while_another_admin_remains(product: Product) -> None:
    assert done(remove(product, GRACE, by=GRACE)).headers["location"] == "/"
    assert "Grace Okonkwo" not in words(product.visitor(MEGAN).get(f"{product.at}/people")).split("Everything that")[0]


def test_another_clinics_member_cannot_be_changed(product: Product) -> None:
    assert product.visitor(MEGAN).get(f"{product.at}/people/per_olive").status_code == 404
    assert change(product, OLIVE, "viewer").status_code == 409
    done(remove(product, OLIVE))
    assert product.visitor(OLIVE).get(f"/m/{product.other_id}/overview").status_code == 200
    assert "person_removed" not in product.acts()


def test_only_readers_of_clinical_notes_can_grant_the_right(product: Product) -> None:
    gateway = product.gateway()
    for email in (RICK, VERA):
        gateway.invite_user(email, email, "receptionist", invite="accepted")
    done(change(product, RICK, "admin"))
    rick, vera = product.visitor(RICK), person_id(product, VERA)
    assert "Also read clinical notes" not in words(rick.get(f"{product.at}/people"))
    assert "Also read clinical notes" not in words(rick.get(f"{product.at}/people/{vera}"))
    done(change(product, VERA, "reviewer", by=RICK, clinical="1"))
    assert product.audit()[-1].facts["clinical"] is False
    done(invite(product, KIM, "reviewer", by=RICK, clinical="1"))
    assert product.audit()[-1].facts["clinical"] is False
    done(change(product, RICK, "admin", clinical="1"))
    assert "Clinic admin, reads notes" in words(rick.get(f"{product.at}/people"))
    done(change(product, VERA, "reviewer", by=RICK, clinical="1"))
    assert product.audit()[-1].facts["clinical"] is True


@pytest.mark.parametrize(
    ("email", "role", "trouble"),
    [
        ("", "viewer", "Write your colleague's e-mail address"),
        ("kim", "viewer", "Write your colleague's e-mail address"),
        ("a b@x.example", "viewer", "Write your colleague's e-mail address"),
        ("kïm@x.example", "viewer", "Write your colleague's e-mail address"),
        ("kim\u200b@x.example", "viewer", "Write your colleague's e-mail address"),
        ("kim@x.example", "support", "Choose what they may do."),
        ("kim@x.example", "owner", "Choose what they may do."),
        (GRACE, "viewer", "This person is in the list already."),
    ],
)
def test_a_mistake_is_named_and_the_typed_text_is_kept(product: Product, email: str, role: str, trouble: str) -> None:
    answer = invite(product, email, role)
    assert answer.status_code == 422
    assert trouble in words(answer)
    assert typed(answer, "email") == email
    assert "person_invited" not in product.acts()
    assert not product.mails()


def test_an_address_with_an_open_invitation_is_not_invited_twice(product: Product) -> None:
    done(invite(product, KIM))
    answer = invite(product, KIM.upper(), "admin")
    assert answer.status_code == 422
    assert "This address has an open invitation." in words(answer)
    assert len(product.mails("invitation")) == 1


def test_no_audit_line_holds_an_invited_address(product: Product) -> None:
    done(invite(product, OLIVE))
    done(answer_invitation(product, product.visitor(OLIVE), OLIVE, act="decline"))
    lines = [(entry.by, str(entry.facts)) for entry in product.audit()]
    assert not [line for line in lines if OLIVE in line[0] or OLIVE in line[1]]
    page = words(product.visitor(MEGAN).get(f"{product.at}/people"))
    assert "the invited person" in page
    assert "An invitation was declined" in page
    assert "Olive Tran" not in page


def test_only_admins_are_offered_to_change_anything(product: Product) -> None:
    join(product, KIM)
    for email in (VERA, RICK, ANA):
        page = words(product.visitor(email).get(f"{product.at}/people"))
        assert "Kim Sato" in page
        assert "Invite a colleague" not in page
        assert "Change what" not in page


def test_the_history_shows_the_whole_move(shown_at: At) -> None:
    product = shown_at("finalised")
    page = product.visitor(VERA).get(f"{product.at}/people")
    assert headline(page) == "Who can see this move"
    shown = words(page)
    for act in ("The move was started", "The export was read", "The trial was approved", "The clinic went live"):
        assert act in shown
    assert "Megan Doyle" in shown


def test_a_reviewer_without_a_caspen_user_reads_clinical_notes_only_with_the_tick(product_at: At) -> None:
    product = product_at("reviewing")
    with product.runtime.ledger.write() as session:
        member = session.get_one(Membership, ("per_rick", product.move().workspace_id))
        member.clinical = False
        session.add(member)
    workspace = product.move().workspace_id
    people = (
        Viewer("per_rick", "", RICK, ((workspace, Role.REVIEWER),)),
        Viewer("per_megan", "", MEGAN, ((workspace, Role.ADMIN),)),
    )
    with product.runtime.ledger.read() as session:
        reads = [reader_of(session, product.runtime.caspen, workspace, person).clinical for person in people]
    assert reads == [False, True]


def test_a_box_for_clinical_notes_that_sends_another_value_than_a_tick_is_no_tick(product_at: At) -> None:
    product = product_at("preparing")
    done(
        product.visitor(MEGAN).post(
            f"{product.at}/people", data={"email": "x@new.example", "role": "reviewer", "clinical": "0"}
        )
    )
    assert product.audit()[-1].facts["clinical"] is False
