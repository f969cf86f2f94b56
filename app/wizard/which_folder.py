"""What is this folder? An admin chooses notes or clients' files once for all of its documents.

The page shows the number of documents and no names, because the names are clients' names.
"""

from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request, Response
from starlette.datastructures import FormData

from app.access.rights import Right
from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT, Plan
from app.migration.exports import files_of
from app.migration.plans import plan_of
from app.reading.document_folders import answers_in, folder_of
from app.web.form_fingerprint import REASON, FormField
from app.web.page_context import Visit, go, page, visit_of
from app.web.repeated_forms import goes_on
from app.wizard.answer_keeping import ANSWERED_IN, settle
from app.wizard.file_states import FileLine, lines_of

Errors = list[dict[str, str]]
HOLDS, LEFT_OUT = "This folder holds", "Something we do not need: leave it out"


@dataclass(frozen=True, slots=True)
class AskedFolder:
    """A folder of documents with an unknown name.

    `documents` is the number of documents, `pages` the number of pages and texts among them, None if not counted.
    `chosen` is the plan's answer, "" without an answer.
    """

    number: int
    root: str
    documents: int
    pages: int | None
    chosen: str
    line: FileLine
    others_open: int

    @property
    def name(self) -> str:
        return f"{self.root.rstrip('/').rpartition('/')[2]}/"


def asked_folder(visit: Visit, number: int) -> AskedFolder | None:
    """The folder at a number of the files, if the clinic is or was asked about it. None for anything else."""
    lines = lines_of(visit)
    line = next((line for line in lines if line.number == number and line.is_folder and line.can_open), None)
    root = folder_of(line.path) if line is not None else None
    if line is None or root is None or not visit.move.wrapped_key:
        return None
    with visit.read() as session:
        files = [f for f in files_of(session, visit.move.id, visit.move.export_number) if folder_of(f.path) == root]
    counted = [int(file.facts["pages"]) for file in files if "pages" in file.facts]
    return AskedFolder(
        number,
        root,
        sum(file.rows or int(file.facts.get("rows_seen", 0)) for file in files),
        sum(counted) if counted else None,
        plan_of(visit.move).file_kinds.get(root, ""),
        line,
        sum(other.is_open and other.number != number for other in lines),
    )


def folder_inputs(folder: AskedFolder, source: Source, *, is_support: bool) -> dict[str, FormField]:
    """Every input of the page, with the value that the page shows."""
    return {"kind": FormField(HOLDS, folder.chosen, folder_words(source)), **(REASON if is_support else {})}


def folder_words(source: Source) -> dict[str, str]:
    """The choices for a folder, in words by value."""
    labels = {kind.name: kind.label for kind in source.kinds}
    of_clients = {name: f"{labels[name]} of clients" for name in answers_in(source) if name in labels}
    return {**of_clients, LEAVE_OUT: LEFT_OUT}


def options_for(source: Source) -> list[dict[str, str]]:
    """The choices for a folder, each with the result for its documents."""
    as_notes, as_files, _ = answers_in(source)
    hints = {
        as_notes: "Pages and texts become notes; other documents are kept as files of their client.",
        as_files: "Each is kept as it is with its client.",
        LEAVE_OUT: f"Its documents stay in {source.label}.",
    }
    return [{"value": value, "words": words, "hint": hints[value]} for value, words in folder_words(source).items()]


def render_folder(
    request: Request,
    folder: AskedFolder,
    form: str,
    template: str,
    errors: Errors | None = None,
    chosen: str = "",
    **more: Any,
) -> Response:
    """Renders the page of a folder. `form` is the route's path, `chosen` an answer that was sent and not saved."""
    visit = visit_of(request)
    with visit.read() as session:  # before the folder is loaded, so that the fingerprint is never newer than the page
        known = visit.shown(form, session, visit.move)
    folder = asked_folder(visit, folder.number) or folder
    inputs = folder_inputs(folder, visit.source, is_support="reason" in more)
    visit.remember_shown(form, replace(known, inputs=inputs))
    context: dict[str, Any] = {
        "folder": folder,
        "options": options_for(visit.source),
        "chosen": chosen if chosen in folder_words(visit.source) else folder.chosen,
        "editable": visit.move.state in ANSWERED_IN and visit.person.may(Right.ACT, visit.move.workspace_id),
        "errors": errors or [],
    }
    return page(request, template, 422 if errors else 200, **{**context, **more})


def save_folder_answer(request: Request, folder: AskedFolder, path: str, form: FormData) -> Response:
    """Saves the answer about a folder. With `act=read`, reads the export again. `path` is the route's path."""
    visit, act = visit_of(request), str(form.get("act", ""))
    if act == "withdraw":
        withdraw_answer(visit, folder)
        return go(page_after(visit))
    answer = LEAVE_OUT if act == "leave" else str(form.get("kind", ""))
    errors = [] if act == "show" else missing_answer(answer, visit.source)
    if act == "show" or errors:
        return render_folder(request, folder, path, "wizard/which_folder.html", errors, answer)
    answer_folder(visit, folder, answer, act)
    return go(page_after(visit))


@goes_on("/m/{migration_id}/files/{number}")
def page_after(visit: Visit) -> str:
    """The page after an answer about a file or folder: the next open question, the reading, or the files."""
    act, at = "".join(visit.sent.fields.get("act", ())), f"/m/{visit.move.id}"
    if act == "read":
        return f"{at}/progress"
    left = next((line.number for line in lines_of(visit) if line.is_open), None) if act == "next" else None
    return f"{at}/files/{left}" if left else f"{at}/files"


def missing_answer(answer: str, source: Source) -> Errors:
    """The error for a form without an answer."""
    return (
        []
        if answer in folder_words(source)
        else [{"field": "kind", "words": "Say what the folder holds, or leave it out."}]
    )


def answer_folder(visit: Visit, folder: AskedFolder, answer: str, act: str, reason: str = "") -> None:
    """Saves an answer, and reads the export again if `act` is "read"."""
    settle(
        visit,
        lambda plan: _with(plan, folder.root, answer),
        folder.number,
        "file_answered",
        {"kind": answer},
        act,
        reason,
    )


def withdraw_answer(visit: Visit, folder: AskedFolder, reason: str = "") -> None:
    """Withdraws the answer. The next reading asks again."""
    settle(visit, lambda plan: _with(plan, folder.root, ""), folder.number, "file_answer_withdrawn", {}, "keep", reason)


def _with(plan: Plan, root: str, answer: str) -> Plan:
    kinds = {path: kind for path, kind in plan.file_kinds.items() if path != root}
    return plan.model_copy(update={"file_kinds": kinds | ({root: answer} if answer else {})})
