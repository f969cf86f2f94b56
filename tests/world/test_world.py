"""The checks of the world can fail: nine changes are planted, one for each check, and each fails its own check."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.migration.models import AuditEntry, Trial
from app.migration.states import Event, State
from app.notify.sender import Sender
from app.worker.runtime import open_runtime
from tests.harness.clinic import runtime_in, settings_in
from tests.world import CHECKS, Left, check_world
from tests.world.altered import kept_in
from tests.world.export import planted
from tests.world.left import Delivery, contents, delivered
from tests.world.mailbox import mailbox
from tests.world.move import arrive, finish, hand_over


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Left]:
    """A whole move that nothing disturbed, its folder closed."""
    home = tmp_path_factory.mktemp("world")
    export, manifest = planted()
    with mailbox(home / "mailbox") as smtp_url, runtime_in(home / "var", smtp_url=smtp_url) as runtime:
        migration_id = arrive(runtime)
        hand_over(runtime, migration_id, export)
        assert finish(runtime, migration_id) is State.FINALISED
        assert Sender(runtime.settings, runtime.ledger).send_due() == 4
        left = Left(runtime, manifest, contents(runtime), delivered(home / "mailbox"))
    return home / "var", left


@pytest.fixture
def left(finished: tuple[Path, Left], tmp_path: Path) -> Iterator[Left]:
    """A copy of that world, to be lied about."""
    shutil.copytree(finished[0], tmp_path / "var")
    runtime = open_runtime(settings_in(tmp_path / "var"))
    log = tmp_path / "worker.log"
    log.write_text("piece_failed fault=ValueError\n")
    yield replace(finished[1], runtime=runtime, deliveries=list(finished[1].deliveries), logs=(log,))
    runtime.close()


def live(left: Left, sql: str) -> None:
    with left.runtime.caspen.live.database.connection() as connection:
        assert connection.execute(sa.text(sql)).rowcount == 1


def a_client_twice(left: Left) -> None:
    with left.runtime.caspen.live.database.connection() as connection:
        row = connection.execute(sa.text("SELECT * FROM clients LIMIT 1")).mappings().one()
        twin = {**row, "id": "cli_twin", "source": "elsewhere"}
        names = ", ".join(f'"{name}"' for name in twin)
        connection.execute(sa.text(f"INSERT INTO clients ({names}) VALUES ({', '.join(f':{n}' for n in twin)})"), twin)


def a_row_counted_as_another(left: Left) -> None:
    with left.runtime.ledger.write() as session:
        trial = session.get_one(Trial, (left.migrations[0].id, 1))
        first, *others = trial.kinds
        trial.kinds = [{**first, "created": first["created"] - 1, "held": first["held"] + 1}, *others]
        session.add(trial)


def a_name_changed(left: Left) -> None:
    live(left, "UPDATE clients SET first_name = 'Anne' WHERE source_id = '1003'")


def a_byte_changed(left: Left) -> None:
    (kept,) = (left.runtime.objects.root / left.migrations[0].id / "files").iterdir()
    body = bytearray(kept.read_bytes())
    body[len(body) // 2] ^= 1
    kept.write_bytes(body)


def a_record_too_early(left: Left) -> None:
    live(left, "UPDATE clients SET migration_id = 'mig_other' WHERE source_id = '1003'")


def a_line_of_history_changed(left: Left) -> None:
    with left.runtime.ledger.write() as session:
        line = session.exec(sa.select(AuditEntry).where(sa.column("act") == Event.APPROVE.value)).scalars().one()  # type: ignore[call-overload]  # a plain select
        line.by = "somebody@else.example"
        session.add(line)


def a_mail_under_another_name(left: Left) -> None:
    left.deliveries.append(Delivery("megan@harbour.example", "<other@caspen.example>", "Your trial is ready"))


def a_temporary_file(left: Left) -> None:
    (left.runtime.objects.root / left.migrations[0].id / "export-1/parts/1-000001~temp00").write_bytes(b"x")


def a_name_in_a_log(left: Left) -> None:
    left.logs[0].write_text(f"could not load {min(left.manifest.secrets)}\n")


def kept_live(left: Left) -> list[Path]:
    """The sealed contents of clients' own live files."""
    return kept_in(left.runtime.settings.files_folder)


def live_bytes_changed(left: Left) -> None:
    kept = kept_live(left)[0]
    sealed = kept.read_bytes()
    kept.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))


def live_bytes_of_another(left: Left) -> None:
    one, other = kept_live(left)[:2]
    one.write_bytes(other.read_bytes())


def live_bytes_gone(left: Left) -> None:
    kept_live(left)[0].unlink()


def live_bytes_of_nobody(left: Left) -> None:
    kept = kept_live(left)[0]
    kept.with_name(f"{kept.name[:2]}{'0' * 62}").write_bytes(kept.read_bytes())


def live_row_of_no_bytes(left: Left) -> None:
    live(left, f"UPDATE files SET sha256 = '{'0' * 64}' WHERE source_id = '80002'")


def live_row_gone(left: Left) -> None:
    live(left, "DELETE FROM files WHERE source_id = '80002'")


LIES: dict[str, Callable[[Left], None]] = {
    "E1": a_client_twice,
    "E2": a_row_counted_as_another,
    "E3": a_name_changed,
    "E4": a_byte_changed,
    "E5": a_record_too_early,
    "E6": a_line_of_history_changed,
    "E7": a_mail_under_another_name,
    "E8": a_temporary_file,
    "E9": a_name_in_a_log,
}


def test_the_world_is_right_when_nothing_disturbed_it(left: Left) -> None:
    assert left.manifest.rows == 308
    assert check_world(left) == []


@pytest.mark.parametrize("name", CHECKS)
def test_a_planted_change_fails_its_check(left: Left, name: str) -> None:
    LIES[name](left)
    assert CHECKS[name](left), LIES[name].__name__
    assert any(line.startswith(f"{name}: ") for line in check_world(left))


@pytest.mark.parametrize(
    "lie",
    [
        live_bytes_changed,
        live_bytes_of_another,
        live_bytes_gone,
        live_bytes_of_nobody,
        live_row_of_no_bytes,
        live_row_gone,
    ],
)
def test_an_incomplete_file_is_reported(left: Left, lie: Callable[[Left], None]) -> None:
    assert len(left.manifest.attachments) == 5
    lie(left)
    assert any("live" in line for line in CHECKS["E4"](left))
