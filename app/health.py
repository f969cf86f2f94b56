"""For those who run the product: is it alive, is it ready, and how much is waiting."""

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlmodel import func, select

from app.engine.runtime import Runtime
from app.migration.models import Migration, OutboxMail

router = APIRouter()


@router.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


@router.get("/readyz")
def ready(request: Request) -> Response:
    """Both databases answer. Redis is told, but a missing doorbell only slows the start of work."""
    runtime: Runtime = request.app.state.runtime
    told = {"ledger": _answers(runtime.ledger.engine), "caspen": _answers(runtime.caspen.live.database.engine)}
    return JSONResponse(told, 200 if all(told.values()) else 503)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Counts by state, and mails that wait. No names, no ids."""
    runtime: Runtime = request.app.state.runtime
    registry = CollectorRegistry()
    states = Gauge("caspen_migrations", "Migrations by state", ["state"], registry=registry)
    waiting = Gauge("caspen_mails_waiting", "E-mails not sent yet", registry=registry)
    with runtime.ledger.read() as session:
        for state, count in session.exec(select(Migration.state, func.count()).group_by(Migration.state)).all():
            states.labels(state).set(count)
        unsent = select(func.count()).select_from(OutboxMail).where(sa.column("sent_at").is_(None))
        waiting.set(session.exec(unsent).one())
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")


def _answers(engine: sa.Engine) -> bool:
    try:
        with engine.connect().execution_options(reading=True) as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError:
        return False
    return True
