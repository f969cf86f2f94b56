"""An export's content is shown and never runs: hostile texts on the real pages in a real browser."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page
from sqlmodel import select

from app.caspen.tables import Client, Communication, Form, Imported, ProgressNote
from app.migration.models import Migration, Part
from app.reading.limits import Limits
from app.reading.parts import PartWriter, read_part
from app.web.search_text import search_address
from tests.conftest import At
from tests.harness.browser import chromium, served_app, until_idle, warm_context
from tests.harness.product import RICK, Product
from tests.records.hostile import PAYLOADS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hostile")]
MADE = "zz"  # what the names and ids of these records begin with
SCAN = """() => {
    const inside = [...document.querySelectorAll(".rich, .form-sheet, bdi, .raw")];
    const every = inside.flatMap((box) => [...box.querySelectorAll("*")]);
    const named = (box) => [...box.attributes].map((one) => `${box.localName} ${one.name}=${one.value}`);
    const ours = /^(ul|li|p|div|img|span|h4) (class|aria-hidden|alt|src)=/;
    const link = /^a (href=(https?:|mailto:)|rel=noopener)/;
    const refused = "svg,math,template,iframe,form,meta,style,script,base,link,object,embed,video,audio,input,button";
    return {
        attributes: every.flatMap(named).filter((told) => !ours.test(told) && !link.test(told)),
        elements: inside.flatMap((box) => [...box.querySelectorAll(refused)].map((one) => one.localName)),
        handlers: [...document.querySelectorAll("*")].flatMap(named).filter((told) => / (data-)?(hx-on|on)/.test(told)),
        htmx: [...document.querySelectorAll("main *")].flatMap(named)
            .filter((told) => / (data-)?hx-/.test(told) && !told.includes(" hx-ignore=")),
        boxes: inside.length,
    };
}"""


@dataclass
class Watched:
    """A visitor's window, and everything that a page did beyond being read."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)
    boxes: int = 0

    def __post_init__(self) -> None:
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.blockedURI))"
        )
        self.going = ""

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        asked = request.url
        if asked != self.going and not asked.startswith((f"{self.url}/static/", "data:image/")):
            self.wrong.append(f"asked for {asked}")

    def open_page(self, address: str) -> None:
        self.going = f"{self.url}{address}"
        answer = self.page.goto(self.going)
        assert answer is not None
        assert answer.status == 200, address
        until_idle(self.page)
        findings = self.page.evaluate(SCAN)
        self.boxes += findings.pop("boxes")
        self.wrong += [f"{address}: {what} {each}" for what, faults in findings.items() for each in faults]
        assert self.page.url == self.going


@pytest.fixture(scope="module")
def product(shown_at: At) -> Product:
    product = shown_at("reviewing")
    hostile_trial(product)
    return product


@pytest.fixture(scope="module")
def site(product: Product) -> Iterator[str]:
    with served_app(product.app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def context(product: Product, site: str, browser: Browser) -> Iterator[BrowserContext]:
    rick = product.visitor(RICK)
    with warm_context(browser, viewport={"width": 1280, "height": 900}) as opened:
        opened.add_cookies([{"name": name, "value": value, "url": site} for name, value in rick.cookies.items()])
        yield opened


@pytest.fixture
def window(context: BrowserContext, site: str) -> Iterator[Watched]:
    page = context.new_page()
    yield Watched(page, site)
    page.close()


def hostile_trial(product: Product) -> None:
    """A client with every payload as note, message and answer, a client for each payload's name, and a hostile row.

    The records bypass mapping, which would have sanitised them: pages must sanitise whatever is stored.
    """
    store = product.runtime.caspen.trial(product.migration_id, 1)
    with store.database.connection() as connection:
        for number, payload in enumerate(PAYLOADS):
            text = payload.replace("\0", "")
            copy(
                connection, Client, number, {"first_name": f"{MADE}{text}", "last_name": f"{MADE}{text}", "email": text}
            )
            copy(connection, ProgressNote, number, {"client_id": mark(Client, 0), "title": text, "body": text})
            copy(
                connection, Communication, number,
                {"client_id": mark(Client, 0), "subject": text, "body": text, "from": text, "confidential": False},
            )  # fmt: skip
        for number in range(0, len(PAYLOADS), 40):
            copy(
                connection,
                Form,
                number,
                {"client_id": mark(Client, 0), "content": form(PAYLOADS[number : number + 40])},
            )


def mark(model: type[Imported], number: int) -> str:
    return f"{str(model.__tablename__)[:3]}_{MADE}{number:05}"


def copy(connection: sa.Connection, model: type[Imported], number: int, values: dict[str, Any]) -> None:
    """A copy of a record of the trial, with other texts."""
    table = model.metadata.tables[str(model.__tablename__)]
    pattern = connection.execute(sa.select(table).limit(1)).mappings().one()
    connection.execute(sa.insert(table), {**pattern, "id": mark(model, number), **values})


def form(payloads: tuple[str, ...]) -> list[Any]:
    """Each payload as heading, label, statement, answer, option and additional text."""
    fields: list[dict[str, Any]] = []
    for text in payloads:
        fields += [
            {"type": "statement", "text": text},
            {"type": "long_text", "label": text, "answer": text},
            {"type": "short_text", "label": text, "answer": text},
            {"type": "single_choice", "label": text, "options": [text], "answer": [text], "other_text": text},
            {"type": "signature", "label": text, "signature_id": text, "answer": text},
        ]
    return [{"name": payloads[0], "fields": fields}]


def test_there_are_enough_different_hostile_texts() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 200


def test_active_content_is_detected(window: Watched) -> None:
    """A page with unsanitised texts and without our policy: each kind of harm is detected."""
    html = '<main><div class="rich"><img src="http://evil.example/p" onerror=alert(1)><p hx-get="/x">a</p></div></main>'
    window.page.route("**/planted", lambda route: route.fulfill(body=html, content_type="text/html"))
    window.page.route("http://evil.example/**", lambda route: route.abort())
    window.open_page("/planted")
    findings = "\n".join(window.wrong)
    for harm in (
        "dialog: 1",
        "asked for http://evil.example/p",
        "attributes p hx-get",
        "handlers img onerror",
        "htmx p",
    ):
        assert harm in findings, harm


@pytest.mark.parametrize(("section", "size"), [("notes", 10), ("communications", 20), ("forms", 5)])
def test_a_clients_page_contains_no_active_content(window: Watched, product: Product, section: str, size: int) -> None:
    client, many = mark(Client, 0), len(PAYLOADS) if section != "forms" else -(-len(PAYLOADS) // 40)
    for number in range(1, -(-many // size) + 1):
        window.open_page(f"{product.at}/clients/{client}/{section}?number={number}")
    assert window.boxes >= len(PAYLOADS)
    assert window.wrong == []


def test_names_do_nothing(window: Watched, product: Product) -> None:
    for number in range(1, -(-len(PAYLOADS) // 50) + 1):
        window.open_page(f"{search_address(product.runtime, f'{product.at}/clients', MADE)}&number={number}")
    window.open_page(search_address(product.runtime, f"{product.at}/records/clients", MADE))
    window.open_page(f"{product.at}/clients/{mark(Client, 3)}")
    assert window.boxes >= len(PAYLOADS)
    assert window.wrong == []


def test_a_record_alone_does_nothing(window: Watched, product: Product) -> None:
    for kind, model in (("progress_notes", ProgressNote), ("communications", Communication), ("forms", Form)):
        window.open_page(f"{product.at}/records/{kind}/{mark(model, 40)}")
    assert window.wrong == []


def test_a_row_of_the_export_does_nothing(window: Watched, product: Product) -> None:
    """Its cells are shown exactly as they are: as words."""
    with product.runtime.ledger.read() as session:
        move = session.get_one(Migration, product.migration_id)
        part = session.exec(select(Part).where(Part.migration_id == move.id, Part.kind == "patients")).first()
        assert part is not None
        key = product.runtime.key(move)
    head, rows = read_part(product.runtime.objects, part.object_key, key)
    findings, payloads = list(rows), iter(PAYLOADS * 4)
    writer = PartWriter(product.runtime.objects, part.object_key[:-6], key, Limits())
    for row in findings:
        cells = [None if name == "id" else next(payloads, "") for name in head.columns]
        writer.add(row.line, [row.cells.get("id") if cell is None else cell for cell in cells], row.codes)
    writer.close(int(part.object_key[-6:]), head)
    for row in findings[:6]:
        window.open_page(f"{product.at}/rows/{part.file_number}/{row.line}")
        shown = window.page.locator(".raw").all_text_contents()
        assert len(shown) >= 50
        assert sum(" ".join(text.split()) in {" ".join(p.split()) for p in PAYLOADS} for text in shown) >= 45
    assert window.wrong == []


def test_the_live_client_does_nothing_either(window: Watched, product: Product) -> None:
    """The sandbox uses the same code. A live copy of the hostile client."""
    live = product.runtime.caspen.live
    with live.database.connection() as connection:
        table = Client.metadata.tables["clients"]
        with product.runtime.caspen.trial(product.migration_id, 1).database.connection(reading=True) as other:
            rows = other.execute(sa.select(table).where(table.c.id.like(f"cli_{MADE}%"))).mappings().all()
        connection.execute(sa.insert(table), [dict(row) for row in rows])
    window.open_page(search_address(product.runtime, "/sandbox/wsp_demo/clients", MADE))
    window.open_page(f"/sandbox/wsp_demo/clients/{mark(Client, 1)}")
    assert window.wrong == []
