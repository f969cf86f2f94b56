"""A mail server on this machine that can fail on request."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.harness.free_ports import free_port


@dataclass
class Post:
    """Received mails. `answers` replace the acceptance of the next mails ("drop" closes the connection)."""

    got: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    url: str = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 kept"
        if answer == "drop":
            server.transport.close()
            return "421 gone"
        if answer.startswith("2"):
            parsed = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(parsed, EmailMessage)
            assert envelope.rcpt_tos == [str(parsed["To"])]
            self.got.append(parsed)
        return answer


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    port = free_port()
    controller = Controller(made, hostname="127.0.0.1", port=port)
    controller.start()
    made.url = f"smtp://127.0.0.1:{port}"
    yield made
    controller.stop()
