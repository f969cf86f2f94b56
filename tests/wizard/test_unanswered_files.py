"""A file of unknown kind has no preselected kind, counts as held, and is ticked by name."""

import re

import pytest

from app.migration.models import Trial
from app.migration.states import State
from app.migration.unanswered import unanswered_of
from tests.conftest import At
from tests.harness.page_text import digest_of, doubts, words
from tests.harness.product import MEGAN, Product
from tests.wizard.answering import form_of, page_of
from tests.wizard.exports import zipped
from tests.wizard.questionable import few, handed_over
from tests.wizard.test_doubts import tried

FLAGS = "Important client flags.csv"
ALERTS = "id,patient_id,name,archived_at\n1,1001,Penicillin,\n2,1002,Pacemaker,\n3,1003,Old,2020-01-01T00:00:00Z\n"
WAITING = {
    "alerts under another name": (FLAGS, ALERTS, 3),
    "a list of unknown columns": ("things.csv", "colour,shape\nred,round\nblue,square\n", 2),
}


@pytest.mark.parametrize(
    "header",
    [
        "id,patient_id,name,archived_at",
        "id,patient_id,name",
        "ID,Patient ID,Name,Archived At",
        "id,patient_id,name,colour",
        "id,patient_id,name,created_at,updated_at",
    ],
)
def test_no_kind_is_preselected_where_several_are_likely(product_at: At, header: str) -> None:
    filler = ",x" * (header.count(",") - 2)
    rows = "".join(f"{n},100{n},Latex{filler}\n" for n in (1, 2, 3))
    product = handed_over(product_at("preparing"), {**few(), FLAGS: f"{header}\n{rows}"})
    page = page_of(product, FLAGS)
    assert form_of(page)["kind"] == ""
    first = re.findall(r'<option value="(\w+)"', page.text.split('name="kind"', 1)[1])[0]
    assert first == "medical_alerts"


@pytest.mark.parametrize("case", WAITING)
def test_rows_of_an_unanswered_file_are_in_every_sum(product_at: At, case: str) -> None:
    name, text, rows = WAITING[case]
    product = product_at("preparing")
    tried(product, ("export.zip", zipped(few())), (name, text.encode()))
    megan, at = product.visitor(MEGAN), product.at
    review, approval = megan.get(f"{at}/review"), megan.get(f"{at}/approve")
    title = f"{rows} rows of “{name}” were not brought: nobody has said what it is"
    assert title in words(review).split("Is it complete?")[1]
    assert title in words(approval)
    read, held = sums(product)
    assert (read, held) == (rows, rows)
    assert name in megan.get(f"{at}/review/table.csv").text
    ticks = doubts(approval)
    assert "files_unanswered" in ticks
    form = {"name": "Harbour Street Physiotherapy", "digest": digest_of(approval)}
    refused = megan.post(f"{at}/approve", data={**form, "accept": [t for t in ticks if t != "files_unanswered"]})
    assert (refused.status_code, product.state()) == (422, State.REVIEWING)
    assert megan.post(f"{at}/approve", data={**form, "accept": ticks}).status_code == 303
    product.work()
    assert name in words(megan.get(f"{at}/report"))


def sums(product: Product) -> tuple[int, int]:
    """The balance's rows and held rows of unknown files."""
    from app.migration.balance import balance_of
    from app.sources import source

    with product.runtime.ledger.read() as session:
        trial = session.get_one(Trial, (product.migration_id, product.move().trial_number))
    assert unanswered_of(trial)
    lines = [line for line in balance_of(trial, source("cliniko")).lines if line.path]
    assert balance_of(trial, source("cliniko")).balances
    return sum(line.read for line in lines), sum(line.held for line in lines)


def test_the_way_back_from_the_review_leads_to_the_answer(product_at: At) -> None:
    product = product_at("preparing")
    tried(product, ("export.zip", zipped(few())), (FLAGS, ALERTS.encode()))
    megan, at = product.visitor(MEGAN), product.at
    closed = words(page_of(product, FLAGS))
    assert "Change the plan first, then answer" in closed
    assert "Answers cannot be changed at the moment" not in closed
    assert "Change the plan: say what these files are" in words(megan.see(f"{at}/review"))
    megan.post(f"{at}/review/requests", data={"text": "Line 12 should be archived."})
    waiting = words(megan.see(f"{at}/review"))
    assert "change the plan first" not in waiting
    assert "When your request is answered or withdrawn, you can change the plan" in waiting
    assert "request for a change is open" in words(page_of(product, FLAGS))
    request = re.search(r"/review/requests/(\w+)/withdraw", megan.see(f"{at}/review").text)
    assert request is not None
    megan.post(f"{at}/review/requests/{request[1]}/withdraw")
    answer = megan.post(f"{at}/review/change-plan", data={"then": "files"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{at}/files")
    assert product.state() is State.MATCHING


@pytest.mark.parametrize("case", WAITING)
def test_the_names_page_counts_its_rows(product_at: At, case: str) -> None:
    name, text, rows = WAITING[case]
    product = handed_over(product_at("preparing"), {**few(), name: text})
    shown = words(product.visitor(MEGAN).get(f"{product.at}/matches"))
    assert f"in files that nobody has identified {rows} " in shown


@pytest.mark.parametrize(("then", "page"), [("", "matches"), ("7", "files/7"), ("//evil", "matches"), ("x", "matches")])
def test_the_way_back_leads_to_own_pages_only(product_at: At, then: str, page: str) -> None:
    product = product_at("reviewing")
    product.visitor(MEGAN).see(f"{product.at}/review")
    answer = product.visitor(MEGAN).post(f"{product.at}/review/change-plan", data={"then": then})
    assert answer.headers["location"] == f"{product.at}/{page}"
