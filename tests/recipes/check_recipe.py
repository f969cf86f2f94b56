"""A check: the workspace's time zone, which a clinic reads before its first trial."""

from tests.recipes.recipe import Piece, Recipe

CHECK = '''"""The time zone: appointments are shown at the clinic's own times."""

from app.checklist.line import CheckLine, Mark
from app.checklist.situation import Situation

NAME = "workspace_zone"
TITLE = "Check the time zone of your workspace"


def check(facts: Situation) -> CheckLine:
    """Done. The line tells the time zone."""
    what = f"Appointments are shown in {facts.workspace.workspace.timezone}."
    return CheckLine(NAME, "Export", TITLE, Mark.DONE, what, "Done", blocks=False)
'''
TEST = '''"""The line about the time zone names the time zone."""

from app.checklist import workspace_zone
from tests.checklist.situations import situation


def test_the_time_zone_is_named() -> None:
    assert "Australia/Sydney" in workspace_zone.check(situation()).what
'''

RECIPE = Recipe(
    "a check",
    (
        Piece("the check", "app/checklist/workspace_zone.py", CHECK, "cannot import name 'workspace_zone'"),
        Piece(
            "its import",
            "app/checklist/__init__.py",
            "    workspace_zone,\n",
            "'workspace_zone' is not defined",
            after="from app.checklist import (\n",
        ),
        Piece(
            "its line",
            "app/checklist/__init__.py",
            "    workspace_zone.check,\n",
            r"app/checklist/workspace_zone\.py: add the check to CHECKS",
            after="    dates.check,\n",
        ),
        Piece(
            "its test",
            "tests/checklist/test_workspace_zone.py",
            TEST,
            r"add tests/checklist/test_NAME\.py for these checks: \['workspace_zone'\]",
            held_by="from tests.test_conventions import test_every_check_has_stories as held; held()",
        ),
    ),
    "from tests.recipes.check_recipe import use; use()",
)


def use() -> None:
    """The check runs, and the checklist of a clinic shows its line."""
    from app.checklist import lines
    from tests.checklist.situations import situation
    from tests.recipes.started_move import started_move

    line = next(line for line in lines(situation()) if line.name == "workspace_zone")
    assert line.what == "Appointments are shown in Australia/Sydney."
    with started_move() as (product, megan):
        answer = megan.get(f"{product.at}/checklist")
        assert answer.status_code == 200
        assert "Check the time zone of your workspace" in answer.text
