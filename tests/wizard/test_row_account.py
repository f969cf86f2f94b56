"""For a trial with every result, all numbers of all pages and downloads come from a single account."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from httpx import Response
from sqlmodel import select

from app.mapping.rows import Outcome
from app.migration.fates import EXCLUDED, RowFates, load_fates
from app.migration.models import ProblemLine, Trial
from app.migration.states import State
from app.problems import catalogue
from app.sources import source
from app.wizard.findings import WORDS
from tests.harness.page_text import absent, done, headline, words
from tests.harness.prepared_moves import PreparedFolders, running, tiny_export
from tests.harness.product import ANA, MEGAN, Product
from tests.wizard.answering import form_of, page_of, say
from tests.wizard.exports import unzipped, zipped
from tests.wizard.test_file_rows import EXTRA
from tests.wizard.test_same_numbers import number_in

LEFT_FILE, LEFT_KIND = "Old list.csv", "patient_cases"
BAD_VISIT, NOBODY = "sometime Tuesday", "88888888"


def every_fate() -> bytes:
    """The invented clinic's export with files that are unknown, unreadable or left out.

    Two visits have an unreadable start and practitioner, so they have several problems each. One client who is not in
    the export has a single visit, which is held, and a place in a class, which is imported.
    """
    files: dict[str, bytes | str] = {**unzipped(tiny_export()), **EXTRA, LEFT_FILE: "shade,size\nred,1\nblue,2\n"}
    name = next(name for name in files if "Appointments-" in name)
    data = files[name]
    assert isinstance(data, bytes)
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    for row in rows[3:5]:
        row |= {"Start Time": BAD_VISIT, "Practitioner ID": "424242", "Practitioner": "Nobody"}
    shared = next(row for row in rows if "," in row["PatientID(s)"])
    shared["PatientID(s)"] = f"{NOBODY}, {shared['PatientID(s)']}"
    rows[5]["PatientID(s)"] = NOBODY
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    files[name] = out.getvalue().encode()
    return zipped(files)


@pytest.fixture(scope="module")
def product(folders: PreparedFolders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with contextmanager(running)(folders, "preparing", tmp_path_factory.mktemp("account") / "var") as product_:
        megan, at = product_.visitor(MEGAN), product_.at
        done(megan.post(f"{at}/checklist/services", data={"way": "bring"}))
        done(megan.post(f"{at}/uses", data={"uses": [use.name for use in source(None).uses]}))
        done(megan.post(f"{at}/handover/upload", files={"files": ("export.zip", every_fate())}))
        product_.work()
        done(say(product_, {**form_of(page_of(product_, LEFT_FILE)), "kind": "leave_out"}, "read", LEFT_FILE))
        product_.work()
        done(megan.post(f"{at}/handover/found", data={"absent": absent(megan.get(f"{at}/handover"))}))
        product_.close_gaps()
        done(megan.post(f"{at}/matches", data={"show": "leave_out", "kinds": LEFT_KIND}))
        done(megan.post(f"{at}/matches", data={"act": "start", "show": "practitioners"}))
        product_.work()
        assert product_.state() is State.REVIEWING
        yield product_


@pytest.fixture(scope="module")
def fates(product: Product) -> RowFates:
    with product.runtime.ledger.read() as session:
        move = product.move()
        return load_fates(session, move, session.get_one(Trial, (move.id, move.trial_number)), source(None))


def get(product: Product, path: str) -> Response:
    answer: Response = product.visitor(MEGAN).get(f"{product.at}/{path}")
    return answer


def table(product: Product) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(get(product, "problems/rows.csv").text.lstrip("\ufeff"))))


def listed(page: Response) -> Counter[str]:
    """The rows of the list of problems, by outcome."""
    counts: Counter[str] = Counter()
    band = ""
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page.text.split("<table", 1)[1], re.S):
        plain = re.sub(r"<[^>]+>", " ", row)
        if 'data-label="Rows"' not in row:
            band = next((name for name in WORDS.values() if name in plain), band)
            continue
        cell = re.search(r'data-label="Rows"[^>]*>(.*?)</td>', row, re.S)
        if cell and "file" not in cell[1]:
            counts[band] += int(re.sub(r"<[^>]+>|[^\d]", "", cell[1]) or 0)
    return counts


def test_each_outcome_has_rows_and_a_reason_for_each_of_them(fates: RowFates) -> None:
    assert all(fates.total(outcome) > 0 for outcome in EXCLUDED)
    assert all(fates.total(outcome) == fates.balance.total(outcome.value) for outcome in EXCLUDED)
    assert fates.total() == fates.balance.total("read") - fates.balance.total("brought")
    assert [each for each in fates.reasons if each.code not in catalogue() or each.rows < 0] == []
    for line in fates.balance.lines:
        mine = [each for each in fates.reasons if (each.kind, each.path if line.path else "") == (line.kind, line.path)]
        if line.kind:
            mine = [each for each in fates.reasons if each.kind == line.kind]
        assert sum(each.rows for each in mine) == line.read - line.brought, line.label


def test_the_pages_and_the_table_add_up_to_the_rows_that_did_not_come(product: Product, fates: RowFates) -> None:
    review, problems = words(get(product, "review")), get(product, "problems")
    not_moved = fates.total()
    assert number_in(review, "rows in your export N") - number_in(review, "came across N") == not_moved
    assert number_in(headline(problems), "N rows did not come across") == not_moved
    assert sum(int(line["rows"]) for line in table(product)) == not_moved
    in_table: Counter[str] = Counter()
    for line in table(product):
        in_table[line["what"]] += int(line["rows"])
    in_list, approve = listed(problems), words(get(product, "approve"))
    support = words(product.visitor(ANA).get(f"/support/{product.migration_id}"))
    terms = {
        Outcome.LEFT_OUT: "left out by you N",
        Outcome.SKIPPED: "do not move, by rule N",
        Outcome.HELD: "held back N",
        Outcome.REFUSED: "could not be read N",
    }
    for outcome, term in terms.items():
        rows, name = fates.total(outcome), WORDS[outcome.value]
        numbers = (
            number_in(review, term),
            number_in(approve, term),
            number_in(support, term),
            in_list[name],
            in_table[name],
        )
        assert numbers == (rows,) * 5, name
        narrowed = listed(get(product, f"problems?level={outcome.value}"))
        assert narrowed == {name: rows}


def test_rows_that_will_not_move_add_up_before_the_approval(product: Product, fates: RowFates) -> None:
    behind = words(get(product, "approve")).split("What will not come")[1].split("Invoices and payments.")[0]
    assert number_in(behind, "N rows? that you left out") == fates.total(Outcome.LEFT_OUT)
    assert number_in(behind, "N rows? held back") == fates.total(Outcome.HELD)
    assert number_in(behind, "N rows? that could not be read") == fates.total(Outcome.REFUSED)
    moving = {line.kind for line in fates.balance.lines if line.moves}
    by_rule = [each for each in fates.of(Outcome.SKIPPED) if each.kind in moving]
    assert number_in(behind, "N single rows? that do not move, by rule") == sum(each.rows for each in by_rule)
    for line in fates.balance.lines:
        if not line.moves and line.skipped:
            assert f"{line.skipped:,} {line.label.lower()}" in behind


def test_a_problems_page_shows_the_result_for_each_row(product: Product, fates: RowFates) -> None:
    by_place: dict[tuple[str, str], str] = {}
    for line in table(product):
        if line["line"]:
            by_place.setdefault((line["file"].rpartition("/")[2], line["line"]), line["what"])
    links = set(re.findall(rf'href="{product.at}/(problems/[a-z_]+)', get(product, "problems").text))
    assert len(links) > 10
    mixed = 0
    for link in links:
        page = get(product, link)
        became: set[str] = set()
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page.text, re.S):
            cells = dict(re.findall(r'data-label="([^"]*)"[^>]*>(.*?)</td>', row, re.S))
            what = re.sub(r"<[^>]+>", "", cells.get("What became of it", "")).strip()
            head = re.search(r"<th[^>]*>(.*?)</th>", row, re.S)
            number = re.search(r"([\d,]+)\s*$", re.sub(r"<[^>]+>", "", cells.get("Line", "")))
            if not what or not head or not number or re.search(r", [\d,]+ rows?$", what):
                continue  # of a whole file
            name = re.sub(r"<[^>]+>", "", head[1].partition('<span class="sub')[0]).strip()
            assert what == by_place.get((name, number[1].replace(",", "")), "Came across"), (link, name, number[1])
            became.add(what)
        mixed += len(became) > 1
        aside = words(page)
        for name in became if len(became) > 1 else ():
            assert f"{name}:" in aside, f"{link} does not say how many rows {name}"
    assert mixed, "some problem is of rows that came and of rows that did not"


def test_problems_of_missing_rows_are_not_called_imported(product: Product) -> None:
    links = re.findall(rf'href="{product.at}/(problems/[a-z_]+)', get(product, "problems?level=warning").text)
    for link in links:
        assert "It did not come across" not in words(get(product, link))
    line = next(each for each in table(product) if each["code"] == "bad_appointment_time")
    match = re.search(
        rf'href="{product.at}/(rows/\d+/{line["line"]})"', get(product, "problems/bad_appointment_time").text
    )
    assert match
    row = words(get(product, match[1]))
    assert "It did not come across" in row
    assert "Where the row came across" not in row
    assert "No field of its own in Caspen" not in row.split("End Time")[1][:60]
    for link in re.findall(rf'href="{product.at}/(problems/[a-z_]+)"', get(product, match[1]).text):
        assert get(product, link).status_code == 200, "each problem of the row can be looked at"


def test_a_problem_without_imported_rows_is_explained(product: Product) -> None:
    with product.runtime.ledger.read() as session:
        reported = set(session.exec(select(ProblemLine.code).where(ProblemLine.run == "export:2")).all())
    listed_codes = set(re.findall(rf'href="{product.at}/problems/([a-z_]+)', get(product, "problems").text))
    unlisted = sorted(reported - listed_codes)
    assert unlisted
    for code in unlisted:
        assert "None of these rows came across." in words(get(product, f"problems/{code}")), code
