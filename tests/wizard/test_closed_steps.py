"""A page of a step that is over shows the present state and offers no act of that step."""

import re

import pytest
from sqlmodel import Session, select

from app.migration.models import ExportFile, Migration
from app.migration.state_words import WORDS
from app.migration.states import LIVE, State
from tests.conftest import At
from tests.harness.page_text import headline, words
from tests.harness.product import MEGAN, Product
from tests.wizard.test_review import ask

CLOSED = [state for state in State if state not in (State.REVIEWING, State.CHANGES_REQUESTED)]
PRESENT = ("go on without", "Approving opens", "Approval waits", "before you approve", "when you approve")
FIRST = "20 November 2026"


@pytest.mark.parametrize("state", CLOSED)
def test_a_trial_outside_review_cannot_be_approved_or_changed(product_at: At, state: State) -> None:
    product = product_at("finalised" if state in LIVE else "reviewing")
    product.put(state=state.value, paused_from=State.REVIEWING.value if state is State.PAUSED else None)
    megan = product.visitor(MEGAN)
    approve, review = megan.get(f"{product.at}/approve"), megan.get(f"{product.at}/review")
    assert headline(approve) == "There is nothing to approve now"
    assert headline(review) == "Trial 1, as it was made"
    for page in (approve, review):
        assert page.status_code == 200
        assert WORDS[state].now.lower() in words(page).lower()
        main = page.text.partition("<main")[2]
        assert "<form" not in main
        assert main.count("btn-primary") == 1
        assert [phrase for phrase in PRESENT if phrase in words(page)] == []


def test_no_approver_is_named_before_the_approval(product_at: At) -> None:
    product = product_at("reviewing")
    text = words(product.visitor(MEGAN).get(f"{product.at}/approve"))
    assert "You approve as Megan Doyle." in text
    assert "Approved by" not in text
    product.put(state=State.FINALISING.value, approved_by=MEGAN, approved_at=product.move().since)
    assert "Approved by Megan Doyle" in words(product.visitor(MEGAN).get(f"{product.at}/approve"))


def test_an_open_request_is_named_as_the_reason_for_a_closed_approval(product_at: At) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    assert "opens again" not in words(megan.get(f"{product.at}/review"))
    ask(product, "Line 12 should be archived.")
    page = megan.get(f"{product.at}/approve")
    assert "Approving opens again when support has answered this request, or you withdraw it." in words(page)
    link = re.search(r'href="([^"#]*)#(request-\w+)">Line 12 should be archived.', page.text)
    assert link is not None
    assert f'id="{link[2]}"' in megan.get(link[1]).text


def dated(product: Product, *runs: str | None) -> None:
    """Sets the days of the export's files in turn. None is a file without a day in its name."""

    def change(session: Session) -> None:
        for number, file in enumerate(session.exec(select(ExportFile)).all()):
            run = runs[number % len(runs)]
            facts = file.facts.copy()
            facts.pop("run", None)
            file.facts = {**facts, "run": run} if run else facts
            session.add(file)
        migration = session.get_one(Migration, product.migration_id)
        report = migration.report.copy()
        report.pop("made_on", None)
        migration.report = report
        session.add(migration)

    product.write(change)


@pytest.mark.parametrize("runs", [("2026-11-20",), ("2026-11-25", "2026-11-20"), (None, "2026-11-20"), (None,)])
@pytest.mark.parametrize("point", ["reviewing", "finalised"])
def test_manual_entry_begins_on_the_first_day_of_the_export(
    product_at: At, point: str, runs: tuple[str | None, ...]
) -> None:
    product = product_at(point)
    dated(product, *runs)
    page = words(product.visitor(MEGAN).get(f"{product.at}/{'approve' if point == 'reviewing' else 'report'}"))
    sentence = page[page.index("added to Cliniko since ") :].partition("Enter it by hand")[0]
    if runs == (None,):
        assert "You handed it over on" in sentence
        assert "Its file names do not say when you made it, which may be days earlier." in sentence
    else:
        assert f"{FIRST}, when your export was made" in sentence
        assert "handed it over" not in sentence


def test_the_report_keeps_the_day_of_the_export_that_went_live(shown_at: At) -> None:
    product = shown_at("finalised")
    with product.runtime.ledger.read() as session:
        runs = [file.facts["run"] for file in session.exec(select(ExportFile)).all() if "run" in file.facts]
    assert product.move().report["made_on"] == min(runs)


def test_after_an_undo_the_report_claims_nothing_live(product_at: At) -> None:
    product = product_at("finalised")
    undone = {"removed": {"patients": 3}, "restored": {}, "kept": []}
    product.put(state=State.UNDONE.value, report={**product.move().report, "undone": undone})
    page = words(product.visitor(MEGAN).get(f"{product.at}/report"))
    assert "live digest" not in page
    assert "Reminders stay off" not in page


@pytest.mark.parametrize("is_undone", [False, True])
@pytest.mark.parametrize("other", [State.FINALISED, State.UNDONE, State.PREPARING])
def test_the_report_names_the_moves_that_it_counts(product_at: At, other: State, is_undone: bool) -> None:
    product = product_at("finalised")
    if is_undone:
        undone = {"removed": {"patients": 3}, "restored": {}, "kept": []}
        product.put(state=State.UNDONE.value, report={**product.move().report, "undone": undone})
    live = other is not State.PREPARING
    second = product.move().model_dump() | {"id": "a" * 16, "state": other.value}
    second |= {} if live else {"finalised_at": None}
    product.write(lambda session: session.add(Migration(**second)))
    page = words(product.visitor(MEGAN).get(f"{product.at}/report"))
    assert ("with the records of your other move" in page) == (other is State.FINALISED)
    assert ("are not in this table" in page) == (other is State.FINALISED)
