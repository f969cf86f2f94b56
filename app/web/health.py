"""Health checks and metrics for operators: liveness, readiness, queue lengths."""

import shutil
import sqlite3
import time
from pathlib import Path

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import func, select

from app.db import Database, DatabaseGone
from app.migration.models import Migration, OutboxMail
from app.schema.trees import CASPEN, LEDGER, Tree
from app.worker.runtime import Runtime

router = APIRouter()


@router.get("/healthz")
def alive() -> Response:
    """Responds "ok" while the process runs."""
    return PlainTextResponse("ok")


@router.get("/readyz")
def ready(request: Request) -> Response:
    """Responds 200 if both databases answer, else 503. Redis is not checked: without Redis, work only starts later."""
    runtime: Runtime = request.app.state.runtime
    answers = {"ledger": _answers(runtime.ledger, LEDGER), "caspen": _answers(runtime.caspen.live.database, CASPEN)}
    return JSONResponse(answers, 200 if all(answers.values()) else 503)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Migrations by state and unsent e-mails, in the Prometheus format. No names, no ids."""
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
    """Whether the database returns the revision of its tables. A removed or damaged database fails."""
    try:
        with database.read() as session:
            session.connection().execute(sa.select(sa.column("version_num")).select_from(sa.table(tree.version_table)))
    except (SQLAlchemyError, sqlite3.Error, DatabaseGone):
        return False
    return True


# Free space of the disk that holds VAR: its free bytes, and writes that failed because the disk was full.

LEAST_FREE = 16 * 1024 * 1024
MEASURED_EVERY_SECONDS = 5.0
FAILURE_COUNTS_SECONDS = 60.0
log = structlog.get_logger()


class DiskRoom:
    """Free space on the disk of a folder. Measured at most every MEASURED_EVERY_SECONDS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._measured_at = float("-inf")
        self._failed_at = float("-inf")
        self._short = False

    def note_failure(self) -> None:
        """Records a write that failed for lack of space. A database on another disk may be full while this disk is
        not.
        """
        if not self.is_full():
            log.error("disk_full")
        self._failed_at = time.monotonic()

    def is_full(self) -> bool:
        """Whether less than LEAST_FREE is left, or a write failed within FAILURE_COUNTS_SECONDS."""
        moment = time.monotonic()
        if moment - self._measured_at > MEASURED_EVERY_SECONDS:
            self._measured_at = moment
            self._short = _free_bytes(self.folder) < LEAST_FREE
        return self._short or moment - self._failed_at < FAILURE_COUNTS_SECONDS


def _free_bytes(folder: Path) -> float:
    try:
        return shutil.disk_usage(folder).free
    except OSError:  # the folder is missing or unreadable
        return float("inf")
