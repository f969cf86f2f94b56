"""Texts and numbers that no database can store are refused, in every place of every route."""

from urllib.parse import quote

import pytest

from app.access.rights import RIGHTS
from app.request_sizes import LONGEST_FIELD, LONGEST_SEGMENT, is_text
from app.web.sent_numbers import LARGEST_NUMBER, address_number
from tests.conftest import At
from tests.figures.generated_requests import Answers, asked
from tests.harness.page_text import headline
from tests.harness.postgres import postgres_server
from tests.harness.product import MEGAN, Product

NO_TEXT = {"NUL": "a\0b", "surrogate": "\ud800", "half of an emoji": "x\udc00y"}
PLACES = sorted({path for _, path in RIGHTS if "{" in path})


@pytest.fixture(scope="module")
def product(shown_at: At) -> Product:
    return shown_at("reviewing")


@pytest.mark.parametrize("email", [None, MEGAN])
@pytest.mark.parametrize("path", PLACES)
def test_a_path_with_a_nul_byte_or_a_long_name_returns_404(product: Product, path: str, email: str | None) -> None:
    visitor = product.visitor(email)
    for value in ("%00", "a%00b", "a" * (LONGEST_SEGMENT + 1)):
        address = "/".join(value if part.startswith("{") else part for part in path.split("/"))
        answer = visitor.get(address)
        assert answer.status_code == 404, address
        assert headline(answer)


@pytest.mark.parametrize("path", ["/static/%00", "/static/a%00.css", "/%00", "/nowhere/" + "a" * 300])
def test_unknown_routes_have_the_same_limits(product: Product, path: str) -> None:
    assert product.visitor().get(path).status_code == 404


@pytest.mark.parametrize("number", [LARGEST_NUMBER + 1, 2**63, 10**30, -(2**63)])
def test_a_number_out_of_range_returns_404_in_a_path_and_422_in_a_query(product: Product, number: int) -> None:
    megan = product.visitor(MEGAN)
    assert megan.get(f"{product.at}/files/{number}").status_code == 404
    assert megan.get(f"{product.at}/rows/{number}/2").status_code == 404
    assert megan.get(f"{product.at}/rows/1/{number}").status_code == 404
    assert megan.get(f"{product.at}/clients?number={number}").status_code == 422


@pytest.mark.parametrize("email", [None, MEGAN])
def test_a_query_with_a_nul_byte_is_refused_whatever_its_name_is(product: Product, email: str | None) -> None:
    visitor = product.visitor(email)
    for asked_for in ("next=%00", "q=a%00", "%00=1", f"q={'a' * 2001}"):
        answer = visitor.get(f"/signin?{asked_for}")
        assert answer.status_code == 422, asked_for
        assert headline(answer) == "Something was missing from that form"


@pytest.mark.parametrize("way", ["urlencoded", "multipart"])
def test_a_form_with_a_nul_byte_or_an_endless_text_is_refused_and_nothing_is_kept(product: Product, way: str) -> None:
    megan = product.visitor(MEGAN)
    for value in ("kept\0", "kept" + "x" * LONGEST_FIELD):
        form = {"text": value}
        sent = {"data": form} if way == "urlencoded" else {"files": {"text": (None, value)}}
        answer = megan.post(f"{product.at}/help", **sent)
        assert answer.status_code == 422
    assert "kept" not in megan.get(f"{product.at}/help").text


def test_half_of_an_emoji_is_no_text_in_any_charset(product: Product) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\\ud800 kept\r\n--x--\r\n'
    kind = {"content-type": "multipart/form-data; boundary=x; charset=unicode_escape"}
    assert product.visitor(MEGAN).post(f"{product.at}/help", content=body, headers=kind).status_code == 403


@pytest.mark.parametrize("charset", ["idna", "punycode", "utf-7", "utf-16", "utf-32", "no-such-charset", "rot13"])
@pytest.mark.parametrize("path", ["matches", "handover/found", "help"])
def test_a_form_in_a_charset_of_its_own_is_no_fault_of_ours(product: Product, charset: str, path: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff.\xed..\x00\r\n--x--\r\n'
    kind = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    assert product.visitor(MEGAN).post(f"{product.at}/{path}", content=body, headers=kind).status_code == 403


@pytest.mark.parametrize("kind", NO_TEXT)
def test_is_text_accepts_only_storable_texts(kind: str) -> None:
    assert not is_text(NO_TEXT[kind])
    assert is_text("Zoë, 北京 \U0001f600")
    assert is_text(quote(NO_TEXT[kind], errors="replace"))


@pytest.mark.parametrize("text", ["-1", "x", "²", "9" * 20, str(LARGEST_NUMBER + 1)])
def test_a_number_in_an_address_fits_an_integer_column(text: str) -> None:
    assert address_number(text) is None
    assert [address_number(number) for number in ("7", str(LARGEST_NUMBER))] == [7, LARGEST_NUMBER]


def test_a_request_with_too_many_headers_is_refused(product: Product) -> None:
    visitor = product.visitor()
    assert visitor.get("/signin", headers={f"x-{n}": "1" for n in range(101)}).status_code == 431
    assert visitor.get("/signin", headers={"x-long": "a" * 70_000}).status_code == 431


def faultless(answers: Answers) -> None:
    assert answers.wrong == []
    assert answers.statuses[200] > 0


@pytest.mark.slow
@pytest.mark.parametrize("condition", ["undisturbed", "disk full", "ledger locked"])
def test_generated_requests_meet_no_fault_of_ours_on_files(condition: str) -> None:
    faultless(asked(None, 120, condition))


@pytest.mark.slow
@pytest.mark.postgres
def test_generated_requests_meet_no_fault_of_ours_on_a_server() -> None:
    for server in postgres_server():
        faultless(asked(server.url, 120, "undisturbed"))
