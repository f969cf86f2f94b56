"""The stepper: on a phone, the next step follows the step of the open page."""

import re

import pytest

from app.web.navigation import STEPS
from tests.conftest import At
from tests.harness.product import MEGAN

PHONE = re.compile(r'class="rail-now" aria-hidden="true"><b>([^<]+)</b>(?:<span>Next: ([^<]+)</span>)?')
LABELS = [label for label, _, _ in STEPS]


@pytest.mark.parametrize("point", ["preparing", "matching", "reviewing", "finalised"])
def test_a_phone_names_the_step_after_the_open_page(shown_at: At, point: str) -> None:
    product = shown_at(point)
    megan = product.visitor(MEGAN)
    named = 0
    for page in sorted({name for _, first, more in STEPS for name in (first, *more)}):
        answer = megan.get(f"{product.at}/{page}")
        phone = PHONE.search(answer.text)
        if phone is None:
            continue
        after = [*LABELS[1:], None][LABELS.index(phone[1])]
        assert phone[2] == after, f"{page} at {point}"
        named += 1
    assert named >= 4
