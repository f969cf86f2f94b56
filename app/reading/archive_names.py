"""Names of files inside an archive or folder: decoding, safety checks, and files without data."""

import re

from app.reading.limits import Limits
from app.reading.zip_directory import ZipEntry

_UTF8 = 0x800
_DRIVE = re.compile(r"^[A-Za-z]:")
_NOISE = re.compile(r"^(\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|~\$.*|\.~lock.*|Icon\r)$", re.IGNORECASE)
_SEPARATOR = re.compile(r"[/\\]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_UNIX = (3, 19)


def decoded_name(slot: ZipEntry) -> tuple[str, bool]:
    """Returns the name as text, and whether its encoding was guessed (APPNOTE appendix D: UTF-8 flag, else CP437)."""
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
    """Returns whether a name leads out of its folder, to a drive or device, or is too long or unprintable."""
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


def is_special(slot: ZipEntry) -> bool:
    """Returns whether the entry is a symbolic link or a device (Unix file mode in the external attributes)."""
    kind = (slot.attributes >> 28) & 0xF
    return slot.system in _UNIX and kind not in (0, 0x8, 0x4)


def is_root(name: str) -> bool:
    """Returns whether an entry is the archive's root folder, which some programs write as `/`."""
    return bool(name) and not name.strip("/\\.")


def tidy_path(name: str) -> str:
    """Returns the name with `/` as separator and without empty parts."""
    return "/".join(p for p in _SEPARATOR.split(name) if p not in ("", "."))


def is_noise(path: str) -> bool:
    """Returns whether an operating system or an open program left the file: it holds no data."""
    parts = path.split("/")
    return "__MACOSX" in parts or _NOISE.match(parts[-1]) is not None
