"""The bytes of clients' files: the live workspace returns the same bytes as the export."""

import hashlib
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

from sqlmodel import select

from app.caspen.tables import File
from app.commands.drive import Driver
from app.commands.private import BY, begin_private, live_workspace_id, private_engine
from app.migration.models import Trial
from app.migration.states import State
from app.migration.trials import approve, start_trial
from app.sources.cliniko.sample import DialectName, SizeName
from app.worker.clean_up import purge
from app.worker.runtime import Runtime
from tests.figures.figure import Measure, Reached
from tests.figures.samples import DIALECTS, sample
from tests.samples.exports import parsed

FOLDERS = ("Patient files/", "Treatment notes/", "Patient forms/")


def as_exported(path: Path) -> dict[str, bytes]:
    """The files of an export by the key of their row: the id of the list, else the sum of the path."""
    with zipfile.ZipFile(path) as archive:
        below = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    lying = {plain(name): body for name, body in below.items() if name.startswith(FOLDERS)}
    found = {hashlib.sha256(name.encode()).hexdigest(): body for name, body in lying.items()}
    for name, body in below.items():
        if name.rpartition("/")[2].lower().replace(" ", "_").startswith("patient_files"):
            for row in parsed(name, body.decode("utf-8")):
                cells = {key.lower().replace(" ", "_"): str(cell or "") for key, cell in row.items()}
                key = (cells.get("attachment_id") or cells["id"]).strip('="')
                found[key] = lying.get(plain(cells["path"]), b"")
    return found


def plain(path: str) -> str:
    return unicodedata.normalize("NFC", path.replace("\\", "/"))


def as_given_out(runtime: Runtime, workspace_id: str) -> Iterator[tuple[File, bytes]]:
    with runtime.caspen.live.database.read() as session:
        files = session.exec(select(File)).all()
    for file in files:
        with runtime.files.open(workspace_id, file.sha256) as content:
            yield file, content.read()


def compared(size: SizeName, seed: int, dialect: DialectName) -> tuple[int, int, list[str]]:
    """How many files are live byte for byte after the export is deleted, of how many, and the faults."""
    with sample(size, seed, dialect) as (path, expected), tempfile.TemporaryDirectory() as folder:
        bodies = as_exported(path)
        with private_engine(keep=Path(folder) / "var") as runtime:
            migration = begin_private(runtime, path)
            with Driver(runtime) as driver:
                driver.run(migration.id, "reading")
                with runtime.ledger.write() as session:
                    start_trial(session, migration.id, BY, lambda *_: None)
                driver.run(migration.id, "trying")
                with runtime.ledger.write() as session:
                    trial = session.get_one(Trial, (migration.id, 1))
                    approve(session, migration.id, trial.digest, BY, lambda *_: None)
                state = driver.run(migration.id, "going live")
            purge(runtime, migration.id)
            live = list(as_given_out(runtime, live_workspace_id("demo")))
    wanted = expected.records["files"]
    wrong = [f"{dialect} {file.source_id}" for file, body in live if body != bodies.get(file.source_id or "")]
    if state is not State.FINALISED or len(live) != wanted:
        wrong.append(f"{dialect}: {state}, {len(live)} files of {wanted}")
    return len(live) - len([line for line in wrong if ":" not in line]), wanted, wrong


def _take(long: bool) -> Reached:
    found = [compared("small" if long else "tiny", seed, d) for d in DIALECTS for seed in ((1, 2, 3) if long else (1,))]
    why = tuple(line for *_, lines in found for line in lines)
    return Reached(f"{sum(f[0] for f in found)} of {sum(f[1] for f in found)}", ok=not why, why=why)


MEASURES = (Measure("each attachment's bytes equal, live and without the export", "all", _take),)
