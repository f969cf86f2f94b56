"""No page of a move and no list believes the state of a row that its history contradicts, and no form of it is taken."""

from collections.abc import Iterator

import pytest
from httpx import Response

from app.access.rights import RIGHTS
from app.migration.ledger_shapes import CHANGED_WORDS
from app.migration.models import Migration, Trial
from app.migration.states import State
from tests.conftest import At
from tests.pages import words
from tests.product import ANA, MEGAN, Product
from tests.world.ledger_lies import set_raw
from tests.world.row_lies import OTHER_WORKSPACE, row_lies, write_row

MISPLACING = {"state", "paused_from", "trial_number"}
TOLD = "The record of this move was changed outside of this product. Our support has been told"
HELP = "/m/{migration_id}/help"
POINTS = ("preparing", "matching", "reviewing", "finalised")


def addresses(method: str) -> list[str]:
    """Every address of a move, its own parameters aside."""
    of_a_move = [path for verb, path in RIGHTS if verb == method and path.startswith("/m/{migration_id}")]
    return [path for path in of_a_move if path.count("{") == 1 and path != HELP and not path.endswith("/events")]


def lies(product: Product) -> Iterator[tuple[str, dict[str, object]]]:
    with product.runtime.ledger.read() as session:
        trial = session.get(Trial, (product.migration_id, 1)) or Trial(
            migration_id=product.migration_id, number=1, store=""
        )
    for name, values in row_lies(product.move(), trial):
        if values.keys() & MISPLACING:
            yield name, values


def is_told(answer: Response) -> bool:
    return TOLD in words(answer)


@pytest.mark.parametrize("point", POINTS)
def test_no_page_and_no_list_says_a_state_that_the_history_does_not_say(product_at: At, point: str) -> None:
    product = product_at(point)
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    honest = {name: getattr(product.move(), name) for name in Migration.model_fields}
    paths, tried = addresses("GET"), 0
    for number, (name, values) in enumerate(lies(product)):
        write_row(product.runtime, product.migration_id, values)
        some = paths if number == 0 else [paths[(number * 3 + step) % len(paths)] for step in range(3)]
        for path in ["/m/{migration_id}/progress", "/m/{migration_id}/overview", "/m/{migration_id}/review", *some]:
            page = megan.get(path.format(migration_id=product.migration_id))
            assert page.status_code == 200, (name, path)
            assert is_told(page), (name, path)
        assert "Changed outside of this product" in words(megan.get("/clinics")), name
        assert megan.get("/start").headers.get("location") == product.at, name
        listed = words(ana.get("/support"))
        assert CHANGED_WORDS in listed, name
        one = words(ana.get(f"/support/{product.migration_id}"))
        assert "history_differs" in one, name
        assert megan.get(f"{product.at}/help").status_code == 200, name
        write_row(product.runtime, product.migration_id, honest)
        tried += 1
    assert tried >= 15
    assert not is_told(megan.see(product.at))
    assert CHANGED_WORDS not in words(ana.get("/support"))


@pytest.mark.parametrize(("point", "state"), [("finalised", State.REVIEWING), ("reviewing", State.FINALISED)])
def test_no_form_of_such_a_move_is_taken(product_at: At, point: str, state: State) -> None:
    product = product_at(point)
    megan = product.visitor(MEGAN)
    write_row(product.runtime, product.migration_id, {"state": state.value})
    before = product.move().epoch
    for path in addresses("POST"):
        answer = megan.post(path.format(migration_id=product.migration_id), data={"delete": "1", "undo": "1"})
        assert answer.status_code in (409, 403, 422), path
    assert product.move().epoch == before
    assert product.move().wrapped_key


def test_a_row_that_names_another_clinic_is_shown_to_neither(product_at: At) -> None:
    product = product_at("reviewing")
    write_row(product.runtime, product.migration_id, {"workspace_id": OTHER_WORKSPACE})
    assert product.visitor(MEGAN).get(f"{product.at}/review").status_code == 404
    assert CHANGED_WORDS in words(product.visitor(ANA).get("/support"))


def test_a_report_of_another_shape_is_not_a_matter_of_a_moment(product_at: At) -> None:
    product = product_at("finalised")
    report = {name: value for name, value in product.move().report.items() if name != "trial"}
    write_row(product.runtime, product.migration_id, {"report": report})
    page = words(product.visitor(MEGAN).get(f"{product.at}/report"))
    assert TOLD in page
    assert "in a moment" not in page


@pytest.mark.parametrize("value", ["{}", "null"])
def test_what_the_trial_was_held_against_is_missed(product_at: At, value: str) -> None:
    product = product_at("reviewing")
    set_raw(product.runtime, Trial, product.migration_id, "held_against", value)
    page = words(product.visitor(MEGAN).get(f"{product.at}/review"))
    assert "no longer whole" in page
    assert "Every line balances" not in page
