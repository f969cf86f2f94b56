"""Changes to the ledger's account of a trial between its reconciliation and its approval, behind the product's back."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlmodel import select

from app.mapping.plan import Plan
from app.migration.models import Migration, ProblemLine, Trial, Work
from app.trial.account_seal import counted_in, seal_of_trial
from app.worker.leases import DONE
from app.worker.runtime import Runtime

Lie = Callable[[Runtime], bool]
"""Changes the ledger, and returns whether there was anything to change."""
OUTCOMES = ("created", "updated", "unchanged", "left_out", "skipped", "held", "refused")
COUNTS = ("read", "records")
DIGESTS = ("source_digest", "caspen_digest")
OTHER_SHAPES: tuple[Any, ...] = (["x"], [], {}, {"x": 1}, "x", 7, [{"kind": 7}], [None])


def _held(runtime: Runtime) -> dict[str, Any]:
    with runtime.ledger.read() as session:
        return dict(_newest(session).held_against or {})


def set_trial(runtime: Runtime, column: str, value: Any) -> bool:
    """Overwrites one column of the newest trial. Returns whether the column held another value."""
    with runtime.ledger.write() as session:
        trial = _newest(session)
        before = getattr(trial, column)
        written = value if not isinstance(before, str | bool) else sa.literal(value)
        session.connection().execute(
            sa.update(Trial)
            .where(sa.column("migration_id") == trial.migration_id, sa.column("number") == trial.number)
            .values({column: written})
        )
        return bool(before != value)


def _newest(session: Any) -> Trial:
    found: Trial = session.exec(select(Trial).order_by(sa.desc(sa.column("number"))).limit(1)).one()
    return found


def _kinds(runtime: Runtime) -> list[dict[str, Any]]:
    with runtime.ledger.read() as session:
        found: list[dict[str, Any]] = json.loads(json.dumps(_newest(session).kinds))
        return found


def reseal(runtime: Runtime) -> None:
    """Recomputes the reconciliation's checksum from the present ledger, as a thorough attacker would."""
    with runtime.ledger.write() as session:
        trial = _newest(session)
        run = f"trial:{trial.number}"
        mine = select(Work).where(Work.migration_id == trial.migration_id, Work.run == run, Work.phase == "reconcile")
        work = session.exec(mine).one()
        counts = counted_in(session, trial.migration_id, run)
        seal = seal_of_trial(trial, trial.kinds, trial.balanced, trial.digest, counts)
        work.result = {**work.result, "proven": seal}
        session.add(work)


def delete_problems(runtime: Runtime, code: str) -> int:
    """Deletes a trial's problem lines with one code. Returns their number."""
    with runtime.ledger.write() as session:
        run = f"trial:{_newest(session).number}"
        gone = sa.delete(ProblemLine).where(sa.column("run") == run, sa.column("code") == code)
        return int(session.connection().execute(gone).rowcount)


def codes_told(runtime: Runtime) -> list[str]:
    """The codes of the newest trial's problems, each once."""
    with runtime.ledger.read() as session:
        run = f"trial:{_newest(session).number}"
        return sorted(set(session.exec(select(ProblemLine.code).where(ProblemLine.run == run)).all()))


def _moved(of: str, to: str) -> Lie:
    """A row moves from one outcome to another, so that the sum still adds up."""

    def lie(runtime: Runtime) -> bool:
        kinds = _kinds(runtime)
        kind = next((one for one in kinds if one[of]), None)
        if kind is None:
            return False
        kind[of] -= 1
        kind[to] += 1
        return set_trial(runtime, "kinds", kinds)

    return lie


def _grown(column: str) -> Lie:
    def lie(runtime: Runtime) -> bool:
        kinds = _kinds(runtime)
        kinds[0][column] += 1
        if column == "read":
            kinds[0]["created"] += 1
        return set_trial(runtime, "kinds", kinds)

    return lie


def _digests_changed(*columns: str) -> Lie:
    def lie(runtime: Runtime) -> bool:
        kinds = _kinds(runtime)
        for column in columns:
            kinds[0][column] = f"1:{7:064x}"
        return set_trial(runtime, "kinds", kinds)

    return lie


def _without(count: int) -> Lie:
    return lambda runtime: set_trial(runtime, "kinds", _kinds(runtime)[count:])


def _result_moved(runtime: Runtime) -> bool:
    """The same row moves in the trial's account and in the result of its part."""
    with runtime.ledger.write() as session:
        trial = _newest(session)
        works = session.exec(select(Work).where(Work.run == f"trial:{trial.number}", Work.state == DONE)).all()
        work = next((one for one in works if one.result.get("outcomes", {}).get("created")), None)
        if work is None:
            return False
        outcomes = {**work.result["outcomes"], "created": work.result["outcomes"]["created"] - 1}
        outcomes["held"] = outcomes.get("held", 0) + 1
        work.result = {**work.result, "outcomes": outcomes}
        kind = work.result["kind"]
        session.add(work)
    kinds = _kinds(runtime)
    for one in kinds:
        if one["kind"] == kind:
            one["created"] -= 1
            one["held"] += 1
    return set_trial(runtime, "kinds", kinds)


LIES: dict[str, Lie] = {
    "the trial's digest overwritten": lambda runtime: set_trial(runtime, "digest", "0" * 64),
    "the trial's digest cleared": lambda runtime: set_trial(runtime, "digest", ""),
    **{f"a row moved from {of} to {to}": _moved(of, to) for of in OUTCOMES for to in OUTCOMES if of != to},
    **{f"{column} of a kind raised": _grown(column) for column in COUNTS},
    **{f"{column} of a kind changed": _digests_changed(column) for column in DIGESTS},
    "both digests of a kind changed": _digests_changed(*DIGESTS),
    "what the trial was held against emptied": lambda runtime: set_trial(runtime, "held_against", {}),
    "what the trial was held against removed": lambda runtime: set_trial(runtime, "held_against", sa.null()),
    "a number that the trial was held against changed": lambda runtime: set_trial(
        runtime, "held_against", {**_held(runtime), "clients_differ": 7}
    ),
    "the account of a kind removed": _without(1),
    "the account of every kind removed": lambda runtime: set_trial(runtime, "kinds", []),
    "a row moved in the account and in its part": _result_moved,
}
"""Changes to the account of a trial. Each must keep the trial from being approved."""
OF_MAKING: dict[str, Lie] = {
    "the trial's plan changed": lambda runtime: set_trial(runtime, "plan", Plan(timezone="Europe/Paris").model_dump()),
    "the fingerprint of the trial's plan changed": lambda runtime: set_trial(runtime, "plan_fingerprint", "x"),
    "the files that nobody identified removed": lambda runtime: set_trial(runtime, "unanswered", None),
    "the version of the workspace changed": lambda runtime: set_trial(runtime, "workspace_version", 99),
}
"""Changes to what a trial was made with. The checksum alone says that they are changes."""


def set_report(runtime: Runtime, **given: Any) -> bool:
    """Overwrites parts of the report of the newest trial's move. Returns whether the report said something else."""
    with runtime.ledger.write() as session:
        move = session.get_one(Migration, _newest(session).migration_id)
        after = {**move.report, **given}
        change = sa.update(Migration).where(sa.column("id") == move.id).values(report=after)
        session.connection().execute(change)
        return bool(after != move.report)


def _of_report(runtime: Runtime) -> dict[str, Any]:
    with runtime.ledger.read() as session:
        found: dict[str, Any] = json.loads(json.dumps(session.get_one(Migration, _newest(session).migration_id).report))
        return found


def _reported(of: str, to: str) -> Lie:
    def lie(runtime: Runtime) -> bool:
        kinds = _of_report(runtime)["kinds"]
        kind = next((one for one in kinds if one[of]), None)
        if kind is None:
            return False
        kind[of] -= 1
        kind[to] += 1
        return set_report(runtime, kinds=kinds)

    return lie


def _both(trial: Lie) -> Lie:
    """Makes the same change in the trial's account and in the report."""

    def lie(runtime: Runtime) -> bool:
        if not trial(runtime):
            return False
        with runtime.ledger.read() as session:
            newest = _newest(session)
        return set_report(runtime, kinds=newest.kinds, digest=newest.digest)

    return lie


def _live_changed(runtime: Runtime) -> bool:
    live = _of_report(runtime)["live"]
    kind = next(iter(live))
    return set_report(runtime, live={**live, kind: f"1:{7:064x}"})


def _kept(runtime: Runtime) -> bool:
    """Reports an unedited record as kept because of an edit."""
    kind = next(iter(_of_report(runtime)["live"]))
    one = {"table": "clients", "id": "cli_1", "source_kind": kind, "source_id": "1", "line": 2, "deleted": False}
    return set_report(runtime, conflicts=[one])


def _part_changed(part: str) -> Lie:
    return lambda runtime: set_report(runtime, **{part: CHANGED[part]})


def _emptied(runtime: Runtime) -> bool:
    with runtime.ledger.write() as session:
        move = session.get_one(Migration, _newest(session).migration_id)
        change = sa.update(Migration).where(sa.column("id") == move.id).values(report={})
        session.connection().execute(change)
        return True


CHANGED: dict[str, Any] = {
    "created": {"patients": 7},
    "moment": "2026-01-01T00:00:00.000000Z",
    "made_on": "2026-01-01",
    "export_of": "2026-01-01",
}


LIES_AFTER: dict[str, Lie] = {
    **LIES,
    **{f"in the trial and in the report: {name}": _both(lie) for name, lie in LIES.items()},
    **{
        f"a row of the report moved from {of} to {to}": _reported(of, to)
        for of in OUTCOMES
        for to in OUTCOMES
        if of != to
    },
    "the report's digest overwritten": lambda runtime: set_report(runtime, digest="0" * 64),
    "the report's live digest overwritten": lambda runtime: set_report(runtime, live_digest="0" * 64),
    "the report's account of every kind removed": lambda runtime: set_report(runtime, kinds=[]),
    "the report of another trial": lambda runtime: set_report(runtime, trial=7),
    "a live digest of a kind changed": _live_changed,
    "a live digest of every kind removed": lambda runtime: set_report(runtime, live={}),
    "a record told as kept": _kept,
    **{f"{part} of the report changed": _part_changed(part) for part in ("created", "moment", "made_on", "export_of")},
    "the day of the report of another shape": lambda runtime: set_report(runtime, export_of=1),
    "the report emptied": _emptied,
    "the trial told as unbalanced": lambda runtime: set_trial(runtime, "balanced", False),
}
"""Changes to the account of a trial and to the report of its move, after it went live. No page says their numbers."""


def json_columns(table: type[Trial | Migration]) -> list[str]:
    """The JSON columns of a table of the ledger."""
    described: sa.Table = table.__table__  # type: ignore[union-attr]  # set by the table class
    return [column.name for column in described.columns if isinstance(column.type, sa.JSON)]


def set_raw(runtime: Runtime, table: type[Trial | Migration], migration_id: str, column: str, text: str | None) -> None:
    """Writes a text into a column of a migration's row or rows, as it is."""
    described: sa.Table = table.__table__  # type: ignore[union-attr]  # set by the table class
    key = "id" if table is Migration else "migration_id"
    with runtime.ledger.write() as session:
        sql = f'UPDATE "{described.name}" SET "{column}" = :text WHERE "{key}" = :key'
        session.connection().execute(sa.text(sql), {"text": text, "key": migration_id})
