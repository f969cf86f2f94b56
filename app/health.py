"""For those who run the product: is it alive, is it ready, and how much is waiting."""

import sqlite3

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import func, select

from app.db import Database, DatabaseGone
from app.engine.runtime import Runtime
from app.migration.models import Migration, OutboxMail
from app.schema.trees import CASPEN, LEDGER, Tree

router = APIRouter()


@router.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


@router.get("/readyz")
def ready(request: Request) -> Response:
    """Both databases answer. Redis is told, but a missing doorbell only slows the start of work."""
    runtime: Runtime = request.app.state.runtime
    told = {"ledger": _answers(runtime.ledger, LEDGER), "caspen": _answers(runtime.caspen.live.database, CASPEN)}
    return JSONResponse(told, 200 if all(told.values()) else 503)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Counts by state, and mails that wait. No names, no ids."""
    runtime: Runtime = request.app.state.runtime
    registry = CollectorRegistry()
    states = Gauge("caspen_migrations", "Migrations by state", ["state"], registry=registry)
    waiting = Gauge("caspen_mails_waiting", "E-mails not sent yet", registry=registry)
    Gauge("caspen_disk_full", "1 where the disk has no room", registry=registry).set(request.app.state.room.is_full())
    with runtime.ledger.read() as session:
        for state, count in session.exec(select(Migration.state, func.count()).group_by(Migration.state)).all():
            states.labels(state).set(count)
        unsent = select(func.count()).select_from(OutboxMail).where(sa.column("sent_at").is_(None))
        waiting.set(session.exec(unsent).one())
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")


def _answers(database: Database, tree: Tree) -> bool:
    """Whether the database gives the revision of its own tables, which a removed or damaged database cannot."""
    try:
        with database.read() as session:
            session.connection().execute(sa.select(sa.column("version_num")).select_from(sa.table(tree.version_table)))
    except (SQLAlchemyError, sqlite3.Error, DatabaseGone):
        return False
    return True
