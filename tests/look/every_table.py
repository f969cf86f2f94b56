"""Every page with a table: the pages of the look tests, and the pages that a move's pages link to."""

import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from httpx import Response

from app.access.rights import RIGHTS
from tests.harness.product import ANA, MEGAN, Product, Visitor

LINK = re.compile(r'<a\b[^>]*\bhref="([^"#][^"]*)"')
TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
HEAD = re.compile(r'<th\b[^>]*\bscope="col"[^>]*>.*?</th>', re.DOTALL)
ENDLESS = ("/events", "/signout", ".csv", ".txt")
PARTS = ("kind", "section")
TAB = re.compile(r"\bshow=\w+|\bkind=")
"""What of an address says which columns its page has; of everything else one value is enough."""


def looks() -> Iterator[tuple[str, str]]:
    """The name and text of every page that a test in this folder renders."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        pages = getattr(import_module(f"tests.look.{path.stem}"), "PAGES", None)
        if isinstance(pages, dict):
            yield from ((f"{path.stem}{address}", draw()) for address, draw in pages.items())


def routes() -> dict[str, re.Pattern[str]]:
    """Every page by its route, routes without a parameter first, so that an address finds its nearest route."""
    shown = sorted({route for method, route in RIGHTS if method == "GET"}, key=lambda route: (route.count("{"), route))
    return {route: re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route)) for route in shown}


ROUTES = routes()


def sort_of(address: str) -> tuple[str | None, ...] | None:
    """The route of a page with its kind and its tab; None if the address has no page."""
    path, query = urlsplit(address).path, urlsplit(address).query
    for route, pattern in ROUTES.items():
        if found := pattern.fullmatch(path):
            tab = TAB.search(query)
            sort = (route, *(found.groupdict().get(part) for part in PARTS), tab[0] if tab else None)
            return None if route.endswith(ENDLESS) else sort
    return None


def links_of(page: Response) -> Iterator[str]:
    for link in LINK.findall(page.text):
        address = page.url.join(unescape(link))
        if address.host == page.url.host:
            yield f"{address.path}?{address.query.decode()}" if address.query else address.path


def walked(visitor: Visitor, starts: list[str], within: str = "/") -> Iterator[tuple[str, str]]:
    """One page of each sort that opens for a visitor, from these pages on."""
    waiting, known = deque(starts), {sort_of(address) for address in starts}
    while waiting:
        page = visitor.see(address := waiting.popleft())
        assert page.status_code < 500, address
        if "text/html" in page.headers.get("content-type", ""):
            yield address, page.text
            for link in links_of(page):
                if link.startswith(within) and (sort := sort_of(link)) and sort not in known:
                    known.add(sort)
                    waiting.append(link)


def of_product(product: Product) -> Iterator[tuple[str, str]]:
    """The pages of one product: those of the clinic's admin, and support's own pages."""
    shown = (route.replace("{migration_id}", product.migration_id) for route in ROUTES if not route.endswith(ENDLESS))
    starts = [address for address in shown if "{" not in address and not address.startswith("/support")]
    yield from walked(product.visitor(MEGAN), starts)
    yield from walked(product.visitor(ANA), ["/support"], within="/support")


def with_tables(pages: Iterator[tuple[str, str]], known: set[tuple[str | None, ...]]) -> dict[str, str]:
    """The pages that have a table: of each route, the first with the same columns, unless these are `known`."""
    found = {}
    for address, text in pages:
        heads = HEAD.findall("".join(TABLE.findall(text)))
        sort = ((sort_of(address) or (address,))[0], *heads)
        if heads and sort not in known:
            known.add(sort)
            found[address] = text
    return found
