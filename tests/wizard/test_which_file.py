"""An admin answers what a file is: offers, refusals, saved answers and withdrawal."""

import re
from html import unescape

import pytest

from app.mapping.plan import LEAVE_OUT
from app.migration.plans import plan_of
from app.migration.states import State
from app.sources import SOURCES
from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.product import ANA, MEGAN, OLIVE, RICK, VERA, Product
from tests.wizard.answering import column, file_at, form_of, page_of, path_of, say
from tests.wizard.questionable import (
    CANARY,
    REGISTER,
    cases_called_otherwise,
    few,
    handed_over,
    ordinary,
    patients_called_otherwise,
    written,
)


@pytest.fixture
def register(product_at: At) -> Product:
    return handed_over(product_at("preparing"), cases_called_otherwise())


def test_its_kind_and_columns_are_guessed_from_names_shapes_and_ids(register: Product) -> None:
    page = page_of(register)
    assert headline(page) == f"Tell us what {REGISTER} is"
    form = form_of(page)
    assert form["kind"] == "patient_cases"
    assert form[column(page, "case_no")] == "id"
    assert form[column(page, "client_ref")] == "patient_id"
    assert form[column(page, "opened")] == "issue_date"
    assert form[column(page, "sessions_ok")] == "max_sessions"
    assert "It cannot do without Case ID and Patient ID" in words(page)


def test_three_rows_are_shown_as_they_are_to_the_clinic_alone_and_written_down_first(register: Product) -> None:
    before = register.acts().count("file_seen")
    first = file_rows()[0]
    page = page_of(register, email=RICK)
    assert page.status_code == 200
    assert all(cell in unescape(page.text) for cell in first if cell)
    assert page.headers["cache-control"] == "no-store"
    assert register.acts().count("file_seen") == before + 1
    assert [page_of(register, email=who).status_code for who in (VERA, ANA, OLIVE)] == [403, 403, 404]
    assert register.acts().count("file_seen") == before + 1


def file_rows() -> list[list[str]]:
    text = str(cases_called_otherwise()[REGISTER])
    return [line.split(",") for line in text.splitlines()[1:3]]


def test_the_answer_reads_the_files_again_and_lists_the_changes(register: Product) -> None:
    rows = str(cases_called_otherwise()[REGISTER]).count("\n") - 1
    done(say(register, form_of(page_of(register)), "read"))
    assert (register.state(), register.move().export_number) == (State.READING, 2)
    register.work()
    assert register.state() is State.MATCHING
    assert (file_at(register).kind, file_at(register).rows) == ("patient_cases", rows)
    contents = words(register.visitor(MEGAN).get(f"{register.at}/handover"))
    assert "Read again with your answers" in contents
    assert f"Cases: {rows} rows, 0 before" in contents
    assert "files that we do not know" not in contents
    assert "read_again" in register.acts()
    assert len(register.mails("received")) == 2  # nothing was handed over, or fetched, a second time


def test_a_saved_answer_blocks_the_trial_until_it_is_read(register: Product) -> None:
    done(say(register, form_of(page_of(register)), "keep"))
    assert register.state() is State.MATCHING
    megan = register.visitor(MEGAN)
    assert "1 answer is kept and not read yet" in words(megan.get(f"{register.at}/files"))
    assert "1 answer is not read yet" in words(megan.get(f"{register.at}/handover"))
    lines = words(megan.get(f"{register.at}/checklist"))
    assert "Read the export again, with what you said of its files" in lines
    done(megan.post(f"{register.at}/files"))
    register.work()
    assert "not read yet" not in words(megan.get(f"{register.at}/files"))


WRONG = {
    "a key that is missing": ({"case_no": ""}, "Say which column is Case ID: it tells the rows apart."),
    "a field that is missing": ({"client_ref": ""}, "Say which column is Patient ID: cases cannot be without it."),
    "two columns for one field": ({"title": "id"}, "Case ID is chosen for two columns. Keep it for one of them."),
    "a field that is none": ({"title": "shoe_size"}, "Choose one of the fields of this list."),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_answer_is_explained_and_keeps_its_inputs(register: Product, what: str) -> None:
    page = page_of(register)
    form = form_of(page)
    changed, message = WRONG[what]
    form |= {column(page, header): field for header, field in changed.items()}
    form[column(page, "runs_out")] = "notes"
    answer = say(register, form, "read")
    assert answer.status_code == 422
    assert message in words(answer)
    again = form_of(answer)
    assert again[column(answer, "runs_out")] == "notes"
    for header, field in changed.items():
        assert again[column(answer, header)] == (field if field != "shoe_size" else "")
    assert register.move().export_number == 1
    assert plan_of(register.move()).column_pairs == {}


def test_another_kind_shows_its_columns_before_it_is_saved(register: Product) -> None:
    form = form_of(page_of(register)) | {"kind": "contacts"}
    answer = say(register, form, "read")
    assert answer.status_code == 422
    assert "Here are the columns for contacts." in words(answer)
    assert register.state() is State.MATCHING
    shown = say(register, form, "show")
    assert shown.status_code == 200
    assert form_of(shown)["shown"] == "contacts"


def test_a_page_of_an_older_reading_is_shown_again(register: Product) -> None:
    form = form_of(before := page_of(register))
    done(register.visitor(MEGAN).post(f"{register.at}/files"))
    register.work()
    answer = register.visitor(MEGAN).post_exactly(before.url.path, {**form, "act": "keep"})
    assert answer.status_code == 409
    assert "The reading of the export You chose export 1 It is now export 2" in words(answer)


def test_a_file_can_be_left_out_and_withdrawn(register: Product) -> None:
    done(say(register, {}, "leave"))
    assert plan_of(register.move()).file_kinds == {REGISTER: LEAVE_OUT}
    megan = register.visitor(MEGAN)
    done(megan.post(f"{register.at}/files"))
    register.work()
    contents = words(megan.get(f"{register.at}/handover"))
    assert "left out by you" in contents
    assert "1 file that we do not know" not in contents
    done(say(register, {}, "withdraw"))
    assert plan_of(register.move()).file_kinds == {}
    done(megan.post(f"{register.at}/files"))
    register.work()
    assert "1 file that we do not know" in words(megan.get(f"{register.at}/handover"))


def test_a_pairing_can_be_changed_later_and_reads_anew(register: Product) -> None:
    done(say(register, form_of(page_of(register)), "read"))
    register.work()
    page = page_of(register)
    assert "You have said what it is" in words(page)
    form = form_of(page)
    form[column(page, "title")] = ""
    done(say(register, form, "read"))
    register.work()
    assert "title" not in plan_of(register.move()).column_pairs[REGISTER]
    assert "name" in file_at(register).facts["absent_columns"]


def test_an_export_without_clients_continues_after_the_answer(product_at: At) -> None:
    product = handed_over(product_at("preparing"), patients_called_otherwise())
    assert product.state() is State.READING_FAILED
    megan = product.visitor(MEGAN)
    assert "The files of your export" in words(megan.get(f"{product.at}/progress"))
    page = page_of(product, "people.csv")
    shown = say(product, form_of(page) | {"kind": "patients"}, "show", "people.csv")
    form = form_of(shown)
    form |= {name: "" for name in form if name[0] == "c" and name[1:].isdigit()}
    for at, field in ((0, "id"), (2, "first_name"), (3, "last_name"), (5, "date_of_birth")):
        form[f"c{at}"] = field
    form["c40"] = "custom:k40"
    done(say(product, form, "read", "people.csv"))
    product.work()
    assert product.state() is State.MATCHING
    assert file_at(product, "people.csv").rows > 40


def test_a_file_of_two_kinds_offers_just_these(product_at: At) -> None:
    shape = ["Name", "Content", "Print Settings", "Restricted To Practitioner", "ID"]
    product = handed_over(
        product_at("preparing"), {**few(), "shapes.csv": written([shape, ["a", "{}", "", "true", "5"]])}
    )
    file = file_at(product, "shapes.csv")
    assert "candidates" in file.facts, (file.kind, file.refused)
    page = page_of(product, "shapes.csv")
    may_be = re.search(r'<optgroup label="It may be">(.*?)</optgroup>', page.text, re.S)
    assert may_be
    assert set(re.findall(r'value="(\w+)"', may_be[1])) == set(file.facts["candidates"])
    form = form_of(say(product, form_of(page) | {"kind": file.facts["candidates"][0]}, "show", "shapes.csv"))
    done(say(product, form, "read", "shapes.csv"))
    product.work()
    assert file_at(product, "shapes.csv").kind == file.facts["candidates"][0]


def test_a_file_without_its_key_is_read_once_its_key_is_named(product_at: At) -> None:
    product = handed_over(product_at("preparing"), cases_called_otherwise({"Case ID": "laufnummer"}))
    assert file_at(product).refused == "missing_key_column"
    assert "Say which column is which" in words(product.visitor(MEGAN).get(f"{product.at}/handover"))
    page = page_of(product)
    form = form_of(page)
    assert form["kind"] == "patient_cases"
    assert form[column(page, "Patient ID")] == "patient_id"
    form[column(page, "laufnummer")] = "id"
    done(say(product, form, "read"))
    product.work()
    assert (file_at(product).kind, file_at(product).refused) == ("patient_cases", None)


def test_a_headerless_file_is_paired_by_number_without_stored_cells(product_at: At) -> None:
    text = str(cases_called_otherwise()[REGISTER]).split("\n", 1)[1]
    files = cases_called_otherwise()
    files[REGISTER] = f"9000001,{text.split(',')[1]},{CANARY},2024-01-02,2024-05-02,5,false\n{text}"
    product = handed_over(product_at("preparing"), files)
    page = page_of(product)
    assert CANARY in unescape(page.text)  # the clinic's own eyes
    form = form_of(page) | {"kind": "patient_cases"}
    assert form["headerless"] == "1"  # its first row looks like the others
    form = form_of(say(product, form, "show"))
    form |= {"c0": "id", "c1": "patient_id", "c2": "name"}
    done(say(product, form, "read"))
    product.work()
    file = file_at(product)
    assert (file.kind, file.refused, file.rows) == ("patient_cases", None, text.count("\n") + 1)
    assert plan_of(product.move()).headerless == (REGISTER,)
    assert CANARY not in str(product.move().plan) + str(file.facts)
    assert CANARY not in "".join(str(entry.facts) + entry.reason for entry in product.audit())


def test_a_file_that_is_known_may_be_something_else(product_at: At) -> None:
    product = ordinary(product_at("preparing"))
    path = "Contacts-Cliniko-20261120.csv"
    page = page_of(product, path)
    assert headline(page) == f"How we read {path}"
    form = form_of(say(product, form_of(page) | {"kind": "payments"}, "show", path))
    done(say(product, form, "read", path))
    product.work()
    assert file_at(product, path).kind == "payments"


def test_an_unknown_column_fills_a_field_only_by_choice(product_at: At) -> None:
    product = ordinary(product_at("preparing"))
    path = "Practitioners-Cliniko-20261120.csv"
    page = page_of(product, path)
    form = form_of(page)
    assert form[column(page, "Parking Bay")] == ""
    form[column(page, "Description")] = ""
    form[column(page, "Parking Bay")] = "description"
    done(say(product, form, "read", path))
    product.work()
    assert plan_of(product.move()).column_pairs[path_of(product, path)] == {
        "Description": "",
        "Parking Bay": "description",
    }
    assert file_at(product, path).facts["unknown_columns"] == ["Description"]


def test_answers_are_closed_while_a_trial_uses_the_reading(shown_at: At) -> None:
    product = shown_at("reviewing")
    path = "Contacts-Cliniko-20261120.csv"
    page = page_of(product, path)
    assert "Change the plan first, then answer" in words(page)
    assert say(product, {}, "leave", path).status_code == 409
    assert product.state() is State.REVIEWING


def test_an_unknown_file_number_returns_404(shown_at: At) -> None:
    product = shown_at("matching")
    megan = product.visitor(MEGAN)
    assert megan.get(f"{product.at}/files/9999").status_code == 404
    assert megan.get(f"{product.at}/files/-1").status_code == 404
    assert megan.post(f"{product.at}/files/9999", data={"act": "keep"}).status_code == 404


MINE = {
    "contacts": "Ref,Given,Family,Practice,Ph,Mail\n1,Ann,Lee,Main,02 9000 0001,a@b.example\n",
    "users": "Ref,Given,Family,Ph,Mail\n1,Ann,Lee,0412 345 678,a@b.example\n",
    "patient_cases": "Title,Max Sessions,Expiry Date,Closed,Patient ID\nKnee,5,2026-01-02,false,1\n",
}


@pytest.mark.parametrize("kind", MINE)
@pytest.mark.parametrize("name", ["{} mine.csv", "{}.csv"])
def test_the_page_of_a_refused_file_begins_with_the_kind_that_the_list_names(
    product_at: At, kind: str, name: str
) -> None:
    path = name.format(kind)
    product = handed_over(product_at("preparing"), {**few(), path: MINE[kind]})
    listed = file_at(product, path)
    page = page_of(product, path)
    form = form_of(page)
    assert (listed.kind, listed.refused) == (kind, "missing_key_column")
    assert form["kind"] == kind
    if "Ph" in MINE[kind]:
        assert "phone" in form[column(page, "Ph")]
    contents = product.visitor(MEGAN).get(f"{product.at}/handover")
    headers = MINE[kind].splitlines()[0].replace(",", ", ")
    for text in (words(contents), words(page)):
        assert f"We found: {headers}." in text
        assert "need a column …" not in text


def test_no_page_reports_a_listed_column_as_missing(product_at: At) -> None:
    """A file was refused for a missing key of its kind. Another kind, whose key it has, lacks nothing."""
    keys = {
        kind.name: [p.column.native for p in kind.columns if p.column.is_key]
        for kind in next(iter(SOURCES.values())).kinds
        if kind.imported and kind.name != "contacts" and any(p.column.is_key for p in kind.columns)
    }
    files = {
        f"things {name}.csv": ",".join(["First Name", "Company Name", *k]) + "\n1,2,3,4\n" for name, k in keys.items()
    }
    product = handed_over(product_at("preparing"), {**few(), **files})
    refused = [name for name in keys if file_at(product, f"things {name}.csv").refused == "missing_key_column"]
    assert len(refused) > 10
    for name in refused:
        page = page_of(product, f"things {name}.csv")
        assert "is missing" in words(page)
        shown = say(product, {**form_of(page), "kind": name}, "show", path=f"things {name}.csv")
        assert shown.status_code == 200
        assert "is missing" not in words(shown), name
