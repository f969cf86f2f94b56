"""`caspen-import audit verify` follows the chain of audit lines of each workspace."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from app import settings as settings_module
from app.cli import app
from app.migration.audit import write_audit
from app.migration.models import AuditEntry
from app.settings import Settings
from app.worker.runtime import Runtime, open_runtime
from tests.harness.clinic import settings_in

LINES = 3
TABLE = AuditEntry.__table__  # type: ignore[attr-defined]  # set by the table class


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    values = settings_in(tmp_path)
    if request.param == "postgres":
        values = values.model_copy(update={"database_url": request.getfixturevalue("postgres")})
    monkeypatch.setattr(settings_module, "settings", lambda: values)
    return values


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    runtime = open_runtime(settings)
    with runtime.ledger.write() as session:
        session.execute(sa.delete(TABLE))
        for workspace in ("wsp_one", "wsp_two"):
            for number in range(LINES):
                write_audit(
                    session, workspace_id=workspace, migration_id=None, by="a", role="clinic", act=f"act_{number}"
                )
    yield runtime
    runtime.close()


def verified() -> tuple[int, list[dict[str, Any]]]:
    """The status and the lines of the command."""
    ended = CliRunner().invoke(app, ["audit", "verify"])
    return ended.exit_code, [json.loads(line) for line in ended.stdout.splitlines()]


def ids(runtime: Runtime, workspace: str) -> list[int]:
    with runtime.ledger.read() as session:
        query = sa.select(TABLE.c.id).where(TABLE.c.workspace_id == workspace).order_by(TABLE.c.id)
        return list(session.execute(query).scalars())


def change(runtime: Runtime, statement: sa.Executable) -> None:
    with runtime.ledger.write() as session:
        session.execute(statement)


def test_untouched_chains_hold(runtime: Runtime) -> None:
    status, lines = verified()
    assert status == 0
    assert [(each["workspace"], each["lines"], each["holds"]) for each in lines] == [
        ("wsp_one", LINES, True),
        ("wsp_two", LINES, True),
    ]
    assert verified() == (status, lines)


@pytest.mark.parametrize("column", ["act", "by", "role", "reason", "workspace_id", "migration_id", "previous", "hash"])
def test_a_changed_line_is_named_and_the_other_workspace_still_holds(runtime: Runtime, column: str) -> None:
    line = ids(runtime, "wsp_one")[1]
    change(runtime, sa.update(TABLE).where(TABLE.c.id == line).values({column: "changed"}))
    status, lines = verified()
    results = {each["workspace"]: each for each in lines}
    assert status == 1
    assert results["wsp_two"]["holds"]
    assert not results["wsp_one"]["holds"]
    assert results["wsp_one"]["lines"] == 1
    assert results["wsp_one"]["broken_at"] == (line if column != "workspace_id" else line + 1)


def test_a_removed_line_breaks_the_chain_at_the_next_line(runtime: Runtime) -> None:
    _, removed, following = ids(runtime, "wsp_one")
    change(runtime, sa.delete(TABLE).where(TABLE.c.id == removed))
    status, lines = verified()
    assert (status, lines[0]["broken_at"]) == (1, following)


def test_a_line_removed_from_the_end_changes_the_last_hash(runtime: Runtime) -> None:
    _, before = verified()
    change(runtime, sa.delete(TABLE).where(TABLE.c.id == ids(runtime, "wsp_one")[-1]))
    status, after = verified()
    assert status == 0
    assert after[0]["last_hash"] != before[0]["last_hash"]
    assert after[1]["last_hash"] == before[1]["last_hash"]


def test_a_ledger_without_lines_holds(runtime: Runtime) -> None:
    change(runtime, sa.delete(TABLE))
    assert verified() == (0, [])
