"""Who can see a move, and everything that happened in it."""

import pytest

from tests.conftest import At
from tests.pages import done, headline, typed, words
from tests.product import GRACE, MEGAN, OLIVE, RICK, VERA


def test_a_colleague_is_added_and_may_sign_in(product_at: At) -> None:
    product = product_at("preparing")
    form = {"name": "Kim Sato", "email": " Kim@HarbourStreet.example", "role": "reviewer"}
    done(product.visitor(MEGAN).post(f"{product.at}/people", data=form))
    said = words(product.visitor(MEGAN).get(f"{product.at}/people"))
    assert "Kim Sato" in said
    assert "A person was added" in said
    kim = product.visitor("kim@harbourstreet.example")
    assert kim.get(f"{product.at}/checklist").status_code == 200
    assert kim.post(f"{product.at}/checklist/services", data={"way": "bring"}).status_code == 403
    assert not product.mails(), "nobody gets a mail by this"


def test_adding_somebody_twice_changes_what_they_may_do(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    for role in ("viewer", "admin"):
        done(megan.post(f"{product.at}/people", data={"name": "Vera", "email": VERA, "role": role}))
    answer = product.visitor(VERA).post(f"{product.at}/checklist/services", data={"way": "bring"})
    assert answer.status_code == 303


def test_an_admin_of_another_clinic_may_help_here_too(product_at: At) -> None:
    product = product_at("preparing")
    done(product.visitor(MEGAN).post(f"{product.at}/people", data={"name": "Olive", "email": OLIVE, "role": "viewer"}))
    olive = product.visitor(OLIVE)
    assert olive.get(f"{product.at}/overview").status_code == 200
    assert olive.post(f"{product.at}/overview").status_code == 403
    assert olive.post(f"/m/{product.other_id}/overview").status_code == 422


def test_who_reads_clinical_notes_can_let_others_read_them_and_nobody_else_can(product_at: At) -> None:
    product = product_at("preparing")
    gateway = product.gateway()
    for email in (RICK, VERA):
        gateway.invite_user(email, email, "receptionist", invite="accepted")
    form = {"name": "Rick", "email": RICK, "role": "admin", "clinical": "1"}
    done(product.visitor(MEGAN).post(f"{product.at}/people", data=form | {"clinical": ""}))
    rick, vera = product.visitor(RICK), {"name": "Vera", "email": VERA, "role": "reviewer", "clinical": "1"}
    assert "Also read clinical notes" not in words(rick.get(f"{product.at}/people"))
    done(rick.post(f"{product.at}/people", data=vera))
    assert product.audit()[-1].facts["clinical"] is False
    done(product.visitor(MEGAN).post(f"{product.at}/people", data=form))
    assert "Clinic admin, reads notes" in words(rick.get(f"{product.at}/people"))
    done(rick.post(f"{product.at}/people", data=vera))
    assert product.audit()[-1].facts["clinical"] is True


@pytest.mark.parametrize(
    ("name", "email", "role", "trouble"),
    [
        ("", "kim@x.example", "viewer", "Write the person's name."),
        ("Kim", "kim", "viewer", "Write the address they sign in with"),
        ("Kim", "a b@x.example", "viewer", "Write the address they sign in with"),
        ("Kim", "kim@x.example", "support", "Choose what they may do."),
        ("Kim", "kim@x.example", "owner", "Choose what they may do."),
    ],
)
def test_what_is_wrong_is_said_and_stays_typed(product_at: At, name: str, email: str, role: str, trouble: str) -> None:
    product = product_at("preparing")
    answer = product.visitor(MEGAN).post(f"{product.at}/people", data={"name": name, "email": email, "role": role})
    assert answer.status_code == 422
    assert trouble in words(answer)
    assert typed(answer, "email") == email
    assert "person_added" not in product.acts()


def test_the_last_one_who_can_act_stays_able_to(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/people", data={"name": "Grace", "email": GRACE, "role": "viewer"}))
    answer = megan.post(f"{product.at}/people", data={"name": "Megan", "email": MEGAN, "role": "viewer"})
    assert answer.status_code == 422
    assert "This is the only person who can act." in words(answer)
    assert megan.post(f"{product.at}/people", data={"name": "", "email": "", "role": ""}).status_code == 422


def test_the_history_tells_the_whole_move(shown_at: At) -> None:
    product = shown_at("finalised")
    page = product.visitor(VERA).get(f"{product.at}/people")
    assert headline(page) == "Who can see this move"
    said = words(page)
    for act in ("The move was started", "The export was read", "The trial was approved", "The clinic went live"):
        assert act in said
    assert "Megan Doyle" in said
