"""E8: no lease is held, no lock, no temporary file and no half-made store is left."""

from sqlmodel import select

from app.migration.models import Trial, Work
from app.storage.objects import TEMPORARY, UNFINISHED
from app.worker.leases import LEASED
from tests.world.left import Left


def check(left: Left) -> list[str]:
    wrong = []
    runtime = left.runtime
    with runtime.ledger.read() as session:
        leased = session.exec(select(Work).where(Work.state == LEASED)).all()
        known = {
            runtime.caspen.trial(trial.migration_id, trial.number).name
            for trial in session.exec(select(Trial))
            if trial.dropped_at is None
        }
    wrong += [f"{work.phase} {work.number} is still held" for work in leased]
    wrong += [f"a store of no trial: {name}" for name in set(runtime.caspen.trial_names()) - known]
    for path in sorted(runtime.settings.var.rglob("*")):
        unfinished = UNFINISHED in path.name or TEMPORARY in path.name or path.name.endswith((".making", "-journal"))
        if unfinished and path.is_file():
            wrong.append(f"an unfinished file: {path.relative_to(runtime.settings.var)}")
    mine = runtime.scratch.folder
    for path in runtime.scratch.shared.glob("*"):
        if path != mine or any(path.iterdir()):
            wrong.append(f"scratch of a process that is gone: {path.name}")
    return wrong
