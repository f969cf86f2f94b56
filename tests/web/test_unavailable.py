"""A full disk, a locked ledger, a missing database: pages can be read, and every other request gets a calm page."""

import errno
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from app.access.access_tables import SignedIn
from app.access.rights import RIGHTS, Right
from app.db import DatabaseGone, now
from app.settings import Environment
from app.unavailable import Unavailable, cause_of
from tests.conftest import At
from tests.figures.generated_requests import disk_full, ledger_locked
from tests.harness.page_text import headline, words
from tests.harness.product import ANA, MEGAN, Product
from tests.web.test_http_security import PAGES

QUICK = {"page_patience_seconds": 0.2}
CONDITIONS = [
    pytest.param(disk_full, id="disk full"),
    pytest.param(ledger_locked, id="ledger locked", marks=pytest.mark.on_files),
]
Condition = Callable[[Product], AbstractContextManager[None]]


def last_used_long_ago(product: Product) -> None:
    """So that every page would note a sign of life."""

    def age(session: object) -> None:
        assert isinstance(session, sa.orm.Session)
        session.execute(sa.update(SignedIn).values(seen_at=now() - timedelta(minutes=10)))

    product.write(age)


def is_written_down_first(path: str) -> bool:
    """Views of clients' records and descriptions of an export are recorded before anything is shown."""
    return RIGHTS["GET", path] is Right.REVIEW or path.endswith("/description.txt")


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_page_is_read_without_a_write(product_at: At, condition: Condition) -> None:
    product = product_at("reviewing", **QUICK)
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    last_used_long_ago(product)
    with condition(product):
        for path in PAGES:
            fine = (200, 303, 307, 404, 503) if is_written_down_first(path) else (200, 303, 307, 404)
            address = path.format_map({"migration_id": product.migration_id} | dict.fromkeys(NAMES, "1"))
            assert megan.get(address).status_code in fine, address
        assert ana.get("/support").status_code == 200
        assert ana.get(f"/support/{product.migration_id}").status_code == 200


NAMES = ("number", "kind", "record_id", "file_number", "line", "section", "file_id", "client_id", "code", "upload_id")


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_form_that_cannot_be_saved_keeps_its_text(product_at: At, condition: Condition) -> None:
    product = product_at("reviewing", **QUICK)
    megan = product.visitor(MEGAN)
    typed = 'Two lines,\nand <b>"quotes"</b>'
    with condition(product):
        answer = megan.post(f"{product.at}/help", data={"text": typed})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "What you typed is kept on this page" in words(answer)
    assert f'action="{product.at}/help"' in answer.text
    assert 'value="Two lines,\nand &lt;b&gt;&#34;quotes&#34;&lt;/b&gt;"' in answer.text
    assert megan.post(f"{product.at}/help", data={"text": typed}).status_code == 303, "it is saved afterwards"


@pytest.mark.parametrize("condition", CONDITIONS)
def test_no_cell_is_shown_without_an_audit_line(product_at: At, condition: Condition) -> None:
    product = product_at("reviewing", **QUICK)
    megan = product.visitor(MEGAN)
    with condition(product):
        assert megan.get(f"{product.at}/files/1").status_code == 503
    assert megan.get(f"{product.at}/files/1").status_code == 200


def test_an_upload_that_finds_no_room_blames_the_disk_and_not_the_connection(
    product_at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = product_at("preparing", **QUICK)
    megan = product.visitor(MEGAN)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("app.wizard.uploads.Receiver._data", full)
    answer = megan.post(f"{product.at}/handover/upload", files=[("files", ("export.zip", b"PK" * 100))])
    assert answer.status_code == 503
    assert headline(answer) == "There is no room left on the disk"


@pytest.mark.on_files
def test_a_password_is_never_shown_again(product_at: At) -> None:
    product = product_at("reviewing", **QUICK)
    megan = product.visitor(MEGAN)
    with ledger_locked(product):
        answer = megan.post(f"{product.at}/help", data={"text": "x", "zip_password": "canary-secret"})
    assert answer.status_code == 503
    assert "canary-secret" not in answer.text


def test_a_full_disk_is_a_banner_for_clinic_and_support(product_at: At) -> None:
    product = product_at("reviewing", **QUICK)
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    assert "The disk of this server is full" not in words(megan.get(f"{product.at}/review"))
    with disk_full(product):
        megan.post(f"{product.at}/help", data={"text": "x"})
        assert "The disk of this server is full" in words(megan.get(f"{product.at}/review"))
        assert "Free some space" in words(ana.get("/support"))
        assert "caspen_disk_full 1.0" in megan.get("/metrics").text


@contextmanager
def removed(product: Product) -> Iterator[None]:
    (product.settings.var / "ledger.sqlite").rename(product.settings.var / "away")
    yield


@contextmanager
def damaged(product: Product) -> Iterator[None]:
    product.runtime.ledger.dispose()
    for ending in ("-wal", "-shm"):
        (product.settings.var / f"ledger.sqlite{ending}").unlink(missing_ok=True)
    (product.settings.var / "ledger.sqlite").write_bytes(b"no database at all" * 1000)
    yield


@pytest.mark.on_files
@pytest.mark.parametrize("loss", [removed, damaged])
def test_a_ledger_that_is_gone_is_a_calm_page_and_not_ready(product_at: At, loss: object) -> None:
    product = product_at("reviewing", **QUICK)
    megan = product.visitor(MEGAN)
    assert megan.get("/readyz").status_code == 200
    assert callable(loss)
    with loss(product):
        answer = megan.get(f"{product.at}/review")
        assert answer.status_code == 503
        assert headline(answer) == "The database cannot be read"
        assert megan.get("/readyz").json() == {"ledger": False, "caspen": True}
        assert megan.get("/healthz").status_code in (200, 503)


@pytest.mark.on_files
def test_sqlite_files_are_readable_only_by_their_owner(product_at: At) -> None:
    before = os.umask(0)
    try:
        product = product_at("reviewing")
        os.umask(0)
        product.runtime.ledger.dispose()
        product.visitor(MEGAN)
        kept = [path for path in product.settings.var.rglob("*.sqlite*") if path.is_file()]
    finally:
        os.umask(before)
    assert kept
    open_for_others = [path.name for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_for_others == []


@pytest.fixture
def production(product_at: At) -> Product:
    return product_at("preparing", environment=Environment.PRODUCTION, base_url="https://move.caspen.example")


def test_production_responses_require_tls(production: Product, shown_at: At) -> None:
    assert "max-age=31536000" in production.visitor().get("/signin").headers["strict-transport-security"]
    assert "strict-transport-security" not in shown_at("preparing").visitor().get("/signin").headers


CAUSES = [
    (sqlite3.OperationalError("database is locked"), Unavailable.BUSY),
    (sqlite3.OperationalError("database or disk is full"), Unavailable.FULL),
    (sqlite3.OperationalError("no such table: person"), Unavailable.DAMAGED),
    (psycopg.errors.LockNotAvailable("x"), Unavailable.BUSY),
    (psycopg.errors.DeadlockDetected("x"), Unavailable.BUSY),
    (psycopg.errors.DiskFull("x"), Unavailable.FULL),
    (psycopg.errors.AdminShutdown("x"), Unavailable.AWAY),
    (psycopg.OperationalError("connection refused"), Unavailable.AWAY),
    (psycopg.errors.UndefinedTable("x"), Unavailable.DAMAGED),
    (psycopg.DataError("NUL"), Unavailable.BAD_VALUE),
    (psycopg.DataError("timestamp too large (after year 10K): 'infinity'"), Unavailable.CHANGED),
    (psycopg.DataError("date too small (before year 1): '0044-03-15 BC'"), Unavailable.CHANGED),
    (psycopg.errors.NumericValueOutOfRange("x"), Unavailable.BAD_VALUE),
    (OverflowError("too large"), Unavailable.BAD_VALUE),
    (OSError(28, "No space left on device"), Unavailable.FULL),
    (OSError(13, "Permission denied"), None),
    (DatabaseGone(), Unavailable.DAMAGED),
    (sa.exc.TimeoutError(), Unavailable.BUSY),
    (ValueError("a fault of ours"), None),
    (psycopg.errors.UniqueViolation("a fault of ours"), None),
    (sqlite3.IntegrityError("a fault of ours"), None),
]


@pytest.mark.parametrize(("trouble", "cause"), CAUSES, ids=lambda value: type(value).__name__)
def test_an_unavailable_database_is_distinguished_from_a_fault(trouble: Exception, cause: Unavailable | None) -> None:
    assert cause_of(trouble) is cause
    assert cause_of(sa.exc.DBAPIError("SELECT 1", {}, trouble)) is cause
