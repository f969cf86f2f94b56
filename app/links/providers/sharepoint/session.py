"""Opens a session with SharePoint by a link: session cookie, password form, and the problems of its pages."""

import re
from collections.abc import Callable, Container
from urllib.parse import quote, urljoin

from app.errors import Stop
from app.links.failure_tables import parse_address_rules, parse_failure_table
from app.links.file_responses import parse_refusal
from app.links.file_signatures import is_page
from app.links.link_problems import stop
from app.links.normalise import parse
from app.links.provider_folder import load_provider_data
from app.links.response import ProviderResponse
from app.links.share_link import ShareLink, WebAddress
from app.links.web_client import BROWSER, EXPIRED, ProviderRequest, WebClient
from app.links.web_page import PageForm, read_page

DATA = load_provider_data(__file__)
FAILURES, VIEWERS = parse_failure_table(DATA), parse_address_rules(DATA, "viewer")
COOKIE, PASSWORD = str(DATA["cookie"]), tuple(DATA["password_form"])
ACCESS_DENIED = "917656"
FOLDER = re.compile(r"^/:f:/", re.IGNORECASE)
ATTEMPTS = 2
SESSION_REFUSED = frozenset({"link_private", "link_download_disabled"})


def is_folder(link: ShareLink) -> bool:
    """Whether the link shares a folder, by the shape of the link."""
    return FOLDER.match(link.address.path) is not None


def with_download(address: WebAddress) -> WebAddress:
    """The link with `download=1`, which sends the file instead of a page. The other parameters are unchanged."""
    if address.parameters.get("download") == "1":
        return address
    return WebAddress(address.host, f"{address.target}{'&' if address.query else '?'}download=1")


def problem_for(response: ProviderResponse) -> str:
    """The problem code of a response that is not the file or the folder's page."""
    headers = response.headers
    if "x-forms_based_auth_required" in headers or ACCESS_DENIED in headers.get("x-msdavext_error", ""):
        return "link_private"
    refusal = parse_refusal(response)
    if asks_for_password(response):
        return "link_password"
    code = FAILURES.problem(refusal)
    if code != "provider_changed":
        return code
    if response.status == 403 and response.address.path.lower().endswith("/download.aspx"):
        return "link_download_disabled"
    return VIEWERS.problem(response.address) or code if response.status == 200 else code


def asks_for_password(response: ProviderResponse) -> bool:
    """Whether the response is a page with a password form."""
    if response.status != 200 or not is_page(response.peek()):
        return False
    text = response.text().lower()
    return all(mark in text for mark in PASSWORD)


def open_with_password(
    address: WebAddress, link: ShareLink, web: WebClient, headers: dict[str, str]
) -> ProviderResponse:
    """Opens an address, and sends the link's password where the page asks for a password. Returns the last response.

    Raises Stop `link_password_wrong`.
    """
    for _ in range(ATTEMPTS):
        response = web.get(address, {**BROWSER, **headers})
        if not link.password or not asks_for_password(response):
            return response
        with response:
            unlock(response, link, web)
    raise stop("link_password_wrong")


def with_session(
    web: WebClient,
    request: Callable[[], ProviderResponse],
    renew: Callable[[], object] = lambda: None,
    statuses: Container[int] = EXPIRED,
) -> ProviderResponse:
    """The response to `request`, sent again in a new session where the session cookie has expired (after an hour).

    A status in `statuses`, or a redirect to the sign-in page, may mean an expired cookie. `renew` then starts a new
    session. The second response is returned, and the Stop of a second request is raised.
    """
    try:
        response = request()
    except Stop as reason:
        if reason.problem.code not in SESSION_REFUSED or not web.has_cookie(COOKIE):
            raise
    else:
        if response.status not in statuses or not web.has_cookie(COOKIE):
            return response
        response.close()
    web.clear_cookies()
    renew()
    return request()


def unlock(response: ProviderResponse, link: ShareLink, web: WebClient) -> None:
    """Submits the page's password form. The response sets a cookie that opens the link."""
    form = next((form for form in read_page(response.text()).forms if "txtPassword" in form.fields), None)
    if form is None:
        raise stop("provider_changed")
    fields = {**form.fields, "__EVENTTARGET": "btnSubmitPassword", "txtPassword": link.password}
    fields.pop("btnSubmitPassword", None)
    body = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in fields.items())
    headers = {**BROWSER, "content-type": "application/x-www-form-urlencoded"}
    with web.request(ProviderRequest(_parse_action(form, response), headers, {}, "POST", body.encode())) as reply:
        if reply.status >= 400 or asks_for_password(reply):
            code = problem_for(reply)
            raise web.refused(reply, "link_password_wrong" if code == "link_password" else code, str(DATA["label"]))


def _parse_action(form: PageForm, response: ProviderResponse) -> WebAddress:
    """The address of the password form. Another host raises Stop `provider_changed`, so the password cannot leak."""
    try:
        address, http = parse(urljoin(response.address.secret_url, form.action or response.address.secret_url))
    except Stop:
        raise stop("provider_changed") from None
    if http or address.host != response.address.host:
        raise stop("provider_changed")
    return address
