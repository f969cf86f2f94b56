"""Every form of the product on an outdated page: its answer is never applied to something else."""

from zoneinfo import ZoneInfo

import pytest

from app.access.rights import RIGHTS
from app.formatting import full
from app.migration.states import State
from app.web.form_fingerprint import COLUMNS, FENCED, SAME_FORM
from app.web.page_context import READERS
from tests.conftest import At
from tests.forms.browser import basis_now
from tests.forms.outdated import changed, filled_in, ledger_of
from tests.forms.page_forms import forms_of
from tests.forms.routes import LINES, WORDS, Act, Line, M, S, answered, in_state, withdrawn
from tests.harness.page_text import words
from tests.harness.product import GRACE, MEGAN

REFUSED = {409, 422}
CALM = REFUSED | {303}
USE = "Use my answer"


def told_of(line: Line) -> str:
    return f"{line.route} {line.fills.__name__}" if line.route.endswith("matches") else line.route


def test_every_form_has_a_line() -> None:
    posts = {route for method, route in RIGHTS if method == "POST"}
    lines = {line.route for line in LINES}
    assert posts == lines | set(FENCED), "a POST route needs a line in routes.py, or in FENCED"
    assert not lines & set(FENCED)
    assert {SAME_FORM.get(route, route) for route in lines} == {*COLUMNS, *READERS}, "a form needs what it shows"


@pytest.mark.parametrize("line", LINES, ids=told_of)
def test_a_form_of_a_present_page_is_applied(product_at: At, line: Line) -> None:
    product = product_at(line.point)
    line.before(product)
    sending, before = filled_in(product, line), ledger_of(product)
    status, read = sending.post()
    assert changed(before, ledger_of(product)), f"{line.route} did nothing: {status} {read[:600]}"


@pytest.mark.parametrize("line", [line for line in LINES if line.change], ids=told_of)
def test_a_form_of_an_outdated_page_changes_nothing(product_at: At, line: Line) -> None:
    product = product_at(line.point)
    line.before(product)
    sending = filled_in(product, line)
    assert line.change is not None
    line.change(product)
    before = ledger_of(product)
    status, read = sending.post()
    assert changed(before, ledger_of(product)) == [], f"{line.route} was applied: {status} {read[:600]}"
    assert status in CALM, f"{status} {read[:600]}"


@pytest.mark.parametrize("line", LINES, ids=told_of)
def test_a_form_of_no_page_and_of_another_form_is_refused(product_at: At, line: Line) -> None:
    product = product_at(line.point)
    line.before(product)
    sending = filled_in(product, line)
    other = filled_in(product, next(one for one in LINES if one.route.endswith("}/help") and one.route != line.route))
    before = ledger_of(product)
    for basis in ("", "x" * 40, other.form["basis"]):
        status, read = sending.post(basis=basis)
        assert changed(before, ledger_of(product)) == [], f"{line.route} took {basis!r}: {status} {read[:300]}"
        assert status in REFUSED, f"{line.route} answered {status} to {basis!r}: {read[:300]}"


@pytest.mark.parametrize("line", [line for line in LINES if line.change], ids=told_of)
def test_a_refused_form_offers_no_button_that_does_nothing(product_at: At, line: Line) -> None:
    product = product_at(line.point)
    line.before(product)
    sending = filled_in(product, line)
    assert line.change is not None
    line.change(product)
    page = sending.answered()
    if USE not in words(page):
        return  # nothing is offered, so nothing can be lost
    again: dict[str, list[str]] = {}
    for name, value in next(form for form in forms_of(page) if form.action == sending.address).hidden:
        again.setdefault(name, []).append(value)
    before = ledger_of(product)
    second = sending.browser.post_exactly(sending.address, again)
    assert changed(before, ledger_of(product)), f"{line.route} did nothing: {second.status_code} {words(second)[:600]}"


ANSWER = next(line for line in LINES if line.route == f"{S}/answer")


@pytest.mark.parametrize(
    ("change", "fate"),
    [
        (answered, f"answered by Rosa Lund Your answer You chose {WORDS} It was not sent."),
        (withdrawn, f"withdrawn by the clinic Your answer You chose {WORDS} It was not sent."),
    ],
)
@pytest.mark.parametrize("is_other_open", [True, False])
def test_an_answer_to_a_closed_request_comes_back_each_time(
    product_at: At, change: Act, fate: str, is_other_open: bool
) -> None:
    product = product_at(ANSWER.point)
    ANSWER.before(product)
    sending = filled_in(product, ANSWER)
    change(product)
    if is_other_open:
        form = {"text": "Line 40 should be a group."}
        assert product.visitor(MEGAN).post(f"{product.at}/review/requests", data=form).status_code == 303
    asked_for = sending.form["request_id"]
    new_basis = basis_now(product.app, sending.address, "", sending.browser.secret, request_id=asked_for)
    assert new_basis
    before = ledger_of(product)
    sent: tuple[dict[str, str], ...] = ({}, {"basis": new_basis}, {"text": "Short"}, {"basis": new_basis, "text": "No"})
    for instead in sent:
        status, read = sending.post(**instead)
        assert (status, USE in read) == (409, False), read
        assert fate.replace(WORDS, instead.get("text", WORDS)) in read
        assert ("Line 12 is archived now." in read) is (change is answered)
    assert changed(before, ledger_of(product)) == []


OF_THE_END = [line for line in LINES if line.point == "finalised"]
UNDO = f"{M}/report/undo"


def sent_words(line: Line) -> str:
    return WORDS if line.route.startswith(S) else "ticked" if "delete" in line.route or line.route == UNDO else ""


@pytest.mark.parametrize("state", [State.UNDOING, State.UNDOING_FAILED])
@pytest.mark.parametrize("line", OF_THE_END, ids=told_of)
def test_a_form_of_a_page_from_before_an_undo_is_refused_with_what_was_sent(
    product_at: At, line: Line, state: State
) -> None:
    product = product_at("finalised")
    sending = filled_in(product, line)
    in_state(state, epoch=product.move().epoch + 1)(product)
    before = ledger_of(product)
    status, read = sending.post()
    assert changed(before, ledger_of(product)) == []
    if line.route == UNDO and state is State.UNDOING:
        assert status == 303, "what it asks for is happening"
        return
    assert status == 409
    assert sent_words(line) in read.partition("kept for you")[2], read


@pytest.mark.parametrize("line", [line for line in OF_THE_END if line.route.endswith("/undo")], ids=told_of)
def test_an_undo_after_the_deletion_of_our_copies_names_the_deletion(product_at: At, line: Line) -> None:
    product = product_at("finalised")
    sending = filled_in(product, line)
    assert product.visitor(GRACE).post(f"{product.at}/report/delete", data={"delete": "1"}).status_code == 303
    before = ledger_of(product)
    status, read = sending.post()
    assert (status, changed(before, ledger_of(product))) == (409, [])
    entry = next(entry for entry in product.audit() if entry.act == "purge")
    moment = full(entry.at, ZoneInfo("Australia/Sydney"))
    assert f"Grace Okonkwo deleted the copies on {moment}." in read
    assert "The time for undoing is over" not in read
    assert sent_words(line) in read.partition("kept for you")[2], read
