"""A fake SharePoint: a session cookie, passwords, files by id, and a library with pages of 30 rows."""

import re
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, unquote

from tests.links.fake_provider import FakeProvider, Node, send_away, send_bytes, send_json, send_page
from tests.links.network import Stream
from tests.links.replies import Request, answer

TENANT, WEB, LIBRARY = "clinic-my.sharepoint.com", "/personal/megan_clinic", "Documents"
COOKIE, PASSWORD = "canaryfedauth", "canary-password"
SETS = {"Set-Cookie": f"FedAuth={COOKIE}; path=/; secure; HttpOnly"}
PAGE = 30


class SharePoint(FakeProvider):
    hosts: ClassVar[tuple[str, ...]] = (TENANT, "login.microsoftonline.com")
    library_lists = True
    ranges = True

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.passwords: set[str] = set()
        self.paths: dict[str, Node] = {}

    def share(self, node: Node) -> str:
        self.place(node, f"{WEB}/{LIBRARY}")
        return f"https://{TENANT}/:{'f' if node.is_folder else 'u'}:/g{WEB}/{node.id}?e=canarye"

    def place(self, node: Node, folder: str) -> None:
        self.paths[f"{folder}/{node.name}"] = node
        for child in node.children:
            self.place(child, f"{folder}/{node.name}")

    def guid(self, node: Node) -> str:
        return f"{list(self.nodes).index(node.id):08x}-1111-2222-3333-444444444444"

    def reply(self, request: Request, line: Stream) -> None:
        if request.path.startswith("/:"):
            self.link(request, line)
        elif request.path == f"{WEB}/_layouts/15/guestaccess.aspx" and request.method == "POST":
            self.unlock(request, line)
        elif request.cookies.get("FedAuth") != COOKIE:
            send_away(line, f"https://{TENANT}/_layouts/15/Authenticate.aspx?Source=x")
        elif request.path == f"{WEB}/_layouts/15/download.aspx":
            self.download(request, line)
        elif request.path.endswith("/Doc.aspx"):
            send_page(line, "A viewer")
        elif request.path.endswith("/RenderListDataAsStream"):
            self.rows(request, line)
        elif request.path == f"{WEB}/_layouts/15/onedrive.aspx":
            path = request.query["id"]
            inside = "" if self.library_lists else f"<script>var g_listData = {self.json_of(path)};</script>"
            send_page(line, "Files", inside)
        else:
            send_page(line, "Not found", status=404)

    def link(self, request: Request, line: Stream) -> None:
        node = self.nodes.get(request.path.rsplit("/", 1)[-1])
        if node is None:
            send_page(line, "Sorry, something went wrong", "This link has been removed.")
        elif node.private:
            send_away(line, "https://login.microsoftonline.com/common/oauth2/authorize?x")
        elif node.id in self.passwords and request.cookies.get("FedAuth") != COOKIE:
            send_page(line, "Enter password", form(node))
        elif node.is_folder:
            path = next(path for path, candidate in self.paths.items() if candidate is node)
            send_away(line, f"{WEB}/_layouts/15/onedrive.aspx?id={quote(path, safe='')}&ga=1", headers=SETS)
        elif request.query.get("download") != "1":
            send_page(line, node.name, "a viewer")
        else:
            send_away(line, f"{WEB}/_layouts/15/download.aspx?UniqueId={self.guid(node)}", headers=SETS)

    def unlock(self, request: Request, line: Stream) -> None:
        sent = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        node = self.nodes[request.query["share"]]
        whole = sent.get("__EVENTTARGET") == "btnSubmitPassword" and sent.get("__VIEWSTATE") == "canarystate"
        if whole and sent.get("txtPassword") == PASSWORD and sent.get("SideBySideToken") == "side":
            send_away(line, f"{WEB}/_layouts/15/onedrive.aspx?id=%2Fx", headers=SETS)
        else:
            send_page(line, "Enter password", f"<p>Link password is incorrect</p>{form(node)}")

    def download(self, request: Request, line: Stream) -> None:
        node = list(self.nodes.values())[int(request.query["UniqueId"].split("-")[0], 16)]
        if node.no_download:
            answer(line, 403, b"")
            return
        version = 3 if node.file is None or node.file.etag == '"one"' else 4
        send_bytes(request, node, line, etag=f'"{{{self.guid(node).upper()}}},{version}"')

    def rows(self, request: Request, line: Stream) -> None:
        library = unquote(request.query["@a1"])
        assert library == f"'{WEB}/{LIBRARY}'"
        assert request.method == "POST"
        if not self.library_lists:
            send_page(line, "Not here")
            return
        folder = self.paths.get(request.query["RootFolder"])
        if folder is None:
            send_json(line, {"error": {"code": "itemNotFound"}}, 404)
            return
        start = int(request.query.get("p_ID", 0))
        page: dict[str, Any] = {"Row": [self.row(child) for child in folder.children[start : start + PAGE]]}
        if start + PAGE < len(folder.children):
            root = quote(request.query["RootFolder"], safe="")
            page["NextHref"] = f"?Paged=TRUE&p_ID={start + PAGE}&RootFolder={root}&PageFirstRow={start + PAGE + 1}"
        send_json(line, page)

    def row(self, node: Node) -> dict[str, Any]:
        path = next(path for path, candidate in self.paths.items() if candidate is node)
        return {
            "FSObjType": "1" if node.is_folder else "0",
            "FileLeafRef": node.name,
            "FileRef": path,
            "File_x0020_Size": "" if node.is_folder else str(node.size),
            "UniqueId": f"{{{self.guid(node).upper()}}}",
            "Modified": node.file.modified if node.file else "",
        }

    def json_of(self, path: str) -> str:
        import json

        return json.dumps({"ListData": {"Row": [self.row(child) for child in self.paths[path].children]}})


def form(node: Node) -> str:
    hidden = {
        "__VIEWSTATE": "canarystate",
        "__VIEWSTATEGENERATOR": "x",
        "__EVENTVALIDATION": "y",
        "SideBySideToken": "side",
    }
    inputs = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in hidden.items())
    action = f"{WEB}/_layouts/15/guestaccess.aspx?share={node.id}"
    assert re.fullmatch(r"[/\w.?=]+", action)
    return (
        f'<form method="post" action="{action}" id="inputForm">{inputs}<input type="password" name="txtPassword">'
        '<input type="submit" name="btnSubmitPassword" value="Verify"></form>'
    )
