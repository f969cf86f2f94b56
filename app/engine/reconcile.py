"""The proof that nothing was lost: every row is accounted for, and what is stored is what was made of the rows."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice

from sqlmodel import Session, select

from app.caspen.content import trial_digest
from app.caspen.links import dangling_links
from app.caspen.readback import SHOWN, Stamp, read_back
from app.db import now
from app.engine.account_seal import PROVEN, counted, counted_in, seal_of_trial
from app.engine.bench import benches
from app.engine.contents import altered_files
from app.engine.gone import gone_rows
from app.engine.heartbeat import Heartbeat
from app.engine.memory import peak_mb
from app.engine.outcome import Done
from app.engine.purge import drop_trials
from app.engine.reading.file_watch import path_of
from app.engine.reading_log import note_run_problems
from app.engine.runtime import Runtime
from app.engine.second_look import NOT_VERIFIED, look_again
from app.engine.trial_account import account_of, balance
from app.engine.work import Lease, set_aside
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration, Part, Trial
from app.problems import Problem
from app.sources import source as source_named

DOUBTS = frozenset({"cells_in_doubt", "gone_from_export", NOT_VERIFIED})  # shown, and no reason to refuse an approval


def reconcile(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Reads the whole trial back, compares, and writes down the account that the clinic reviews."""
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
    looked = look_again(runtime, migration, beat, kinds)
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
        *looked.problems,
        *gone_rows(runtime, migration, benches.of(runtime, migration), beat),
        *(Problem(NOT_VERIFIED, file=path) for path in unverified_paths(lease, looked.problems)),
    ]
    balanced = all(problem.code in DOUBTS for problem in problems) and all(kind.is_balanced for kind in kinds)
    digest = trial_digest(stored.digests, [kind.name for kind in source.kinds])
    lines = [asdict(kind) for kind in kinds]
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
        {"looked_at": looked.told(), PROVEN: seal}, write, lambda: drop_trials(runtime, migration.id, but=trial.number)
    )


def unverified_paths(lease: Lease, problems: Sequence[Problem]) -> list[str]:
    """The files that ended their reader in this check, without those that `problems` name already."""
    named = {problem.file for problem in problems if problem.code == NOT_VERIFIED}
    return sorted({path_of(key) for key in set_aside(lease.result)} - named)


def paths_of_parts(runtime: Runtime, migration: Migration) -> dict[int, str]:
    """The file of the export that each part was cut from."""
    with runtime.ledger.read() as session:
        found = select(Part.number, ExportFile.path).where(
            Part.migration_id == migration.id,
            Part.export_number == migration.export_number,
            ExportFile.migration_id == migration.id,
            ExportFile.export_number == migration.export_number,
            ExportFile.number == Part.file_number,
        )
        return dict(session.exec(found).all())
