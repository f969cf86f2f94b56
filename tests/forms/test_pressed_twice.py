"""A button that is pressed twice: the second press applies nothing that the first has not applied.

Generated over every form of the product: the same form of the same page, sent a second time.
"""

import pytest

from tests.conftest import At
from tests.forms.outdated import changed, filled_in, ledger_of
from tests.forms.routes import LINES, Line
from tests.forms.test_outdated import told_of

CALM = {200, 303, 404, 409, 422, 429}
LOOKS = {
    "/m/{migration_id}/link": {"audit_entry", "checked_link"},
    "/m/{migration_id}/report/link": {"audit_entry", "export"},
}
"""Whoever asks twice whether a link opens looks twice: that is written down, and nothing of the move changes."""


@pytest.mark.parametrize("line", LINES, ids=told_of)
def test_the_second_press_applies_nothing(product_at: At, line: Line) -> None:
    product = product_at(line.point)
    line.before(product)
    sending = filled_in(product, line)
    sending.post()
    once, move = ledger_of(product), product.move()

    status, read = sending.post()

    applied = set(changed(once, ledger_of(product))) - LOOKS.get(line.route, set())
    assert applied == set(), f"{line.route} was applied twice: {status} {read[:600]}"
    assert product.move() == move
    assert status in CALM, f"{status} {read[:600]}"
