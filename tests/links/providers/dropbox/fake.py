"""A fake Dropbox: the API with an app and short pages, and web pages with signed addresses and zipped folders."""

import base64
import json
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from tests.links.fake_provider import FakeProvider, Node, send_away, send_bytes, send_json, send_page
from tests.links.network import Stream
from tests.links.replies import Fault, Request, Route, answer, reply

APP, SECRET, RLKEY = "canary-app", "canary-app-secret", "canaryrlkey"
BYTES_HOST = "uc1234.dl.dropboxusercontent.com"
PASSWORD = "canary-password"
BLOB = base64.b64encode(b'{"goto": "/sm/password?cont=x"}').decode()


class Dropbox(FakeProvider):
    hosts: ClassVar[tuple[str, ...]] = (
        "www.dropbox.com",
        "dropbox.com",
        "api.dropboxapi.com",
        "content.dropboxapi.com",
        BYTES_HOST,
        "db.tt",
    )

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.expired: set[str] = set()
        self.passwords: dict[str, str] = {}
        self.allow_download = True
        self.signed = 0
        self.expire_first = 0

    def share(self, node: Node) -> str:
        shape = f"fo/{node.id}/h" if node.is_folder else f"fi/{node.id}/{quote(node.name)}"
        return f"https://www.dropbox.com/scl/{shape}?rlkey={RLKEY}&st=canaryst&dl=0"

    def reply(self, request: Request, line: Stream) -> None:
        if request.host in ("api.dropboxapi.com", "content.dropboxapi.com"):
            self.api(request, line)
        elif request.host == BYTES_HOST:
            self.bytes(request, line)
        elif request.host == "db.tt":
            send_away(line, self.share(next(iter(self.nodes.values()))))
        else:
            self.page(request, line)

    def api(self, request: Request, line: Stream) -> None:
        sent = request.headers.get("authorization", "").removeprefix("Basic ")
        if base64.b64decode(sent).decode() != f"{APP}:{SECRET}":
            send_json(line, {"error_summary": "invalid_client/"}, 401)
            return
        if request.path == "/2/sharing/get_shared_link_file":
            arguments = json.loads(request.headers["dropbox-api-arg"])
            assert "content-type" not in request.headers
            assert not request.body
        else:
            arguments = request.json
        if request.path == "/2/files/list_folder/continue":
            self.turn(arguments["cursor"], line)
            return
        shared = arguments.get("shared_link", arguments)
        node, problem = self.behind(shared["url"], shared.get("password") or arguments.get("link_password"))
        if node is None:
            denied(line, problem)
        elif request.path == "/2/files/list_folder":
            self.listing(node, arguments, line)
        elif (inner := below(node, arguments.get("path", ""))) is None:
            denied(line, "shared_link_not_found")
        elif request.path == "/2/sharing/get_shared_link_metadata":
            send_json(line, self.meta(inner) | {"link_permissions": {"allow_download": self.allow_download}})
        elif inner.is_folder:
            denied(line, "shared_link_is_directory")
        else:
            send_bytes(request, inner, line, etag=f'W/"{rev(inner)}"', **{"dropbox-api-result": result(inner)})

    def behind(self, url: str, password: str | None) -> tuple[Node | None, str]:
        path, _, query = url.removeprefix("https://www.dropbox.com/scl/").partition("?")
        node = self.nodes.get(path.split("/")[1])
        if node is None or f"rlkey={RLKEY}" not in query:
            return None, "shared_link_not_found"
        if node.private or self.passwords.get(node.id, password) != password:
            return None, "shared_link_access_denied"
        return node, ""

    def listing(self, node: Node, arguments: dict[str, Any], line: Stream) -> None:
        if arguments["path"] == "/" or arguments["recursive"] is not False:
            answer(line, 400, b"Error in call to API function")
            return
        folder = below(node, arguments["path"])
        if folder is None:
            denied(line, "path")
        else:
            self.entries(folder, 0, line)

    def turn(self, cursor: str, line: Stream) -> None:
        name, _, start = cursor.partition(":")
        self.entries(self.nodes[name], int(start), line)

    def entries(self, folder: Node, start: int, line: Stream) -> None:
        more = start + 2 < len(folder.children)
        entries = [self.meta(child) for child in folder.children[start : start + 2]]
        send_json(line, {"entries": entries, "cursor": f"{folder.id}:{start + 2}", "has_more": more})

    def meta(self, node: Node) -> dict[str, Any]:
        if node.is_folder:
            return {".tag": "folder", "name": node.name, "id": f"id:{node.id}"}
        return {".tag": "file", **details(node)}

    def page(self, request: Request, line: Stream) -> None:
        node = self.nodes.get(next(iter(request.path.split("/")[3:]), ""))
        if request.path.startswith("/l/"):
            send_away(line, self.share(next(iter(self.nodes.values()))))
        elif node is None or request.query.get("rlkey") != RLKEY:
            send_page(line, "Dropbox - 404", status=404)
        elif node.id in self.passwords:
            send_page(line, "Dropbox", f"<script>var blob = '{BLOB}'</script>")
        elif node.private:
            send_page(line, "Login - Dropbox", "Sign in to continue")
        elif request.query.get("dl") != "1" or not self.allow_download:
            send_page(line, f"Dropbox - {node.name}", "a preview")
        else:
            inner = below(node, "/" + unquote(request.path).split("/", 5)[5]) if request.path.count("/") > 4 else node
            self.signed += 1
            send_away(line, f"https://{BYTES_HOST}/cd/0/get/canarysigned{self.signed}/{(inner or node).id}?dl=1")

    def bytes(self, request: Request, line: Stream) -> None:
        node = self.nodes[request.path.rsplit("/", 1)[-1]]
        if self.expire_first:
            self.expire_first -= 1
            answer(line, 410, b"expired")
        elif node.is_folder:
            faults = [Fault("no_range", times=None, on="any"), Fault("chunked", times=None, on="any"), *node.faults]
            faults.append(Fault("etag", value="", times=None, on="any"))
            whole = next(child.file for child in node.walk() if child.file is not None)
            reply(request, Route(whole, faults), line)
        else:
            send_bytes(request, node, line)


def below(node: Node, path: str) -> Node | None:
    for name in path.strip("/").split("/") if path.strip("/") else []:
        match = next((child for child in node.children if child.name == name), None)
        if match is None:
            return None
        node = match
    return node


def rev(node: Node) -> str:
    return f"rev{node.file.etag.strip(chr(34)) if node.file else ''}"


def details(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "id": f"id:{node.id}",
        "size": node.size,
        "rev": rev(node),
        "content_hash": node.hex("dropbox"),
    }


def result(node: Node) -> str:
    return json.dumps(details(node))


def denied(line: Stream, tag: str) -> None:
    send_json(line, {"error_summary": f"{tag}/...", "error": {".tag": tag}}, 409)
