"""The report after the move: the live records, the rows that were not imported, and the next steps."""

import re
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from httpx import Response
from sqlmodel import select

from app.caspen.canonical_values import moment_text
from app.caspen.live_counts import LISTS, NAMED, count_live
from app.caspen.tables import OBJECTS, Client, ProgressNote, SharedRecord
from app.db import now
from app.formatting import plural
from app.migration.guards import SHARED_KEPT
from app.migration.ledger_json import MoveReport
from app.migration.models import Migration
from app.migration.states import State
from app.sources import source
from app.wizard.live_words import NOUNS, OTHER_ROWS
from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.product import ANA, MEGAN, VERA, Product
from tests.wizard.test_same_numbers import column

MADE = f"4 of them made of {OTHER_ROWS}"


@pytest.mark.parametrize("point", ["preparing", "matching", "reviewing"])
def test_there_is_no_report_before_the_move_is_live(shown_at: At, point: str) -> None:
    product = shown_at(point)
    assert headline(product.visitor(MEGAN).get(f"{product.at}/report")) == "There is no report yet"


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (State.UNDOING, "Your move is being taken back"),
        (State.UNDOING_FAILED, "Taking your move back has stopped"),
    ],
)
def test_while_a_move_is_taken_back_its_report_says_so(product_at: At, state: State, title: str) -> None:
    product = product_at("finalised")
    product.put(state=state.value)
    page = product.visitor(MEGAN).get(f"{product.at}/report")
    assert headline(page) == title
    assert "The report is here again when taking back has ended." in words(page)
    assert "no report yet" not in page.text.lower()


def test_a_removed_report_is_reported_as_missing(product_at: At) -> None:
    product = product_at("finalised")
    product.put(report={})
    assert headline(product.visitor(MEGAN).get(f"{product.at}/report")) == "The report of this move is missing"


def test_the_report_shows_the_result_and_the_next_steps(shown_at: At) -> None:
    product = shown_at("finalised")
    page = product.visitor(MEGAN).see(product.at)
    assert headline(page) == "You are live on Caspen"
    text = words(page)
    assert "0 messages sent to clients" in text
    assert "Enter what was added since your export" in text
    assert "Bring unpaid invoices to an end" in text
    assert "None" not in text
    trial = product.move().approved_digest or ""
    assert trial[:12] in text


def test_the_live_digest_equals_the_approved_digest(shown_at: At) -> None:
    product = shown_at("finalised")
    assert product.move().report["digest"] == product.move().approved_digest


@pytest.mark.parametrize("email", [VERA, ANA])
def test_viewers_read_the_report(shown_at: At, email: str) -> None:
    product = shown_at("finalised")
    assert product.visitor(email).get(f"{product.at}/report").status_code == 200


def test_the_tables_of_the_report_can_be_kept(shown_at: At) -> None:
    product = shown_at("finalised")
    for path in ("review/table.csv", "problems/rows.csv"):
        answer = product.visitor(VERA).get(f"{product.at}/{path}")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]


def test_an_admin_takes_the_move_back_from_the_report(product_at: At) -> None:
    product = product_at("finalised")
    megan = product.visitor(MEGAN)
    assert "Take this move back" in words(megan.see(product.at))
    unticked = megan.post(f"{product.at}/report/undo")
    assert (unticked.status_code, product.state()) == (422, State.FINALISED)
    assert "Tick this to take the move back." in words(unticked)
    assert product.visitor(VERA).post(f"{product.at}/report/undo", data={"undo": "1"}).status_code == 403
    done(megan.post(f"{product.at}/report/undo", data={"undo": "1"}))
    assert product.state() is State.UNDOING
    done(megan.post(f"{product.at}/report/undo", data={"undo": "1"}))
    product.work()
    page = megan.see(product.at)
    assert headline(page) == "Your move was taken back"
    assert "Take this move back" not in words(page)
    assert len(product.mails("undone")) > 0


def test_after_thirty_days_a_move_is_not_undone(product_at: At) -> None:
    product = product_at("finalised")
    product.put(finalised_at=now() - timedelta(days=30, minutes=1))
    megan = product.visitor(MEGAN)
    assert "Take this move back" not in words(megan.see(product.at))
    assert megan.post(f"{product.at}/report/undo", data={"undo": "1"}).status_code == 409
    assert product.state() is State.FINALISED


def test_our_copies_are_deleted_on_the_clinics_request(product_at: At) -> None:
    product = product_at("finalised")
    megan, live = product.visitor(MEGAN), product.move().report["digest"]
    assert list(product.runtime.objects.list(product.migration_id))
    assert "Delete our copies now" not in words(product.visitor(VERA).see(product.at))
    unticked = megan.post(f"{product.at}/report/delete")
    assert (unticked.status_code, bool(product.move().wrapped_key)) == (422, True)
    for _ in range(2):
        done(megan.post(f"{product.at}/report/delete", data={"delete": "1"}))
    assert list(product.runtime.objects.list(product.migration_id)) == []
    assert product.move().wrapped_key == ""
    assert product.acts().count("purge") == 1
    assert product.audit()[-1].by == MEGAN
    page = megan.see(product.at)
    assert headline(page) == "You are live on Caspen"
    assert "Our copies are deleted Deleted" in words(page)
    assert product.move().report["digest"] == live
    assert megan.post(f"{product.at}/report/undo", data={"undo": "1"}).status_code == 409


def test_before_a_move_is_over_nothing_is_deleted_from_its_report(product_at: At) -> None:
    product = product_at("reviewing")
    answer = product.visitor(MEGAN).post(f"{product.at}/report/delete", data={"delete": "1"})
    assert (answer.status_code, bool(product.move().wrapped_key)) == (409, True)


def live_now(page: Response) -> int:
    """The number of live records on the page."""
    match = re.search(r"([\d,]+) records? from Cliniko (?:is|are) (?:live|in it)", words(page))
    assert match is not None, words(page)[:600]
    return int(match[1].replace(",", ""))


def stored(product: Product) -> int:
    with product.runtime.caspen.live.database.connection(reading=True) as connection:
        return sum(
            connection.execute(
                sa.text(f"SELECT count(*) FROM {model.__tablename__} WHERE source_kind IS NOT NULL")
            ).scalar_one()
            for model in OBJECTS
        )


def test_live_records_are_counted_when_the_page_opens(product_at: At) -> None:
    product = product_at("finalised")
    megan = product.visitor(MEGAN)
    whole = stored(product)
    assert live_now(megan.see(product.at)) == whole > 0
    with product.runtime.caspen.live.database.read() as session:
        clients = session.exec(select(Client.id).limit(2)).all()
    product.gateway().delete("clients", clients[0])
    product.gateway().edit("clients", clients[1], {"title": "Dr"})
    page = megan.see(product.at)
    assert live_now(page) == whole - 1
    assert "1 of them changed by your team. Your team has deleted 1." in words(page)


def test_after_a_move_is_undone_nothing_is_called_live(product_at: At) -> None:
    product = product_at("finalised")
    with product.runtime.caspen.live.database.read() as session:
        note = session.exec(select(ProgressNote.id).limit(1)).one()
    product.gateway().edit("progress_notes", note, {"title": "Mine"})
    megan, before = product.visitor(MEGAN), stored(product)
    done(megan.post(f"{product.at}/report/undo", data={"undo": "1"}))
    product.work()
    page, left = megan.see(product.at), stored(product)
    assert 0 < left < before
    assert live_now(page) == left
    assert "are live" not in words(page)
    removed = re.search(r"([\d,]+) records? that the move had brought", words(page))
    assert removed is not None
    assert int(removed[1].replace(",", "")) == before - left
    assert "Enter what was added since your export" not in words(page)
    done(megan.post("/start", data={"workspace": product.move().workspace_id}))
    support = product.visitor(ANA).get(f"/support/{product.migration_id}")
    assert f"{left} record" in words(support)


def put_later_move(product: Product, facts: MoveReport) -> None:
    """A later move of the workspace that is live and holds all clients of the first."""
    move = product.move()
    later = Migration(
        id="mig_later",
        workspace_id=move.workspace_id,
        clinic=move.clinic,
        source=move.source,
        state=State.FINALISED.value,
        finalised_at=now(),
        report=facts,
    )
    product.write(lambda session: session.add(later))
    with product.runtime.caspen.live.database.write() as session:
        for client in session.exec(select(Client).where(Client.migration_id == move.id)).all():
            session.add(
                SharedRecord(
                    workspace_id=move.workspace_id,
                    object="clients",
                    id=client.id,
                    migration_id=later.id,
                    brought_by=move.id,
                    moment=moment_text(now()),
                )
            )


def test_records_shared_with_a_later_move_are_mentioned_before_and_after_the_undo(product_at: At) -> None:
    product = product_at("finalised")
    megan = product.visitor(MEGAN)
    assert "later move" not in words(megan.see(product.at))
    put_later_move(product, {SHARED_KEPT: True})
    text = re.search(r"([\d,]+) records are kept, because your later move", words(megan.see(product.at)))
    needed = re.search(r"([\d,]+) records? (?:is|are) kept, because records that stay", words(megan.see(product.at)))
    assert text is not None
    assert needed is not None
    assert f"{text[1]} records are kept" in words(product.visitor(ANA).get(f"/support/{product.migration_id}"))
    done(megan.post(f"{product.at}/report/undo", data={"undo": "1"}))
    product.work()
    assert f"kept, because your later move holds them too {text[1]}" in words(megan.see(product.at))
    assert f"stay: other records need them {needed[1]}" in words(megan.see(product.at))


def test_a_move_that_needs_a_later_undo_first_explains_it(product_at: At) -> None:
    product = product_at("finalised")
    put_later_move(product, {})
    megan = product.visitor(MEGAN)
    text = words(megan.see(product.at))
    assert "Take this move back" not in text
    assert "Take the later move back first." in text
    assert megan.post(f"{product.at}/report/undo", data={"undo": "1"}).status_code == 409
    assert product.state() is State.FINALISED


def report_rows(page: Response) -> dict[str, tuple[int, int, str]]:
    """The imported rows, the live records, and the words below the kind, by kind."""
    arrived, live = (column(page.text, label) for label in ("Came across", "Records live now"))
    table = page.text.partition('aria-labelledby="rec"')[2]
    cells = re.findall(r'<th[^>]*scope="row"[^>]*>([^<]*)(?:<span class="sub">([^<]*)</span>)?', table)
    return {name.strip(): (arrived[name.strip()], live[name.strip()], text) for name, text in cells}


def live_of_move(product: Product, move: str) -> Counter[tuple[str, str]]:
    """Live records with a move that people have not deleted, by kind and table."""
    match: Counter[tuple[str, str]] = Counter()
    with product.runtime.caspen.live.database.connection(reading=True) as connection:
        for model in OBJECTS:
            mine = "migration_id = :move AND deleted_at IS NULL"
            sql = f"SELECT source_kind, count(*) FROM {model.__tablename__} WHERE {mine} GROUP BY 1"
            for kind, count in connection.execute(sa.text(sql), {"move": move}):
                match[kind, str(model.__tablename__)] += count
    return match


def assert_every_kind_is_true(product: Product) -> dict[str, tuple[int, int, str]]:
    """Each number equals a query by the move. A number that differs from the rows names its records."""
    rows = report_rows(product.visitor(MEGAN).get(f"{product.at}/report"))
    there = live_of_move(product, product.migration_id)
    assert len(rows) > 20
    for kind in source("cliniko").kinds:
        tables = {table: count for (name, table), count in there.items() if name == kind.name}
        if kind.label not in rows:
            assert not tables
            continue
        arrived, live, text = rows[kind.label]
        assert live == sum(tables.values()), kind.label
        if live != arrived or len(tables) > 1:
            assert text or not arrived, kind.label
            assert all(plural(count, *NOUNS[table]) in text for table, count in tables.items()), (kind.label, text)
    return rows


def test_live_numbers_equal_this_moves_records_in_the_workspace(product_at: At) -> None:
    product = product_at("finalised")
    rows = assert_every_kind_is_true(product)
    assert rows["Clients"] == (
        39,
        43,
        f"39 clients and 4 referral types are live, {MADE}",
    )
    assert rows["Custom field values"] == (13, 237, "237 answers are live")
    assert rows["Custom fields"][2] == f"25 custom fields are live, 13 of them made of {OTHER_ROWS}"
    assert rows["Services"][2].startswith("11 of 11 rows were in Caspen already; ")
    with product.runtime.caspen.live.database.read() as session:
        client, other = session.exec(select(Client).where(Client.migration_id == product.migration_id).limit(2)).all()
    product.gateway().delete("clients", client.id)
    product.gateway().add("clients", {"first_name": "Ada", "last_name": "New"})
    assert assert_every_kind_is_true(product)["Clients"][1:] == (
        42,
        f"38 clients and 4 referral types are live, {MADE}; 1 deleted by your team",
    )
    put_later_move(product, {SHARED_KEPT: True})
    assert assert_every_kind_is_true(product)["Clients"][1] == 42
    with product.runtime.caspen.live.database.write() as session:
        replaced = session.get_one(Client, (other.workspace_id, other.id))
        replaced.migration_id = "mig_later"
        session.add(replaced)
    assert assert_every_kind_is_true(product)["Clients"][1:] == (
        41,
        f"37 clients and 4 referral types are live, {MADE}; 1 deleted by your team; 1 replaced by a later move",
    )


def test_the_later_move_counts_unchanged_records(product_at: At) -> None:
    product = product_at("finalised")
    put_later_move(product, {SHARED_KEPT: True})
    caspen, workspace = product.runtime.caspen, product.move().workspace_id
    assert count_live(caspen, workspace, "mig_later").records == {"patients": 39}
    assert count_live(caspen, workspace, product.migration_id) == count_live(caspen, workspace)


def test_every_table_of_records_has_its_noun() -> None:
    assert set(NOUNS) == {str(model.__tablename__) for model in OBJECTS}


def test_no_record_outside_the_short_lists_is_made_of_a_name(shown_at: At) -> None:
    product = shown_at("finalised")
    with product.runtime.caspen.live.database.connection(reading=True) as connection:
        made = {
            str(model.__tablename__)
            for model in OBJECTS
            if connection.scalar(sa.text(f"SELECT sum({NAMED}) FROM {model.__tablename__}"))
        }
    assert "custom_fields" in made
    assert made <= LISTS
