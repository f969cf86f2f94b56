"""In what letters a file is written, decided over the whole file, with its fingerprint taken on the way."""

import codecs
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from app.engine.reading.letters import CANDIDATES, CONTROLS, OTHERWISE, WINDOWS, Guess, Letters
from app.engine.reading.limits import MIB
from app.engine.reading.padding import Padding, opened_until
from app.engine.reading.refusal import Refused
from app.engine.reading.sniff import HEAD, sniff

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_TWICE_ENCODED = re.compile(rb"\xc3\x83[\xc2-\xe2]|\xc3\x82\xc2|\xc3\xa2\xe2\x82\xac|\xc3[\x80-\xbf]")
_BLANK = b"\xef\xbb\xbf \t\r\n\0\x1a"
_BLANK_WIDE = b"\xff\xfe \t\r\n\0\x1a"
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
HALVES = "surrogatepass"  # half a character ends no file: such signs are removed from the cells
GUESS = "guess"  # no byte order mark, no NUL, no UTF-8
NULS_OF_TEXT = 100  # bytes of text for each NUL that damage may have put there: more NULs are another encoding
_LONG = 4096  # bytes of a line, above which its cells count as lines
_PIECE = re.compile(rb'[^"<,;\t]+')
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
    otherwise: str | None = None  # how bytes are read that are not UTF-8, in a file that is
    other_lines: int = 0  # lines that have such bytes
    first_other: int = 0  # the first of them
    rivals: tuple[str, ...] = ()  # sets that could be meant as well
    has_end: bool = True  # whether the last line ends
    padding: int = 0  # bytes behind the last letter, of which no text is made
    has_nul_padding: bool = False

    @property
    def sniffed(self) -> str | None:
        """What the first bytes say, or the first letters where each takes two bytes."""
        if self.encoding != "utf-16":
            return sniff(self.head)
        letters = codecs.getincrementaldecoder("utf-16")(HALVES).decode(self.head)
        return sniff(letters.encode("utf-8", "surrogatepass"))

    @property
    def is_guessed(self) -> bool:
        """Whether the whole file is read in a single-byte set that nothing in it names."""
        return self.encoding in CANDIDATES

    @property
    def codes(self) -> tuple[str, ...]:
        """What had to be guessed about the letters."""
        guessed = ("encoding_guessed",) if self.is_guessed else ()
        return (*guessed, "line_encoding_guessed") if self.otherwise else guessed

    def text(self, open_: Callable[[], BinaryIO]) -> io.TextIOWrapper:
        """The file as text, line ends untouched, without padding. Never with replacement characters."""
        errors = OTHERWISE[self.otherwise] if self.otherwise else CONTROLS if self.is_guessed else HALVES
        stream = opened_until(open_, self.size - self.padding) if self.padding else open_()
        return io.TextIOWrapper(stream, self.encoding or "utf-8", errors=errors, newline="")


def look_through(open_: Callable[[], BinaryIO], answer: str | None = None) -> Bytes:
    """Reads the file once: hash, size, encoding. Damage and limits of an archive raise `Refused` here.

    A file that turns out not to be UTF-8 is read a second time, line by line. `answer` is the clinic's own word for
    how its letters are stored: a name of `ENCODINGS`, which a byte order mark overrules.
    """
    sha = hashlib.sha256()
    size = 0
    nuls = 0
    blank = is_utf8 = True
    twice = 0
    tail = b""
    with open_() as stream:
        chunk = head = stream.read(MIB)
        bom = next((name for mark, name in _BOMS if head.startswith(mark)), None)
        decoder = codecs.getincrementaldecoder("utf-16" if bom == "utf-16" else "utf-8")(HALVES)
        padding = Padding(wide=bom == "utf-16")
        while chunk:
            sha.update(chunk)
            size += len(chunk)
            nuls += chunk.count(b"\0")
            blank = blank and not chunk.strip(_BLANK if bom != "utf-16" else _BLANK_WIDE)
            if not chunk.isascii() and twice <= 3:
                twice += len(_TWICE_ENCODED.findall(tail + chunk))
                tail = chunk[-4:]
            letters = _decoded(decoder, chunk) if is_utf8 else None
            is_utf8 = letters is not None
            padding.see(chunk, letters or "")
            chunk = stream.read(MIB)
    if is_utf8 and not (bom == "utf-16" and padding.see_half(decoder.getstate()[0])):
        is_utf8 = _decoded(decoder, b"", final=True) is not None
    lines = _Lines()
    has_nul = nuls - padding.nuls > (size - padding.size) // NULS_OF_TEXT
    encoding = None if head.startswith(_UTF32) else _encoding(bom, is_utf8=is_utf8, has_nul=has_nul)
    if encoding == GUESS:
        lines = _by_line(lambda: opened_until(open_, size - padding.size) if padding.size else open_())
        encoding = lines.encoding(answer, bom)
    elif encoding == "utf-8" and answer in CANDIDATES:
        encoding = answer
    return Bytes(
        sha256=sha.hexdigest(),
        size=size,
        head=head[:HEAD],
        encoding=encoding,
        is_blank=blank,
        may_be_mojibake=twice > 3,
        otherwise=lines.guess.encoding if lines.others and encoding not in CANDIDATES else None,
        other_lines=lines.others,
        first_other=lines.first,
        rivals=() if answer else lines.rivals,
        has_end=padding.has_end,
        padding=padding.size,
        has_nul_padding=padding.nuls > 0,
    )


def text_of(data: bytes) -> tuple[str, tuple[str, ...]]:
    """A whole document as text, and the codes of what had to be guessed. Raises `Refused` for what is no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if text and "\0" not in text:
        return text, ()
    found = look_through(lambda: io.BytesIO(data))
    if found.encoding is None:
        raise Refused("file_not_text")
    with found.text(lambda: io.BytesIO(data)) as stream:
        return stream.read(), found.codes


@dataclass(slots=True)
class _Lines:
    """The lines with high bytes of a file that is not UTF-8 throughout: how many are, how many are not."""

    utf8: int = 0
    others: int = 0
    first: int = 0  # the number of the first line that is not
    guess: Guess = field(default_factory=lambda: Guess(WINDOWS))

    @property
    def is_utf8(self) -> bool:
        """UTF-8 but for at most one line in a hundred of those with high bytes, at least one."""
        return self.utf8 > 0 and self.others <= max(1, (self.utf8 + self.others) // 100)

    def encoding(self, answer: str | None, bom: str | None) -> str:
        """How the whole file is read."""
        if answer is not None and bom is None:
            return answer
        return (bom or "utf-8") if self.is_utf8 or bom else self.guess.encoding

    @property
    def rivals(self) -> tuple[str, ...]:
        """The sets that are as likely. A file of which many lines are UTF-8 and many are not may be either."""
        mixed = ("utf-8",) if self.utf8 and not self.is_utf8 else ()
        return (*self.guess.rivals, *mixed)


def _by_line(open_: Callable[[], BinaryIO]) -> _Lines:
    found, letters = _Lines(), Letters()
    number = 1
    for block in _blocks(open_):
        for line in block.splitlines(keepends=True):
            if not line.isascii():
                for piece in (line,) if len(line) <= _LONG else _PIECE.findall(line):
                    _weigh(piece, number, found, letters)
            number += line.endswith((b"\n", b"\r"))
    found.guess = letters.guess()
    return found


def _weigh(piece: bytes, number: int, found: _Lines, letters: Letters) -> None:
    if piece.isascii():
        return
    try:
        piece.decode("utf-8", HALVES)
    except UnicodeDecodeError:
        found.others += 1
        found.first = found.first or number
        letters.add(piece)
    else:
        found.utf8 += 1


def _blocks(open_: Callable[[], BinaryIO]) -> Iterator[bytes]:
    """The file in blocks that end with a line, or between two letters where a line is longer than a block."""
    rest = b""
    with open_() as stream:
        while chunk := stream.read(MIB):
            block = rest + chunk
            end = max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1)) + 1
            if not end and len(block) >= 2 * MIB:
                end = block.rfind(b" ", MIB) + 1 or len(block)
            rest = block[end:]
            if end:
                yield block[:end]
    if rest:
        yield rest


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> str | None:
    """The letters that a chunk completes; None where it is not written in the decoder's encoding."""
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return None


def _encoding(bom: str | None, *, is_utf8: bool, has_nul: bool) -> str | None:
    if bom == "utf-16":
        return bom if is_utf8 else None
    if has_nul:
        return None
    return (bom or "utf-8") if is_utf8 else GUESS


def must_be_text(found: Bytes) -> None:
    if found.is_blank:
        raise Refused("file_empty")
    if found.encoding is None:
        raise Refused("file_not_text")
