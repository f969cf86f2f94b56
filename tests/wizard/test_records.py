"""All other kinds in the trial: each kind's list, and each record next to its source row."""

import csv
import io
import re
from html import unescape

import pytest
import sqlalchemy as sa
from httpx import Response
from sqlmodel import Session, col, select

from app.access.access_tables import Membership
from app.caspen.gateway import Gateway
from app.caspen.record_ids import Ids
from app.caspen.tables import BY_NAME, Communication, ProgressNote
from app.mapping.plan import Plan
from app.migration.models import Trial
from app.records.kinds import KINDS
from app.sandbox.demo import WORKSPACE
from app.web.search_text import search_address
from tests.conftest import At
from tests.harness.page_text import headline, words
from tests.harness.prepared_moves import hand_over, try_out
from tests.harness.product import ANA, GRACE, MEGAN, OLIVE, RICK, VERA, Product, Visitor
from tests.wizard.exports import unzipped, zipped

LISTED = [kind.name for kind in KINDS if kind.name not in ("locations", "practitioners", "clients")]


def links(answer: Response, kind: str) -> list[str]:
    return re.findall(rf'href="(/m/\w+/records/{kind}/\w+)"', answer.text)


def first(product: Product, browser: Visitor, kind: str) -> Response:
    matches = links(browser.get(f"{product.at}/records/{kind}"), kind)
    assert matches, f"no {kind} in the trial"
    answer: Response = browser.get(matches[0])
    return answer


def cells(answer: Response) -> set[str]:
    """Every source cell on a page."""
    return {unescape(cell) for cell in re.findall(r'<span class="raw[^"]*">(.*?)</span>', answer.text, re.S)}


@pytest.mark.parametrize("kind", LISTED)
def test_a_kind_is_listed_and_each_record_shows_its_source(shown_at: At, kind: str) -> None:
    product = shown_at("reviewing")
    rick = product.visitor(RICK)
    page = first(product, rick, kind)
    assert page.status_code == 200
    assert "Where this came from" in words(page)
    assert re.search(r"\.(csv|html) ?, line [\d,]+", words(page)) or "No row of its own" in words(page)


@pytest.mark.parametrize("kind", ["locations", "practitioners"])
def test_matched_records_are_not_listed_and_the_page_explains_it(shown_at: At, kind: str) -> None:
    product = shown_at("reviewing")
    page = product.visitor(RICK).get(f"{product.at}/records/{kind}")
    assert headline(page).startswith("0 ")
    assert "they stay as they are" in words(page)
    assert "Your export brought none" not in words(page)
    plan = Plan.model_validate(product.move().plan)
    matched = sum(choice.to == "match" for choice in getattr(plan, kind).values())
    assert matched > 1
    assert f"{matched} of your {kind} were matched to ones in Caspen" in words(page)
    assert f'href="{product.at}/matches?show={kind}"' in page.text


def test_a_kind_without_a_file_is_explained(product_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    product = product_at("reviewing")

    def without_contacts(session: Session) -> None:
        trial = session.get_one(Trial, (product.migration_id, 1))
        trial.kinds = [kind for kind in trial.kinds if kind["kind"] != "contacts"]
        session.add(trial)

    product.write(without_contacts)
    store = product.runtime.caspen.trial(product.migration_id, 1)
    with store.database.connection() as connection:
        connection.execute(sa.delete(BY_NAME["contacts"]))
    monkeypatch.setattr("app.wizard.records.find_damage", lambda _: None)  # this account is meant to be the honest one
    assert "Your export brought none." in words(product.visitor(RICK).get(f"{product.at}/records/contacts"))


def test_a_value_appears_next_to_its_exact_cell(shown_at: At) -> None:
    product = shown_at("reviewing")
    page = first(product, product.visitor(RICK), "contacts")
    source = product.visitor(RICK).get(re.findall(r'href="(/m/\w+/rows/\d+/\d+)"', page.text)[0])
    assert cells(page) == cells(source), "all cells of the row, on both pages"


def test_an_unknown_kind_returns_404(shown_at: At) -> None:
    product = shown_at("reviewing")
    for address in ("records/letters", "records/contacts/con_x", "clients/x/notes"):
        assert product.visitor(MEGAN).get(f"{product.at}/{address}").status_code == 404


def test_a_list_is_searched_by_parts_that_mean_themselves(shown_at: At) -> None:
    product = shown_at("reviewing")
    rick = product.visitor(RICK)
    every = int(headline(rick.get(f"{product.at}/records/contacts")).split()[0])
    name = unescape(re.findall(r"<bdi>([^<]+)</bdi></a>", rick.get(f"{product.at}/records/contacts").text)[0])
    matches = rick.get(search_address(product.runtime, f"{product.at}/records/contacts", name))
    assert 0 < int(headline(matches).split()[0]) < every
    assert headline(rick.get(search_address(product.runtime, f"{product.at}/records/contacts", "%"))).startswith("0 ")


def test_every_view_is_recorded_before_it_is_shown(product_at: At) -> None:
    product = product_at("reviewing")
    page = first(product, product.visitor(RICK), "contacts")
    entries = [(entry.by, entry.act, entry.facts) for entry in product.audit()][-2:]
    record = str(page.url).rsplit("/", 1)[1]
    assert entries == [
        (RICK, "records_listed", {"kind": "contacts"}),
        (RICK, "record_seen", {"kind": "contacts", "record": record}),
    ]


def test_a_view_that_cannot_be_recorded_shows_nothing(product_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    product = product_at("reviewing")
    rick = product.visitor(RICK)
    address = links(rick.get(f"{product.at}/records/contacts"), "contacts")[0]

    def broken(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("app.wizard.trial_view.write_act", broken)
    for path in (address, f"{product.at}/records/contacts", f"{product.at}/rows/1/2", f"{product.at}/clients"):
        answer = rick.get(path)
        assert answer.status_code == 500, path
        assert not cells(answer)


@pytest.mark.parametrize(("email", "status"), [(VERA, 403), (ANA, 403), (OLIVE, 404)])
def test_those_without_the_right_see_no_record(shown_at: At, email: str, status: int) -> None:
    product = shown_at("reviewing")
    address = links(product.visitor(RICK).get(f"{product.at}/records/contacts"), "contacts")[0]
    for path in (address, f"{product.at}/records/contacts", f"{product.at}/rows/1/2"):
        assert product.visitor(email).get(path).status_code == status, path


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def longest_note(product: Product) -> ProgressNote:
    with product.runtime.caspen.trial(product.migration_id, 1).database.read() as session:
        notes = list(session.exec(select(ProgressNote)))
        session.expunge_all()
    return max(notes, key=lambda note: len(note.body))


@pytest.mark.parametrize(
    ("role", "reads"),
    [("practitioner", True), ("practice_manager", False), ("receptionist", False), ("accountant", False)],
)
def test_notes_need_the_same_right_as_in_caspen(product_at: At, role: str, reads: bool) -> None:
    product = product_at("reviewing")
    gateway = Gateway(product.runtime.caspen, WORKSPACE, MEGAN)
    gateway.invite_user("Rick Amadi", RICK, role, invite="accepted")
    with product.runtime.ledger.write() as session:
        session.get_one(Membership, ("per_rick", WORKSPACE)).clinical = False
    rick, note = product.visitor(RICK), longest_note(product)
    entries = plain(note.body)[:60]
    for address in (f"records/progress_notes/{note.id}", f"clients/{note.client_id}/notes"):
        page = rick.get(f"{product.at}/{address}")
        assert page.status_code == 200
        assert (entries in words(page)) is reads, address
        assert note.title in words(page)
    record = rick.get(f"{product.at}/records/progress_notes/{note.id}")
    _, _, origin = record.text.partition("Where this came from")
    row = rick.get(re.findall(r'href="(/m/\w+/rows/\d+/\d+)"', origin)[0])
    assert ("sections" in row.text) is reads, "nor is its content read in the row of the export"


def test_a_manager_reads_notes_if_an_admin_of_the_move_allows_it(shown_at: At) -> None:
    product = shown_at("reviewing")
    note = longest_note(product)
    page = product.visitor(MEGAN).get(f"{product.at}/records/progress_notes/{note.id}")
    assert plain(note.body)[:60] in words(page)


def test_a_confidential_message_is_for_practitioner_admins(product_at: At) -> None:
    product = product_at("reviewing")
    store = product.runtime.caspen.trial(product.migration_id, 1)
    with store.database.write() as session:
        record = session.exec(select(Communication).where(col(Communication.line) > 0)).first()
        assert record is not None
        record.confidential, record.body = True, "<p>Secret result</p>"
        session.add(record)
        address = f"{product.at}/records/communications/{record.id}"
        client = f"{product.at}/clients/{record.client_id}/communications"
    assert "Secret result" in words(product.visitor(GRACE).get(address))
    for path in (address, client):
        page = product.visitor(MEGAN).get(path)
        assert page.status_code == 200
        assert "Secret result" not in page.text
        assert "Confidential" in words(page)


def test_an_alert_of_a_file_of_alerts_shows_the_cell_of_that_file(product_at: At) -> None:
    product = product_at("preparing")
    files = unzipped()
    patients = next(data for name, data in files.items() if "patients" in name.lower() and name.endswith(".csv"))
    rows = csv.DictReader(io.StringIO(patients.decode("utf-8-sig")))
    patient = next(row for row in rows if row["First Name"] and row["Last Name"] and not row["Medical Alerts"])
    files["medical_alerts.csv"] = f"id,patient_id,name\n1,{patient['Patient ID']},Latex allergy\n".encode()
    hand_over(product, zipped(files))
    try_out(product)
    client = Ids(WORKSPACE, product.move().source).derive("clients", "patients", patient["Patient ID"])
    page = product.visitor(RICK).get(f"{product.at}/clients/{client}")
    row = next(row for row in re.findall(r"<tr.*?</tr>", page.text, re.S) if "Latex allergy" in row)
    assert "medical_alerts.csv" in row
    (line,) = re.findall(r'href="(/m/\w+/rows/\d+/2)"', row)
    assert "Not a column in your export" not in row
    assert "Latex allergy" in cells(product.visitor(RICK).get(line))
