"""Handover of the export by link, by upload or (in development) as a sample, and the contents of a read export.

The clinic acknowledges each missing kind before it matches names. The server enforces this.
"""

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from typing import Annotated, Any, TypedDict
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, HTTPException, Request, Response
from sqlmodel import Session, col, func, select
from starlette.concurrency import run_in_threadpool

from app.errors import Stop
from app.fetch.downloads import stop_download
from app.fetch.hand_over import hand_over_files, hand_over_stored
from app.fetch.link_providers import load_provider_lines
from app.formatting import MONTHS, files_and_folders, plural
from app.links.link_settings import LinkSettings
from app.links.provider_help import ProviderHelp
from app.links.provider_registry import all_provider_help
from app.mapping.kind import Source
from app.mapping.kind_roles import KindRole
from app.matching.matches import the_only
from app.migration import used_kinds
from app.migration.audit import AuditChange, last_upload_stop
from app.migration.checked_links import load_checked_link
from app.migration.completeness_warnings import READING_CODES, CompletenessWarning, completeness_warnings, joined
from app.migration.exports import Handed, files_of
from app.migration.ledger_json import KindCountsJson
from app.migration.models import Export, ExportFile, Migration, ProblemLine
from app.migration.plans import plan_of, save_plan
from app.migration.states import Event, State
from app.migration.unanswered import refused_rows
from app.migration.warning_texts import WarningText, range_of, to_text
from app.problems import Problem, catalogue
from app.reading.seal import require_true_reading
from app.request_sizes import read_form
from app.settings import environment
from app.sources.invented import sample_writer
from app.web.form_fingerprint import Shown, present
from app.web.navigation import READ_LISTS, page_of
from app.web.page_context import Visit, go, in_state, page, shows, visit_of
from app.web.refused_forms import Refusal, RefusedForm, SentAnswer, describes
from app.wizard import uploads
from app.wizard.file_states import HELPED, FileLine, build_lines, cause_of, file_codes, waiting_words
from app.wizard.link_report import LinkReport
from app.wizard.lists_first import hands_over, lists_first
from app.wizard.migration_overview import MigrationOverview, inventory_of, load_overview
from app.wizard.uploads import UPLOAD_LIMIT, UnfinishedUpload, receive
from app.wizard.zip_password import LOCKED

router = APIRouter()
router.include_router(uploads.router)
NOT_READ = frozenset({State.PREPARING, State.FETCHING, State.FETCHING_FAILED, State.READING, State.READING_FAILED})
SIZES = ("small", "mid")
NOT_NEEDED = "We have none, or they need not come"
PATHS = tuple(f"/m/{{migration_id}}/{form}" for form in ("handover/upload", "handover/found", "link"))


@shows("/m/{migration_id}/handover/found")
def absent_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The export, and the kinds that are missing from it."""
    absent = used_kinds.absent(session, migration, visit.source)
    labels = [visit.source.kind(name).label for name in absent]
    return Shown(
        context={"export_number": migration.export_number, "absent": list(absent)},
        labels={"absent": "Not in your export"},
        now={**present(migration), "absent": ", ".join(labels) or "nothing"},
    )


@describes("/m/{migration_id}/handover/found")
def describe_ticks(refusal: Refusal) -> RefusedForm:
    """Each kind that was ticked as not needed. Sending the ticks again only shows the page with them."""
    visit, session, migration = refusal.visit, refusal.session, refusal.migration
    absent, inventory = used_kinds.absent(session, migration, visit.source), inventory_of(session, migration)
    answers = []
    for name in refusal.sent.get("absent", ()):
        kind = next((kind for kind in visit.source.kinds if kind.name == name), None)
        if kind is None:
            continue
        rows = inventory.kinds[name].rows if inventory is not None and name in inventory.kinds else 0
        now = f"in your export, {plural(rows, 'row')}" if rows else "not in your export"
        applies = name in absent
        inputs = (("absent", name),) if applies else ()
        answers.append(
            SentAnswer(kind.label, NOT_NEEDED, now, inputs, "" if applies else "It is not asked about any more.")
        )
    return RefusedForm(tuple(answers), (("act", "show"),), page=f"/m/{migration.id}/handover")


@router.get("/m/{migration_id}/handover")
def show_handover(request: Request) -> Response:
    return render_handover(request)


@router.post("/m/{migration_id}/handover/upload")
async def hand_over_upload(request: Request) -> Response:
    """Stores files from the clinic's own computer, encrypted, and hands them over."""
    visit = hands_over(request)
    try:
        stored, visit = await receive(request, visit, UPLOAD_LIMIT)
    except Stop as stop:
        words = f"{stop.problem.title} {stop.problem.todo}"
        errors = [{"field": "files", "words": words}]
        return await run_in_threadpool(render_handover, request, errors=errors, problem=stop.problem)
    if not any(file.size for file in stored):  # reading reports an empty file among others
        for file in stored:
            visit.runtime.objects.delete(file.object_key)
        words = "This file is empty: 0 bytes." if stored else "Choose the files of your export."
        return await run_in_threadpool(render_handover, request, errors=[{"field": "files", "words": words}])
    name = stored[0].path if len(stored) == 1 else f"{len(stored)} files"
    options: dict[str, Any] = {"by": visit.by, "name": name, "confirm": visit.confirm}
    await run_in_threadpool(hand_over_stored, visit.runtime, visit.move, stored, **options)
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/handover/sample")
def hand_over_sample(request: Request, size: Annotated[str, Form()] = "small") -> Response:
    """Hands over an export of invented people. Development and test only."""
    visit = hands_over(request)
    write_sample = sample_writer(visit.source.name)
    if size not in SIZES or write_sample is None:
        raise HTTPException(404)
    path = visit.runtime.scratch.folder / f"sample-{secrets.token_hex(8)}.zip"
    try:
        write_sample(path, size=size, seed=1, dialect="native")
        with path.open("rb") as stream:
            handed = [Handed(f"{visit.source.label} export.zip", stream)]
            given: dict[str, Any] = {"name": "Sample export", "way": "sample", "confirm": visit.confirm}
            hand_over_files(visit.runtime, visit.move, handed, by=visit.by, **given)
    finally:
        path.unlink(missing_ok=True)
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/handover/replace")
def replace_export(request: Request) -> Response:
    """Opens the handover again. The present export is kept until a new export is read."""
    visit = visit_of(request)
    if State.FETCHING in (visit.move.state, visit.move.paused_from) or visit.move.state == State.FETCHING_FAILED:
        stop_download(visit.runtime, visit.move, visit.by, visit.confirm)
    else:
        visit.advance(Event.REPLACE_EXPORT)
    return go(f"/m/{visit.move.id}/handover")


@router.post("/m/{migration_id}/handover/found")
async def acknowledge(request: Request) -> Response:
    """Stores that the clinic has read the contents and, by name, the missing kinds. `act=show` only shows the ticks."""
    form = await read_form(request)
    ticked = {str(value) for value in form.getlist("absent")}
    if form.get("act") == "show":
        return await run_in_threadpool(render_handover, request, ticked=ticked)
    return await run_in_threadpool(save_acknowledged, request, ticked)


def save_acknowledged(request: Request, ticked: set[str]) -> Response:
    visit = in_state(request, Event.START_TRIAL, State.MATCHING)
    details = load_export_contents(visit)
    if details is None:
        raise LookupError("the row of a read export is missing")
    missing = [kind for kind in details["absent"] if kind["name"] not in ticked]
    if missing:
        errors = [
            {"field": f"absent-{kind['name']}", "words": f"Tick this when {kind['label'].lower()} need not come."}
            for kind in missing
        ]
        return render_handover(request, errors=errors, ticked=ticked)
    with visit.confirmed() as confirmed:
        session, migration = confirmed.session, confirmed.migration
        plan = plan_of(migration)
        acknowledged = tuple(sorted(kind["name"] for kind in details["absent"]))
        save_plan(session, migration.id, plan.model_copy(update={"acknowledged_absent": acknowledged}), visit.by)
        migration.found_acknowledged = migration.export_number
        session.add(migration)
    return go(f"/m/{visit.move.id}/matches")


def load_export_contents(visit: Visit) -> "ContentsPage | None":
    """The contents of the current export, or None without an export."""
    with visit.read() as session:
        export = session.get(Export, (visit.move.id, visit.move.export_number))
        return load_contents(session, visit.move, export, visit.source) if export else None


def render_handover(
    request: Request,
    *,
    typed: str = "",
    report: LinkReport | None = None,
    problem: Problem | None = None,
    errors: list[dict[str, str]] | None = None,
    ticked: set[str] | None = None,
    status: int = 0,
) -> Response:
    """Renders the ways to hand over or, for a read export, its contents."""
    visit = visit_of(request)
    visit.remember(*PATHS)
    status = status or (422 if errors else 200)
    shared: dict[str, Any] = {"errors": errors or [], "typed": typed, "problem": problem}
    if visit.move.export_number and visit.move.state not in NOT_READ:
        details = load_export_contents(visit)
        if details is not None and details["kinds"]:
            marked = ticked if ticked is not None else set(plan_of(visit.move).acknowledged_absent)
            warning = foreign_export_warning(load_overview(visit)) if details["may_go_on"] else None
            more: dict[str, Any] = {"ticked": marked, "stranger": warning, "not_needed": NOT_NEEDED}
            return page(request, "wizard/found.html", status, **shared, **details, **more)
    if visit.move.state != State.PREPARING and page_of(visit.move) != "handover":
        return go(f"/m/{visit.move.id}")  # nothing can be handed over now
    return page(
        request,
        "wizard/handover.html",
        status,
        **shared,
        **handover_context(visit),
        report=report,
        upload_limit=UPLOAD_LIMIT,
    )


class HandoverPage(TypedDict):
    """The ways to hand over an export.

    * `first`: the problem that keeps the clinic from a handover; `read_lists`: the path and the words of its remedy.
    * `stopped`: the problem of a cancelled download; `upload_stopped`: the act that stopped an upload.
    * `arrived`: the unfinished upload.
    * `all_provider_help`: the help for each provider; `verified`: when each provider was last verified, by name.
    * `any_host`: links of any HTTPS address are accepted.
    * `waiting`: the masked link that was checked and not handed over.
    """

    first: Problem | None
    read_lists: tuple[str, str]
    stopped: Problem | None
    arrived: UnfinishedUpload | None
    upload_stopped: AuditChange | None
    all_provider_help: tuple[ProviderHelp, ...]
    any_host: bool
    verified: dict[str, datetime | None]
    waiting: str | None


def handover_context(visit: Visit) -> HandoverPage:
    """Context of the handover page."""
    settings = LinkSettings.from_environment(environment())
    with visit.read() as session:
        lines = load_provider_lines(session, settings)
        checked = load_checked_link(session, visit.move.id)
        arrived = uploads.arrived(session, visit.move)
        upload_stopped = last_upload_stop(session, visit.move.id)
        before = session.get(Export, (visit.move.id, visit.move.export_number))
    stopped = before is not None and before.way == "link" and before.fetched_at is None
    return {
        "first": lists_first(visit),
        "read_lists": READ_LISTS,
        "stopped": Problem("download_cancelled") if stopped else None,
        "arrived": arrived,
        "upload_stopped": upload_stopped,
        "all_provider_help": all_provider_help(),
        "any_host": settings.allow_any_https_host,
        "verified": {line.name: line.verified_at for line in lines},
        "waiting": checked.hint if checked and checked.sealed_link else None,
    }


ABOUT_CELLS = frozenset({"encoding_guessed"})  # warnings about characters: no row is missing


NO_ROWS: KindCountsJson = {"rows": 0, "ids": 0, "duplicates": 0, "first": None, "last": None}


class ExportedKind(TypedDict):
    """A kind of a read export.

    * `name`, `label`, `called`: our name, our label, and the source's label.
    * `files`, `rows`: numbers; `range`: the first and last month; `only`: the ranges of a partial export.
    * `is_suspect`: rows may be missing.
    * `instead`, `where`: the workaround for a kind that does not move, and the place of the kind in the source.
    """

    name: str
    label: str
    called: str
    files: int
    rows: int
    range: str
    only: list[str]
    is_suspect: bool
    instead: str
    where: str


class RefusedFile(TypedDict):
    """A file that could not be read.

    `helped`: the clinic can identify the file. `locked`: the file needs a password.
    """

    file: ExportFile
    problem: Problem | None
    helped: bool
    locked: bool


class ContentsPage(TypedDict):
    """The contents of a read export: counts and names of files, no cells.

    * `kinds`, `behind`, `absent`: kinds that move, kinds that stay, and missing kinds that the clinic uses.
    * `unknown`, `rows_unknown`: files that nobody has identified, and their rows.
    * `left_out`, `rows_left_out`: the number of files that the clinic left out, and of their rows.
    * `rows_refused`, `refused`: rows and files that could not be read.
    * `waiting`: words about files that wait for an answer; `unread_answers`: answers that need another reading.
    * `read_again`, `news`: whether the files were read a second time, and what has changed.
    * `rows`, `rows_behind`: the sums of rows; `counted`: the number of files and folders in words.
    * `doubts`: warnings that the export is incomplete.
    * `noticed`, `optional`, `rest`: notices that need the clinic, notices with an optional act, and all others.
    """

    export: Export
    kinds: list[ExportedKind]
    behind: list[ExportedKind]
    absent: list[ExportedKind]
    unknown: list[FileLine]
    rows_unknown: int
    left_out: int
    rows_refused: int
    waiting: str
    rows_left_out: int
    unread_answers: int
    read_again: bool
    news: list["ReadingChange"]
    refused: list[RefusedFile]
    rows: int
    rows_behind: int
    files: list[ExportFile]
    counted: str
    doubts: list[WarningText]
    noticed: list["Notice"]
    optional: list["Notice"]
    rest: list["Notice"]
    uses_answered: bool
    may_go_on: bool
    acknowledged: bool


def load_contents(session: Session, migration: Migration, export: Export, source: Source) -> ContentsPage:
    """Context of a read export's page.

    Raises LedgerChanged if the export differs from its reading.
    """
    require_true_reading(session, migration, export.number)
    files = session.exec(
        select(ExportFile).where(ExportFile.migration_id == migration.id, ExportFile.export_number == export.number)
    ).all()
    kind_facts = export.inventory.get("kinds", {})
    by_kind = Counter(file.kind for file in files if file.kind)
    zone = ZoneInfo(plan_of(migration).timezone)
    warnings = completeness_warnings(session, migration, source)
    suspects = suspect_kinds(warnings, files, source)
    asked = used_kinds.absent(session, migration, source)
    present_kinds: list[ExportedKind] = []
    behind: list[ExportedKind] = []
    absent: list[ExportedKind] = []
    for kind in source.kinds:
        facts = kind_facts.get(kind.name, NO_ROWS)
        line: ExportedKind = {
            "name": kind.name,
            "label": kind.label,
            "called": kind.source_label,
            "files": by_kind[kind.name],
            "rows": facts["rows"],
            "range": span(facts["first"], facts["last"], zone),
            "only": partial_ranges(kind.name, files),
            "is_suspect": kind.name in suspects,
            "instead": kind.exclusion.workaround,
            "where": kind.source_location,
        }
        if not by_kind[kind.name]:
            if kind.name in asked:
                absent.append(line)
        elif kind.imported:
            present_kinds.append(line)
        else:
            behind.append(line)
    read = [f for f in files if f.read_at is not None]
    refused = [f for f in read if f.refused is not None]
    codes = file_codes(session, migration, export.number)
    lines = build_lines(read, plan_of(migration), source, codes)
    unknown = [line for line in lines if line.is_unknown]
    left_out = [f for f in read if f.facts.get("left_out")]
    all_notices = notices(session, migration.id, export.number, source)
    noticed = [line for line in all_notices if needs_clinic(line)]
    rest = [line for line in all_notices if not needs_clinic(line)]
    words = catalogue()
    return {
        "export": export,
        "kinds": present_kinds,
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
        "news": reading_changes(session, migration, export, source),
        "refused": [
            {
                "file": f,
                "problem": cause_of(f.refused, source, f) if f.refused and f.refused in catalogue() else None,
                "helped": f.refused in HELPED,
                "locked": f.refused in LOCKED,
            }
            for f in refused
        ],
        "rows": sum(k["rows"] for k in present_kinds),
        "rows_behind": sum(k["rows"] for k in behind),
        "files": read,
        "counted": files_and_folders(file.path for file in read),
        "doubts": [to_text(doubt, source) for doubt in warnings if doubt.code != "kind_absent"],
        "noticed": noticed,
        "optional": [line for line in rest if words[line["code"]].has_act],
        "rest": [line for line in rest if not words[line["code"]].has_act],
        "uses_answered": migration.uses is not None,
        "may_go_on": migration.state == State.MATCHING,
        "acknowledged": migration.found_acknowledged == export.number,
    }


def suspect_kinds(
    warnings: Iterable[CompletenessWarning], files: Iterable[ExportFile], source: Source
) -> frozenset[str]:
    """The kinds whose rows may be incomplete: kinds with a warning, and kinds with an unreadable file."""
    visits = source.computed.visits if source.computed else None
    suspects = {file.kind for file in files if file.kind and file.refused}
    for warning in warnings:
        if warning.code in ("none_ahead", "starts_late") and visits:
            suspects.add(visits)
        elif warning.code == "zip_part_missing" and not warning.kinds:
            suspects |= {kind.name for kind in source.kinds}
        elif warning.code not in ABOUT_CELLS:
            suspects |= {*warning.kinds, *(kind for _, kind in warning.signs)}
    return frozenset(suspects)


def partial_ranges(kind: str, files: Iterable[ExportFile]) -> list[str]:
    """The date ranges of a kind, by its file names. Empty if the kind was exported whole."""
    mine = [f.facts for f in files if f.kind == kind and f.refused is None]
    if not all("from" in facts and "to" in facts for facts in mine):
        return []
    ranges = [(date.fromisoformat(facts["from"]), date.fromisoformat(facts["to"])) for facts in mine]
    return [range_of(each) for each in joined(ranges)]


class ReadingChange(TypedDict):
    """The rows of a kind before and after a second reading."""

    label: str
    before: int
    now: int


def reading_changes(session: Session, migration: Migration, export: Export, source: Source) -> list[ReadingChange]:
    """Rows before and after a second reading of the same files, for kinds that changed. Empty for a first reading."""
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


def foreign_export_warning(overview: MigrationOverview) -> Problem | None:
    """A warning if the workspace knows none of the export's places and practitioners: it may be another clinic's
    export.

    A suggestion that only rests on numbers, one name on both sides, says nothing of the name.
    """
    roles = {KindRole.LOCATION: "location", KindRole.PRACTITIONER: "practitioner"}
    some = {
        noun: [each for each in overview.suggestions.roles.get(role, ()) if not each.reference.unnamed]
        for role, noun in roles.items()
    }
    every = [each for suggestions in some.values() for each in suggestions]
    known = any(each.certainty != "none" and each.why != the_only.why for each in every)
    if not every or known or not (overview.facts.locations or overview.facts.practitioners):
        return None
    names = " and ".join(plural(len(suggestions), noun) for noun, suggestions in some.items() if suggestions)
    return Problem("export_not_known_here", details={"names": names})


def span(first: str | None, last: str | None, zone: tzinfo) -> str:
    """Two instants as months on the clinic's clock, as in "Feb 2009 to Dec 2026". "" without dates."""
    if not first or not last:
        return ""
    ends = [datetime.fromisoformat(text).astimezone(zone) for text in (first, last)]
    months = [f"{MONTHS[day.month - 1][:3]} {day.year}" for day in ends]
    return months[0] if months[0] == months[1] else f"{months[0]} to {months[1]}"


NEEDS_CLINIC = frozenset(
    {
        "date_ambiguous",
        "id_maybe_rounded",
        "mojibake_suspected",
        "practitioner_placeholder_created",
    }
)
WHOLE = frozenset({*READING_CODES, "export_dates_differ", "partial_export", "partial_export_gap"})
ELSEWHERE = WHOLE | {"availability_block_not_imported", "kind_absent", "kind_not_imported", "unrecognised_file"}
"""Codes with their own words elsewhere on the page, such as completeness warnings."""


class Notice(TypedDict):
    """What reading noticed: a problem's code and level, the number of rows, and the first file."""

    code: str
    level: str
    count: int
    file: str | None
    problem: Problem


def needs_clinic(line: Notice) -> bool:
    """Whether a better export would bring more: held rows, and files that may be incomplete."""
    return line["level"] == "held" or line["code"] in NEEDS_CLINIC


def notices(session: Session, migration_id: str, number: int, source: Source) -> list[Notice]:
    """What reading noticed: a line per code, by severity, then by rows."""
    lines = session.exec(
        select(ProblemLine.code, ProblemLine.level, func.sum(ProblemLine.count), func.min(ProblemLine.file))
        .where(ProblemLine.migration_id == migration_id, ProblemLine.run == f"export:{number}")
        .group_by(col(ProblemLine.code), col(ProblemLine.level))
    ).all()
    words, name = catalogue(), {"source": source.label}
    noticed_lines: list[Notice] = [
        {"code": code, "level": level, "count": count, "file": file, "problem": Problem(code, details=name)}
        for code, level, count, file in lines
        if code in words and level != "refused" and code not in ELSEWHERE
    ]
    order = {"stops": 0, "refused": 1, "held": 2, "skipped": 3, "warning": 4, "info": 5}
    return sorted(noticed_lines, key=lambda line: (order[line["level"]], -line["count"]))
