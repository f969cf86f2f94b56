"""A fake Google Drive: the API with a key and pages of two entries, and web pages with the confirmation form."""

import json
import re
import uuid
from html import escape
from typing import Any, ClassVar
from urllib.parse import quote

from tests.links.fake_provider import FakeProvider, Node, send_away, send_bytes, send_json, send_page
from tests.links.network import Stream
from tests.links.replies import Request

KEY = "canary-google-key"
SMALL = 100_000
TYPES = {"folder": "folder", "shortcut": "shortcut", "sheet": "spreadsheet"}


class Google(FakeProvider):
    hosts: ClassVar[tuple[str, ...]] = (
        "drive.google.com",
        "docs.google.com",
        "drive.usercontent.google.com",
        "www.googleapis.com",
        "doc-0s.googleusercontent.com",
        "accounts.google.com",
    )
    media_moves = False
    form_action = "https://drive.usercontent.google.com/download"
    form_id = ""
    sums = True
    open_to_all = False

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.issued: set[str] = set()

    def share(self, node: Node) -> str:
        kind = "drive/folders/" if node.is_folder else "file/d/"
        end = "" if node.is_folder else "/view"
        key = f"&resourcekey={node.key}" if node.key else ""
        return f"https://drive.google.com/{kind}{node.id}{end}?usp=sharing{key}"

    def reply(self, request: Request, line: Stream) -> None:
        if request.host == "www.googleapis.com":
            self.api(request, line)
        elif request.host == "doc-0s.googleusercontent.com":
            send_bytes(request, self.nodes[request.path.rsplit("/", 1)[-1]], line)
        elif request.path in ("/uc", "/download"):
            self.page(request, line)
        elif request.path == "/embeddedfolderview":
            self.folder_page(request, line)
        else:
            send_page(line, "Page not found", status=404)

    def api(self, request: Request, line: Stream) -> None:
        key = request.headers.get("x-goog-api-key")
        if key != KEY and not self.open_to_all:
            status, reason = (400, "badRequest") if key else (403, "dailyLimitExceededUnreg")
            fail(line, status, reason, "API key not valid. Please pass a valid API key." if key else "")
            return
        if request.path == "/drive/v3/files":
            self.listing(request, line)
            return
        node = self.nodes.get(request.path.rsplit("/", 1)[-1])
        named = request.headers.get("x-goog-drive-resource-keys", "")
        if node is None or node.private or (node.key and f"{node.id}/{node.key}" not in named):
            fail(line, 404, "notFound", "File not found")
        elif request.query.get("alt") != "media":
            send_json(line, meta(node, self.sums))
        elif node.no_download:
            fail(line, 403, "cannotDownloadFile")
        elif self.media_moves:
            send_away(line, f"https://doc-0s.googleusercontent.com/docs/securesc/{node.id}")
        else:
            send_bytes(request, node, line)

    def listing(self, request: Request, line: Stream) -> None:
        match = re.fullmatch(r"'([^']+)' in parents and trashed=false", request.query["q"])
        parent = self.nodes.get(match[1]) if match else None
        children = [] if parent is None or parent.private else parent.children
        start = int(request.query.get("pageToken", 0))
        page: dict[str, Any] = {
            "files": [meta(child, self.sums) for child in children[start : start + 2]],
            "incompleteSearch": False,
        }
        if start + 2 < len(children):
            page["nextPageToken"] = str(start + 2)
        send_json(line, page)

    def page(self, request: Request, line: Stream) -> None:
        node = self.nodes.get(request.query.get("id", ""))
        if node is None or (node.key and request.query.get("resourcekey") != node.key and request.path == "/uc"):
            send_page(line, "Error 404 (Not Found)", status=404)
        elif node.private:
            send_away(line, "https://accounts.google.com/ServiceLogin?continue=x")
        elif node.is_folder:
            send_page(line, "Error 404 (Not Found)", status=404)
        elif request.host == "drive.google.com":
            send_away(line, f"https://drive.usercontent.google.com/download?id={node.id}&export=download", 303)
        elif node.size <= SMALL or (request.query.get("confirm") == "t" and request.query.get("uuid") in self.issued):
            send_bytes(request, node, line)
        else:
            self.issued.add(fresh := str(uuid.uuid4()))
            send_page(line, "Google Drive - Virus scan warning", self.form(node, fresh))

    def form(self, node: Node, fresh: str) -> str:
        fields = {"id": self.form_id or node.id, "export": "download", "confirm": "t", "uuid": fresh}
        inputs = "".join(f'<input value="{value}" name="{name}" type="hidden">' for name, value in fields.items())
        return (
            f'<p class="uc-warning-caption">too large to scan</p><form method="get" id="download-form" '
            f'action="{self.form_action}">{inputs}<input type="submit" id="uc-download-link" value="Download"></form>'
        )

    def folder_page(self, request: Request, line: Stream) -> None:
        node = self.nodes.get(request.query.get("id", ""))
        if node is None or node.private or not node.is_folder:
            send_page(line, "Error 404 (Not Found)", status=404)
            return
        send_page(line, node.name, f'<div class="flip-list">{"".join(map(entry, node.children))}</div>')


def entry(node: Node) -> str:
    if node.kind == "sheet":
        href = f"https://docs.google.com/spreadsheets/d/{node.id}/edit"
    else:
        href = f"https://drive.google.com/{'drive/folders/' if node.is_folder else 'file/d/'}{quote(node.id)}"
    return (
        f'<div class="flip-entry" id="entry-{node.id}" tabindex="0"><div class="flip-entry-info"><a href="{href}">'
        f'<div class="flip-entry-icon"></div><div class="flip-entry-title">{escape(node.name)}</div></a></div></div>'
    )


def meta(node: Node, sums: bool = True) -> dict[str, Any]:
    metadata: dict[str, Any] = {"id": node.id, "name": node.name, "trashed": False, "version": "1"}
    metadata["capabilities"] = {"canDownload": not node.no_download}
    if node.key:
        metadata["resourceKey"] = node.key
    kind = "folder" if node.is_folder else TYPES.get(node.kind)
    metadata["mimeType"] = f"application/vnd.google-apps.{kind}" if kind else "application/zip"
    if node.kind == "shortcut":
        metadata["shortcutDetails"] = {"targetId": node.goes_to, "targetMimeType": "x"}
    if node.file is not None:
        metadata |= {"size": str(node.size), "headRevisionId": f"rev-{node.file.etag}"}
    if node.file is not None and sums:
        metadata |= {"md5Checksum": node.hex("md5"), "sha256Checksum": node.hex("sha256")}
    return metadata


def fail(line: Stream, status: int, reason: str, message: str = "") -> None:
    send_json(line, error(status, reason, message), status)


def error(status: int, reason: str, message: str = "") -> dict[str, Any]:
    return {"error": {"code": status, "message": message, "errors": [{"reason": reason, "domain": "global"}]}}


def error_bytes(status: int, reason: str, message: str = "") -> bytes:
    return json.dumps(error(status, reason, message)).encode()
