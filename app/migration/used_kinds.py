"""Compares the kinds that a clinic uses in its old software with the kinds that its export holds."""

from collections.abc import Iterable, Mapping

from sqlmodel import Session, col, select

from app.mapping.kind import Source, UsedFeature
from app.migration.advance import By, WrongState, locked
from app.migration.audit import write_act
from app.migration.exports import current_export
from app.migration.ledger_json import AuditFacts
from app.migration.models import ExportFile, Migration
from app.migration.plans import EDITABLE
from app.migration.states import Event, State

COUNTING = EDITABLE | {State.REVIEWING, State.CHANGES_REQUESTED}
"""A wrong number can be corrected at the review, where the clinic notices it."""


def save_uses(session: Session, migration_id: str, uses: Iterable[str], by: By) -> None:
    """Stores the uses that the clinic ticked. Raises WrongState after the start of a trial."""
    migration = locked(session, migration_id)
    if State(migration.state) not in EDITABLE:
        raise WrongState(State(migration.state), Event.CHANGE_PLAN)
    ticked = sorted(set(uses))
    if migration.uses != ticked:
        migration.uses = ticked
        _write(session, migration, by, "save_uses", {"uses": ticked})


def save_counts(session: Session, migration_id: str, counts: Mapping[str, int], by: By) -> None:
    """Stores the clinic's own numbers from its old software, by kind."""
    migration = locked(session, migration_id)
    if State(migration.state) not in COUNTING:
        raise WrongState(State(migration.state), Event.CHANGE_PLAN)
    if (migration.own_counts or {}) != counts:
        migration.own_counts = dict(counts)
        _write(session, migration, by, "save_counts", dict(counts))


def absent(session: Session, migration: Migration, source: Source) -> tuple[str, ...]:
    """The kinds that the clinic uses and its export lacks, in the order of the source.

    Returns all kinds that move when the clinic has not yet ticked its uses.
    """
    export = current_export(session, migration)
    lacking: list[str] = list(export.inventory.get("absent", ())) if export else []
    if migration.uses is None or not lacking:
        return tuple(lacking)
    by_kind = {kind: use for use in source.uses for kind in use.kinds}
    carried = _carried(session, migration, source)
    asked = []
    for kind in lacking:
        use = by_kind.get(kind)
        if use is None or (use.name in migration.uses and is_lacking(kind, use, lacking, carried)):
            asked.append(kind)
    return tuple(asked)


def is_lacking(kind: str, use: UsedFeature, lacking: Iterable[str], carried: frozenset[str]) -> bool:
    """Whether no kind and no column holds a use, and `kind` is the kind to ask about."""
    return kind == use.kinds[0] and set(use.kinds) <= set(lacking) and use.name not in carried


def _carried(session: Session, migration: Migration, source: Source) -> frozenset[str]:
    """The uses that columns in files of other kinds hold."""
    wanted = {kind for use in source.uses for kind, _ in use.columns}
    files = session.exec(
        select(ExportFile).where(
            ExportFile.migration_id == migration.id,
            ExportFile.export_number == migration.export_number,
            col(ExportFile.kind).in_(wanted),
            col(ExportFile.refused).is_(None),
        )
    ).all()
    headers = [(str(file.kind), str(h).strip().lower()) for file in files for h in file.facts.get("headers", ())]
    return frozenset(
        use.name
        for use in source.uses
        for kind, beginning in use.columns
        if any(k == kind and header.startswith(beginning) for k, header in headers)
    )


def _write(session: Session, migration: Migration, by: By, act: str, facts: AuditFacts) -> None:
    session.add(migration)
    write_act(session, migration, by.name, by.actor.value, act, facts)
    session.flush()
