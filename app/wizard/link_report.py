"""The report of a link check: provider, files, size, end date, free space, and problems.

The ledger stores plain facts, so that the page of a waiting link can be rendered again. The facts hold no file paths.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from app import formatting
from app.links.inspection import Findings
from app.links.provider_help import Remedy
from app.links.provider_registry import remedy_for
from app.migration.ledger_json import LinkFacts
from app.problems import Problem

READABLE = frozenset({"zip", "text", "json", "xml"})
BEGINS = {
    "zip": "a zip archive",
    "text": "a table or another text",
    "json": "a json file",
    "xml": "an xml file",
    "html": "a web page",
    "7z": "a 7z archive",
    "rar": "a rar archive",
    "gzip": "a gzip archive",
    "tar": "a tar archive",
    "pdf": "a PDF document",
    "empty": "an empty file",
}


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of the report. `kind` is empty for a good result, else bad, needs or not."""

    words: str
    detail: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """A link's report for a page. `change` are the provider's own steps against `problem`.

    `todo` says what to do before the link is handed over: until then, nothing retries the link.
    """

    provider: str
    label: str
    lines: tuple[ReportLine, ...]
    least: float | None = None
    most: float | None = None
    problem: Problem | None = None
    change: Remedy | None = None
    retryable: bool = False
    password_needed: bool = False
    upgraded: bool = False
    warnings: tuple[Problem, ...] = ()
    summary: str = ""
    todo: str = ""


def facts_of(inspection: Findings) -> LinkFacts:
    """The inspection as the ledger stores it."""
    return {
        "provider": inspection.provider,
        "label": inspection.label,
        "name": inspection.name,
        "folder": inspection.folder,
        "files": inspection.files,
        "size": inspection.size,
        "first_kind": inspection.first_kind,
        "expires_at": inspection.expires_at,
        "seconds": inspection.seconds,
        "runs_out": inspection.runs_out,
        "needed": inspection.needed,
        "free": inspection.free,
        "password_needed": inspection.password_needed,
        "best_effort": inspection.best_effort,
        "upgraded": inspection.upgraded,
        "problem": inspection.problem.code if inspection.problem else None,
        "details": dict(inspection.problem.details) if inspection.problem else {},
        "retryable": inspection.retryable,
        "retry_at": inspection.retry_at,
        "warnings": [{"code": warned.code, "details": dict(warned.details)} for warned in inspection.warnings],
    }


def build_link_report(facts: LinkFacts, at: datetime, now: datetime, zone: tzinfo, locked: bool = False) -> LinkReport:
    """Builds the report. `at` is the time of the check, `locked`: a password opened the link."""
    problem = _problem_of(facts, now, zone)
    seconds = facts["seconds"]
    looked = bool(facts["files"])
    return LinkReport(
        provider=facts["provider"],
        label=facts["label"],
        lines=tuple(_lines(facts, at, now, zone, locked)) if looked else (),
        least=seconds * 0.8 if seconds is not None else None,
        most=seconds * 1.6 + 5 if seconds is not None else None,
        problem=problem,
        change=remedy_for(facts["provider"], problem.code) if problem else None,
        retryable=facts["retryable"],
        password_needed=facts["password_needed"],
        upgraded=facts["upgraded"],
        warnings=tuple(Problem(warned["code"], details=warned["details"]) for warned in facts["warnings"]),
        summary=_amount(facts) if looked else "",
        todo=_todo(facts, problem, now, zone),
    )


def _problem_of(facts: LinkFacts, now: datetime, zone: tzinfo) -> Problem | None:
    if not facts["problem"]:
        return None
    details = {key: value for key, value in facts["details"].items() if key != "time"}
    if facts["label"]:
        details.setdefault("provider", facts["label"])
    return Problem(facts["problem"], details=details)


def _todo(facts: LinkFacts, problem: Problem | None, now: datetime, zone: tzinfo) -> str:
    """What to do about the problem of a check. Empty without a problem.

    Problems that pass are retried only after the handover. A retry time in the past is left out.
    """
    if problem is None or not facts["retryable"]:
        return problem.todo if problem else ""
    free = datetime.fromtimestamp(facts["retry_at"], UTC) if facts["retry_at"] is not None else None
    if free is not None and free > now:
        when = f"It should open again at {formatting.at_clock(free, now, zone)}: check again then."
    else:
        when = "Check again now or later."
    copy = " A fresh copy with its own link works at once." if problem.code == "link_quota" else ""
    return f"{when}{copy} We try by ourselves only after you hand the link over. Or upload the files here."


def _amount(facts: LinkFacts) -> str:
    files = formatting.plural(facts["files"], "file")
    return files if facts["size"] is None else f"{files}, {formatting.size(facts['size'])}"


def _lines(facts: LinkFacts, at: datetime, now: datetime, zone: tzinfo, locked: bool) -> list[ReportLine]:
    place = f"{facts['label']} {'folder' if facts['folder'] else 'file'}"
    opens = "opens with your password" if locked else "open to anyone with the link"
    size = formatting.size(facts["size"]) if facts["size"] is not None else "size unknown"
    lines = [
        ReportLine(f"{place}, {opens}", f"checked {formatting.ago(at, now)}"),
        ReportLine(f"It is called \u201c{facts['name']}\u201d", formatting.plural(facts["files"], "file")),
        ReportLine("How large it is", size),
        _content(facts),
        _lasts(facts, now, zone),
        _room(facts),
    ]
    if facts["upgraded"]:
        lines.append(ReportLine("It was pasted with http; we open it with https, which nobody can read on the way"))
    if facts["best_effort"]:
        lines.append(
            ReportLine(f"{facts['label']} promises nothing about links of this kind; they work today", kind="not")
        )
    return lines


def _content(facts: LinkFacts) -> ReportLine:
    kind = facts["first_kind"]
    which = "The first file begins like" if facts["files"] > 1 else "It begins like"
    if not kind:
        return ReportLine("What the files hold is looked at when they are here", kind="not")
    if kind in READABLE:
        return ReportLine(f"{which} {BEGINS[kind]}")
    if kind in BEGINS:
        return ReportLine(f"{which} {BEGINS[kind]}. An export is zip, csv, json or xlsx", kind="bad")
    return ReportLine("The first bytes are of no kind that we know; we look when it is here", kind="not")


def _lasts(facts: LinkFacts, now: datetime, zone: tzinfo) -> ReportLine:
    if facts["expires_at"] is None:
        return ReportLine("The link does not end before the download is done", "no end date")
    ends = formatting.when(datetime.fromtimestamp(facts["expires_at"], UTC), now, zone)
    if facts["runs_out"]:
        return ReportLine(
            "The link may end before the download is done: make one that lasts at least 7 days", ends, "bad"
        )
    return ReportLine("The link lasts longer than the download", f"ends {ends}")


def _room(facts: LinkFacts) -> ReportLine:
    if facts["needed"] is None or facts["free"] is None:
        return ReportLine("Whether there is room is watched while it is downloaded", kind="not")
    if facts["free"] < facts["needed"]:
        return ReportLine("We need to free up space first. The download then starts automatically", kind="needs")
    return ReportLine("There is room for it here", "and for what we make of it")
