"""The rest of a request's body is read before an early answer is sent.

A server that answers and closes while a browser is still sending resets the connection, and the browser then shows a
cut line instead of the answer: a sign-in page for a piece of an upload, a refusal, a conflict.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.guardrails import PIECE_LIMIT

MOST = 2 * PIECE_LIMIT  # bytes; what is longer is cut off, as it should be


class Drained:
    """Reads at most 16 MiB of a body that the application has not read, before its answer begins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        is_read = False

        async def read() -> Message:
            nonlocal is_read
            message = await receive()
            is_read = is_read or message["type"] == "http.disconnect" or not message.get("more_body", False)
            return message

        async def answer(message: Message) -> None:
            left = MOST if message["type"] == "http.response.start" else 0
            while left > 0 and not is_read:
                left -= len((await read()).get("body", b""))
            await send(message)

        await self._app(scope, read, answer)
