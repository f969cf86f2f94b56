"""The way in: everybody comes to the page that is theirs."""

from tests.conftest import At
from tests.pages import done, headline
from tests.product import ANA, MEGAN, NORA, OLIVE, VERA


def test_everybody_comes_to_their_own_page(product_at: At) -> None:
    product = product_at("preparing")
    assert product.visitor().get("/").headers["location"] == "/signin"
    assert product.visitor(ANA).get("/").headers["location"] == "/support"
    assert product.visitor(MEGAN).get("/").headers["location"] == product.at
    assert product.visitor(VERA).get("/").headers["location"] == product.at
    assert product.visitor(OLIVE).get("/").headers["location"] == f"/m/{product.other_id}"


def test_a_clinic_that_has_not_started_is_shown_how(product_at: At) -> None:
    product = product_at("nothing")
    megan = product.visitor(MEGAN)
    assert megan.get("/").headers["location"] == "/start"
    assert headline(megan.get("/start")) == "Move Harbour Street Physiotherapy from Cliniko to Caspen"


def test_a_viewer_of_a_clinic_that_has_not_started_learns_who_can(product_at: At) -> None:
    vera = product_at("nothing").visitor(VERA)
    answer = vera.see("/")
    assert answer.status_code == 403
    assert headline(answer) == "This is for somebody else to do"


def test_somebody_of_no_clinic_is_told_so_calmly(product_at: At) -> None:
    answer = product_at("nothing").visitor(NORA).see("/")
    assert answer.status_code == 200
    assert headline(answer) == "You belong to no clinic"


def test_starting_twice_starts_once(product_at: At) -> None:
    product = product_at("nothing")
    megan = product.visitor(MEGAN)
    first, second = done(megan.post("/start")), done(megan.post("/start"))
    assert first.headers["location"] == second.headers["location"]


def test_nobody_starts_the_move_of_another_clinic(product_at: At) -> None:
    product = product_at("nothing")
    assert product.visitor(OLIVE).post("/start", data={"workspace": "wsp_demo"}).status_code == 404
    assert product.visitor(MEGAN).get("/").headers["location"] == "/start"


def test_after_a_cancelled_move_a_new_one_can_be_started(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/progress/cancel"))
    assert headline(megan.get("/start")).startswith("Move Harbour Street")
    fresh = done(megan.post("/start")).headers["location"]
    assert product.migration_id not in fresh
    assert megan.get("/").headers["location"] == fresh.removesuffix("/overview"), "the open one is the one that counts"
