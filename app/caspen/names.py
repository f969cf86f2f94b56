"""When two names mean the same thing to a clinic: `Sick leave` and `sick  LEAVE`."""

import re
import unicodedata


def normalise_name(name: str) -> str:
    """A name as it is compared: case, width and runs of spaces do not count."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", name)).strip().casefold()
