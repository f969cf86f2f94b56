"""A form that arrives twice: the same person, the same rendered page, the same answer.

A double click or a reloaded page asks for nothing new. If the first press has changed the facts of the form, the
second press gets the response of the first.

Every audit line of a form carries the mark of the form (see `Visit.confirm`). Only the last answer to a form is
recognised as repeated. An earlier answer that comes again is refused as outdated.

The same answer by another person to the same facts is no conflict: the answer is saved already, and the page names
the person.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from app.migration.audit import AuditChange, is_newest_mark, same_answer
from app.web.form_fingerprint import NoBasis
from app.web.page_context import Visit

M, S = "/m/{migration_id}", "/support/{migration_id}"
AFTER: dict[str, str] = {
    f"{M}/handover/sample": f"{M}/progress",
    f"{M}/handover/replace": f"{M}/handover",
    f"{M}/link/confirm": f"{M}/progress",
    f"{M}/files": f"{M}/progress",
    f"{M}/files/password": f"{M}/progress",
    f"{M}/progress/retry": f"{M}/progress",
    f"{M}/progress/pause": f"{M}/progress",
    f"{M}/progress/resume": f"{M}/progress",
    f"{M}/progress/cancel": "/",
    f"{M}/progress/back-to-review": f"{M}/review",
    f"{M}/review/start-again": f"{M}/progress",
    f"{M}/approve": f"{M}/progress",
    f"{M}/report/undo": f"{M}/progress",
    f"{M}/people": f"{M}/people",
    f"{M}/people/{{person_id}}": f"{M}/people",
    f"{S}/retry": S,
    f"{S}/cancel": S,
    f"{S}/pause": S,
    f"{S}/resume": S,
    f"{S}/back-to-review": S,
    f"{S}/undo": S,
    f"{S}/waive": S,
    f"{S}/answer": S,
    f"{S}/files/{{number}}": f"{S}#files",
}
"""The page after a form, by the path of its POST route, if the page is the same for every answer."""

Next = Callable[[Visit], str]
Answer = TypeVar("Answer")
CHOSEN_AFTER: dict[str, Next] = {}


def goes_on(path: str) -> Callable[[Next], Next]:
    """Registers a function that returns the page after a form whose answer decides. The handler uses the same page."""

    def register(page: Next) -> Next:
        CHOSEN_AFTER[path] = page
        return page

    return register


def answered_before(visit: Visit) -> str | None:
    """The page after a form that this person has already sent with the same answer. None for a new answer. Only
    reads.
    """
    if visit.sent.path not in AFTER and visit.sent.path not in CHOSEN_AFTER:
        return None
    return page_after(visit) if _ask_audit(visit, is_newest_mark) else None


def page_after(visit: Visit) -> str | None:
    """The page after the form of this visit. None if no page is registered."""
    path = visit.sent.path
    if path in CHOSEN_AFTER:
        return CHOSEN_AFTER[path](visit)
    return AFTER[path].format(migration_id=visit.move.id) if path in AFTER else None


def same_answer_by_another(visit: Visit) -> AuditChange | None:
    """The audit change of a person who gave the same answer to the same facts.

    None if there is no such change, or if a later answer differs. Only reads.
    """
    return _ask_audit(visit, same_answer)


def _ask_audit(visit: Visit, question: Callable[[Session, str, str, datetime], Answer]) -> Answer | None:
    """Queries the audit for the form of this visit. None without a migration, a person or a fingerprint."""
    if visit.migration is None or visit.viewer is None:
        return None
    try:
        basis, mark = visit.basis_sent(), visit.mark()
    except NoBasis:
        return None
    with visit.read() as session:
        return question(session, visit.migration.id, mark, basis.since)
