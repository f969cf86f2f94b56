"""The sample cards of the review: each with who or what it is, the way to it, and whether somebody has looked at it."""

from collections import OrderedDict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app.caspen.ids import Ids
from app.errors import Stop
from app.migration.models import AuditEntry, ExportFile, ProblemLine, Trial
from app.records.kinds import BY_NAME
from app.records.names import Names
from app.records.query import get
from app.records.source_row import SourceGone, part_of_line, read_source
from app.web import Visit
from app.wizard.samples import Sample, Trialled, picked

REDIRECTED = "merged_patient_redirected"
FEW = 3
KEPT = 64
_picked: OrderedDict[tuple[str, int, str, str], tuple[Sample, ...]] = OrderedDict()
"""What was picked of the trials that were looked at last: a trial never changes, and picking reads all of it."""


def cards(visit: Visit, trial: Trial) -> list[dict[str, Any]]:
    """Empty once the trial is dropped."""
    caspen, move = visit.runtime.caspen, visit.move
    store = caspen.trial(move.id, trial.number)
    if not caspen.exists(store) or trial.finished_at is None:
        return []
    samples = picked_of(visit, trial)
    names = Names(caspen, store, move.workspace_id, zone_name(visit))
    with visit.read() as session:
        seen = looked_at(session, visit, trial.finished_at)
    told = []
    for sample in samples:
        record = get(store, move.workspace_id, BY_NAME[sample.kind], sample.record)
        if record is None:
            continue
        whose = names.of(getattr(record, "client_id", None))
        told.append(
            {
                "why": sample.why,
                "name": whose or BY_NAME[sample.kind].title(record, names),
                "href": f"/m/{move.id}/{sample.at}",
                "tiny": sample.tiny,
                "ticked": (sample.record, sample.section) in seen,
            }
        )
    return told


def zone_name(visit: Visit) -> str:
    """The clinic's time zone, whose days the cards show."""
    return str(visit.move.plan.get("timezone") or "Australia/Sydney")


def picked_of(visit: Visit, trial: Trial) -> tuple[Sample, ...]:
    """The samples of a finished trial, picked once by each process."""
    move = visit.move
    key = (move.id, trial.number, trial.digest, zone_name(visit))
    if key not in _picked:
        merged = survivors(visit)
        with visit.runtime.caspen.trial(move.id, trial.number).database.read() as session:
            ids = Ids(move.workspace_id, move.source)
            _picked[key] = tuple(picked(Trialled(session, move.workspace_id, ids, merged, ZoneInfo(zone_name(visit)))))
        while len(_picked) > KEPT:
            _picked.popitem(last=False)
    return _picked[key]


def next_card(visit: Visit, trial: Trial) -> dict[str, Any] | None:
    """The next sample that nobody has looked at, and how many those are; None before the review has picked any."""
    samples = _picked.get((visit.move.id, trial.number, trial.digest, zone_name(visit)), ())
    if not samples or trial.finished_at is None:
        return None
    with visit.read() as session:
        seen = looked_at(session, visit, trial.finished_at)
    left = [sample for sample in samples if (sample.record, sample.section) not in seen]
    if not left:
        return None
    return {"why": left[0].why, "href": f"/m/{visit.move.id}/{left[0].at}", "left": len(left)}


def looked_at(session: Session, visit: Visit, since: datetime) -> set[tuple[str, str]]:
    """Which records, and which sections of clients, anybody of the clinic has looked at since the trial was ready."""
    found = session.exec(
        select(AuditEntry).where(
            AuditEntry.migration_id == visit.move.id,
            col(AuditEntry.act).in_(("client_seen", "record_seen")),
            col(AuditEntry.at) >= since,
        )
    )
    facts = [entry.facts for entry in found]
    return {(str(told.get("client") or told.get("record")), str(told.get("section") or "")) for told in facts}


def survivors(visit: Visit) -> tuple[str, ...]:
    """Clients that others were merged into, by their number in the source, as the merged rows name them."""
    move = visit.move
    with visit.read() as session:
        lines = session.exec(
            select(ProblemLine)
            .where(
                ProblemLine.migration_id == move.id,
                ProblemLine.run == f"trial:{move.trial_number}",
                ProblemLine.code == REDIRECTED,
            )
            .limit(FEW)
        ).all()
        files = dict(
            session.exec(
                select(ExportFile.path, ExportFile.number).where(
                    ExportFile.migration_id == move.id,
                    ExportFile.export_number == move.export_number,
                    ExportFile.number > 0,
                )
            ).all()
        )
        places = [(files.get(line.file or ""), line.line) for line in lines]
        parts = [(part_of_line(session, move, file, line), line) for file, line in places if file and line]
    found = []
    for part, line in parts:
        try:
            row = read_source(visit.runtime, move, visit.source, part, line) if part is not None else None
        except (SourceGone, Stop):
            row = None  # the review shows the other samples
        if row is not None:
            found += [cell.text.strip('="') for cell in row.cells if cell.name == row.kind.merge_field]
    return tuple(found)
