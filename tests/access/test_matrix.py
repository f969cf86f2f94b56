"""Every route, for every role, in the own clinic, in another clinic and without a clinic."""

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import iter_route_contexts
from httpx import Response
from sqlmodel import select

from app.access.rights import HOLDERS, RIGHTS, Right, Role
from app.access.sessions import load_viewer
from app.caspen.tables import Client, Contact, File
from app.migration.upload_tables import UploadFile
from app.sandbox.demo import WORKSPACE
from tests.conftest import At
from tests.harness.product import ANA, BASE, MEGAN, NORA, OLIVE, OTHER, OWN_PAGE, RICK, ROSA, VERA, Product, Visitor

VISITORS: dict[str, tuple[str | None, str | None, Role | None]] = {
    "anonymous": (None, None, None),
    "nobody's": (NORA, None, None),
    "viewer": (VERA, WORKSPACE, Role.VIEWER),
    "reviewer": (RICK, WORKSPACE, Role.REVIEWER),
    "admin": (MEGAN, WORKSPACE, Role.ADMIN),
    "other clinic's admin": (OLIVE, OTHER, Role.ADMIN),
    "support": (ANA, "*", Role.SUPPORT),
    "support lead": (ROSA, "*", Role.SUPPORT_LEAD),
}
ENDLESS = "/progress/events"  # a stream, with its own tests
OPENS = frozenset({200, 303, 307, 409, 410, 422})
ABSENT = "mig_00000000000000000000"
Routes = list[tuple[str, str, Right]]


@pytest.fixture(scope="module")
def product(shown_at: At) -> Product:
    shown = shown_at("reviewing")
    move, key = shown.migration_id, f"{shown.migration_id}/uploads/none"
    sent = UploadFile(migration_id=move, number=1, id="an-upload", name="a.zip", size=1, object_key=key)
    shown.write(lambda session: session.add(sent))
    return shown


@pytest.fixture(scope="module")
def visitors(product: Product) -> dict[str, Visitor]:
    return {name: product.visitor(email) for name, (email, _, _) in VISITORS.items()}


@pytest.fixture(scope="module")
def routes(product: Product) -> Routes:
    """The routes of the application itself, so that new pages are included."""
    lines = []
    for route in iter_route_contexts(product.app.routes):
        for method in getattr(route, "methods", None) or ():
            if method in ("GET", "POST") and route.path not in ("/openapi.json", None):
                lines.append((method, route.path, RIGHTS[method, route.path]))
    return sorted(lines, key=lambda line: (line[0], line[1].endswith("cancel"), line[1]))


def filled(product: Product, path: str, migration_id: str) -> str:
    with product.runtime.caspen.trial(product.migration_id, 1).database.read() as session:
        file_id, owner = session.exec(select(File.id, File.client_id)).first() or ("", "")
        client = owner or session.exec(select(Client.id)).first() or ""
        contact = session.exec(select(Contact.id)).first() or ""
    values = {
        "migration_id": migration_id,
        "client_id": client,
        "code": "kind_not_imported",
        "number": "1",
        "workspace_id": WORKSPACE,
        "token": "a-token",
        "mail_id": "a-mail",
        "request_id": "a-request",
        "upload_id": "an-upload",
        "user_id": "a-user",
        "person_id": "per_vera",
        "invitation_id": "an-invitation",
        "section": "notes",
        "file_id": file_id,
        "kind": "contacts",
        "record_id": contact,
        "file_number": "1",
        "line": "2",
    }
    return re.sub(r"\{(\w+)\}", lambda match: values[match.group(1)], path)


def ask(browser: Visitor, method: str, address: str) -> Response:
    answer: Response = browser.request(method, address)
    return answer


def allowed(right: Right, role: Role | None, workspace: str | None, in_workspace: str) -> bool:
    """The rule of the table of holders, written independently."""
    wanted = Right.ACT if right is Right.DEVELOPMENT else right
    reaches = workspace in (in_workspace, "*")
    return role is not None and reaches and role in HOLDERS[wanted]


def ways_in(product: Product) -> Iterator[tuple[str, str]]:
    yield WORKSPACE, product.migration_id
    yield OTHER, product.other_id


@pytest.mark.parametrize("who", VISITORS)
def test_a_migration_opens_only_for_people_with_the_right(
    product: Product, visitors: dict[str, Visitor], routes: Routes, who: str
) -> None:
    _, workspace, role = VISITORS[who]
    wrong, asked = [], 0
    for method, path, right in routes:
        if "{migration_id}" not in path:
            continue
        for in_workspace, migration_id in ways_in(product):
            may = allowed(right, role, workspace, in_workspace)
            if may and (method == "POST" or path.endswith(ENDLESS)):
                continue  # tested below, where the form may act
            address = filled(product, path, migration_id)
            answer, asked = ask(visitors[who], method, address), asked + 1
            sees = allowed(Right.VIEW, role, workspace, in_workspace)
            if may:
                fine = answer.status_code in OPENS and "/signin" not in answer.headers.get("location", "")
                fine = fine or (answer.status_code == 404 and in_workspace == OTHER)  # the other clinic has no trial
            elif role is None and VISITORS[who][0] is None:
                fine = answer.status_code == 303 and answer.headers["location"].startswith("/signin?next=")
            else:
                fine = answer.status_code == (403 if sees else 404)
            if not fine:
                wrong.append(f"{method} {address}: {answer.status_code}")
    assert asked > 40
    assert not wrong, f"{who}: {wrong}"


def test_every_address_of_a_form_leads_to_its_page(
    product: Product, visitors: dict[str, Visitor], routes: Routes
) -> None:
    """After an error the browser shows the address of the form. A reload or a copied address opens the page."""
    megan, asked, wrong = visitors["admin"], 0, []
    for method, path, right in routes:
        if method != "POST" or ("GET", path) in RIGHTS or right is Right.STAFF:
            continue
        answer, asked = megan.get(filled(product, path, product.migration_id)), asked + 1
        if answer.status_code == 405 or answer.status_code >= 500:
            wrong.append(f"{path}: {answer.status_code}")
        if answer.status_code == 303:
            there = megan.see(answer.headers["location"])
            if there.status_code >= 400:
                wrong.append(f"{path} leads to {answer.headers['location']}: {there.status_code}")
    assert asked > 30
    assert not wrong
    for at, page in (
        ("/handover/upload", "/handover"),
        ("/checklist/services", "/checklist"),
        ("/link/confirm", "/link"),
        ("/people/invitations/x/withdraw", "/people"),
        ("/upload/x/piece", ""),
    ):
        assert megan.get(f"{product.at}{at}").headers["location"] == f"{product.at}{page}"
        assert visitors["anonymous"].get(f"{product.at}{at}").status_code == 303


@pytest.mark.parametrize("who", [who for who in VISITORS if who != "anonymous"])
def test_another_clinics_migration_looks_like_a_missing_page(
    product: Product, visitors: dict[str, Visitor], routes: Routes, who: str
) -> None:
    _, workspace, role = VISITORS[who]
    for method, path, right in routes:
        if "{migration_id}" not in path:
            continue
        absent = ask(visitors[who], method, filled(product, path, ABSENT))
        assert absent.status_code == 404, f"{method} {path} tells {who} of a migration that is not there"
        for in_workspace, migration_id in ways_in(product):
            if allowed(Right.VIEW, role, workspace, in_workspace) or allowed(right, role, workspace, in_workspace):
                continue
            others = ask(visitors[who], method, filled(product, path, migration_id))
            assert others.text.replace(migration_id, ABSENT) == absent.text, f"{method} {path} differs for {who}"
            assert set(others.headers) == set(absent.headers)


@pytest.mark.parametrize("who", VISITORS)
def test_pages_without_a_migration_open_by_the_same_table(visitors: dict[str, Visitor], who: str) -> None:
    _, _, role = VISITORS[who]
    opens = visitors[who].get("/support").status_code
    assert (
        opens == {True: 200, False: 303 if who == "anonymous" else 403 if role else 404}[role in HOLDERS[Right.STAFF]]
    ), f"/support opens as {opens}"
    start = visitors[who].get("/start").status_code
    admin = role is Role.ADMIN
    refused = 303 if who == "anonymous" else 403 if role in (Role.VIEWER, Role.REVIEWER) else 404
    assert start == (303 if admin else refused), "an open move is gone on with"


def test_the_forms_of_an_admin_open_for_an_admin(product_at: At, routes: Routes) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    shut = {}
    for method, path, right in routes:
        if method == "POST" and right in (Right.ACT, Right.VIEW) and "{migration_id}" in path:
            answer = megan.post(filled(product, path, product.migration_id))
            if answer.status_code not in OPENS:
                shut[path] = answer.status_code
    assert not shut


def test_the_forms_of_support_open_for_support(product_at: At, routes: Routes) -> None:
    product = product_at("reviewing")
    for email in (ANA, ROSA):
        staff = product.visitor(email)
        answers = {
            path: staff.post(filled(product, path, product.migration_id), data={"reason": "", "check": "invitations"})
            for method, path, right in routes
            if method == "POST" and right is Right.STAFF
        }
        over = {"/support/{migration_id}/files/{number}": 409}  # files are answered before the trial
        assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 422) | over


def test_a_route_without_a_line_opens_for_nobody(product_at: At) -> None:
    product = product_at("nothing")
    product.app.get("/forgotten")(lambda: "open")
    for email in (None, MEGAN, ROSA):
        assert product.visitor(email).get("/forgotten").status_code == 404


def test_a_right_that_nobody_holds_is_refused(product_at: At) -> None:
    product = product_at("nothing")
    with product.runtime.ledger.read() as session:
        megan = load_viewer(session, "per_megan")
    assert megan is not None
    assert not megan.may(Right.ANYONE, WORKSPACE)
    assert not megan.may(Right.SIGNED_IN, WORKSPACE)


def test_someone_whose_access_ended_is_out_from_the_next_request(product_at: At) -> None:
    product = product_at("preparing")
    vera = product.visitor(VERA)
    assert vera.get(f"{product.at}/overview").status_code == 200
    product.end_access("per_vera")
    assert vera.get(f"{product.at}/overview").status_code == 303


DEVELOPMENT = [path for (method, path), right in RIGHTS.items() if right is Right.DEVELOPMENT and method == "GET"]


@pytest.mark.parametrize("path", [*DEVELOPMENT, "/openapi.json", "/docs", "/redoc", "/metrics"])
def test_development_pages_do_not_exist_in_production(production: Product, path: str) -> None:
    browser = production.visitor()
    browser.base_url = BASE.replace("http:", "https:")
    address = path.format(workspace_id=WORKSPACE, client_id="x", mail_id="x", section="notes", file_id="x")
    assert browser.get(address, headers=OWN_PAGE).status_code == 404


def test_in_production_people_sign_in_by_link_only(production: Product) -> None:
    browser = production.visitor()
    browser.base_url = production.settings.base_url
    answer = browser.post("/signin", data={"email": MEGAN, "act": "enter"})
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Enter as" not in production.visitor().get("/signin").text


def test_in_production_there_is_no_sample_to_hand_over(production: Product) -> None:
    megan = production.signed_in("per_megan")
    assert megan.get(f"{production.at}/handover").status_code == 200
    assert megan.post(f"{production.at}/handover/sample").status_code == 404
    assert "sample" not in megan.get(f"{production.at}/handover").text


def test_support_never_sees_a_clients_record_and_only_admins_act() -> None:
    assert HOLDERS[Right.REVIEW] == {Role.REVIEWER, Role.ADMIN}
    assert HOLDERS[Right.ACT] == HOLDERS[Right.START] == {Role.ADMIN}
    assert HOLDERS[Right.STAFF] == {Role.SUPPORT, Role.SUPPORT_LEAD}
    records = ("/clients", "/records/", "/rows/")
    assert {
        right for (_, path), right in RIGHTS.items() if path.startswith("/m/") and any(r in path for r in records)
    } == {Right.REVIEW}
    assert RIGHTS["POST", "/m/{migration_id}/approve"] is Right.ACT
