"""Going into SharePoint by a link: the cookie that it sets, the password it may ask for, and what its pages say."""

import re
from collections.abc import Callable, Container
from urllib.parse import quote, urljoin

from app.errors import Stop
from app.links.answer import Answer
from app.links.failures import data_of, places_of, table_of
from app.links.kinds import is_page
from app.links.link import Address, Link
from app.links.normalise import parse
from app.links.problems import stop
from app.links.providers.asking import refusal
from app.links.providers.markup import Form, read_page
from app.links.web import BROWSER, RUN_OUT, Ask, Web

DATA = data_of(__file__, "sharepoint.toml")
FAILURES, VIEWERS = table_of(DATA), places_of(DATA, "viewer")
COOKIE, PASSWORD = str(DATA["cookie"]), tuple(DATA["password_form"])
DENIED = "917656"
FOLDER = re.compile(r"^/:f:/", re.IGNORECASE)
ATTEMPTS = 2
SESSION_REFUSED = frozenset({"link_private", "link_download_disabled"})


def is_folder(link: Link) -> bool:
    return FOLDER.match(link.address.path) is not None


def with_download(address: Address) -> Address:
    """The link that gives the file instead of a page about it; everything else stays as it was copied."""
    if address.parameters.get("download") == "1":
        return address
    return Address(address.host, f"{address.target}{'&' if address.query else '?'}download=1")


def problem_of(answer: Answer) -> str:
    """The code for an answer that is not what was asked for."""
    headers = answer.headers
    if "x-forms_based_auth_required" in headers or DENIED in headers.get("x-msdavext_error", ""):
        return "link_private"
    said = refusal(answer)
    if asks_for_password(answer):
        return "link_password"
    code = FAILURES.problem(said)
    if code != "provider_changed":
        return code
    if answer.status == 403 and answer.address.path.lower().endswith("/download.aspx"):
        return "link_download_disabled"
    return VIEWERS.problem(answer.address) or code if answer.status == 200 else code


def asks_for_password(answer: Answer) -> bool:
    if answer.status != 200 or not is_page(answer.peek()):
        return False
    text = answer.text().lower()
    return all(mark in text for mark in PASSWORD)


def entered(address: Address, link: Link, web: Web, headers: dict[str, str]) -> Answer:
    """The answer behind the password, if there is one; or the page that says why there is none."""
    for _ in range(ATTEMPTS):
        answer = web.get(address, {**BROWSER, **headers})
        if not link.password or not asks_for_password(answer):
            return answer
        with answer:
            unlock(answer, link, web)
    raise stop("link_password_wrong")


def in_session(
    web: Web,
    request: Callable[[], Answer],
    renew: Callable[[], object] = lambda: None,
    statuses: Container[int] = RUN_OUT,
) -> Answer:
    """The answer to `request`. A refusal, or a redirect to the sign-in page, of a session that had been let in may mean
    that its cookie has expired (after about an hour): `renew` begins a new session and `request` is sent once more.
    `statuses` are those of a refusal. The second answer counts, and a Stop of the second request is raised."""
    try:
        answer = request()
    except Stop as refusal:
        if refusal.problem.code not in SESSION_REFUSED or not web.has_cookie(COOKIE):
            raise
    else:
        if answer.status not in statuses or not web.has_cookie(COOKIE):
            return answer
        answer.close()
    web.forget()
    renew()
    return request()


def unlock(answer: Answer, link: Link, web: Web) -> None:
    """Sends the page's form back with the password; a cookie is the key."""
    form = next((form for form in read_page(answer.text()).forms if "txtPassword" in form.fields), None)
    if form is None:
        raise stop("provider_changed")
    fields = {**form.fields, "__EVENTTARGET": "btnSubmitPassword", "txtPassword": link.password}
    fields.pop("btnSubmitPassword", None)
    body = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in fields.items())
    headers = {**BROWSER, "content-type": "application/x-www-form-urlencoded"}
    with web.ask(Ask(_own(form, answer), headers, {}, "POST", body.encode())) as told:
        if told.status >= 400 or asks_for_password(told):
            code = problem_of(told)
            raise web.refused(told, "link_password_wrong" if code == "link_password" else code, str(DATA["label"]))


def _own(form: Form, answer: Answer) -> Address:
    """The password is given to the host that asked for it, and to no other."""
    try:
        address, http = parse(urljoin(answer.address.secret_url, form.action or answer.address.secret_url))
    except Stop:
        raise stop("provider_changed") from None
    if http or address.host != answer.address.host:
        raise stop("provider_changed")
    return address
