"""A page of the wizard: the day on which a move began, for those who may see clients."""

from tests.recipes.recipe import Piece, Recipe

MODULE = '''"""The timeline of a move: when it began."""

from fastapi import APIRouter, Request, Response

from app.web.page_context import page, visit_of

router = APIRouter()


@router.get("/m/{migration_id}/timeline")
def show_timeline(request: Request) -> Response:
    return page(request, "wizard/timeline.html", began=visit_of(request).move.created_at)
'''
TEMPLATE = """{#- When a move began. Context: base.html's; began: a moment. -#}
{% extends "layouts/wizard.html" %}
{% block title %}Timeline{% endblock %}
{% block heading %}<div class="page-head"><h1>Timeline</h1></div>{% endblock %}
{% block content %}<p>Your move began on {{ began|full }}.</p>{% endblock %}
"""
TEST = '''"""The timeline tells when a move began."""

from tests.conftest import At
from tests.harness.page_text import words
from tests.harness.product import RICK


def test_the_first_day_is_told(shown_at: At) -> None:
    product = shown_at("begun")
    assert "Your move began on" in words(product.visitor(RICK).get(f"{product.at}/timeline"))
'''
OBJECT = '''"""When a move began."""

from e2e.pages import WizardPage


class Timeline(WizardPage):
    name = "timeline"
'''
STEP = "from tests.test_conventions import test_a_step_has_the_same_name_everywhere as held; held()"

RECIPE = Recipe(
    "a page of the wizard",
    (
        Piece("the page", "app/wizard/timeline.py", MODULE, "cannot import name 'timeline'"),
        Piece("the template", "templates/wizard/timeline.html", TEMPLATE, r"add templates/wizard/timeline\.html"),
        Piece(
            "its import",
            "app/wizard/__init__.py",
            "    timeline,\n",
            "'timeline' is not defined",
            after="from app.wizard import (\n",
        ),
        Piece(
            "its line",
            "app/wizard/__init__.py",
            "    timeline,\n",
            r"app/wizard/timeline\.py: add the module to STEPS",
            after="STEPS = (\n",
        ),
        Piece(
            "its right",
            "app/access/rights.py",
            '    ("GET", "/m/{migration_id}/timeline"): Right.REVIEW,\n',
            "add who may open GET /m/{migration_id}/timeline",
            after='    ("POST", "/start"): Right.START,\n',
        ),
        Piece(
            "its test",
            "tests/wizard/test_timeline.py",
            TEST,
            r"the step timeline has no tests/wizard/test_timeline\.py",
            held_by=STEP,
        ),
        Piece(
            "its object",
            "e2e/pages/timeline.py",
            OBJECT,
            r"the step timeline has no e2e/pages/timeline\.py",
            held_by=STEP,
        ),
    ),
    "from tests.recipes.page_recipe import use; use()",
)


def use() -> None:
    """The page answers 200 for a person who may see clients and 403 for support; the route table has its right."""
    from fastapi.routing import iter_route_contexts

    from app.access.rights import RIGHTS, Right
    from tests.harness.product import ANA
    from tests.recipes.started_move import started_move

    with started_move() as (product, megan):
        address = f"{product.at}/timeline"
        page = megan.get(address)
        assert page.status_code == 200
        assert "Your move began on" in page.text
        assert product.visitor(ANA).get(address).status_code == 403
        assert product.visitor().get(address).status_code == 303
        assert "/m/{migration_id}/timeline" in {route.path for route in iter_route_contexts(product.app.routes)}
    assert RIGHTS["GET", "/m/{migration_id}/timeline"] is Right.REVIEW
