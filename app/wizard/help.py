"""Help on every page: messages to support with the move and the page, and the answers."""

from datetime import datetime
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session, col, select

from app.access.access_tables import Person
from app.migration.models import HelpMessage
from app.migration.states import State
from app.web.page_context import go, page, visit_of

router = APIRouter()
LONGEST = 4000


@router.get("/m/{migration_id}/help")
def show_help(request: Request, page: str = "", error: str = "") -> Response:
    return render_help(request, page[:100], error[:40], "", [])


@router.post("/m/{migration_id}/help")
def send_message(
    request: Request,
    text: Annotated[str, Form()] = "",
    page: Annotated[str, Form()] = "",
    error: Annotated[str, Form()] = "",
) -> Response:
    """Stores the message for support, once for each rendered form. Only the two sides read the text."""
    visit = visit_of(request)
    words, trouble = text.strip(), text_trouble(text, "Write what you need help with.")
    if trouble:
        return render_help(request, page, error, text, [{"field": "text", "words": trouble}])
    message = HelpMessage(
        id=visit.basis_sent().key(visit.person.email, words),
        migration_id=visit.move.id,
        author=visit.person.email,
        text=words,
        page=page[:100],
        problem=error[:40] or None,
        from_support=visit.person.is_support,
    )
    with visit.confirmed() as confirmed:
        if confirmed.session.get(HelpMessage, message.id) is None:
            confirmed.session.add(message)
    return go(f"/m/{visit.move.id}/help#thread")


def text_trouble(text: str, if_empty: str) -> str | None:
    """What is wrong with a message: `if_empty` for a text without visible characters, or a hint if it is too long."""
    if not any(letter.isprintable() and not letter.isspace() for letter in text):
        return if_empty
    return f"Shorten it to {LONGEST:,} characters." if len(text.strip()) > LONGEST else None


class ThreadMessage(TypedDict):
    """A message of the thread component. `side` is "ours" for a message from support. `tiny` is a remark."""

    who: str
    when: datetime
    words: str
    side: str
    tiny: str


def messages(session: Session, migration_id: str) -> list[ThreadMessage]:
    """The whole thread, oldest first, for the thread component."""
    thread = session.exec(
        select(HelpMessage).where(HelpMessage.migration_id == migration_id).order_by(col(HelpMessage.written_at))
    ).all()
    names = {person.email: person.name for person in session.exec(select(Person)).all()}
    return [
        {
            "who": names.get(m.author, m.author) + (", support" if m.from_support else ""),
            "when": m.written_at,
            "words": m.text,
            "side": "ours" if m.from_support else "",
            "tiny": f"Written on the page: {m.page}" if m.page else "",
        }
        for m in thread
    ]


def render_help(request: Request, from_page: str, error: str, text: str, errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        thread = messages(session, visit.move.id)
    values: dict[str, Any] = {
        "thread": thread,
        "from_page": from_page,
        "error_id": error,
        "text": text,
        "errors": errors,
    }
    is_kept = bool(visit.move.wrapped_key and visit.move.export_number)
    values["described"] = is_kept and visit.move.state != State.CANCELLED
    return page(request, "wizard/help.html", 422 if errors else 200, **values)
