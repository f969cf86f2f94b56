"""Which single-byte set the accented letters and the marks of a file were written in, judged by the words of each set.

Windows-1252 comes first: another set is taken only where signs make no sense in Windows-1252 and do in the other.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from app.engine.reading.word_fit import fits

CONTROLS = "undefined-as-controls"
WINDOWS, MAC, LATIN9 = "cp1252", "mac_roman", "iso8859-15"
OTHERS = (MAC, LATIN9)
CANDIDATES = (WINDOWS, *OTHERS)
MOST_WORDS = 20_000  # that are judged
UNSURE_FROM = 0.7  # of what speaks for the set that is taken
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # half a character that was written by itself
_UTF8 = re.compile(rb"[\xc3-\xc5][\x80-\xbf]")  # an accented letter of UTF-8: it says nothing of the other bytes
_UTF8_MARK = re.compile(rb"\xe2[\x80-\x84][\x80-\xbf]")  # a quotation mark, dash or the like of UTF-8


@dataclass(frozen=True, slots=True)
class Guess:
    """The most likely set, and the other sets that are as likely and give other words."""

    encoding: str
    rivals: tuple[str, ...] = ()


class Letters:
    """Collects words with high bytes and weighs what speaks for each other set against Windows-1252."""

    def __init__(self) -> None:
        self._for = Counter[str]()  # points of signs that make no sense in Windows-1252
        self._against = Counter[str]()  # points of signs that fit Windows-1252 better
        self._undecided: set[str] = set()  # sets in which a sign fits better, which fits Windows-1252 too
        self._differ: set[tuple[str, str]] = set()
        self._words = 0

    def add(self, line: bytes) -> None:
        """Weighs the words of one line that have high bytes."""
        if self._words >= MOST_WORDS:
            return
        for word in _UTF8_MARK.sub(b" ", _UTF8.sub(b"x", line)).split():
            if not word.isascii():
                self._words += 1
                self._add(word[:256])

    def _add(self, word: bytes) -> None:
        texts = {name: word.decode(name, CONTROLS) for name in CANDIDATES}
        self._differ.update((a, b) for a in CANDIDATES for b in CANDIDATES if texts[a] != texts[b])
        places = [at for at, byte in enumerate(word) if byte >= 0x80]
        for name in OTHERS:
            if texts[name] != texts[WINDOWS]:
                for at in places:
                    self._weigh(name, fits(texts[WINDOWS], at), fits(texts[name], at))

    def _weigh(self, name: str, windows: int, other: int) -> None:
        """A sign that fits Windows-1252 never speaks for another set."""
        if windows > other:
            self._against[name] += windows - other
        elif other > windows >= 0:
            self._undecided.add(name)
        else:
            self._for[name] += other - windows

    def guess(self) -> Guess:
        """The best candidate. A set that gives the same words is no rival."""
        net = {name: self._for[name] - self._against[name] for name in OTHERS}
        best = max(OTHERS, key=net.__getitem__)
        if net[best] <= 0:
            return Guess(WINDOWS, tuple(name for name in OTHERS if self._rivals_windows(name)))
        rivals = [WINDOWS] if self._against[best] >= self._for[best] * UNSURE_FROM else []
        rivals += (c for c in OTHERS if (best, c) in self._differ and net[c] >= net[best] * UNSURE_FROM)
        return Guess(best, tuple(rivals))

    def _rivals_windows(self, name: str) -> bool:
        """Whether nearly as much speaks for a set as against it, or nothing either way and its words fit better."""
        if self._for[name]:
            return self._for[name] >= self._against[name] * UNSURE_FROM
        return name in self._undecided and not self._against[name]


def _controls(error: UnicodeError) -> tuple[str, int]:
    """The bytes that a set leaves undefined are control characters, which are removed and counted later."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(b) for b in error.object[error.start : error.end]), error.end


codecs.register_error(CONTROLS, _controls)


def _one_by_one(encoding: str) -> str:
    """Registers an error handler that reads bytes which are no UTF-8 in a single-byte set; gives back its name."""
    name = f"else-{encoding}"

    def otherwise(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        if half := _HALF.match(error.object, error.start):
            return half[0].decode("utf-8", "surrogatepass"), half.end()
        return error.object[error.start : error.end].decode(encoding, CONTROLS), error.end

    codecs.register_error(name, otherwise)
    return name


OTHERWISE = {encoding: _one_by_one(encoding) for encoding in CANDIDATES}


def judged(lines: Iterable[bytes]) -> Guess:
    """The set that reads the words of some lines best."""
    letters = Letters()
    for line in lines:
        letters.add(line)
    return letters.guess()
