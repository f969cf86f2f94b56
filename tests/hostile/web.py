"""Killers at the places of the web: opens pages that parse hostile files, and other pages meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from httpx import Response
from sqlmodel import select

from app.caspen.tables import Client
from app.fetch.link_inspections import inspect_in_reader
from app.isolated.reader import reader
from app.links.normalise import normalise
from app.migration.advance import By
from app.migration.models import ProblemLine
from app.migration.states import Actor, State
from app.migration.trials import start_trial
from app.wizard import review_samples
from tests.harness.page_text import words
from tests.harness.product import ANA, MEGAN, Product
from tests.harness.waiting import happens, patience
from tests.wizard.questionable import few, handed_over, number_of
from tests.world.ledger_lies import reseal

MARKER = "killer"
KILLERS = ("aborts", "loops", "eats")
SECONDS = patience(6)
SLOWEST = patience(5)  # of a page that parses nothing
LINK = "https://www.dropbox.com/scl/fi/{}/export.zip?rlkey=abc&dl=0"
Visit = Callable[[Product, str], list[str]]


def name_of(killer: str) -> str:
    """The hostile file of the export."""
    return f"{MARKER}-{killer} Patients.csv"


def hostile_export() -> dict[str, bytes | str]:
    """An invented clinic's export, and three files that are harmless until the marker is set."""
    header = "Patient ID,First Name,Last Name,Date of Birth\n"
    rows = {name_of(k): f"{header}98{at}1,Zoe,Of {k},1980-02-11\n" for at, k in enumerate(KILLERS)}
    return {**few(), **rows}


def reviewed(product: Product) -> Product:
    """The hostile export is read and tried before any of it is hostile."""
    handed_over(product, hostile_export())
    with product.runtime.ledger.write() as session:
        start_trial(session, product.migration_id, By(MEGAN, Actor.CLINIC), lambda *_: None)
    product.work()
    assert product.state() is State.REVIEWING
    return product


def arm(product: Product) -> Product:
    """From now on the files attack any process that reads them."""
    more = {"killer_file": MARKER, "reader_seconds": SECONDS, "link_look_seconds": SECONDS}
    settings = product.settings.model_copy(update=more)
    product.runtime = replace(product.runtime, settings=settings)
    product.app.state.runtime = product.runtime
    return product


def preview(product: Product, killer: str) -> list[str]:
    number = number_of(product, name_of(killer))
    return _named(product.visitor(MEGAN).get(f"{product.at}/files/{number}"), 200, name_of(killer), CALM)


def support_preview(product: Product, killer: str) -> list[str]:
    number = number_of(product, name_of(killer))
    return _named(product.visitor(ANA).get(f"/support/{product.migration_id}/files/{number}"), 200, CALM)


def description(product: Product, killer: str) -> list[str]:
    text = product.visitor(MEGAN).get(f"{product.at}/files/description.txt").text
    wrong = [] if text.count("noticed: file_stops_reader") == len(KILLERS) else ["not every killer is named"]
    return wrong + ([] if "Practitioners" in text and text.count("looked at in") >= 3 else ["other files are missing"])


def row(product: Product, killer: str) -> list[str]:
    number = number_of(product, name_of(killer))
    return _named(product.visitor(MEGAN).get(f"{product.at}/rows/{number}/2"), 422, CALM)


def record(product: Product, killer: str) -> list[str]:
    store = product.runtime.caspen.trial(product.migration_id, 1)
    with store.database.read() as session:
        client = session.exec(select(Client.id).where(Client.last_name == f"Of {killer}")).one()
    return _named(product.visitor(MEGAN).get(f"{product.at}/clients/{client}"), 200, CALM, killer)


def samples(product: Product, killer: str) -> list[str]:
    merged = ProblemLine(
        migration_id=product.migration_id,
        run="trial:1",
        code=review_samples.REDIRECTED,
        level="skipped",
        file=name_of(killer),
        line=2,
    )
    product.write(lambda session: session.add(merged))
    reseal(product.runtime)
    review_samples._picked.clear()
    return _named(product.visitor(MEGAN).get(f"{product.at}/review"), 200)


def open_link(product: Product, killer: str) -> list[str]:
    inspection = inspect_in_reader(product.runtime, product.move(), normalise(LINK.format(f"{MARKER}-{killer}")))
    is_ended = inspection.problem is not None and inspection.problem.code == "provider_down"
    return [] if is_ended else ["the inspection was not ended"]


def link_doctor(product: Product, killer: str) -> list[str]:
    link = LINK.format(f"{MARKER}-{killer}")
    other = f"/m/{product.other_id}"
    olive = product.visitor("olive@riverbend.example")
    olive.post(f"{other}/overview", data={"ack": "1"})
    answer = olive.post(f"{other}/link", data={"link": link})
    return _named(answer, answer.status_code if answer.status_code < 500 else 200, "is not answering properly")


ACTS: Mapping[str, Visit] = {
    "a file's preview": preview,
    "support's preview of a file": support_preview,
    "the description of an export": description,
    "a row of the export": row,
    "a record beside its row": record,
    "the samples of a review": samples,
    "the link doctor": link_doctor,
    "links that may still be open": open_link,
}
"""By the name of the place in the inventory: opens it and returns what is not as it should be."""
CALM = "This file could not be looked into"


def tried(product: Product, place: str, killer: str) -> list[str]:
    """Puts one attack file in one place while another page is opened. Returns the faults."""
    with pages_meanwhile(product) as slow:
        wrong = ACTS[place](product, killer)
    wrong += slow
    return wrong + ([] if no_job_is_left() else ["a process is left"])


@contextmanager
def pages_meanwhile(product: Product) -> Iterator[list[str]]:
    """Opens a page again and again until the block ends. The list has the faults."""
    over = threading.Event()
    wrong: list[str] = []
    answers: list[int] = []
    visitor = product.visitor(MEGAN)

    def visit() -> None:
        while not over.wait(0.1) or not answers:
            began = time.monotonic()
            status = visitor.get(f"{product.at}/files").status_code
            answers.append(status)
            took = time.monotonic() - began
            if status != 200 or took > SLOWEST:
                wrong.append(f"another page: {status} after {took:.1f} s")

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield wrong
    finally:
        over.set()
        thread.join()


def no_job_is_left(seconds: float = 10.0) -> bool:
    """Whether the fork server has no child any more."""
    return happens(lambda: not children_of(reader().server_pid), seconds)


def children_of(process: int | None) -> list[int]:
    """The children that run, but for the guardian, which leads a session of its own and does no job."""
    path = Path(f"/proc/{process}/task/{process}/children")
    children = [int(child) for child in path.read_text().split()] if process and path.exists() else []
    return [child for child in children if not _is_guardian(child)]


def _is_guardian(process: int) -> bool:
    path = Path(f"/proc/{process}/cmdline")
    return path.exists() and b"lifetime.py" in path.read_bytes()


def _named(answer: Response, status: int, *wanted: str) -> list[str]:
    shown = words(answer) if wanted else ""
    wrong = [] if answer.status_code == status else [f"{answer.request.url.path}: {answer.status_code}"]
    return wrong + [f"the page does not say: {want}" for want in wanted if want not in shown]
