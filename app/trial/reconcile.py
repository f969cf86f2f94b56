"""Proves a trial: every row is accounted for, and the stored records are the records that mapping made."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice

from sqlmodel import Session, select

from app.caspen.digests import trial_digest
from app.caspen.former_records import former_of_trial
from app.caspen.readback import SHOWN, Stamp, read_back
from app.caspen.references import dangling_links
from app.caspen.removed_records import used_former
from app.db import now
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration, Part, Trial
from app.problems import Level, Problem
from app.reading.file_watch import path_of
from app.reading.reading_ledger import note_run_problems
from app.sources import source as source_named
from app.trial.account import account_of, balance, blocking_problems
from app.trial.account_seal import counted, counted_in, seal_of_trial
from app.trial.file_contents import altered_files
from app.trial.gone_rows import gone_rows
from app.trial.trial_context import trial_contexts
from app.trial.verification import NOT_VERIFIED, verify_trial
from app.worker.clean_up import drop_trials
from app.worker.excluded_files import excluded_files
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease
from app.worker.memory import peak_mb
from app.worker.outcome import Done
from app.worker.runtime import Runtime


def reconcile(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Reads the whole trial back, compares, verifies, and writes the account that the clinic reviews.

    A second call, after a worker died, does all of it again.
    """
    began = time.monotonic()
    source = source_named(migration.source)
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
        files = files_of(session, migration.id, migration.export_number)
        account = account_of(session, migration, lease.run)
        counts = counted_in(session, migration.id, lease.run)
    store = runtime.caspen.trial(migration.id, trial.number)
    with beat.during():
        stored = read_back(store, migration.workspace_id, Stamp(migration.id, trial.started_at))
        dangling = dangling_links(runtime.caspen, store, migration.workspace_id)
    kinds = balance(source, files, account, stored.digests)
    paths = paths_of_parts(runtime, migration)
    trial_context = trial_contexts.of(runtime, migration)
    verification = verify_trial(runtime, migration, beat, kinds)
    problems = [
        *(
            Problem("file_bytes_altered", f.source_kind, paths.get(f.part), f.line, f.source_id)
            for f in islice(altered_files(runtime, migration, store, beat), SHOWN)
        ),
        *(
            Problem("record_altered", kind=a.source_kind or None, source_id=a.source_id or None, line=a.line)
            for a in stored.altered
        ),
        *([Problem("record_altered")] if account.places != stored.places else []),
        *(Problem("link_broken", column=f"{d.table}.{d.column}", count=d.count) for d in dangling),
        *(Problem("rows_unaccounted", kind=k.kind) for k in kinds if not k.adds_up),
        *verification.problems,
        *used_former_records(runtime, migration, trial),
        *(
            Problem("column_gone", kind.name, trial_context.paths.get(number), column=header)
            for kind, number, header in trial_context.lacking.gone()
        ),
        *gone_rows(runtime, migration, trial_context, beat),
        *(Problem(NOT_VERIFIED, file=path) for path in unverified_paths(lease, verification.problems)),
    ]
    blocking = blocking_problems(problem.code for problem in problems)
    balanced = not blocking and all(kind.is_balanced for kind in kinds)
    digest = trial_digest(stored.digests, [kind.name for kind in source.kinds])
    lines = [kind.to_json() for kind in kinds]
    seal = seal_of_trial(trial, lines, balanced, digest, counted(problems, counts))

    def write(session: Session) -> None:
        done = session.get_one(Trial, (migration.id, trial.number))
        done.kinds = lines
        done.balanced = balanced
        done.digest = digest
        done.finished_at = now()
        done.peak_rss_mb = peak_mb()
        done.seconds = {
            "trial": round((now() - trial.started_at).total_seconds(), 3),
            "reconcile": round(time.monotonic() - began, 3),
        }
        session.add(done)
        note_run_problems(session, migration.id, lease.run, problems)

    return Done(
        {"looked_at": verification.counts(), "proven": seal},
        write,
        lambda: drop_trials(runtime, migration.id, but=trial.number),
    )


def used_former_records(runtime: Runtime, migration: Migration, trial: Trial) -> Iterator[Problem]:
    """`former_record_in_use` for records that rows no longer become, and that stay because a record leads to them."""
    store = runtime.caspen.trial(migration.id, trial.number)
    former = former_of_trial(store, migration.id, trial.number)
    staying = used_former(runtime.caspen, store, migration.workspace_id, former) if former else {}
    kinds = {kind.tables[0]: kind.name for kind in reversed(source_named(migration.source).kinds) if kind.tables}
    for table, keys in staying.items():
        for key in islice(keys.values(), SHOWN):
            yield Problem("former_record_in_use", kinds.get(table), source_id=key, level=Level.WARNING)


def unverified_paths(lease: Lease, problems: Sequence[Problem]) -> list[str]:
    """The paths of files whose reader ended in this check, without files that `problems` name."""
    named = {problem.file for problem in problems if problem.code == NOT_VERIFIED}
    return sorted({path_of(key) for key in excluded_files(lease.result)} - named)


def paths_of_parts(runtime: Runtime, migration: Migration) -> dict[int, str]:
    """By part, the path of its file in the export."""
    with runtime.ledger.read() as session:
        query = select(Part.number, ExportFile.path).where(
            Part.migration_id == migration.id,
            Part.export_number == migration.export_number,
            ExportFile.migration_id == migration.id,
            ExportFile.export_number == migration.export_number,
            ExportFile.number == Part.file_number,
        )
        return dict(session.exec(query).all())
