"""A row's page says what became of the row, and leads to the row that decided it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from httpx import Response
from sqlmodel import col, select

from app.caspen.tables import CustomFieldValue
from app.migration.models import ExportFile, ProblemLine
from app.records.evidence_lines import LEFT_OUT, MATCHED, NOT_BROUGHT
from tests.conftest import At
from tests.harness.page_text import absent, done, headline, words
from tests.harness.prepared_moves import PreparedFolders, running
from tests.harness.product import ANA, MEGAN, VERA, Product
from tests.wizard.test_records import cells

KEPT = ("Kept, so that it is found again", "Kept as the day it was made")
DONE_IN = 'data-label="What became of it"'


def lines_of(product: Product, code: str) -> list[ProblemLine]:
    with product.runtime.ledger.read() as session:
        run = f"trial:{product.move().trial_number}"
        wanted = select(ProblemLine).where(ProblemLine.run == run, ProblemLine.code == code)
        lines = session.exec(wanted.where(col(ProblemLine.line).is_not(None)).order_by(col(ProblemLine.id))).all()
        session.expunge_all()
    assert lines, code
    return list(lines)


def row_of(product: Product, file: str | None, line: int | None, by: str = MEGAN) -> Response:
    with product.runtime.ledger.read() as session:
        wanted = select(ExportFile.number).where(ExportFile.path == file, ExportFile.number > 0)
        number = session.exec(wanted).one()
    answer: Response = product.visitor(by).get(f"{product.at}/rows/{number}/{line}")
    assert answer.status_code == 200
    return answer


def became(page: Response) -> list[str]:
    """What the page says of each cell of the row."""
    texts = re.findall(rf"{DONE_IN}[^>]*>(.*?)</td>", page.text, re.S)
    assert texts
    return [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in texts]


def rows_linked(page: Response) -> list[str]:
    """The rows to which the content of a page links."""
    return re.findall(r'href="(/m/\w+/rows/\d+/\d+)"', page.text.partition("<main")[2])


@pytest.fixture(scope="module")
def trial(folders: PreparedFolders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with contextmanager(running)(folders, "reviewing", tmp_path_factory.mktemp("fates") / "var") as product:
        yield product


def test_no_cell_of_a_row_that_stayed_behind_is_called_kept(trial: Product) -> None:
    for code in ("case_without_patient", "patient_name_missing", "parent_not_imported", "note_empty"):
        for line in lines_of(trial, code):
            page = row_of(trial, line.file, line.line)
            texts = became(page)
            assert not set(texts) & set(KEPT), code
            assert not [text for text in texts if text.startswith("In Caspen")], code
            assert NOT_BROUGHT in texts


@pytest.mark.parametrize("code", ["duplicate_row", "id_conflict_newest_used"])
def test_a_copy_of_a_row_leads_to_the_row_that_counts(trial: Product, code: str) -> None:
    for line in lines_of(trial, code):
        page = row_of(trial, line.file, line.line)
        assert NOT_BROUGHT not in words(page), "the same thing moves once, from another row"
        twin = trial.visitor(MEGAN).get(rows_linked(page)[0])
        assert twin.status_code == 200
        number = re.search(r"Line ([\d,]+) of", headline(twin))
        assert number is not None
        assert f"line {number[1]} of" in words(page).split("For support")[0].lower()
        copy = f"Line {number[1]} of {(line.file or '').rpartition('/')[2]} counts instead"
        assert copy in became(page)
        assert ("The same row moves once" in words(page)) == (code == "duplicate_row")
        assert "that it became" not in words(page)
        assert "It did not come across" not in words(twin)
        assert not set(became(twin)) & {NOT_BROUGHT, copy}


def test_chosen_answers_are_lines_and_name_the_cell_that_they_came_from(trial: Product) -> None:
    """An option may have a comma: with commas, the two options "Bands | Dumbbells, pair" would look like three."""
    store = trial.runtime.caspen.trial(trial.migration_id, 1)
    with store.database.read() as session:
        values = session.exec(select(CustomFieldValue).where(col(CustomFieldValue.source_id).like("%00000003-5c1d%")))
        clients = {value.client_id for value in values if len(value.option_ids or ()) == 2}
    assert clients
    for client in sorted(clients)[:2]:
        page = trial.visitor(MEGAN).get(f"{trial.at}/clients/{client}").text
        row = next(row for row in page.split("<tr")[1:] if "Custom field: Equipment at home" in row)
        assert '<bdi class="typed">Bands\nDumbbells, pair</bdi>' in row
        shown = " ".join(re.sub(r"<[^>]+>", " ", row.partition(">")[2]).split())
        assert shown.endswith("Custom: Equipment at home Bands | Dumbbells, pair In the field&#39;s own form"), shown


def test_a_row_that_came_is_described_by_its_columns(trial: Product) -> None:
    page = trial.visitor(MEGAN).get(f"{trial.at}/rows/15/4")
    assert KEPT[0] in became(page)
    assert "It did not come across" not in words(page)


def test_a_held_row_leads_to_the_row_that_it_waits_for(trial: Product) -> None:
    megan = trial.visitor(MEGAN)
    problem = megan.get(f"{trial.at}/problems/parent_not_imported")
    lines = lines_of(trial, "parent_not_imported")
    parents = set()
    for line in lines:
        page = row_of(trial, line.file, line.line)
        (parent,) = rows_linked(page)
        assert f'href="{parent}"' in problem.text, "the list of rows names the same row"
        assert "It belongs to line " in words(page)
        parents.add(parent)
        reason = megan.get(parent)
        assert "It did not come across" in words(reason), "the row that it waits for gives its own reason"
    assert "Clients, line 2 of Patients" in words(problem)
    assert len(parents) < len(lines)
    listed = trial.visitor(ANA).get(f"{trial.at}/problems/parent_not_imported")
    assert "Clients, line 2 of Patients" in words(listed)
    assert not rows_linked(listed), "support opens no row of a clinic"


def test_rows_that_the_clinic_decided_about_say_so(product_at: At) -> None:
    product = product_at("matching")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/handover/found", data={"absent": absent(megan.get(f"{product.at}/handover"))}))
    product.close_gaps()
    done(megan.post(f"{product.at}/matches", data={"show": "leave_out", "kinds": "patient_cases"}))
    row = "Patient cases-Cliniko"
    with product.runtime.ledger.read() as session:
        files = {file.path: file.number for file in session.exec(select(ExportFile)) if file.number}
    case = next(number for path, number in files.items() if row in path)
    place = next(number for path, number in files.items() if "Businesses" in path)
    before = became(megan.get(f"{product.at}/rows/{case}/4"))
    assert "Will be kept, so that it is found again" in before
    assert not set(before) & set(KEPT), "nothing is kept before a trial"
    done(megan.post(f"{product.at}/matches", data={"act": "start", "show": "practitioners"}))
    product.work()
    left_out = megan.get(f"{product.at}/rows/{case}/4")
    assert "You left this row out" in words(left_out)
    assert set(became(left_out)) == {LEFT_OUT}
    matched = megan.get(f"{product.at}/rows/{place}/2")
    assert "You chose what this row is in Caspen" in words(matched)
    assert set(became(matched)) == {MATCHED}
    assert cells(matched)


def test_after_the_move_is_live_held_rows_say_what_to_do_and_keep_their_act(product_at: At) -> None:
    product = product_at("finalised")
    megan, vera = product.visitor(MEGAN), product.visitor(VERA)
    act = f'href="/start?workspace={product.move().workspace_id}"'
    report = megan.get(f"{product.at}/report")
    assert f'href="{product.at}/problems"' in report.text, "See the rows"
    todo = "Export all clients from Cliniko, archived ones too."
    for at in (f"{product.at}/problems/case_without_patient", a_held_row(product)):
        page = megan.get(at)
        assert todo in words(page), at
        assert "go on without" not in words(page), "the move has gone on"
        assert act in page.text
        assert "bring a later export" in words(page)
    assert megan.see(f"/start?workspace={product.move().workspace_id}").status_code == 200
    assert act not in vera.get(f"{product.at}/problems/case_without_patient").text, "a viewer has no such act"
    assert act not in megan.get(f"{product.at}/problems/duplicate_row").text, "nothing is missing"
    parent = megan.get(f"{product.at}/problems/parent_not_imported")
    assert "Clients, line 2 of Patients" in words(parent)
    assert "Look at the row that it belongs to first." in words(parent)
    table = megan.get(f"{product.at}/problems/rows.csv").text
    assert todo in table


def a_held_row(product: Product) -> str:
    line = lines_of(product, "case_without_patient")[0]
    return str(row_of(product, line.file, line.line).url.path)


def test_after_an_undo_no_later_export_is_offered_for_single_rows(product_at: At) -> None:
    product = product_at("finalised")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/report/undo", data={"undo": "1"}))
    product.work()
    page = megan.get(f"{product.at}/problems/case_without_patient")
    assert "bring a later export" not in words(page)
