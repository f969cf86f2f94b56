"""The format of an object on disk: a header, then frames of 64 KiB, each sealed separately for random access.

The last frame is shorter than a full frame and marked as the last, so a truncated object does not open. Each object has
its own key, bound to its name, so objects cannot be swapped.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.storage.encryption import NONCE_BYTES, TAG_BYTES, CannotOpen, derive

FRAME = 64 * 1024
SEALED_FRAME = NONCE_BYTES + FRAME + TAG_BYTES
OVERHEAD = NONCE_BYTES + TAG_BYTES
MAGIC = b"CSPN\x01\x00\x00\x00"
SALT_BYTES = 24
HEADER = len(MAGIC) + SALT_BYTES


class Frames:
    """Seals and opens the frames of one object."""

    def __init__(self, name: str, data_key: bytes, header: bytes) -> None:
        if len(header) != HEADER or not header.startswith(MAGIC):
            raise CannotOpen("an object")
        self._cipher = AESGCM(derive(data_key, header[len(MAGIC) :], b"object:" + name.encode()))

    @staticmethod
    def new_header() -> bytes:
        return MAGIC + os.urandom(SALT_BYTES)

    def seal(self, number: int, plain: bytes | memoryview, *, last: bool = False) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, _place(number, last))

    def seal_all(self, first: int, plain: memoryview, into: bytearray) -> memoryview:
        """Seals whole frames one after another into the reused buffer `into`, and returns the filled part."""
        count = len(plain) // FRAME
        sealed = memoryview(into)
        for n in range(count):
            at = n * SEALED_FRAME
            nonce = os.urandom(NONCE_BYTES)
            sealed[at : at + NONCE_BYTES] = nonce
            body = sealed[at + NONCE_BYTES : at + SEALED_FRAME]
            self._cipher.encrypt_into(nonce, plain[n * FRAME : (n + 1) * FRAME], _place(first + n, False), body)
        return sealed[: count * SEALED_FRAME]

    def open_into(self, number: int, sealed: bytes, into: memoryview) -> None:
        """Opens a whole frame that is not the last, without a second copy."""
        try:
            self._cipher.decrypt_into(
                sealed[:NONCE_BYTES], memoryview(sealed)[NONCE_BYTES:], _place(number, False), into
            )
        except (InvalidTag, ValueError):
            raise CannotOpen("an object") from None

    def open(self, number: int, sealed: bytes, *, last: bool = False) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(number, last))
        except (InvalidTag, ValueError):
            raise CannotOpen("an object") from None


def _place(number: int, last: bool) -> bytes:
    return number.to_bytes(8, "big") + (b"\x01" if last else b"\x00")


def sealed_offset(number: int) -> int:
    """The position of a frame in the file."""
    return HEADER + number * SEALED_FRAME


def plain_size(file_size: int) -> int:
    """The number of plain bytes in a finished object of this file size."""
    full, rest = divmod(file_size - HEADER, SEALED_FRAME)
    if file_size < HEADER or rest < OVERHEAD:
        raise CannotOpen("an object")
    return full * FRAME + rest - OVERHEAD


def whole_frames(file_size: int) -> int:
    """The number of full frames in an unfinished file. An incomplete frame at the end is ignored."""
    return max(0, (file_size - HEADER) // SEALED_FRAME)
