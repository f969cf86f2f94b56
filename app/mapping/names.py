"""Compares names: `Dr. Sam  LEE` is the same person as Sam Lee."""

import hashlib
import re

from app.caspen.name_keys import normalise_name

__all__ = ["TITLES", "normalise_name", "normalise_person"]

TITLES = frozenset(
    {
        *("dr", "doctor", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "assoc", "associate", "a/prof"),
        *("aprof", "sir", "dame", "rev", "reverend", "sr", "master"),
    }
)


def normalise_person(text: str) -> str:
    """A person's name for comparison: `Lee, Sam` is `sam lee`, without titles. A second call changes nothing.

    >>> normalise_person("Dr. Sam Lee")
    'sam lee'
    """
    text = normalise_name(text)
    last, comma, first = text.partition(",")
    words = (f"{first} {last}" if comma else text).split()
    while len(words) > 1 and re.sub(r"[.]", "", words[0]) in TITLES:
        words.pop(0)
    return " ".join(words)


def name_digest(text: str) -> bytes:
    """A hash of 12 bytes of a name, to compare names that may not be stored. Case and spacing are ignored."""
    return hashlib.blake2b(normalise_name(text).encode(), digest_size=12).digest()
