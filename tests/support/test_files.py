"""Support gives a file's kind, without seeing cells, with a reason that the clinic reads."""

from html import unescape

from app.migration.plans import plan_of
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.product import ANA, MEGAN, Product
from tests.wizard.answering import form_of
from tests.wizard.questionable import REGISTER, cases_called_otherwise, handed_over, number_of

REASON = "The clinic asked us on the phone to do this."


def at(product: Product) -> str:
    return f"/support/{product.migration_id}/files/{number_of(product, REGISTER)}"


def test_support_pairs_by_names_and_shapes_with_a_reason_that_the_clinic_reads(product_at: At) -> None:
    product = handed_over(product_at("preparing"), cases_called_otherwise())
    ana = product.visitor(ANA)
    assert "Say what it is" in words(ana.get(f"/support/{product.migration_id}"))
    page = ana.get(at(product))
    shown = words(page)
    assert "client _ref" in shown or "client_ref" in shown
    assert "date YYYY-MM-DD" in shown
    form = form_of(page)
    assert form["kind"] == "patient_cases"
    silent = ana.post(at(product), data=form | {"act": "read", "reason": "no"})
    assert silent.status_code == 422
    assert "Write a reason that the clinic can read" in words(silent)
    assert form_of(silent) == form
    done(ana.post(at(product), data=form | {"act": "read", "reason": REASON}))
    product.work()
    assert product.state() is State.MATCHING
    assert plan_of(product.move()).file_kinds == {REGISTER: "patient_cases"}
    text = words(product.visitor(MEGAN).get(f"{product.at}/people"))
    assert "It was said what a file is Ana Ferreira, " + REASON in text


def test_support_never_gets_a_cell(product_at: At) -> None:
    files = cases_called_otherwise()
    product = handed_over(product_at("preparing"), files)
    page = unescape(product.visitor(ANA).get(at(product)).text)
    cells = {cell for line in str(files[REGISTER]).splitlines()[1:] for cell in line.split(",") if len(cell) > 5}
    assert len(cells) > 20
    assert [cell for cell in cells if cell in page] == []
    assert product.visitor(ANA).get(f"{product.at}/files/{number_of(product, REGISTER)}").status_code == 403


def test_support_takes_an_answer_back_with_a_reason(product_at: At) -> None:
    product = handed_over(product_at("preparing"), cases_called_otherwise())
    ana = product.visitor(ANA)
    done(ana.post(at(product), data=form_of(ana.get(at(product))) | {"act": "keep", "reason": REASON}))
    assert plan_of(product.move()).file_kinds
    assert ana.post(at(product), data={"act": "withdraw", "reason": ""}).status_code == 422
    done(ana.post(at(product), data={"act": "withdraw", "reason": REASON}))
    assert plan_of(product.move()).file_kinds == {}
    assert [e.reason for e in product.audit() if e.act.startswith("file_")] == [REASON, REASON]
