"""Every form of the product on an outdated page: its answer is never applied to something else."""

import pytest

from app.access.rights import RIGHTS
from app.web.form_fingerprint import COLUMNS, FENCED, SAME_FORM
from app.web.page_context import READERS
from tests.conftest import At
from tests.forms.outdated import changed, filled_in, ledger_of
from tests.forms.routes import LINES, Line

REFUSED = {409, 422}
CALM = REFUSED | {303}


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
