"""Moves in prepared states: each state is reached once, by the pages and the engine, and every test gets a copy."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from httpx import Response

from app.access.access_tables import Membership, Person
from app.access.rights import Role
from app.caspen.gateway import create_workspace
from app.migration.advance import By
from app.migration.begin import begin
from app.migration.states import Actor, State
from app.sandbox.demo import WORKSPACE, seed
from app.sources import source
from app.sources.invented import sample_writer
from tests.harness.page_text import absent, digest_of, done, doubts
from tests.harness.product import MEGAN, NORA, OLIVE, OTHER, RICK, VERA, Product, start, stop

ON_POSTGRES = "PAGES_ON_POSTGRES"
"""Set in the environment: the stories of the pages are about a product on PostgreSQL."""
MORE_PEOPLE = (
    ("per_vera", "Vera Lindqvist", VERA, WORKSPACE, Role.VIEWER),
    ("per_rick", "Rick Amadi", RICK, WORKSPACE, Role.REVIEWER),
    ("per_olive", "Olive Tran", OLIVE, OTHER, Role.ADMIN),
    ("per_nora", "Nora Vance", NORA, None, None),
)


def _people(product: Product) -> None:
    """Both clinics, everybody who works with them, and the other clinic's own move."""
    seed(product.runtime)
    create_workspace(product.runtime.caspen, OTHER, "Riverbend Podiatry", timezone="Australia/Perth")
    with product.runtime.ledger.write() as session:
        for person_id, name, email, workspace, role in MORE_PEOPLE:
            session.add(Person(id=person_id, email=email, name=name))
            session.flush()
            if workspace and role:
                membership = {"person_id": person_id, "workspace_id": workspace, "role": role.value}
                session.add(Membership(**membership, clinical=email == RICK))
        begin(
            session,
            workspace_id=OTHER,
            clinic="Riverbend Podiatry",
            source=source(None).name,
            wrapped_key=product.runtime.new_wrapped_key(),
            by=By(OLIVE, Actor.CLINIC),
            timezone="Australia/Perth",
        )


def _begun(product: Product) -> None:
    done(product.visitor(MEGAN).post("/start"))


def _preparing(product: Product) -> None:
    done(product.visitor(MEGAN).post(f"{product.at}/overview", data={"ack": "1"}))


def _matching(product: Product) -> None:
    hand_over(product, tiny_export())


def hand_over(product: Product, export: bytes) -> None:
    """Takes a product at `preparing` to `matching` with this export."""
    megan, at = product.visitor(MEGAN), product.at
    done(megan.post(f"{at}/checklist/services", data={"way": "bring"}))
    done(megan.post(f"{at}/uses", data={"uses": [use.name for use in source(None).uses]}))
    done(megan.post(f"{at}/export", data={"ready": "1"}))
    done(megan.post(f"{at}/handover/upload", files={"files": ("export.zip", export)}))
    product.work()
    assert product.state() is State.MATCHING


def _reviewing(product: Product) -> None:
    try_out(product)


def try_out(product: Product) -> None:
    """Takes a product at `matching` to `reviewing`."""
    megan, at = product.visitor(MEGAN), product.at
    done(megan.post(f"{at}/handover/found", data={"absent": absent(megan.get(f"{at}/handover"))}))
    product.close_gaps()
    done(megan.post(f"{at}/matches", data={"act": "start", "show": "practitioners"}))
    product.work()
    assert product.state() is State.REVIEWING


def _finalised(product: Product) -> None:
    done(approve(product))
    product.work()
    assert product.state() is State.FINALISED


PREPARED_STATES: dict[str, Callable[[Product], None]] = {
    "nothing": _people,
    "begun": _begun,
    "preparing": _preparing,
    "matching": _matching,
    "reviewing": _reviewing,
    "finalised": _finalised,
}


class PreparedFolders:
    """One folder for each prepared state of a move, made at the first request from the state before it.

    Other test processes share the folders.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(exist_ok=True)

    def copy_of(self, state: str, to: Path) -> Path:
        with (self.home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            made = self._made(state)
        shutil.copytree(made, to)
        return to

    def _made(self, state: str) -> Path:
        folder = self.home / state
        if folder.exists():
            return folder
        names = list(PREPARED_STATES)
        draft = self.home / f"{state}-draft"
        if state == names[0]:
            draft.mkdir()
        else:
            shutil.copytree(self._made(names[names.index(state) - 1]), draft)
        product = start(draft)
        PREPARED_STATES[state](product)
        stop(product)
        return draft.rename(folder)


def running(folders: PreparedFolders, state: str, to: Path, **more: Any) -> Iterator[Product]:
    if ON_POSTGRES in os.environ:
        from tests.harness.prepared_databases import prepared_databases

        with prepared_databases().copy_of(state, to) as urls:
            product = start(to, **(urls | more))
            yield product
            stop(product)
        return
    product = start(folders.copy_of(state, to), **more)
    yield product
    stop(product)


@cache
def tiny_export(dialect: Any = "native") -> bytes:
    """The export of an invented clinic: forty clients."""
    write_sample = sample_writer(source().name)
    assert write_sample is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.zip"
        write_sample(path, size="tiny", seed=1, dialect=dialect)
        return path.read_bytes()


def approve(product: Product, email: str = MEGAN) -> Response:
    megan = product.visitor(email)
    page = megan.get(f"{product.at}/approve")
    form = {"name": product.move().clinic, "digest": digest_of(page), "accept": doubts(page)}
    answer: Response = megan.post(f"{product.at}/approve", data=form)
    return answer
