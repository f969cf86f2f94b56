"""Clients as they will be: those in the trial, and each one with everything that belongs to the client."""

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
from app.web.search_text import found_at, typed_text
from app.wizard.looking import Looking, looking
from app.wizard.review_samples import next_card

router = APIRouter()


@router.get("/m/{migration_id}/clients")
def look(request: Request, find: str = "", number: int = 1) -> Response:
    """The clients of the trial, by last name. `find` is what was typed, encrypted."""
    here = looking(request)
    here.seen("clients_listed", {})
    q = typed_text(here.visit.runtime, request.url.path, find)
    found = views.clients(here.store, here.workspace_id, search=q, page=number)
    table = "clients"
    becoming = count_becoming_live(here.visit.runtime.caspen, here.store, here.workspace_id, (table,))[table]
    at = f"/m/{here.visit.move.id}"
    return page(request, "wizard/clients.html", found=found, q=q, find=find, at=at, becoming=becoming)


@router.post("/m/{migration_id}/clients")
def search(request: Request, q: Annotated[str, Form()] = "") -> Response:
    """Leads to the clients that fit what was typed."""
    return go(found_at(visit_of(request).runtime, request.url.path, q))


@router.get("/m/{migration_id}/clients/{client_id}")
def one(request: Request, client_id: str) -> Response:
    """A client's details, each beside the cells that it was made of."""
    here = looking(request)
    client = client_of(here, client_id)
    here.seen("client_seen", {"client": client.id})
    origin = here.origin(KIND, client, tuple(details(here.store, here.names, client)))
    return draw(request, here, client, "", origin=origin)


@router.get("/m/{migration_id}/clients/{client_id}/{section}")
def part(request: Request, client_id: str, section: str, number: int = 1) -> Response:
    """One section of a client's page, such as the appointments."""
    here = looking(request)
    if section not in BY_NAME:
        raise HTTPException(404)
    client = client_of(here, client_id)
    here.seen("client_seen", {"client": client.id, "section": section})
    shown = section_page(BY_NAME[section], here.store, here.names, here.reader, client.id, number, now())
    return draw(request, here, client, section, shown=shown)


@router.get("/m/{migration_id}/clients/{client_id}/files/{file_id}")
def opened(request: Request, client_id: str, file_id: str) -> Response:
    """What one file holds, for those who may read clinical notes in Caspen."""
    here = looking(request)
    file = get(here.store, here.workspace_id, FILES, file_id)
    if not isinstance(file, File) or file.client_id != client_id:
        raise HTTPException(404)
    if not here.reader.clinical:
        raise HTTPException(403)
    here.seen("file_opened", {"client": client_id, "file": file.id})
    try:
        content = open_in_trial(here.visit.runtime, here.visit.move, file.sha256)
    except (FileNotFoundError, CannotOpen):
        raise Stop(Problem("file_bytes_altered")) from None
    return file_answer(file, content)


def client_of(here: Looking, client_id: str) -> Client:
    found = get(here.store, here.workspace_id, KIND, client_id)
    if not isinstance(found, Client):
        raise HTTPException(404)
    return found


def draw(request: Request, here: Looking, client: Client, section: str, **more: Any) -> Response:
    at = f"/m/{here.visit.move.id}"
    told: dict[str, Any] = {
        "client": client,
        "name": name(client),
        "tabs": tabs(SECTIONS, here.store, here.workspace_id, client.id),
        "section": section,
        "trial": here.trial,
        "is_live": here.is_live(KIND, client.id),
        "next_card": next_card(here.visit, here.trial),
        "at": at,
        "client_at": f"{at}/clients/{client.id}",
        "records_at": f"{at}/records",
    }
    return page(request, "wizard/client.html", **told, **more)
