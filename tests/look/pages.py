"""Pages as a visitor would get them: a context with all that `templates/base.html` wants, and a place to serve it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue

from jinja2 import Environment
from playwright.sync_api import Page

from app.templating import STATIC, TEMPLATES, environment
from tests.harness.browser import axe, is_dark, scrolls_sideways

NOW = datetime(2026, 12, 17, 4, 12, tzinfo=UTC)
STEPS = ("Start", "Get ready", "Hand over", "Match", "Trial", "Review", "Approve")
LONG_NAME = "Alexandrina Featherstonehaugh-Papadimitriou van der Westhuizen"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def rail(now: int = 5) -> list[dict[str, str | None]]:
    return [
        {
            "label": label,
            "href": f"/m/demo/{label.lower()}" if place <= now else None,
            "state": "now" if place == now else "past" if place < now else "next",
        }
        for place, label in enumerate(STEPS)
    ]


def context(**more: object) -> dict[str, object]:
    values: dict[str, object] = {
        "source": {"label": "Cliniko"},
        "environment": "test",
        "viewer": {
            "name": "Megan Doyle",
            "email": "megan@harbourstreetphysio.example",
            "is_support": False,
        },
        "role_label": "Clinic admin",
        "clinic": {"name": "Harbour Street Physiotherapy"},
        "migration": {"id": "mig_demo", "state": "matching"},
        "rail": rail(),
        "may_act": True,
        "zone": "Australia/Sydney",
        "now": NOW,
        "today": date(2026, 12, 17),
        "at": datetime(2026, 12, 16, 22, 1, tzinfo=UTC),
        "people": ["Helen Marsh", LONG_NAME, "يوسف إبراهيم المصري"],
        "long_name": LONG_NAME,
        "errors": [],
    }
    return values | more


@cache
def _drawing() -> Environment:
    return environment(TEMPLATES, Path(__file__).parent)


def render(template: str, **more: object) -> str:
    return _drawing().get_template(template).render(context(**more))


class Pages(SimpleHTTPRequestHandler):
    """The rendered pages and the static files, under the policy that the product sends."""

    def __init__(self, *args: object, pages: dict[str, str], posted: SimpleQueue[str]) -> None:
        self.pages, self.posted = pages, posted
        super().__init__(*args, directory=str(STATIC.parent))  # type: ignore[arg-type]  # handed on as they came

    def do_GET(self) -> None:
        found = self.pages.get(self.path)
        if found is None:
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(found.encode())
        return None

    def do_POST(self) -> None:
        self.posted.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Quiet: a test's output is its own."""


@contextmanager
def served(pages: dict[str, str], posted: SimpleQueue[str] | None = None) -> Iterator[str]:
    """Serves {"/gallery": html, ...} on the loopback and says where. The bodies of forms are put into `posted`."""
    handler = partial(Pages, pages=pages, posted=posted or SimpleQueue())
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def assert_open_to_everybody(page: Page, address: str) -> None:
    """A page has no fault that axe knows and does not scroll sideways; in the dark it is held to 320 pixels, too."""
    page.goto(address)
    assert axe(page) == []
    assert not scrolls_sideways(page)
    if is_dark(page):  # once is enough: the colours are those of the wide page
        page.set_viewport_size({"width": 320, "height": 800})
        assert axe(page) == []
