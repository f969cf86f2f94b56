"""A fake OneDrive personal: short links that set a session cookie, the drive, and short-lived download addresses."""

import base64
from collections import Counter
from typing import Any, ClassVar
from urllib.parse import unquote

from tests.links.fake_provider import FakeProvider, Node, send_away, send_bytes, send_json, send_page
from tests.links.network import Stream
from tests.links.replies import Request, answer

CID, COOKIE = "canarycid0123", "canaryfedauth"
BYTES_HOST = "public.bn.files.1drv.com"


class OneDrive(FakeProvider):
    hosts: ClassVar[tuple[str, ...]] = (
        "1drv.ms",
        "onedrive.live.com",
        "login.live.com",
        "my.microsoftpersonalcontent.com",
        BYTES_HOST,
    )
    foreign_next = ""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.expire_first = 0
        self.addresses: Counter[str] = Counter()  # only the newest address of a file is valid

    def share(self, node: Node) -> str:
        return f"https://1drv.ms/{'f' if node.is_folder else 'u'}/c/{CID}/{node.id}?e=canarye"

    def reply(self, request: Request, line: Stream) -> None:
        if request.host == "1drv.ms":
            self.short(request, line)
        elif request.host == BYTES_HOST:
            self.bytes(request, line)
        elif request.path.startswith("/_api/v2.0/drives/"):
            self.api(request, line)
        elif request.path == "/redir":
            to = f"https://onedrive.live.com/?id={request.query['resid']}&cid={CID}&migratedtospo=true"
            send_away(line, to, 302, {"Set-Cookie": f"FedAuth={COOKIE}; Domain=live.com; Path=/; Secure; HttpOnly"})
        else:
            send_page(line, "OneDrive")

    def short(self, request: Request, line: Stream) -> None:
        node = self.nodes.get(request.path.rsplit("/", 1)[-1])
        if node is None:
            send_page(line, "This item might not exist", status=404)
        elif node.private:
            send_away(line, "https://login.live.com/login.srf?wa=x")
        else:
            send_away(line, f"https://onedrive.live.com/redir?resid={CID}!{node.id}&redeem=canaryredeem", 301)

    def api(self, request: Request, line: Stream) -> None:
        if request.cookies.get("FedAuth") != COOKIE:
            send_json(line, {"error": {"code": "unauthenticated"}}, 401)
            return
        _, _, _, _, drive, _, item, *rest = unquote(request.path).split("/")
        node = self.nodes.get(item.removeprefix(f"{CID}!"))
        if node is None or drive != CID:
            send_json(line, {"error": {"code": "itemNotFound"}}, 404)
        elif rest == ["children"]:
            start = int(request.query.get("skip", 0))
            page: dict[str, Any] = {"value": [self.meta(child) for child in node.children[start : start + 3]]}
            if start + 3 < len(node.children):
                own = f"https://onedrive.live.com/_api/v2.0/drives/{CID}/items/{CID}%21{node.id}/children"
                page["@odata.nextLink"] = self.foreign_next or f"{own}?skip={start + 3}"
            send_json(line, page)
        else:
            send_json(line, self.meta(node))

    def meta(self, node: Node) -> dict[str, Any]:
        metadata: dict[str, Any] = {"id": f"{CID}!{node.id}", "name": node.name, "parentReference": {"driveId": CID}}
        if node.kind:
            return metadata | {node.kind: {}}
        if node.is_folder:
            return metadata | {"folder": {"childCount": len(node.children)}}
        quick = base64.b64encode(bytes.fromhex(node.hex("quickxor"))).decode()
        self.addresses[node.id] += 1
        address = f"https://{BYTES_HOST}/y4m{node.id}?tempauth=canarytempauth{self.addresses[node.id]}"
        return metadata | {
            "size": node.size,
            "cTag": f"c{node.file.etag if node.file else ''}",
            "file": {"mimeType": "application/zip", "hashes": {"quickXorHash": quick, "sha1Hash": node.hex("sha1")}},
            "@content.downloadUrl": address,
        }

    def bytes(self, request: Request, line: Stream) -> None:
        node_id = request.path.removeprefix("/y4m")
        if "authorization" in request.headers or "cookie" in request.headers:
            answer(line, 401, b"")
        elif self.expire_first or request.query.get("tempauth") != f"canarytempauth{self.addresses[node_id]}":
            self.expire_first = max(0, self.expire_first - 1)
            answer(line, 401, b"expired")
        else:
            send_bytes(request, self.nodes[node_id], line)
