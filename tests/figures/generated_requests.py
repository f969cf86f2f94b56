"""Requests made from the route table, with hostile texts and numbers in every place, for every role: none is a fault of
ours. The same with a full disk, and with a ledger that another process has locked: an answer in time, and never a 500.
"""

import errno
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy as sa
from fastapi.routing import iter_route_contexts
from sqlalchemy import event

from app.settings import Environment
from app.side_effects import listen
from tests.access.test_matrix import ENDLESS, VISITORS, filled
from tests.figures.accounting import databases
from tests.figures.disk_full import FILES
from tests.figures.figure import Measure, Reached
from tests.harness.postgres import postgres_server
from tests.harness.prepared_moves import PREPARED_STATES
from tests.harness.product import Product, Visitor, start, stop
from tests.harness.waiting import patience

SEED = 11
SHORT, LONG = 600, 10_000
ANSWERS_WITHIN = 15.0
PATIENCE = {"page_patience_seconds": 0.05}
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS")
ENDING = ("/signout", "/cancel", "/undo", "/delete", "/replace", "/close")
HOSTILE = (
    *("", " ", "\0", "a\0b", "\x01", "\x1f", "\x7f", "\u2028", "\ufeff", "\U0001f600", "e\u0301" * 50, "\u202eabc"),
    *("0", "-1", "1", "007", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "-" + "9" * 40),
    *("9" * 400, "1e9", "1.0", "1.", "NaN", "Infinity", "\uff19", "\u00b2", "+1", "1_000", "true", "null", "None"),
    *("'", '"', "' OR 1=1 --", "%", "_", "\\", "%s", "%(x)s", ":id", "{x}", "{{7*7}}", "${x}", "<script>"),
    *("..", "../../etc/passwd", ".", "/", "//evil.example", "https://evil.example", "javascript:alert(1)", "file:///"),
    *("a" * 256, "a" * 3_000, "b" * 250_000, "mig_" + "0" * 20, "wsp_demo", "practitioners", "2024-02-30", "@", "a@b"),
)  # fmt: skip
COLUMNS = ("0", "1", "-1", "\u00b2", "\u0663", "1.0", "9" * 5_000, "")  # what follows the "c" of a column's field
RAW = ("%00", "%ED%A0%80", "%FF", "%C3%28", "%F0%9F%98", "%80", "%2e%2e", "%2F", "%5C", "%0d%0aX:1", "%u0000")
HEADERS = (
    *("HX-Request", "HX-Target", "HX-Current-URL", "Origin", "Referer", "Host", "User-Agent", "Cookie", "Range"),
    *("Accept", "Accept-Encoding", "Accept-Language", "If-None-Match", "If-Modified-Since", "If-Range", "Content-Type"),
    *("Sec-Fetch-Site", "Sec-Fetch-Mode", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"),
)  # fmt: skip
MALFORMED = (
    "http://[",
    "https://a:b",
    "http://a:99999",
    "[::1",
    "bytes=9-1,,",
    "W/",
    '"',
    ";;=",
    "a=b; c",
    "q=x, *;q=9",
)
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain")
CHARSETS = ("utf-7", "unicode_escape", "utf-16", "no-such-charset", "punycode", "idna", "rot13")


@dataclass
class Answers:
    """The count of each status, the slowest answer in seconds, and the faults."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """One route: its path with parameters, and the names in its query and its form."""

    path: str
    methods: tuple[str, ...]
    names: tuple[str, ...]


def places_of(product: Product) -> list[Place]:
    """Every route of the application, by its own table."""
    found = []
    for route in iter_route_contexts(product.app.routes):
        dependant = getattr(route, "dependant", None)
        if route.path and dependant is not None:
            fields = (*dependant.query_params, *dependant.body_params)
            methods = tuple(sorted(getattr(route, "methods", None) or ("GET",)))
            found.append(Place(route.path, methods, tuple(each.alias for each in fields)))
    return found


class Generator:
    """Makes requests by chance, always the same ones for a seed, and sends them."""

    def __init__(self, product: Product, seed: int) -> None:
        self.product, self.dice = product, random.Random(seed)
        self.places = places_of(product)
        self.visitors = {name: product.visitor(email) for name, (email, _, _) in VISITORS.items()}
        self.answers = Answers()

    def send(self, number: int) -> Answers:
        for _ in range(number):
            self._one()
        return self.answers

    def _one(self) -> None:
        place = self.dice.choice(self.places)
        method = self.dice.choice(place.methods if self.dice.random() < 0.9 else METHODS)
        who = self.dice.choice(list(self.visitors))
        address = self._address(place, method)
        if self.dice.random() < 0.5:
            asked = [f"{quote(name)}={self._quoted()}" for name in (*place.names, "number", "q")[:4]]
            address += "?" + "&".join(asked)
        began = time.monotonic()
        answer = self._ask(self.visitors[who], method, address, place)
        seconds = time.monotonic() - began
        self.answers.slowest = max(self.answers.slowest, seconds)
        self.answers.statuses[answer] += 1
        where = f"{method} {place.path} as {who}: {address[:120]!r}"
        if answer == 500 or answer > 503:
            self.answers.wrong.append(f"{answer}: {where}")
        if seconds > ANSWERS_WITHIN:
            self.answers.wrong.append(f"{seconds:.0f} s: {where}")

    def _address(self, place: Place, method: str) -> str:
        ends = method != "GET" and place.path.endswith(ENDING)
        if "{" not in place.path or (self.dice.random() < 0.4 and not ends and not place.path.endswith(ENDLESS)):
            return filled(self.product, place.path, self.product.migration_id)
        real = {"migration_id": self.product.migration_id, "workspace_id": "wsp_demo"}
        parts = []
        for part in place.path.split("/"):
            name = part.strip("{}")
            if not part.startswith("{"):
                parts.append(part)
            elif name in real and self.dice.random() < 0.6 and not ends and not place.path.endswith(ENDLESS):
                parts.append(real[name])
            else:
                parts.append(self._quoted())
        return "/".join(parts)

    def _quoted(self) -> str:
        if self.dice.random() < 0.2:
            return self.dice.choice(RAW)
        return quote(self.dice.choice(HOSTILE)[:3_000], safe="")

    def _ask(self, visitor: Visitor, method: str, address: str, place: Place) -> int:
        headers: dict[bytes, bytes] = {}
        if self.dice.random() < 0.3:
            name = self.dice.choice(HEADERS)
            headers[name.encode()] = self.dice.choice((*HOSTILE, *MALFORMED))[:70_000].encode()
        content = None
        if method in ("POST", "PUT", "DELETE"):
            kind, content = self._form(place)
            headers.setdefault(b"Content-Type", kind.encode())
        sent = visitor.request(method, address, headers=headers, content=content)
        return int(sent.status_code)

    def _form(self, place: Place) -> tuple[str, bytes]:
        names = [*place.names, "act", "reason", "text", "show", "accept", "match"][: self.dice.randint(0, 7)]
        names += [f"c{number}" for number in self.dice.sample(COLUMNS, self.dice.randint(0, 2))]
        if self.dice.random() < 0.6:
            pairs = [f"{quote(name)}={self._quoted()}" for name in names]
            return KINDS[0], "&".join(pairs).encode()
        if self.dice.random() < 0.2:
            return self.dice.choice(KINDS), self.dice.randbytes(200)
        charset = f"; charset={self.dice.choice(CHARSETS)}" if self.dice.random() < 0.5 else ""
        parts = [
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + self._bytes() + b"\r\n"
            for name in names
        ]
        return f"multipart/form-data; boundary=x{charset}", b"".join(parts) + b"--x--\r\n"

    def _bytes(self) -> bytes:
        if self.dice.random() < 0.3:
            return self.dice.choice((b"\x00", b"\xed\xa0\x80", b"\xff\xfe", b"+2AA-", b"\\ud800", b"\xd8\x00"))
        return self.dice.choice(HOSTILE).encode()


@contextmanager
def undisturbed(_product: Product) -> Iterator[None]:
    yield


@contextmanager
def disk_full(product: Product) -> Iterator[None]:
    """No write finds room: neither a statement that writes, nor a file."""

    def no_room(name: str, done: bool) -> None:
        if not done and name.startswith(FILES):
            raise OSError(errno.ENOSPC, "No space left on device")

    def no_row(connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "CREATE", "COPY")):
            if connection.dialect.name == "sqlite":
                raise sqlite3.OperationalError("database or disk is full")
            raise psycopg.errors.DiskFull("could not extend file: No space left on device")

    engines = [product.runtime.ledger.engine, product.runtime.caspen.live.database.engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", no_row)
    listen(no_room)
    try:
        yield
    finally:
        listen(None)
        for engine in engines:
            event.remove(engine, "before_cursor_execute", no_row)


@contextmanager
def ledger_locked(product: Product) -> Iterator[None]:
    """Another connection holds the ledger's write lock, or on PostgreSQL each of its tables, also against readers."""
    ledger = product.runtime.ledger
    url = ledger.engine.url
    if ledger.is_sqlite:
        held = sqlite3.connect(str(url.database), isolation_level=None, timeout=patience(30))
        held.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            held.close()
        return
    tables = sa.inspect(ledger.engine).get_table_names()
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        for name in tables:
            connection.execute(f'LOCK TABLE "{name}" IN ACCESS EXCLUSIVE MODE')
        yield
        connection.rollback()


@contextmanager
def product_on(server: str | None, number: int) -> Iterator[Product]:
    """The product with a move that is reviewed, on files or on a server."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="caspen-requests-")))
        urls: dict[str, Any] = dict(stack.enter_context(databases(server, number))) if server else {}
        product = start(home / "var", Environment.TEST, **urls)
        for point in ("nothing", "begun", "preparing", "matching", "reviewing"):
            PREPARED_STATES[point](product)
            stop(product)
            product = start(home / "var", Environment.TEST, **{**urls, **PATIENCE})
        try:
            yield product
        finally:
            stop(product)


CONDITIONS = {"undisturbed": undisturbed, "disk full": disk_full, "ledger locked": ledger_locked}


def asked(server: str | None, number: int, condition: str, seed: int = SEED) -> Answers:
    """Sends so many generated requests to a product on files (no server) or on PostgreSQL, under a condition."""
    with product_on(server, seed) as product:
        generator = Generator(product, seed)
        with CONDITIONS[condition](product):
            return generator.send(number)


running = contextmanager(postgres_server)


def _measured(condition: str) -> Callable[[bool], Reached]:
    def take(long: bool) -> Reached:
        number = LONG if long else SHORT
        try:
            with running() as server:
                both = {"SQLite": asked(None, number, condition), "PostgreSQL": asked(server.url, number, condition)}
        except pytest.skip.Exception as missing:
            return Reached("not taken", ok=False, why=(str(missing),))
        wrong = [f"{name}: {line}" for name, answers in both.items() for line in answers.wrong]
        statuses = "; ".join(f"{name} {dict(sorted(answers.statuses.items()))}" for name, answers in both.items())
        slowest = max(answers.slowest for answers in both.values())
        words = f"{number} requests on each, {len(wrong)} wrong, the slowest {slowest:.1f} s; {statuses}"
        return Reached(words, not wrong, seed=SEED, why=tuple(wrong[:30]))

    return take


MEASURES = tuple(
    Measure(f"generated requests, {condition}, SQLite and PostgreSQL", "0 answers of 500", _measured(condition))
    for condition in CONDITIONS
)
