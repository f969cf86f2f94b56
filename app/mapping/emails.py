"""E-mail addresses. One that no message could reach is kept as words, never as an address."""

import re

_PART = r"[^\s@,;<>()\[\]\"'"
_ADDRESS = re.compile(rf"[^\s@,;<>()\[\]\"]{{1,64}}@(?:{_PART}._-]{_PART}._]*\.)+{_PART}._-]{{2,}}")


def is_email(address: str) -> bool:
    """Whether the text has the form of one e-mail address."""
    return len(address) <= 254 and ".." not in address and _ADDRESS.fullmatch(address) is not None
