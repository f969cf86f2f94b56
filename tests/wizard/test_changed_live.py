"""The report counts the workspace, and explains each record that differs from the approved records."""

import pytest
import sqlalchemy as sa

from app.caspen.canonical_values import moment_text
from app.caspen.live_counts import count_live
from app.caspen.tables import OBJECTS
from app.db import now
from tests.conftest import At
from tests.harness.page_text import words
from tests.harness.product import ANA, MEGAN, Product
from tests.wizard.test_report import put_later_move

MISSING, MARKED = "1 missing, and not deleted by your team", "1 marked as deleted, but not by your team"
CHANGES = {
    "marked as deleted": ("UPDATE clients SET deleted_at = :at {where}", 1, MARKED, "1 record is changed"),
    "marked as edited and deleted": (
        "UPDATE clients SET deleted_at = :at, edited_at = :at, edited_by = 'x', version = 2 {where}",
        1,
        MARKED,
        "1 record is changed",
    ),
    "deleted": ("DELETE FROM clients {where}", 1, MISSING, "1 record is missing"),
    "of another workspace": (
        "UPDATE clients SET workspace_id = 'wsp_other' {where}",
        1,
        MISSING,
        "1 record is missing",
    ),
    "of another row": ("UPDATE clients SET source_id = 'zz' {where}", 0, "", "1 record is changed"),
    "of another version": ("UPDATE clients SET version = 7 {where}", 0, "", "1 record is changed"),
    "of an unknown move": ("UPDATE clients SET migration_id = 'mig_x' {where}", 0, "", "1 record is changed"),
    "of another day": ("UPDATE clients SET imported_at = :at {where}", 0, "", "1 record is changed"),
    "of another name": ("UPDATE clients SET last_name = 'Other' {where}", 0, "", "1 record is changed"),
}
TITLE = "Your workspace is not what you approved"


def change(product: Product, sql: str) -> None:
    where = "WHERE source_kind = 'patients' AND id = (SELECT min(id) FROM clients WHERE source_kind = 'patients')"
    with product.runtime.caspen.live.database.write() as session:
        given = {"at": moment_text(now())} if ":at" in sql else {}
        assert session.connection().execute(sa.text(sql.format(where=where)), given).rowcount == 1


def total(product: Product) -> int:
    return count_live(product.runtime.caspen, product.move().workspace_id).total


@pytest.mark.parametrize("name", CHANGES)
def test_a_live_record_changed_outside_the_product_is_reported(product_at: At, name: str) -> None:
    product = product_at("finalised")
    before = total(product)
    megan = product.visitor(MEGAN)
    assert TITLE not in words(megan.get(f"{product.at}/report"))
    sql, gone, by_kind, above = CHANGES[name]
    change(product, sql)
    text = words(megan.get(f"{product.at}/report"))
    assert f"just now: {before - gone:,} records" in text
    assert f"{before - gone:,} records from Cliniko" in words(
        product.visitor(ANA).get(f"/support/{product.migration_id}")
    )
    assert by_kind in text
    assert "by a later move" not in text
    assert TITLE in text
    assert above in text


def test_peoples_own_changes_are_not_reported(product_at: At) -> None:
    product = product_at("finalised")
    before = total(product)
    with product.runtime.caspen.live.database.read() as session:
        ids = session.connection().execute(sa.text("SELECT id FROM clients WHERE source_id IS NOT NULL LIMIT 2"))
        deleted, edited = ids.scalars().all()
    gateway = product.gateway()
    gateway.delete("clients", deleted)
    gateway.edit("clients", edited, {"last_name": "New"})
    text = words(product.visitor(MEGAN).get(f"{product.at}/report"))
    assert f"just now: {before - 1:,} records" in text
    assert "1 of them changed by your team. Your team has deleted 1" in text
    assert TITLE not in text
    counts = count_live(product.runtime.caspen, product.move().workspace_id)
    assert (counts.edited, counts.deleted, counts.hidden) == (1, 1, 0)


def test_a_missing_record_is_not_called_replaced_by_a_later_move(product_at: At) -> None:
    product = product_at("finalised")
    put_later_move(product, {})
    change(product, CHANGES["deleted"][0])
    text = words(product.visitor(MEGAN).get(f"{product.at}/report"))
    assert MISSING in text
    assert "by a later move" not in text


def test_a_deletion_mark_is_detected_in_every_table(product_at: At) -> None:
    product = product_at("finalised")
    before = total(product)
    tables = [str(model.__tablename__) for model in OBJECTS]
    with product.runtime.caspen.live.database.write() as session:
        connection, marked = session.connection(), 0
        for table in tables:
            sql = f"UPDATE {table} SET deleted_at = :at WHERE id = (SELECT min(id) FROM {table} WHERE source_id > '')"
            marked += connection.execute(sa.text(sql), {"at": moment_text(now())}).rowcount
    counts = count_live(product.runtime.caspen, product.move().workspace_id)
    assert marked > 15
    assert (counts.hidden, counts.deleted, counts.total) == (marked, 0, before - marked)
