"""An admin answers once for all documents of a folder: notes, clients' files or nothing."""

import re
from collections.abc import Mapping

import pytest
from httpx import Response
from sqlmodel import select

from app.mapping.plan import LEAVE_OUT
from app.migration.exports import files_of
from app.migration.models import ExportFile, ProblemLine
from app.migration.plans import plan_of
from app.migration.states import State
from tests.conftest import At
from tests.forms.page_forms import forms_of
from tests.harness.page_text import done, headline, words
from tests.harness.product import ANA, MEGAN, OLIVE, RICK, VERA, Product
from tests.wizard.questionable import few, handed_over, number_of

ROOT = "Export/Clinical notes/"
CLIENT = "Quartermaine, Zebulon"


def documents(patient: str) -> dict[str, bytes | str]:
    folder = f"{ROOT}{patient} - {CLIENT}"
    return {
        f"{folder}/2024-05-06 Visit [901].html": "<p>Better</p>",
        f"{folder}/2024-05-07 Visit [902].txt": "Rest",
        f"{folder}/2024-05-08 Letter.pdf": b"%PDF-1.4 a letter",
    }


def patient_in(files: Mapping[str, bytes | str]) -> str:
    """The number of a client of the export."""
    text = next(data for name, data in files.items() if "/Patients-" in name)
    rows = (text.decode("utf-8-sig") if isinstance(text, bytes) else text).splitlines()
    return next(row.split(",")[0] for row in rows[5:] if re.match(r"\d+,[^,]*,\w+,\w+", row))


@pytest.fixture
def asked(product_at: At) -> Product:
    files = few()
    return handed_over(product_at("preparing"), {**files, **documents(patient_in(files))})


def page_of(product: Product, email: str = MEGAN, path: str = ROOT) -> Response:
    answer: Response = product.visitor(email).get(f"{product.at}/files/{number_of(product, path)}")
    return answer


def say(product: Product, act: str, path: str = ROOT, **form: str) -> Response:
    at = f"{product.at}/files/{number_of(product, path)}"
    answer: Response = product.visitor(MEGAN).post(at, data={**form, "act": act})
    return answer


def files_now(product: Product) -> dict[str, ExportFile]:
    with product.runtime.ledger.read() as session:
        return {f.path: f for f in files_of(session, product.migration_id, product.move().export_number)}


def read_again(product: Product, answer: str) -> dict[str, ExportFile]:
    done(say(product, "read", kind=answer))
    assert product.state() is State.READING
    product.work()
    assert product.state() is State.MATCHING
    return files_now(product)


def test_the_problem_leads_to_the_question_and_the_question_can_be_answered(asked: Product) -> None:
    megan = asked.visitor(MEGAN)
    way = f'href="{asked.at}/files/{number_of(asked, ROOT)}"'
    problem = megan.get(f"{asked.at}/problems/documents_folder_unknown")
    assert "Tell us on the page of your files" in words(problem)
    assert f'href="{asked.at}/files"' in problem.text
    for step in ("files", "handover"):
        shown = megan.get(f"{asked.at}/{step}")
        assert way in shown.text, step
        assert "Tell us what this is" in words(shown)
    page = page_of(asked)
    assert headline(page) == "Tell us what the folder Clinical notes/ is"
    assert "3 documents, 2 of them pages or texts" in words(page)
    assert re.findall(r'type="radio" name="kind"[^>]* value="(\w+)"', page.text) == [
        "treatment_notes",
        "patient_files",
        LEAVE_OUT,
    ]
    assert "checked" not in page.text
    assert CLIENT.split(",")[0] not in page.text


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        ("treatment_notes", {f"{ROOT}*.html": ("treatment_notes", 2), ROOT: ("patient_files", 1)}),
        ("patient_files", {ROOT: ("patient_files", 3)}),
        (LEAVE_OUT, {ROOT: (None, 0)}),
    ],
)
def test_the_folder_is_read_by_the_answer_and_asks_no_more(
    asked: Product, answer: str, kinds: dict[str, tuple[str | None, int]]
) -> None:
    files = read_again(asked, answer)
    assert {path: (f.kind, f.rows) for path, f in files.items() if path.startswith(ROOT)} == kinds
    page = words(asked.visitor(MEGAN).get(f"{asked.at}/files"))
    assert "waits for you to say" not in page
    assert "not read yet" not in page
    with asked.runtime.ledger.read() as session:
        codes = set(session.exec(select(ProblemLine.code).where(ProblemLine.run == "export:2")))
    assert "documents_folder_unknown" not in codes
    for path in kinds:
        shown = page_of(asked, path=path)
        assert re.findall(r'name="kind"[^>]* value="(\w+)" checked', shown.text) == [answer]


def test_an_answer_can_be_kept_for_later_changed_and_withdrawn(asked: Product) -> None:
    done(say(asked, "keep", kind="treatment_notes"))
    assert plan_of(asked.move()).file_kinds == {ROOT: "treatment_notes"}
    megan = asked.visitor(MEGAN)
    assert "1 answer is kept and not read yet" in words(megan.get(f"{asked.at}/files"))
    assert "Read the export again, with what you said of its files" in words(megan.get(f"{asked.at}/checklist"))
    files = read_again(asked, "patient_files")
    assert files[ROOT].kind == "patient_files"
    done(say(asked, "withdraw"))
    assert plan_of(asked.move()).file_kinds == {}
    done(megan.post(f"{asked.at}/files"))
    asked.work()
    assert "Tell us what this is" in words(megan.get(f"{asked.at}/files"))
    assert [act for act in asked.acts() if act.startswith("file_answer")] == [
        "file_answered",
        "file_answered",
        "file_answer_withdrawn",
    ]


def test_a_form_without_an_answer_keeps_nothing(asked: Product) -> None:
    empty = say(asked, "read")
    assert (empty.status_code, asked.state()) == (422, State.MATCHING)
    assert "Say what the folder holds, or leave it out." in words(empty)
    assert say(asked, "read", kind="patients").status_code == 422
    assert plan_of(asked.move()).file_kinds == {}


def test_a_colleagues_answer_is_shown_before_it_is_changed(asked: Product) -> None:
    basis = basis_of(page_of(asked))
    done(say(asked, "keep", kind="patient_files"))
    answer = say(asked, "keep", kind="treatment_notes", basis=basis)
    assert answer.status_code == 409
    text = words(answer)
    assert "This folder holds" in text
    assert "Progress notes of clients" in text
    assert "Files of clients" in text
    assert plan_of(asked.move()).file_kinds == {ROOT: "patient_files"}
    (again,) = (form for form in forms_of(answer) if form.action.endswith(str(number_of(asked, ROOT))))
    done(asked.visitor(MEGAN).post_exactly(again.action, {name: [value] for name, value in again.hidden}))
    assert plan_of(asked.move()).file_kinds == {ROOT: "treatment_notes"}


def test_an_answer_follows_the_folder_into_another_reading(asked: Product) -> None:
    basis, at = basis_of(page_of(asked)), f"{asked.at}/files/{number_of(asked, ROOT)}"
    done(asked.visitor(MEGAN).post(f"{asked.at}/files"))
    asked.work()
    fields = {"kind": ["treatment_notes"], "act": ["read"], "basis": [basis]}
    answer = asked.visitor(MEGAN).post_exactly(at, fields)
    assert (answer.status_code, asked.state()) == (409, State.MATCHING)
    (again,) = (form for form in forms_of(answer) if form.action.endswith(str(number_of(asked, ROOT))))
    shown = asked.visitor(MEGAN).post_exactly(again.action, {name: [value] for name, value in again.hidden})
    assert re.findall(r'name="kind"[^>]* value="(\w+)" checked', shown.text) == ["treatment_notes"]
    assert plan_of(asked.move()).file_kinds == {}


def basis_of(page: Response) -> str:
    """The fingerprint of the form that asks what the folder holds."""
    form = next(form for form in forms_of(page) if "kind" in form.by_name)
    return dict(form.hidden)["basis"]


def test_only_admins_of_the_clinic_answer_and_who_may_not_sees_why(asked: Product) -> None:
    assert [page_of(asked, who).status_code for who in (RICK, VERA, ANA, OLIVE)] == [200, 403, 403, 404]
    rick = page_of(asked, RICK)
    assert "An admin of this move can change them." in words(rick)
    assert "Nobody has said yet what it holds." in words(rick)
    assert 'type="radio"' not in rick.text


def test_support_answers_with_a_reason_and_sees_no_name(asked: Product) -> None:
    ana, at = asked.visitor(ANA), f"/support/{asked.migration_id}/files/{number_of(asked, ROOT)}"
    assert f'href="{at}"' in ana.get(f"/support/{asked.migration_id}").text
    page = ana.get(at)
    assert "3 documents, 2 of them pages or texts" in words(page)
    assert CLIENT.split(",")[0] not in page.text
    assert ana.post(at, data={"kind": "patient_files", "act": "keep", "reason": ""}).status_code == 422
    done(ana.post(at, data={"kind": "patient_files", "act": "read", "reason": "The clinic told us on the phone"}))
    asked.work()
    assert files_now(asked)[ROOT].kind == "patient_files"


def test_a_folder_with_a_known_name_asks_nothing(product_at: At) -> None:
    files = few()
    known = {name.replace(ROOT, "Export/Treatment notes/"): data for name, data in documents(patient_in(files)).items()}
    product = handed_over(product_at("preparing"), {**files, **known})
    megan = product.visitor(MEGAN)
    assert "waits for you to say" not in words(megan.get(f"{product.at}/files"))
    folders = [path for path in files_now(product) if path.endswith(("/", "*.html"))]
    assert folders
    for path in folders:
        assert page_of(product, path=path).status_code == 404
