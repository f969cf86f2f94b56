"""No header causes an error. Forms are checked by scheme, host and port. HEAD is GET without a body."""

import pytest

from app.access.rights import RIGHTS
from tests.conftest import At
from tests.harness.product import BASE, MEGAN, OWN_PAGE, Visitor

NAMES = [
    *["Origin", "Referer", "Host", "Cookie", "Content-Type", "Content-Length", "Range", "Transfer-Encoding"],
    *["If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"],
    *["Accept", "Accept-Encoding", "Accept-Language", "Accept-Charset"],
    *["Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User"],
    *["HX-Request", "HX-Target", "HX-Current-URL", "HX-Trigger", "HX-Boosted"],
    *["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "Forwarded"],
]  # fmt: skip
VALUES = [
    *[b"", b" ", b"http://[", b"https://a:b", b"http://a:99999", b"[::1", b"[", b"://", b"//", b"null", b"a@b:c@d"],
    *[b"bytes=", b"bytes=9-1,,", b"bytes=-99999999999999999999", b"-1", b"1e9", b"9" * 400, b"\xff\xfe", b"\xc2\xb2"],
    *[b'"', b"W/", b";;=", b"=", b"a=b; =c;;", b"q=x, *;q=9", b"multipart/form-data"],
    b"multipart/form-data; boundary=",
    *[b"text/html; charset=\x00", b"%00%zz", b"Thu, 99 Foo 2024 99:99:99 GMT", b"a" * 4_000, b"a/b/c, d;e=f;g"],
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_malformed_header_is_a_fault_of_ours(shown_at: At, name: str) -> None:
    product = shown_at("preparing")
    megan = product.visitor(MEGAN)
    for value in VALUES:
        for method, path in (("GET", product.at), ("GET", "/static/nowhere"), ("POST", f"{product.at}/help")):
            own = {b"sec-fetch-site": b"same-origin", b"content-type": b"application/x-www-form-urlencoded"}
            content = b"text=" if method == "POST" else None
            answer = megan.request(
                method, path, headers={**own, name.lower().encode(): value}, content=content, follow_redirects=False
            )
            assert answer.status_code < 500, f"{method} {path} with {name}: {value[:40]!r}"


@pytest.mark.parametrize("value", [b"http://[", b"[", b"http://a:b", b"\xff"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_malformed_origin_is_refused_on_every_path(shown_at: At, method: str, value: bytes) -> None:
    megan = shown_at("preparing").visitor(MEGAN, headers={})
    assert megan.request(method, "/anything", headers={b"origin": value}).status_code == 403


def fetched(visitor: Visitor, method: str, path: str) -> tuple[int, str | None]:
    answer = visitor.request(method, path)
    assert method == "GET" or not answer.content, path
    return answer.status_code, answer.headers.get("content-type")


def test_head_answers_as_get_does_without_a_body(shown_at: At) -> None:
    megan = shown_at("preparing").visitor(MEGAN)
    plain = [path for method, path in RIGHTS if method == "GET" and "{" not in path]
    assert "/" in plain
    for path in [*plain, "/nowhere", shown_at("preparing").at]:
        assert fetched(megan, "HEAD", path) == fetched(megan, "GET", path), path


def test_in_production_a_form_of_another_host_is_refused(shown_at: At) -> None:
    product = shown_at("preparing")
    state, there = product.app.state, "http://evil.example"
    megan = product.visitor(MEGAN, headers={})
    state.address = BASE
    try:
        for headers in ({"origin": there}, OWN_PAGE):
            answer = megan.post_exactly(
                f"{product.at}/help", {"text": "x"}, headers={**headers, "host": "evil.example"}
            )
            assert answer.status_code == 403
        assert megan.post_exactly(f"{product.at}/help", {"text": "x"}, headers={"origin": BASE}).status_code != 403
    finally:
        state.address = ""
