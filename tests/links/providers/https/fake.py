"""A fake storage host with signed links: only GET, and only the signed address."""

from typing import ClassVar

from tests.links.fake_provider import FakeProvider, Node, send_bytes
from tests.links.network import Stream
from tests.links.replies import Request, answer

SIGNED = "X-Amz-Date=20361118T000000Z&X-Amz-Expires=604800&X-Amz-Signature=canarysig%2Fx"
HOST = "clinic.s3.ap-southeast-2.amazonaws.com"


class Presigned(FakeProvider):
    hosts: ClassVar[tuple[str, ...]] = (HOST,)

    def share(self, node: Node) -> str:
        return f"https://{HOST}/{node.id}/{node.name}?{SIGNED}"

    def reply(self, request: Request, line: Stream) -> None:
        node = self.nodes.get(request.path.split("/")[1])
        if node is None:
            answer(line, 404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif request.method != "GET" or request.target.partition("?")[2] != SIGNED:
            answer(line, 403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        elif node.private:
            answer(line, 403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
        else:
            send_bytes(request, node, line)
