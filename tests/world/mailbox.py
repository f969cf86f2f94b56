"""A real mailbox on this machine, in a process of its own, that logs received mails and survives the death of other
processes.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.harness.free_ports import free_port
from tests.harness.waiting import hang, patience, until
from tests.world.fork import fork
from tests.world.left import Delivery


class Mailbox:
    """Says yes to every mail, once it is written down."""

    def __init__(self, file: Path) -> None:
        self.file = file

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = message_from_bytes(envelope.content)
        taken = Delivery(envelope.rcpt_tos[0], str(mail["Message-ID"]), str(mail["Subject"]))
        with self.file.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps(asdict(taken)) + "\n")
        return "250 kept"


@contextmanager
def mailbox(file: Path) -> Iterator[str]:
    """The address of a mailbox, until the block ends."""
    port = free_port()
    process = fork(lambda: _open(file, port), file.with_suffix(".log"))
    try:
        until(lambda: _answers(port))
        yield f"smtp://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _open(file: Path, port: int) -> None:
    Controller(Mailbox(file), hostname="127.0.0.1", port=port).start()
    hang()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(patience(1))
        return probe.connect_ex(("127.0.0.1", port)) == 0
