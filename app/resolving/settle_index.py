"""The step `resolve` of an export: settles what needs several rows, seals the index, and offers the clinic a plan.

`resolve` is the step. Its parts follow in the order in which it uses them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import structlog
from sqlmodel import Session, select

from app.caspen.native import brought_fields
from app.caspen.workspace_snapshot import load_workspace
from app.db import now
from app.errors import Stop
from app.index.part import level_of_finding
from app.index.schema import WHILE_RESOLVING
from app.index.store import Index, remove
from app.index.stored_index import fetch_index, index_key, store_index
from app.mapping.defined import Defined
from app.mapping.kind import Source
from app.mapping.kind_roles import KindRole
from app.matching.matches import plan_from, suggest
from app.migration.earlier_matches import earlier_matches
from app.migration.exports import fetched_files, files_of
from app.migration.models import Export, ExportFile, Migration, Part, ProblemLine, Work
from app.migration.plans import plan_of
from app.problems import Level, Problem
from app.reading.attachment_storage import attachments_prefix
from app.reading.inventory import Inventory, take_inventory
from app.reading.reading_ledger import note_problems
from app.reading.results import FileDone
from app.reading.seal import all_files, seal_of_reading
from app.resolving import RULES
from app.resolving.live_targets import LiveTargets
from app.resolving.rows_again import StoredRows
from app.resolving.rule import Brought, ResolvingContext, RowsAgain
from app.sources import source as source_named
from app.trial.account_seal import counted, counted_in
from app.trial.own_questions import fields_of
from app.trial.trial_context import trial_contexts
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease
from app.worker.outcome import Done
from app.worker.runtime import Runtime

log = structlog.get_logger()
_DAYS_APART = 2

Reported = frozenset[tuple[str, str | None]]
"""Pairs of a problem code and the path of its file."""

CODES_OF_PIECE = """SELECT code, COUNT(DISTINCT row), MIN(line), MAX(is_verdict) FROM (
        SELECT row, code, 1 is_verdict FROM verdicts WHERE row BETWEEN :first AND :last
        UNION ALL SELECT row, code, 0 FROM findings WHERE row BETWEEN :first AND :last
    ) JOIN rows USING (row) WHERE code IS NOT NULL AND code <> '' GROUP BY code"""
SOURCE_ID_OF_LINE = "SELECT source_id FROM rows WHERE row BETWEEN :first AND :last AND line = :line"


def resolve(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Resolves the index of an export that has been read and stores it sealed.

    Raises Stop for an export that cannot be imported, such as one without clients. A second run, after a worker died,
    starts again from the unsealed index.
    """
    source = source_named(migration.source)
    with runtime.ledger.read() as session:
        files = files_of(session, migration.id, migration.export_number)
        bundle = list(bundle_problems([_file(file) for file in files], source))
        reported_before = reported_codes(session, migration.id, lease.run)
        counts = counted_in(session, migration.id, lease.run)
        shared = session.get_one(Export, (migration.id, migration.export_number))
        every_file = all_files(session, migration.id, migration.export_number)
        reading = session.get_one(Work, (migration.id, lease.run, "read", 0)).result
    stops = next((problem for problem in bundle if problem.severity is Level.STOPS), None)
    if stops is not None:
        raise Stop(stops)
    there = brought_fields(runtime.caspen, migration.workspace_id, migration.source)
    questions = fields_of(runtime, migration, plan_of(migration), now().date(), beat, there)
    described = {token: _without_answers(question) for token, question in questions.items()}
    path = runtime.scratch.folder / f"{migration.id}.resolving"
    fetch_index(runtime, migration, str(reading["index"]), path)
    try:
        with beat.during():
            brought, stored = LiveTargets(runtime, migration), StoredRows(runtime, migration, now().date())
            export_problems = (*bundle, *resolve_index(Index.resume(path), source, stored, brought))
            with Index.open(path) as index:
                inventory = take_inventory(index, source, now(), only_counted(files, source))
                row_problems = settled_problems(index, files, reported_before)
            inventory = replace(inventory, questions=described)
            store_index(runtime, migration, path, index_key(migration.id, migration.export_number))
    finally:
        remove(path)

    inventory_json = inventory.to_json()
    seal = seal_of_reading(shared, inventory_json, every_file, counted((*export_problems, *row_problems), counts))

    def write(session: Session) -> None:
        export = session.get_one(Export, (migration.id, migration.export_number))
        export.read_at = now()
        export.inventory = inventory_json
        session.add(export)
        note_problems(session, migration, (*export_problems, *row_problems))
        offer_plan(runtime, session, migration, inventory)

    return Done({"reading": seal}, write, lambda: _delete_old_objects(runtime, migration, str(reading["index"])))


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


def bundle_problems(files: Sequence[FileDone], source: Source) -> Iterator[Problem]:
    """The problems of the whole export: missing kinds and pages, gaps between slices, files exported days apart.

    Without a readable file of clients, the level of `no_patients_file` is STOPS; without any file but zips
    that are empty, `export_empty` is the first problem.
    """
    if all(file.refused == "file_empty" and file.path.lower().endswith(".zip") for file in files):
        yield Problem("export_empty")
    read = [f for f in files if f.kind is not None and f.refused is None]
    kinds = {f.kind for f in read}
    clients = source.name_with(KindRole.CLIENT)
    if clients not in kinds:
        yield Problem("no_patients_file", clients or None)
    for kind in source.kinds:
        if kind.is_expected and kind.name not in kinds and kind.name != clients:
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


def reported_codes(session: Session, migration_id: str, run: str) -> Reported:
    """The problem codes that reading reported, each with its file."""
    lines = select(ProblemLine.code, ProblemLine.file).where(
        ProblemLine.migration_id == migration_id, ProblemLine.run == run
    )
    return frozenset(session.exec(lines.distinct()).all())


def _without_answers(question: Defined) -> Defined:
    """A question for pages, without the options that are clients' answers instead of defined options."""
    described = tuple(option for option in question.options if not option.added)
    return replace(question, options=described, has_text=question.has_text or len(described) < len(question.options))


def resolve_index(
    index: Index, source: Source, rows_again: RowsAgain, brought: Brought | None = None
) -> tuple[Problem, ...]:
    """Gives every row a verdict and every reference a target, in one transaction, then seals and closes the index.

    `rows_again` reads rows again, `brought` finds records of earlier imports. Returns the problems of whole kinds;
    problems of rows are in the index. A sealed index cannot be resolved again: raises sqlite3.OperationalError.
    """
    with index.transaction():
        for statement in WHILE_RESOLVING:
            index.connection.execute(statement)
        numbers = dict(index.connection.execute("SELECT name, id FROM kinds"))
        work = ResolvingContext(index.connection, source, numbers, rows_again, brought)
        for rule in RULES:
            rule(work)
        reported = index.connection.execute(
            "SELECT code, kinds.name, count FROM told JOIN kinds ON kinds.id = told.kind ORDER BY position, code"
        )
        problems = tuple(Problem(code, kind=kind, count=count) for code, kind, count in reported)
    index.seal()
    return problems


def only_counted(files: Sequence[ExportFile], source: Source) -> Counter[str]:
    """The number of rows of each recognised kind that is not imported."""
    not_imported = {kind.name for kind in source.kinds if not kind.imported}
    counted: Counter[str] = Counter()
    for file in files:
        if file.kind in not_imported and not file.refused:
            counted[str(file.kind)] += file.rows
    return counted


def settled_problems(index: Index, files: Sequence[ExportFile], reported: Reported) -> tuple[Problem, ...]:
    """The problems of rows that resolving added, one for each code and file that reading did not report.

    A problem has the level that holds its rows where the code holds any of them.
    """
    paths = {file.number: file.path for file in files}
    problems: dict[tuple[str, str], Problem] = {}
    for kind, number, problem in _by_piece(index):
        path = paths.get(number)
        if path is None or (problem.code, path) in reported:
            continue
        known = problems.get((problem.code, path))
        if known is None:
            problems[problem.code, path] = problem.at(kind=kind, file=path)
        else:
            level = known.level and problem.level
            problems[problem.code, path] = replace(known, count=known.count + problem.count, level=level)
    return tuple(problems.values())


def _by_piece(index: Index) -> Iterator[tuple[str, int, Problem]]:
    """Kind, file number and problem for each code of each piece. A piece is a run of rows of one file."""
    pieces = index.connection.execute(
        "SELECT first, last, kinds.name, file FROM pieces JOIN kinds ON kinds.id = pieces.kind ORDER BY part, first"
    ).fetchall()
    for first, last, kind, file in pieces:
        between = {"first": first, "last": last}
        for code, count, line, is_kept_back in index.connection.execute(CODES_OF_PIECE, between).fetchall():
            source_id = index.connection.execute(SOURCE_ID_OF_LINE, {**between, "line": line}).fetchone()[0]
            text_id = None if source_id is None else str(source_id)
            level = None if is_kept_back else level_of_finding(code)
            yield kind, file, Problem(code, line=line, source_id=text_id, count=count, level=level)


def offer_plan(runtime: Runtime, session: Session, migration: Migration, inventory: Inventory) -> None:
    """Adds all sure suggestions to the migration's plan, for the clinic to confirm. Does nothing without a workspace.

    A second call keeps the choices of the plan.
    """
    try:
        facts = load_workspace(runtime.caspen, migration.workspace_id)
    except LookupError:
        return
    stored = session.get_one(Migration, migration.id)
    source, earlier = source_named(migration.source), earlier_matches(session, runtime.caspen, stored)
    plan = plan_from(suggest(inventory, facts, plan_of(stored), source=source, earlier=earlier))
    stored.plan = plan.model_dump(mode="json")
    session.add(stored)


def _delete_old_objects(runtime: Runtime, migration: Migration, unsealed: str) -> None:
    """Deletes objects of this reading and of earlier exports that nothing needs. A second call deletes nothing."""
    trial_contexts.clear()
    runtime.objects.delete(unsealed)
    with runtime.ledger.read() as session:
        current = set(
            session.exec(
                select(Part.object_key).where(
                    Part.migration_id == migration.id, Part.export_number == migration.export_number
                )
            )
        )
    for key in list(runtime.objects.list(f"{migration.id}/export-{migration.export_number}/parts")):
        if key not in current:
            runtime.objects.delete(key)
    for number in range(1, migration.export_number):
        _delete_export(runtime, migration, number)


def _delete_export(runtime: Runtime, migration: Migration, number: int) -> None:
    """Deletes the files, parts and contents of an earlier export, except for files that the current export shares."""
    with runtime.ledger.read() as session:
        old_keys = {file.object_key for file in fetched_files(session, migration.id, number)}
        current_keys = {file.object_key for file in fetched_files(session, migration.id, migration.export_number)}
    for key in old_keys - current_keys:  # an export that is read again has the same files
        runtime.objects.delete(key)
    runtime.objects.delete_prefix(f"{migration.id}/export-{number}")
    runtime.objects.delete_prefix(attachments_prefix(migration.id, number).rstrip("/"))
