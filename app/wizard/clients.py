"""Clients as they will be: those in the trial, and each one with visits, notes and where its values came from."""

from datetime import date
from typing import Any

import phonenumbers
from fastapi import APIRouter, HTTPException, Request, Response

from app.caspen import views
from app.caspen.stores import Store
from app.migration.audit import write_audit
from app.migration.states import Actor
from app.migration.trials import current_trial
from app.web import Visit, page, visit_of
from app.words import MONTHS

router = APIRouter()


@router.get("/m/{migration_id}/clients")
def look(request: Request, q: str = "", number: int = 1) -> Response:
    """The clients of the trial, by last name."""
    visit = visit_of(request)
    store = trial_store(visit)
    seen(visit, "clients_listed", {})
    found = views.clients(store, visit.move.workspace_id, search=q[:100], page=number)
    return page(request, "wizard/clients.html", found=found, q=q, at=f"/m/{visit.move.id}")


@router.get("/m/{migration_id}/clients/{client_id}")
def one(request: Request, client_id: str) -> Response:
    """One client: details, visits and notes, from the trial."""
    visit = visit_of(request)
    store = trial_store(visit)
    stores = visit.runtime.caspen
    sheet = views.client_sheet(stores, store, visit.move.workspace_id, client_id, clinical=True)
    if sheet is None:
        raise HTTPException(404)
    seen(visit, "client_seen", {"client": sheet.client.id})
    return page(request, "wizard/client.html", sheet=sheet, details=details(sheet), at=f"/m/{visit.move.id}")


def trial_store(visit: Visit) -> Store:
    """The store of the newest trial; not found while there is none."""
    with visit.read() as session:
        trial = current_trial(session, visit.move)
    if trial is None or trial.finished_at is None or trial.dropped_at is not None:
        raise HTTPException(404)
    store = visit.runtime.caspen.trial(visit.move.id, trial.number)
    if not visit.runtime.caspen.exists(store):
        raise HTTPException(404)
    return store


def seen(visit: Visit, act: str, facts: dict[str, Any]) -> None:
    """Who looked at whose record is written down before a single value is shown."""
    with visit.write() as session:
        write_audit(
            session,
            workspace_id=visit.move.workspace_id,
            migration_id=visit.move.id,
            by=visit.by.name,
            role=Actor.CLINIC.value,
            act=act,
            facts=facts,
        )


def details(sheet: views.ClientSheet) -> list[tuple[str, Any]]:
    """The fields of a client that have a value, in the order of Caspen's own page."""
    client = sheet.client
    address = client.address or {}
    lines = [address.get(name) for name in ("line1", "line2", "city", "state", "postal_code", "country_code")]
    phones = [said_phone(phone) for phone in client.phone_numbers or []]
    emergency = (client.emergency_contact_name, client.emergency_contact_phone)
    told = [
        ("Name", " ".join(part for part in (client.title, client.first_name, client.last_name) if part)),
        ("Preferred name", client.preferred_name),
        ("Date of birth", born(client.date_of_birth)),
        ("Sex", (client.sex or "").capitalize()),
        ("Gender identity", client.gender_identity),
        ("Pronouns", client.pronouns),
        ("E-mail", client.email),
        ("Phones", "\n".join(phones) or client.phone_number),
        ("Address", ", ".join(line for line in lines if line)),
        ("Occupation", client.profession),
        ("Emergency contact", " ".join(part for part in emergency if part)),
        ("Alert", client.alert),
        ("Notes", client.notes),
        ("Privacy policy", (client.privacy_policy_consent or "").replace("_", " ").capitalize()),
        ("Referral", client.referral_description),
        ("State", (client.status or "").capitalize()),
    ]
    return [(label, value) for label, value in told if value]


def said_phone(phone: dict[str, Any]) -> str:
    """As in "+61 491 570 462, mobile": grouped as people of that country write it."""
    whole = f"{phone.get('code') or ''}{phone.get('number') or ''}"
    try:
        number = phonenumbers.parse(whole)
        whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        pass
    kind = phone.get("type")
    return f"{whole}, {kind}" if kind else whole


def born(day: date | None) -> str | None:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else None
