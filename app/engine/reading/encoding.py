"""In what letters a file is written, decided over the whole file, with its fingerprint taken on the way."""

import codecs
import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from app.engine.reading.limits import MIB
from app.engine.reading.refusal import Refused
from app.engine.reading.sniff import HEAD, sniff

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_TWICE_ENCODED = re.compile(rb"\xc3\x83[\xc2-\xe2]|\xc3\x82\xc2|\xc3\xa2\xe2\x82\xac|\xc3[\x80-\xbf]")
MOJIBAKE = re.compile("Ã[\u0080-\u00ff\u0152-\u0178\u02c6-\u2122]|â€|Â[\u0080-\u00bf]")


@dataclass(frozen=True, slots=True)
class Bytes:
    """A whole file, looked through once. `encoding` is None for bytes that are no text."""

    sha256: str
    size: int
    head: bytes
    encoding: str | None
    is_blank: bool
    may_be_mojibake: bool

    @property
    def sniffed(self) -> str | None:
        """What the first bytes say, or the first letters where each takes two bytes."""
        if self.encoding != "utf-16":
            return sniff(self.head)
        letters = codecs.getincrementaldecoder("utf-16")("strict").decode(self.head)
        return sniff(letters.encode("utf-8", "surrogatepass"))

    @property
    def is_guessed(self) -> bool:
        return self.encoding == "cp1252"

    def text(self, open_: Callable[[], BinaryIO]) -> io.TextIOWrapper:
        """The file as text, line ends untouched. Never with replacement characters."""
        errors = CONTROLS if self.is_guessed else "strict"
        return io.TextIOWrapper(open_(), self.encoding or "utf-8", errors=errors, newline="")


def look_through(open_: Callable[[], BinaryIO]) -> Bytes:
    """Reads the file once: hash, size, encoding. Damage and limits of an archive raise `Refused` here."""
    sha = hashlib.sha256()
    size = 0
    has_nul = False
    blank = is_utf8 = True
    twice = 0
    tail = b""
    with open_() as stream:
        chunk = head = stream.read(MIB)
        bom = next((name for mark, name in _BOMS if head.startswith(mark)), None)
        decoder = codecs.getincrementaldecoder("utf-16" if bom == "utf-16" else "utf-8")("strict")
        while chunk:
            sha.update(chunk)
            size += len(chunk)
            has_nul = has_nul or b"\0" in chunk
            blank = blank and not chunk.strip(b"\xff\xfe \t\r\n\0" if bom == "utf-16" else b"\xef\xbb\xbf \t\r\n")
            if not chunk.isascii() and twice <= 3:
                twice += len(_TWICE_ENCODED.findall(tail + chunk))
                tail = chunk[-4:]
            is_utf8 = is_utf8 and _decodes(decoder, chunk)
            chunk = stream.read(MIB)
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    return Bytes(
        sha256=sha.hexdigest(),
        size=size,
        head=head[:HEAD],
        encoding=_encoding(bom, is_utf8=is_utf8, has_nul=has_nul),
        is_blank=blank,
        may_be_mojibake=twice > 3,
    )


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _encoding(bom: str | None, *, is_utf8: bool, has_nul: bool) -> str | None:
    if bom == "utf-16":
        return bom if is_utf8 else None
    if has_nul:
        return None
    return (bom or "utf-8") if is_utf8 else "cp1252"


def must_be_text(found: Bytes) -> None:
    if found.is_blank:
        raise Refused("file_empty")
    if found.encoding is None:
        raise Refused("file_not_text")


CONTROLS = "undefined-as-controls"


def _controls(error: UnicodeError) -> tuple[str, int]:
    """The five bytes that cp1252 leaves undefined are control characters, which are removed and told later."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(b) for b in error.object[error.start : error.end]), error.end


codecs.register_error(CONTROLS, _controls)
