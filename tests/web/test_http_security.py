"""Headers of every response and checks of every form, on every page."""

import re

import pytest
import structlog
from httpx import Response

from app.access.rights import RIGHTS, Right
from app.migration.states import State
from app.web.http_security import HEADERS
from tests.conftest import At
from tests.harness.page_text import headline, words
from tests.harness.product import ANA, BASE, MEGAN, OWN_PAGE, Product, Visitor

PAGES = [
    path
    for (method, path), right in RIGHTS.items()
    if method == "GET"
    and "{migration_id}" in path
    and right in (Right.VIEW, Right.REVIEW)
    and not path.endswith(("/events", ".csv", "{client_id}", "{code}"))
]
OUTSIDE = ["/", "/signin", "/signin/abc", "/signout", "/start", "/outbox", "/sandbox/wsp_demo", "/nowhere", "/healthz"]
POINTS = ["preparing", "matching", "reviewing", "finalised"]


@pytest.fixture(scope="module", params=POINTS)
def product(request: pytest.FixtureRequest, shown_at: At) -> Product:
    return shown_at(request.param)


def every_page(product: Product) -> list[Response]:
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    named = [re.sub(r"\{(?!migration_id)\w+\}", "1", path) for path in PAGES]
    inside = [megan.get(path.format(migration_id=product.migration_id)) for path in named]
    mistakes = [
        megan.post(f"{product.at}/help", data={"text": ""}),
        megan.post(f"{product.at}/people", data={"name": "<script>alert(1)</script>", "email": '"><img src=x>'}),
        megan.post(f"{product.at}/handover/sample", data={"size": "huge"}),
        ana.post(f"/support/{product.migration_id}/help", data={"text": ""}),
        ana.get(f"/support/{product.migration_id}"),
        ana.get("/support"),
    ]
    return [*inside, *mistakes, *(megan.get(path) for path in OUTSIDE)]


def test_no_page_has_anything_that_the_policy_would_stop(product: Product) -> None:
    pages = every_page(product)
    assert len(pages) > 25
    for page in pages:
        where = f"{page.request.method} {page.url.path}"
        assert page.status_code < 500, where
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy, where
        assert "default-src 'none'" in policy, where
        assert not re.search(r"<style\b|\sstyle=|\son\w+\s*=\s*[\"']|javascript:", page.text), where
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", page.text), where
        for source in re.findall(r'<(?:script|img|link|iframe)\b[^>]*\b(?:src|href)="([^"]+)"', page.text):
            assert source.startswith(("/", "data:")), f"{where} loads {source}"
            assert not source.startswith("//"), f"{where} loads {source}"


def test_no_page_may_be_kept_framed_or_guessed_at(product: Product) -> None:
    for page in every_page(product):
        for name, value in HEADERS.items():
            assert page.headers[name] == value, page.url.path
        assert page.headers["cache-control"] == "no-store", page.url.path
        assert "server" not in page.headers


def test_typed_text_is_never_rendered_as_markup(product: Product) -> None:
    for page in every_page(product):
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


def test_static_files_are_cacheable_for_a_year(product: Product) -> None:
    page = product.visitor().get("/signin").text
    style = re.findall(r'href="(/static/[^"]+\.css[^"]*)"', page)[0]
    answer = product.visitor().get(style)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


FOREIGN = [
    {},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": BASE},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8001"},
    {"origin": BASE.replace("http:", "https:")},
    {"origin": BASE + "@evil.example"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    {"origin": "http://["},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_of_another_site_does_nothing(shown_at: At, headers: dict[str, str]) -> None:
    product = shown_at("preparing")
    megan = product.visitor(MEGAN, headers={})
    answer = megan.post(f"{product.at}/help", data={"text": "From elsewhere"}, headers=headers)
    assert answer.status_code == 403
    assert "From elsewhere" not in megan.get(f"{product.at}/help").text


@pytest.mark.parametrize("headers", [OWN_PAGE, {"origin": BASE}])
def test_a_form_of_our_own_page_is_taken(shown_at: At, headers: dict[str, str]) -> None:
    product = shown_at("preparing")
    megan = product.visitor(MEGAN, headers={})
    answer = megan.post(f"{product.at}/help", data={"text": "From here"}, headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/xml", "TEXT/PLAIN; x=y"])
def test_a_body_that_no_form_sends_is_refused(shown_at: At, kind: str) -> None:
    product = shown_at("preparing")
    answer = product.visitor(MEGAN).post(f"{product.at}/help", content=b"text=Plain", headers={"content-type": kind})
    assert answer.status_code == 403
    assert "Plain" not in product.visitor(MEGAN).get(f"{product.at}/help").text


def test_a_form_that_is_far_too_long_is_refused(shown_at: At) -> None:
    product = shown_at("preparing")
    megan = product.visitor(MEGAN)
    assert megan.post(f"{product.at}/help", data={"text": "x" * 1_100_000}).status_code == 413
    endless = megan.post(
        f"{product.at}/help",
        content=iter([b"text=", b"x" * 2_000_000]),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert endless.status_code == 413, "without a length it might never end"


def broken(product: Product) -> Visitor:
    """A page with a fault that quotes a secret."""

    def fault() -> None:
        raise ValueError("Margaret Hollis, 0412 345 678")

    product.app.get("/healthz/broken")(fault)
    RIGHTS["GET", "/healthz/broken"] = Right.ANYONE
    return product.visitor(MEGAN)


def test_a_fault_of_ours_is_a_page_with_an_id_that_quotes_nothing(product_at: At) -> None:
    megan = broken(product_at("preparing"))
    try:
        with structlog.testing.capture_logs() as log:
            answer = megan.get("/healthz/broken")
    finally:
        del RIGHTS["GET", "/healthz/broken"]
    assert answer.status_code == 500
    assert headline(answer) == "This page could not be made, and it is our fault"
    shown = re.search(r"e-[0-9a-f]{4}-[0-9a-f]{4}", words(answer))
    assert shown
    assert [line["error_id"] for line in log] == [shown.group(0)]
    assert "Margaret" not in f"{answer.text}{log}"
    assert "ValueError" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_a_form_without_its_fields_is_explained(shown_at: At) -> None:
    product = shown_at("reviewing")
    answer = product.visitor(MEGAN).get(f"{product.at}/problems/kind_not_imported?start=abc")
    assert answer.status_code == 422
    assert headline(answer) == "Something was missing from that form"


@pytest.mark.parametrize("asked", ["start=-1", "start=999999999999999999999999999", "start=1e9"])
def test_an_absurd_page_number_is_no_fault_of_ours(shown_at: At, asked: str) -> None:
    product = shown_at("reviewing")
    assert product.visitor(MEGAN).get(f"{product.at}/problems/kind_not_imported?{asked}").status_code == 422
    number = asked.replace("start", "number")
    assert product.visitor(MEGAN).get(f"{product.at}/clients?{number}").status_code < 500


def test_a_wrong_method_is_a_calm_page(shown_at: At) -> None:
    product = shown_at("preparing")
    assert product.visitor(MEGAN).post(f"{product.at}/report").status_code == 405
    cancel = product.visitor(MEGAN).get(f"{product.at}/progress/cancel")
    assert (cancel.status_code, cancel.headers["location"]) == (303, f"{product.at}/progress")
    assert product.state() is not State.CANCELLED


def test_the_health_checks_respond(shown_at: At) -> None:
    browser = shown_at("preparing").visitor()
    assert browser.get("/healthz").text == "ok"
    assert browser.get("/readyz").json() == {"ledger": True, "caspen": True}
    metrics = browser.get("/metrics").text
    assert 'caspen_migrations{state="preparing"} 2.0' in metrics
    assert "Harbour" not in metrics
