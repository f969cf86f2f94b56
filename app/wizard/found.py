"""What was found in an export: kind by kind, file by file, and what is not there."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from app.engine.reading_seal import require_true_reading
from app.mapping.kind import Source
from app.migration import contents
from app.migration.doubt_words import range_of, said
from app.migration.doubts import TOLD_BY_READING, Doubt, doubts, joined
from app.migration.exports import files_of
from app.migration.models import Export, ExportFile, Migration, ProblemLine
from app.migration.plans import plan_of
from app.migration.states import State
from app.migration.unanswered import refused_rows
from app.problems import Problem, catalogue
from app.wizard.file_causes import cause_of, file_codes
from app.wizard.file_states import HELPED, told_lines, waiting_words
from app.wizard.situation import Standing
from app.wizard.zip_password import LOCKED
from app.words import MONTHS, files_and_folders

ABOUT_CELLS = frozenset({"encoding_guessed"})  # doubts about letters: no row is missing


def found(session: Session, migration: Migration, export: Export, source: Source) -> dict[str, Any]:
    """Everything that the page of a read export says. Counts and names of files; no cell of any row.

    Raises LedgerChanged where the export is not what its reading wrote down.
    """
    require_true_reading(session, migration, export.number)
    files = session.exec(
        select(ExportFile).where(ExportFile.migration_id == migration.id, ExportFile.export_number == export.number)
    ).all()
    told = export.inventory.get("kinds", {})
    by_kind = Counter(file.kind for file in files if file.kind)
    zone = ZoneInfo(plan_of(migration).timezone)
    doubted = doubts(session, migration, source)
    suspects = suspect_kinds(doubted, files, source)
    asked = contents.absent(session, migration, source)
    here, behind, absent = [], [], []
    for kind in source.kinds:
        facts = told.get(kind.name, {})
        line = {
            "name": kind.name,
            "label": kind.label,
            "called": kind.called,
            "files": by_kind[kind.name],
            "rows": facts.get("rows", 0),
            "range": span(facts.get("first"), facts.get("last"), zone),
            "only": only(kind.name, files),
            "is_suspect": kind.name in suspects,
            "instead": kind.instead,
            "where": kind.where,
        }
        if not by_kind[kind.name]:
            if kind.name in asked:
                absent.append(line)
        elif kind.imported:
            here.append(line)
        else:
            behind.append(line)
    read = [f for f in files if f.read_at is not None]
    refused = [f for f in read if f.refused is not None]
    codes = file_codes(session, migration, export.number)
    lines = told_lines(read, plan_of(migration), source, codes)
    unknown = [line for line in lines if line.is_unknown]
    left_out = [f for f in read if f.facts.get("left_out")]
    told_all = notices(session, migration.id, export.number, source)
    noticed = [line for line in told_all if needs_clinic(line)]
    rest = [line for line in told_all if not needs_clinic(line)]
    words = catalogue()
    return {
        "export": export,
        "kinds": here,
        "behind": behind,
        "absent": absent,
        "unknown": unknown,
        "rows_unknown": sum(line.rows for line in unknown),
        "left_out": len(left_out),
        "rows_refused": refused_rows(files),
        "waiting": waiting_words(lines),
        "rows_left_out": sum(int(f.facts.get("rows_seen", 0)) for f in left_out),
        "unread_answers": sum(line.is_unread for line in lines),
        "read_again": is_read_again(session, migration, export),
        "news": news(session, migration, export, source),
        "refused": [
            {
                "file": f,
                "problem": cause_of(f.refused, source, f) if f.refused and f.refused in catalogue() else None,
                "helped": f.refused in HELPED,
                "locked": f.refused in LOCKED,
            }
            for f in refused
        ],
        "rows": sum(k["rows"] for k in here),
        "rows_behind": sum(k["rows"] for k in behind),
        "files": read,
        "counted": files_and_folders(file.path for file in read),
        "doubts": [said(doubt, source) for doubt in doubted if doubt.code != "kind_absent"],
        "noticed": noticed,
        "optional": [line for line in rest if words[line["code"]].has_act],
        "rest": [line for line in rest if not words[line["code"]].has_act],
        "uses_said": migration.uses is not None,
        "may_go_on": migration.state == State.MATCHING,
        "acknowledged": migration.found_acknowledged == export.number,
    }


def suspect_kinds(doubted: Iterable[Doubt], files: Iterable[ExportFile], source: Source) -> frozenset[str]:
    """The kinds of which rows may be missing: a doubt is about the kind, or one of its files could not be read."""
    visits = source.carried.visits if source.carried else None
    suspects = {file.kind for file in files if file.kind and file.refused}
    for doubt in doubted:
        if doubt.code in ("none_ahead", "starts_late") and visits:
            suspects.add(visits)
        elif doubt.code == "zip_part_missing" and not doubt.kinds:
            suspects |= {kind.name for kind in source.kinds}
        elif doubt.code not in ABOUT_CELLS:
            suspects |= {*doubt.kinds, *(kind for _, kind in doubt.signs)}
    return frozenset(suspects)


def only(kind: str, files: Iterable[ExportFile]) -> list[str]:
    """The ranges of dates that a kind was exported for, as its files' names say; none where it was exported whole."""
    mine = [f.facts for f in files if f.kind == kind and f.refused is None]
    if not all("from" in told and "to" in told for told in mine):
        return []
    ranges = [(date.fromisoformat(told["from"]), date.fromisoformat(told["to"])) for told in mine]
    return [range_of(one) for one in joined(ranges)]


def news(session: Session, migration: Migration, export: Export, source: Source) -> list[dict[str, Any]]:
    """What another reading of the same files changed, kind by kind: rows before and rows now. Empty for a first one."""
    if not is_read_again(session, migration, export):
        return []
    rows: dict[int, Counter[str]] = {export.number - 1: Counter(), export.number: Counter()}
    for number, counted in rows.items():
        for file in files_of(session, migration.id, number):
            if file.kind and not file.refused:
                counted[file.kind] += file.rows
    labels = {kind.name: kind.label for kind in source.kinds}
    old, new = rows[export.number - 1], rows[export.number]
    changed = [name for name in labels if old[name] != new[name]]
    return [{"label": labels[name], "before": old[name], "now": new[name]} for name in changed]


def is_read_again(session: Session, migration: Migration, export: Export) -> bool:
    before = session.get(Export, (migration.id, export.number - 1))
    return before is not None and before.received_at == export.received_at


def stranger(here: Standing) -> Problem | None:
    """Whether this may be somebody else's export: not one place or practitioner of it is known in the workspace."""
    some = [one for kind in ("businesses", "practitioners") for one in here.suggestions.kinds.get(kind, ())]
    known = any(one.choice.to == "match" and one.certainty == "sure" for one in some)
    if not some or known or not (here.facts.locations or here.facts.practitioners):
        return None
    return Problem("export_not_known_here", details={"count": str(len(some))})


def span(first: str | None, last: str | None, zone: tzinfo) -> str:
    """Two instants as months on the clinic's clock, as in "Feb 2009 to Dec 2026"; empty where there are no dates."""
    if not first or not last:
        return ""
    ends = [datetime.fromisoformat(text).astimezone(zone) for text in (first, last)]
    said = [f"{MONTHS[day.month - 1][:3]} {day.year}" for day in ends]
    return said[0] if said[0] == said[1] else f"{said[0]} to {said[1]}"


NEEDS_CLINIC = frozenset(
    {
        "date_ambiguous",
        "id_maybe_rounded",
        "mojibake_suspected",
        "practitioner_placeholder_created",
    }
)
WHOLE = frozenset({*TOLD_BY_READING, "export_dates_differ", "partial_export", "partial_export_gap"})
ELSEWHERE = WHOLE | {"availability_block_not_imported", "kind_absent", "kind_not_imported", "unrecognised_file"}
"""What stands elsewhere on the page, in its own words: doubts with their dates among it."""


def needs_clinic(line: dict[str, Any]) -> bool:
    """Whether a better export would bring more: rows that wait, and files that may hold a part only."""
    return line["level"] == "held" or line["code"] in NEEDS_CLINIC


def notices(session: Session, migration_id: str, number: int, source: Source) -> list[dict[str, Any]]:
    """What reading noticed, one line per code, most rows first; what only informs stands last."""
    lines = session.exec(
        select(ProblemLine.code, ProblemLine.level, func.sum(ProblemLine.count), func.min(ProblemLine.file))
        .where(ProblemLine.migration_id == migration_id, ProblemLine.run == f"export:{number}")
        .group_by(col(ProblemLine.code), col(ProblemLine.level))
    ).all()
    words, name = catalogue(), {"source": source.label}
    told = [
        {"code": code, "level": level, "count": count, "file": file, "problem": Problem(code, details=name)}
        for code, level, count, file in lines
        if code in words and level != "refused" and code not in ELSEWHERE
    ]
    order = {"stops": 0, "refused": 1, "held": 2, "skipped": 3, "warning": 4, "info": 5}
    return sorted(told, key=lambda line: (order[line["level"]], -line["count"]))
