"""Repairs XML with a few invalid characters: each becomes a mark, so that the rest can be parsed.

A byte of another encoding, an unknown entity or an invalid character reference would otherwise cost all rows of a
sheet. Truncated or wrongly nested XML is not repaired.
"""

import codecs
import re
from collections.abc import Iterable, Iterator

from app.reading.refusal import Refused

MARK = "unreadable"
"""Target of the processing instruction that replaces an unreadable character."""

_MARKED = f"<?{MARK}?>"
_HANDLER = "caspen-unreadable-in-xml"
_FAULT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&(?:#x([0-9A-Fa-f]{1,8});|#([0-9]{1,8});|([A-Za-z_][\\w.-]{0,63});)?"
)
_KNOWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_LONGEST = 80  # characters of a reference
_LITERAL = "<![CDATA["


def _marked(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    return _MARKED, fault.end


codecs.register_error(_HANDLER, _marked)


def readable(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yields the XML as UTF-8 with a mark for each invalid character; a lone `&` becomes `&amp;`.

    Raises Refused `zip_damaged` for CDATA sections, where a mark would be text.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(_HANDLER)
    rest = ""
    for block in blocks:
        text = rest + decoder.decode(block)
        cut = max(text.rfind("&", -_LONGEST), text.rfind("<", -len(_LITERAL)))
        whole, rest = (text, "") if cut < 0 else (text[:cut], text[cut:])
        yield _mended(whole)
    yield _mended(rest + decoder.decode(b"", final=True))


def _mended(text: str) -> bytes:
    if _LITERAL in text:
        raise Refused("zip_damaged")
    return _FAULT.sub(_replaced, text).encode()


def _replaced(fault: re.Match[str]) -> str:
    if fault[0] == "&":
        return "&amp;"
    hexadecimal, decimal, name = fault.groups()
    if name:
        return fault[0] if name in _KNOWN else _MARKED
    if hexadecimal or decimal:
        number = int(hexadecimal, 16) if hexadecimal else int(decimal)
        return fault[0] if _is_sign(number) else _MARKED
    return _MARKED


def _is_sign(number: int) -> bool:
    """Returns whether XML 1.0 allows the character (production 2, Char)."""
    return number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0xFFFF < number < 0x110000
