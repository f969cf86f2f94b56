"""The names of files inside an archive or folder: which are safe to speak of, which are nobody's data."""

import re

from app.reading.directory import Slot
from app.reading.limits import Limits

_UTF8 = 0x800
_DRIVE = re.compile(r"^[A-Za-z]:")
_NOISE = re.compile(r"^(\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|~\$.*|\.~lock.*|Icon\r)$", re.IGNORECASE)
_SEPARATOR = re.compile(r"[/\\]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_UNIX = (3, 19)


def decoded(slot: Slot) -> tuple[str, bool]:
    """The name as text, and whether its encoding had to be guessed."""
    if slot.unicode_name is not None:
        return slot.unicode_name, False
    if slot.flags & _UTF8:
        try:
            return slot.name.decode("utf-8"), False
        except UnicodeDecodeError:
            return slot.name.decode("cp437"), True
    if slot.name.isascii():
        return slot.name.decode("ascii"), False
    try:
        return slot.name.decode("utf-8"), False
    except UnicodeDecodeError:
        return slot.name.decode("cp437"), True


def is_unsafe(name: str, raw: bytes, limits: Limits) -> bool:
    """Whether a name leads out of its folder, to a machine or a device, or cannot be written down."""
    parts = _SEPARATOR.split(name)
    return (
        not name.strip("/\\")
        or parts[0] == ""
        or _DRIVE.match(name) is not None
        or ".." in parts
        or _CONTROL.search(name) is not None
        or len(raw) > limits.path_bytes
        or (len(raw) > limits.path_part_bytes and any(_size(p) > limits.path_part_bytes for p in parts))
        or len(parts) > limits.depth + 1
    )


def _size(part: str) -> int:
    return len(part.encode("utf-8", "surrogatepass"))


def is_special(slot: Slot) -> bool:
    """Whether the entry is a symbolic link or a device instead of a file or folder."""
    kind = (slot.attributes >> 28) & 0xF
    return slot.system in _UNIX and kind not in (0, 0x8, 0x4)


def is_root(name: str) -> bool:
    """Whether an entry is the archive's own folder, as some programs write it: `/`."""
    return bool(name) and not name.strip("/\\.")


def tidy(name: str) -> str:
    """The name with one kind of separator and without empty parts."""
    return "/".join(p for p in _SEPARATOR.split(name) if p not in ("", "."))


def is_noise(path: str) -> bool:
    """Whether the file is left by an operating system or an open program, and is nobody's data."""
    parts = path.split("/")
    return "__MACOSX" in parts or _NOISE.match(parts[-1]) is not None
