"""What needs more than one row to know is settled, the index is sealed, and the clinic is offered a plan."""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlmodel import Session, select

from app.caspen.facts import workspace_facts
from app.db import now
from app.engine.account_seal import counted, counted_in
from app.engine.bench import COPY_BYTES, attachments_prefix, benches, index_key
from app.engine.brought import brought_before
from app.engine.fields import fields_of
from app.engine.heartbeat import Heartbeat
from app.engine.index.store import Index, remove
from app.engine.inventory import Inventory, take_inventory
from app.engine.match import plan_from, suggest
from app.engine.outcome import Done
from app.engine.read import store_index
from app.engine.read_again import rows_again
from app.engine.reading.bundle import bundle_problems
from app.engine.reading.results import FileDone
from app.engine.reading_log import note_problems
from app.engine.reading_seal import SEAL, all_files, seal_of_reading
from app.engine.resolve import resolve as resolve_index
from app.engine.runtime import Runtime
from app.engine.settled_problems import settled_problems, told_already
from app.engine.work import Lease
from app.errors import Stop
from app.mapping.defined import Defined
from app.mapping.kind import Source
from app.migration.exports import fetched_files, files_of
from app.migration.models import Export, ExportFile, Migration, Part, Work
from app.migration.plans import plan_of
from app.problems import Level
from app.sources import source as source_named


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
        facts = workspace_facts(runtime.caspen, migration.workspace_id)
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
