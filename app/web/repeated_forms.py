"""A form that was used already and comes once more: the same person, the same drawn page, the same answer.

A double click, or a page that is sent again, asks for nothing new. Where the form can no longer be used because its own
first press has changed what it showed, the answer is that of the first press.

Every line of the audit that a form writes carries the mark of that form (see `Visit.confirm`). The mark is used while
it is the newest one of its form: after another answer to the same form, a repeated answer is refused as outdated.

The same answer by somebody else, to a form that showed the same, is no conflict either: it is saved already, and its
page says by whom.
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
"""The page after a form, by the path of its POST route, where that page is the same for every answer."""

Next = Callable[[Visit], str]
Answer = TypeVar("Answer")
CHOSEN_AFTER: dict[str, Next] = {}


def goes_on(path: str) -> Callable[[Next], Next]:
    """Registers the page after a form whose answer chooses it. The handler of the form goes on to the same page."""

    def register(page: Next) -> Next:
        CHOSEN_AFTER[path] = page
        return page

    return register


def answered_before(visit: Visit) -> str | None:
    """The page after a form that this person has sent before, exactly so. None for a form that was not used.

    Reads the ledger and writes nothing; asked a second time, it answers the same.
    """
    if visit.sent.path not in AFTER and visit.sent.path not in CHOSEN_AFTER:
        return None
    return page_after(visit) if _ask_audit(visit, is_newest_mark) else None


def page_after(visit: Visit) -> str | None:
    """The page after the form that this visit sent; None where no page is registered for it."""
    path = visit.sent.path
    if path in CHOSEN_AFTER:
        return CHOSEN_AFTER[path](visit)
    return AFTER[path].format(migration_id=visit.move.id) if path in AFTER else None


def given_already(visit: Visit) -> AuditChange | None:
    """Who gave the very answer of this visit to a form that showed the same, and when. None where nobody did, or where
    somebody answered that form otherwise since. Reads the ledger and writes nothing."""
    return _ask_audit(visit, same_answer)


def _ask_audit(visit: Visit, question: Callable[[Session, str, str, datetime], Answer]) -> Answer | None:
    """What the audit says of the form that this visit sent. None for a form without a move, person or fingerprint."""
    if visit.migration is None or visit.viewer is None:
        return None
    try:
        basis, mark = visit.basis_sent(), visit.mark()
    except NoBasis:
        return None
    with visit.read() as session:
        return question(session, visit.migration.id, mark, basis.since)
