"""Whether two rows of one key say the same, whatever program wrote them: equal rows have equal digests.

Compared are the values that mapping uses, not their spelling. A clinic hands over an export and its copy saved by a
spreadsheet: the copy has no offsets and no seconds, `TRUE` for `true`, lost zeros, and other columns first.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.mapping.cells import mended_digits
from app.mapping.columns import Link
from app.mapping.moments import LocalMoment

_EXPONENT = re.compile(r"\d[.,]\d{5,17}[Ee]\+?\d\d?")
_TRUTHS = frozenset({"true", "false", "yes", "no"})


def digest_of(values: Mapping[str, Any], cells: Mapping[str, str], zone: ZoneInfo) -> bytes:
    """16 bytes. `values` are a row's attributes, `cells` its filled cells, `zone` the clinic's own.

    Times are compared by the minute on the clock of the file; times in UTC are first read in `zone`. White space and
    absent values do not count.
    """
    pieces: list[str] = []
    for name in sorted(values):
        value = values[name]
        if value is None:
            continue
        if type(value) is str:
            pieces.append(f"{name}={_text(value)}")
        elif isinstance(value, datetime):
            pieces.append(f"{name}={_minute(value, cells.get(name, ''), zone)}")
        elif isinstance(value, Link):
            pieces.append(f"{name}={value.ids or _text(value.name or '')}")
        elif isinstance(value, dict | list):
            pieces.append(f"{name}={_json(value)}")
        elif isinstance(value, Decimal):
            pieces.append(f"{name}={value.normalize():f}")
        else:
            pieces.append(f"{name}={value!r}")
    return hashlib.blake2b("\x1f".join(pieces).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _minute(moment: datetime, cell: str, zone: ZoneInfo) -> str:
    if len(cell) == 25 and cell[19] == " ":
        return cell[:16]
    wall = moment.wall if isinstance(moment, LocalMoment) else moment.astimezone(zone)
    return wall.isoformat(" ")[:16]


def _text(value: str) -> str:
    if value[:1] in "{[" and ("\\u" in value or "\\/" in value):  # other escapes are written alike by all
        try:
            value = _json(json.loads(value))
        except (ValueError, RecursionError):
            return value
    text = "".join(value.split())
    if len(text) <= 5 and text.lower() in _TRUTHS:
        return text.lower()
    if _EXPONENT.fullmatch(text):
        text = mended_digits(text) or text
    if text[:1] in "+0" or text[-2:] == ".0":
        digits = text.removesuffix(".0").lstrip("+0")
        return digits if digits.isdigit() else text
    return text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=False, default=str)
