"""No page of a move and no list believes a row that its history contradicts, and no form of such a move is taken."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Response

from app.access.rights import RIGHTS
from app.migration.ledger_validation import CHANGED_WORDS
from app.migration.models import Migration, Trial
from app.migration.states import State
from app.web.page_context import COOKIE
from tests.conftest import At
from tests.forms.browser import basis_in
from tests.harness.page_text import words
from tests.harness.product import ANA, MEGAN, Product
from tests.world.ledger_lies import set_raw
from tests.world.row_lies import OTHER_WORKSPACE, row_lies, write_row

MISPLACING = {"state", "paused_from", "trial_number"}
REPORTED = "The record of this move was changed outside of this product. Our support has been told"
HELP = "/m/{migration_id}/help"
POINTS = ("preparing", "matching", "reviewing", "finalised")


def addresses(method: str) -> list[str]:
    """Every address of a move, its own parameters aside."""
    of_a_move = [path for verb, path in RIGHTS if verb == method and path.startswith("/m/{migration_id}")]
    return [path for path in of_a_move if path.count("{") == 1 and path != HELP and not path.endswith("/events")]


def false_states(product: Product) -> Iterator[tuple[str, dict[str, object]]]:
    with product.runtime.ledger.read() as session:
        trial = session.get(Trial, (product.migration_id, 1)) or Trial(
            migration_id=product.migration_id, number=1, store=""
        )
    for name, values in row_lies(product.move(), trial):
        if values.keys() & MISPLACING:
            yield name, values


def is_reported(answer: Response) -> bool:
    return REPORTED in words(answer)


@pytest.mark.parametrize("point", POINTS)
def test_no_page_shows_a_state_that_differs_from_the_history(product_at: At, point: str) -> None:
    product = product_at(point)
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    honest = {name: getattr(product.move(), name) for name in Migration.model_fields}
    paths, tried = addresses("GET"), 0
    for number, (name, values) in enumerate(false_states(product)):
        write_row(product.runtime, product.migration_id, values)
        some = paths if number == 0 else [paths[(number * 3 + step) % len(paths)] for step in range(3)]
        for path in ["/m/{migration_id}/progress", "/m/{migration_id}/overview", "/m/{migration_id}/review", *some]:
            page = megan.get(path.format(migration_id=product.migration_id))
            assert page.status_code == 200, (name, path)
            assert is_reported(page), (name, path)
        assert "Changed outside of this product" in words(megan.get("/clinics")), name
        assert megan.get("/start").headers.get("location") == product.at, name
        listed = words(ana.get("/support"))
        assert CHANGED_WORDS in listed, name
        page = words(ana.get(f"/support/{product.migration_id}"))
        assert "history_differs" in page, name
        assert megan.get(f"{product.at}/help").status_code == 200, name
        write_row(product.runtime, product.migration_id, honest)
        tried += 1
    assert tried >= 15
    assert not is_reported(megan.see(product.at))
    assert CHANGED_WORDS not in words(ana.get("/support"))


@pytest.mark.parametrize(("point", "state"), [("finalised", State.REVIEWING), ("reviewing", State.FINALISED)])
def test_forms_of_such_a_move_are_refused(product_at: At, point: str, state: State) -> None:
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
    assert REPORTED in page
    assert "in a moment" not in page


@pytest.mark.parametrize("value", ["{}", "null"])
def test_missing_source_totals_are_detected(product_at: At, value: str) -> None:
    product = product_at("reviewing")
    set_raw(product.runtime, Trial, product.migration_id, "held_against", value)
    page = words(product.visitor(MEGAN).get(f"{product.at}/review"))
    assert "no longer whole" in page
    assert "Every line balances" not in page


def test_a_box_that_sends_another_value_than_a_tick_acknowledges_nothing(product_at: At) -> None:
    product = product_at("preparing")
    product.put(moves_acknowledged_at=None)
    answer = product.visitor(MEGAN).post(f"{product.at}/overview", data={"ack": "0", "conversion": ""})
    assert answer.status_code == 422
    assert product.move().moves_acknowledged_at is None


def test_another_pages_form_cannot_replace_an_export(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    other = basis_in(megan.see(f"{product.at}/help"), f"{product.at}/help")
    answer = megan.post(f"{product.at}/handover/replace", data={"basis": other})
    assert answer.status_code == 409


@pytest.mark.parametrize(("form", "field"), [("help", "text"), ("link", "link")])
def test_a_form_without_a_valid_fingerprint_comes_back_with_its_text(product_at: At, form: str, field: str) -> None:
    product = product_at("preparing")
    typed = "https://files.harbour.example/export.zip"
    answer = product.visitor(MEGAN).post(f"{product.at}/{form}", data={field: typed, "basis": "unreadable"})
    assert answer.status_code == 422
    assert typed in words(answer)


def test_a_client_that_hangs_up_is_no_fault_of_ours(product_at: At, capsys: pytest.CaptureFixture[str]) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    reports = [
        (b"host", b"testserver"),
        (b"origin", b"http://testserver"),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", b"5"),
        (b"cookie", f"{COOKIE}={megan.secret}".encode()),
    ]
    answers: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answers.extend([message["status"]] if "status" in message else [])

    for path in ("upload/begin", "help", "link", "overview"):
        address = f"{product.at}/{path}"
        scope = {"type": "http", "method": "POST", "path": address, "raw_path": address.encode(), "query_string": b""}
        scope |= {"headers": reports, "scheme": "http", "server": ("testserver", 80), "http_version": "1.1"}
        asyncio.run(product.app(scope, receive, send))
    assert not [status for status in answers if status >= 500]
    assert "our_fault" not in capsys.readouterr().out
