"""Clients in the trial: the list, and each client with all records."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response

from app.caspen import views
from app.caspen.becoming_live import count_becoming_live
from app.caspen.tables import Client, File
from app.db import now
from app.errors import Stop
from app.problems import Problem
from app.records.client import details
from app.records.kinds.clients import KIND, name
from app.records.kinds.files import KIND as FILES
from app.records.query import get
from app.records.section import section_page, tabs
from app.records.sections import BY_NAME, SECTIONS
from app.storage import CannotOpen
from app.trial.file_contents import open_in_trial
from app.web.client_downloads import file_answer
from app.web.page_context import go, page, visit_of
from app.web.search_text import search_address, typed_text
from app.web.sent_numbers import SentNumber
from app.wizard.review_samples import next_card
from app.wizard.trial_view import TrialView, open_trial_view

router = APIRouter()


@router.get("/m/{migration_id}/clients")
def show_clients(request: Request, find: str = "", number: SentNumber = 1) -> Response:
    """The clients of the trial, by last name. `find` is the encrypted search text."""
    view = open_trial_view(request)
    view.record("clients_listed", {})
    q = typed_text(view.visit.runtime, request.url.path, find)
    matches = views.clients(view.store, view.workspace_id, search=q, page=number)
    table = "clients"
    becoming = count_becoming_live(view.visit.runtime.caspen, view.store, view.workspace_id, (table,))[table]
    at = f"/m/{view.visit.move.id}"
    return page(request, "wizard/clients.html", matches=matches, q=q, find=find, at=at, becoming=becoming)


@router.post("/m/{migration_id}/clients")
def search(request: Request, q: Annotated[str, Form()] = "") -> Response:
    """Redirects to the clients that match the typed text."""
    return go(search_address(visit_of(request).runtime, request.url.path, q))


@router.get("/m/{migration_id}/clients/{client_id}")
def show_client(request: Request, client_id: str) -> Response:
    """A client's details, each next to its source cells."""
    view = open_trial_view(request)
    client = client_of(view, client_id)
    view.record("client_seen", {"client": client.id})
    origin = view.origin(KIND, client, tuple(details(view.store, view.names, client)))
    return render_client(request, view, client, "", origin=origin)


@router.get("/m/{migration_id}/clients/{client_id}/{section}")
def show_client_section(request: Request, client_id: str, section: str, number: SentNumber = 1) -> Response:
    """A section of a client's page, such as the appointments."""
    view = open_trial_view(request)
    if section not in BY_NAME:
        raise HTTPException(404)
    client = client_of(view, client_id)
    view.record("client_seen", {"client": client.id, "section": section})
    shown = section_page(BY_NAME[section], view.store, view.names, view.reader, client.id, number, now())
    return render_client(request, view, client, section, shown=shown)


@router.get("/m/{migration_id}/clients/{client_id}/files/{file_id}")
def show_client_file(request: Request, client_id: str, file_id: str) -> Response:
    """A client's file, for people who may read clinical notes in Caspen."""
    view = open_trial_view(request)
    file = get(view.store, view.workspace_id, FILES, file_id)
    if not isinstance(file, File) or file.client_id != client_id:
        raise HTTPException(404)
    if not view.reader.clinical:
        raise HTTPException(403)
    view.record("file_opened", {"client": client_id, "file": file.id})
    try:
        content = open_in_trial(view.visit.runtime, view.visit.move, file.sha256)
    except (FileNotFoundError, CannotOpen):
        raise Stop(Problem("file_bytes_altered")) from None
    return file_answer(file, content)


def client_of(view: TrialView, client_id: str) -> Client:
    client = get(view.store, view.workspace_id, KIND, client_id)
    if not isinstance(client, Client):
        raise HTTPException(404)
    return client


def render_client(request: Request, view: TrialView, client: Client, section: str, **more: Any) -> Response:
    at = f"/m/{view.visit.move.id}"
    values: dict[str, Any] = {
        "client": client,
        "name": name(client),
        "tabs": tabs(SECTIONS, view.store, view.workspace_id, client.id),
        "section": section,
        "trial": view.trial,
        "is_live": view.is_live(KIND, client.id),
        "next_card": next_card(view.visit, view.trial),
        "at": at,
        "client_at": f"{at}/clients/{client.id}",
        "records_at": f"{at}/records",
    }
    return page(request, "wizard/client.html", **values, **more)
