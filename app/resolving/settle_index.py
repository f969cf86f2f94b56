"""What needs more than one row to know is settled, the index is sealed, and the clinic is offered a plan."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session, select

from app.caspen.earlier_records import RecordOwner, earlier_among
from app.caspen.workspace_snapshot import load_workspace
from app.db import now
from app.errors import Stop
from app.index.part import level_of_finding
from app.index.schema import WHILE_RESOLVING
from app.index.store import Index, remove
from app.mapping.context import Context
from app.mapping.defined import Defined
from app.mapping.equality import statements_of
from app.mapping.kind import Kind, Source
from app.mapping.parse import parse_row
from app.mapping.plan import Plan
from app.matching.matches import plan_from, suggest
from app.migration.exports import fetched_files, files_of
from app.migration.models import Export, ExportFile, Migration, Part, ProblemLine, Work
from app.migration.plans import plan_of
from app.problems import Level, Problem
from app.reading.inventory import Inventory, take_inventory
from app.reading.log import note_problems
from app.reading.parts import LARGE, PartRow, read_part
from app.reading.read_export import store_index
from app.reading.results import FileDone
from app.reading.seal import SEAL, all_files, seal_of_reading
from app.resolving import RULES
from app.resolving.rule import Brought, Reread, ResolvingContext
from app.sources import source as source_named
from app.trial.account_seal import counted, counted_in
from app.trial.context import COPY_BYTES, attachments_prefix, benches, index_key
from app.trial.custom_fields import fields_of
from app.trial.kind_parts import parts_of
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease
from app.worker.outcome import Done
from app.worker.runtime import Runtime


def resolve(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Resolves the index of an export that has been read, and keeps it sealed."""
    source = source_named(migration.source)
    with runtime.ledger.read() as session:
        files = files_of(session, migration.id, migration.export_number)
        bundle = list(bundle_problems([_file(file) for file in files], source))
        already = told_already(session, migration.id, lease.run)
        counts = counted_in(session, migration.id, lease.run)
        shared = session.get_one(Export, (migration.id, migration.export_number))
        every_file = all_files(session, migration.id, migration.export_number)
        read = session.get_one(Work, (migration.id, lease.run, "read", 0)).result
    stops = next((problem for problem in bundle if problem.severity is Level.STOPS), None)
    if stops is not None:
        raise Stop(stops)
    questions = fields_of(runtime, migration, plan_of(migration), now().date(), beat, {})
    asked = {token: _without_answers(one) for token, one in questions.items()}
    path = runtime.scratch.folder / f"{migration.id}.resolving"
    _fetch_index(runtime, migration, str(read["index"]), path)
    try:
        with beat.during():
            brought, reread = brought_before(runtime, migration), rows_again(runtime, migration, now().date())
            told = (*bundle, *resolve_index(Index.resume(path), source, brought, reread))
            with Index.open(path) as index:
                inventory = take_inventory(index, source, now(), only_counted(files, source))
                settled = settled_problems(index, files, already)
            inventory = replace(inventory, questions=asked)
            store_index(runtime, migration, path, index_key(migration.id, migration.export_number))
    finally:
        remove(path)

    kept = inventory.to_json()
    seal = seal_of_reading(shared, kept, every_file, counted((*told, *settled), counts))

    def write(session: Session) -> None:
        export = session.get_one(Export, (migration.id, migration.export_number))
        export.read_at = now()
        export.inventory = kept
        session.add(export)
        note_problems(session, migration, (*told, *settled))
        offer_plan(runtime, session, migration, inventory)

    return Done({SEAL: seal}, write, lambda: _tidy(runtime, migration, str(read["index"])))


def _without_answers(asked: Defined) -> Defined:
    """A question as pages may tell of it: of answers that no definition has, only that there are some."""
    described = tuple(option for option in asked.options if not option.added)
    return replace(asked, options=described, has_text=asked.has_text or len(described) < len(asked.options))


def only_counted(files: Sequence[ExportFile], source: Source) -> Counter[str]:
    """Rows of the kinds that are recognised and do not move."""
    still = {kind.name for kind in source.kinds if not kind.imported}
    counted: Counter[str] = Counter()
    for file in files:
        if file.kind in still and not file.refused:
            counted[str(file.kind)] += file.rows
    return counted


def offer_plan(runtime: Runtime, session: Session, migration: Migration, inventory: Inventory) -> None:
    """Takes every sure suggestion into the plan, which the clinic confirms."""
    try:
        facts = load_workspace(runtime.caspen, migration.workspace_id)
    except LookupError:
        return
    kept = session.get_one(Migration, migration.id)
    plan = plan_from(suggest(inventory, facts, plan_of(kept), source=source_named(migration.source)))
    kept.plan = plan.model_dump(mode="json")
    session.add(kept)


def _file(file: ExportFile) -> FileDone:
    return FileDone(
        file.number,
        file.path,
        file.size,
        file.kind,
        file.dialect,
        file.encoding,
        file.rows,
        (),
        file.sha256,
        file.refused,
        (),
        file.facts,
    )


def _fetch_index(runtime: Runtime, migration: Migration, key: str, path: Path) -> None:
    with runtime.objects.reader(key, runtime.key(migration)) as kept, path.open("wb") as plain:
        shutil.copyfileobj(kept, plain, COPY_BYTES)


def _tidy(runtime: Runtime, migration: Migration, unsealed: str) -> None:
    """Removes what this reading and earlier exports left in storage and nobody needs any more."""
    benches.clear()
    runtime.objects.delete(unsealed)
    with runtime.ledger.read() as session:
        kept = set(
            session.exec(
                select(Part.object_key).where(
                    Part.migration_id == migration.id, Part.export_number == migration.export_number
                )
            )
        )
    for key in list(runtime.objects.list(f"{migration.id}/export-{migration.export_number}/parts")):
        if key not in kept:
            runtime.objects.delete(key)
    for number in range(1, migration.export_number):
        _forget(runtime, migration, number)


def _forget(runtime: Runtime, migration: Migration, number: int) -> None:
    """An older export is not needed once the new one is read."""
    with runtime.ledger.read() as session:
        mine = {file.object_key for file in fetched_files(session, migration.id, number)}
        still = {file.object_key for file in fetched_files(session, migration.id, migration.export_number)}
    for key in mine - still:  # what is read again is the same files
        runtime.objects.delete(key)
    runtime.objects.delete_prefix(f"{migration.id}/export-{number}")
    runtime.objects.delete_prefix(attachments_prefix(migration.id, number).rstrip("/"))


# Settles what becomes of every row that depends on other rows: copies, merges, orphans, children of what stays
# behind.
#
# It works on the index alone, in one transaction, so that it either happened or did not.


def resolve_index(
    index: Index, source: Source, brought: Brought | None = None, reread: Reread | None = None
) -> tuple[Problem, ...]:
    """Gives every row its verdict and every reference its target, then seals and closes the index.

    `brought` finds parents that only the live workspace has, `reread` reads rows of one id again.

    Returns the problems that concern a kind as a whole; those of single rows are in the index.
    """
    with index.transaction():
        for statement in WHILE_RESOLVING:
            index.connection.execute(statement)
        numbers = dict(index.connection.execute("SELECT name, id FROM kinds"))
        work = ResolvingContext(index.connection, source, numbers, brought, reread)
        for rule in RULES:
            rule(work)
        found = index.connection.execute(
            "SELECT code, kinds.name, count FROM told JOIN kinds ON kinds.id = told.kind ORDER BY position, code"
        )
        problems = tuple(Problem(code, kind=kind, count=count) for code, kind, count in found)
    index.seal()
    return problems


# What resolving found out about the rows of each file, counted, so that it is known before anything is tried.

FOUND = """SELECT code, COUNT(DISTINCT row), MIN(line), MAX(stays) FROM (
        SELECT row, code, 1 stays FROM verdicts WHERE row BETWEEN :first AND :last
        UNION ALL SELECT row, code, 0 FROM findings WHERE row BETWEEN :first AND :last
    ) JOIN rows USING (row) WHERE code IS NOT NULL AND code <> '' GROUP BY code"""
FIRST = "SELECT source_id FROM rows WHERE row BETWEEN :first AND :last AND line = :line"

Told = frozenset[tuple[str, str | None]]


def told_already(session: Session, migration_id: str, run: str) -> Told:
    """Which codes reading has told of which file."""
    found = select(ProblemLine.code, ProblemLine.file).where(
        ProblemLine.migration_id == migration_id, ProblemLine.run == run
    )
    return frozenset(session.exec(found.distinct()).all())


def settled_problems(index: Index, files: Sequence[ExportFile], told: Told) -> tuple[Problem, ...]:
    """One problem for each code and file that resolving added to what reading had told. It keeps back what any of its
    rows is kept back by."""
    paths = {file.number: file.path for file in files}
    found: dict[tuple[str, str], Problem] = {}
    for kind, number, problem in _by_piece(index):
        path = paths.get(number)
        if path is None or (problem.code, path) in told:
            continue
        before = found.get((problem.code, path))
        if before is None:
            found[problem.code, path] = problem.at(kind=kind, file=path)
        else:
            level = before.level and problem.level
            found[problem.code, path] = replace(before, count=before.count + problem.count, level=level)
    return tuple(found.values())


def _by_piece(index: Index) -> Iterator[tuple[str, int, Problem]]:
    """Pieces are runs of rows of one file, in the order of reading."""
    pieces = index.connection.execute(
        "SELECT first, last, kinds.name, file FROM pieces JOIN kinds ON kinds.id = pieces.kind ORDER BY part, first"
    ).fetchall()
    for first, last, kind, file in pieces:
        between = {"first": first, "last": last}
        for code, count, line, stays in index.connection.execute(FOUND, between).fetchall():
            source_id = index.connection.execute(FIRST, {**between, "line": line}).fetchone()[0]
            told = None if source_id is None else str(source_id)
            level = None if stays else level_of_finding(code)
            yield kind, file, Problem(code, line=line, source_id=told, count=count, level=level)


# Rows of an export that contradict another row of their id, read once more from their parts.

log = structlog.get_logger()


def rows_again(runtime: Runtime, migration: Migration, today: date) -> Reread:
    """Reads rows by the numbers of their parts and their places in them. A row that is too large is left out."""
    plan = plan_of(migration)
    context = Context(ZoneInfo(plan.timezone), plan.country, today)

    def reread(kind: Kind[Any], wanted: Mapping[int, Container[int]]) -> Iterator[tuple[int, int, Mapping[str, str]]]:
        for part in parts_of(runtime, migration, kind.name):
            if part.number not in wanted:
                continue
            head, rows = read_part(runtime.objects, part.object_key, runtime.key(migration))
            own, columns, places = head.within(context), frozenset(head.columns), wanted[part.number]
            for place, row in enumerate(rows):
                if place in places and (said := _said(kind, row, columns, own)) is not None:
                    yield part.number, place, said

    return reread


def _said(kind: Kind[Any], row: PartRow, columns: frozenset[str], context: Context) -> Mapping[str, str] | None:
    if sum(map(len, row.cells.values())) > LARGE:
        return None
    parsed = parse_row(kind, row.cells, context, columns)
    if parsed.row is None or getattr(parsed.row, "unread", None):
        return None
    try:
        instead = kind.identity.compared(parsed.row, context.country) if kind.identity.compared else {}
    except Exception as fault:  # such a row equals only one that is written alike
        log.warning("row_not_compared", kind=kind.name, fault=type(fault).__name__)
        return None
    return statements_of(parsed.row, instead, columns, row.cells, context.zone)


# What earlier imports brought into the workspace that a migration leads to, and whose it is.


def brought_before(runtime: Runtime, migration: Migration) -> Brought:
    """Finds them by their ids in the source, each with the ids of its client there; none where nobody knows."""

    @cache
    def matched() -> Mapping[str, Collection[str]]:
        return _matched(runtime, migration)

    def clients_of(owner: RecordOwner | None, people: str) -> Collection[str]:
        if owner is None:
            return ()
        return (owner.source_id,) if owner.source_id and owner.kind == people else matched().get(owner.id, ())

    def among(kind: Kind[Any], source_ids: Collection[str]) -> Mapping[str, Collection[str]]:
        live, workspace = runtime.caspen.live, migration.workspace_id
        people = next((str(p.column.links_to) for p in kind.columns if p.name == kind.owner), "")
        found = earlier_among(live, workspace, kind.tables[0], kind.name, migration.id, source_ids)
        return {key: clients_of(owner, people) for key, owner in found.items()}

    return among


def _matched(runtime: Runtime, migration: Migration) -> Mapping[str, Collection[str]]:
    """By clients whom people made in the workspace, the ids that the moves of the clinic matched with each."""
    with runtime.ledger.read() as session:
        plans = session.exec(
            select(Migration.plan).where(
                Migration.workspace_id == migration.workspace_id, Migration.source == migration.source
            )
        ).all()
    found: dict[str, set[str]] = defaultdict(set)
    for plan in plans:
        for source_id, choice in Plan.model_validate(plan).clients.items():
            if choice.to == "match" and choice.id:
                found[choice.id].add(source_id)
    return found


# What only all files of an export together can tell: gaps between slices, days apart, pages and kinds that lack.

_DAYS_APART = 2
_NEEDED = "patients"


def bundle_problems(files: Sequence[FileDone], source: Source) -> Iterator[Problem]:
    """The problems of the export as a whole. Without a readable patients file, `no_patients_file` stops the run."""
    read = [f for f in files if f.kind is not None and f.refused is None]
    kinds = {f.kind for f in read}
    if _NEEDED not in kinds:
        yield Problem("no_patients_file", _NEEDED)
    for kind in source.kinds:
        if kind.awaited and kind.name not in kinds and kind.name != _NEEDED:
            yield Problem("kind_absent", kind.name)
    yield from _gaps(read)
    yield from _days_apart(read)
    yield from _pages(read)


def _gaps(read: Sequence[FileDone]) -> Iterator[Problem]:
    slices: dict[str, list[tuple[date, date]]] = {}
    whole = set()
    for file in read:
        kind = file.kind or ""
        if "from" in file.facts and "to" in file.facts:
            slices.setdefault(kind, []).append(
                (date.fromisoformat(file.facts["from"]), date.fromisoformat(file.facts["to"]))
            )
        else:
            whole.add(kind)
    for kind, ranges in slices.items():
        reached: date | None = None
        for since, until in sorted(ranges):
            if reached is not None and since > reached + timedelta(days=1) and kind not in whole:
                yield Problem("partial_export_gap", kind, details={"from": str(reached), "to": str(since)})
            reached = max(reached or until, until)


def _days_apart(read: Sequence[FileDone]) -> Iterator[Problem]:
    days = sorted(date.fromisoformat(f.facts["run"]) for f in read if "run" in f.facts)
    if days and days[-1] - days[0] > timedelta(days=_DAYS_APART):
        yield Problem("export_dates_differ", details={"from": str(days[0]), "to": str(days[-1])})


def _pages(read: Sequence[FileDone]) -> Iterator[Problem]:
    rows: dict[str, int] = {}
    announced: dict[str, int] = {}
    for file in read:
        total = file.facts.get("total_entries")
        if file.kind and total is not None:
            rows[file.kind] = rows.get(file.kind, 0) + file.rows
            announced[file.kind] = max(announced.get(file.kind, 0), total)
    for kind, total in announced.items():
        if total > rows[kind]:
            yield Problem("json_pages_missing", kind, count=total - rows[kind])
