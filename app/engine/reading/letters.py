"""Which single-byte set the accented letters of a file were written in, judged by the words that each set gives."""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

CONTROLS = "undefined-as-controls"
WINDOWS, MAC, LATIN9 = "cp1252", "mac_roman", "iso8859-15"
CANDIDATES = (WINDOWS, MAC, LATIN9)
MOST_WORDS = 20_000  # that are judged
UNSURE_FROM = 0.7  # of the best score
_COMMON = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœßšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽŸ")
_RARE = frozenset("ŠŽšžŸÿœŒÕÝý")
_APOSTROPHES = frozenset("’‘")
_ENDINGS = frozenset({"s", "t", "d", "m", "re", "ll", "ve", "n"})
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # half a character that was written by itself
_UTF8 = re.compile(rb"[\xc3-\xc5][\x80-\xbf]")  # an accented letter of UTF-8: it says nothing of the other bytes
_LETTERS = re.compile(r"[^\W\d_]+")
_BESIDE = frozenset("‘’“”„–—…«»£€°©®™•½¼¾·¿¡²³\u00a0§×±ªº")  # next to a word, or alone


@dataclass(frozen=True, slots=True)
class Guess:
    """The most likely set, and the other sets that are as likely and give other words."""

    encoding: str
    rivals: tuple[str, ...] = ()


class Letters:
    """Collects words with high bytes and scores how well each candidate reads them."""

    def __init__(self) -> None:
        self._scores = dict.fromkeys(CANDIDATES, 0)
        self._differ: set[tuple[str, str]] = set()
        self._words = 0

    def add(self, line: bytes) -> None:
        """Scores the words of one line that have high bytes."""
        if self._words >= MOST_WORDS:
            return
        for word in _UTF8.sub(b"x", line).split():
            if not word.isascii():
                self._words += 1
                self._add(word[:256])

    def _add(self, word: bytes) -> None:
        texts = {name: word.decode(name, CONTROLS) for name in CANDIDATES}
        for name, text in texts.items():
            self._scores[name] += _score(text)
        self._differ.update((a, b) for a in CANDIDATES for b in CANDIDATES if texts[a] != texts[b])

    def guess(self) -> Guess:
        """The best candidate. A set that gives the same words is no rival."""
        best = max(CANDIDATES, key=lambda name: self._scores[name])
        enough = self._scores[best] * UNSURE_FROM
        rivals = (c for c in CANDIDATES if (best, c) in self._differ and self._scores[c] >= enough)
        return Guess(best, tuple(rivals))


def _score(word: str) -> int:
    """How much a word looks like one that people write: its letters are common, their case fits their neighbours."""
    points = 0
    for at, sign in enumerate(word):
        if sign.isascii():
            continue
        before, after = word[at - 1 : at] if at else "", word[at + 1 : at + 2]
        if sign in _COMMON:
            points += _fits(sign, before, after, word)
        elif sign in _APOSTROPHES and before.isalpha() and after.isalpha():
            points += _joins(word[:at], word[at + 1 :])
        elif sign in _BESIDE:
            points += -2 if before.isalpha() and after.isalpha() else 1
        else:
            points -= 2 if sign.isalpha() else 4
    return points


def _joins(before: str, after: str) -> int:
    """An apostrophe ends a word in English, or follows one letter of a name: `it’s`, `O’Brien`, `d’Arcy`."""
    begins, ends = _LETTERS.findall(before)[-1], _LETTERS.findall(after)[0]
    if ends.lower() in _ENDINGS or begins in ("O", "o") or (len(begins) == 1 and begins.islower()):
        return 5
    if len(begins) <= 2:
        return 4 if ends[0].isupper() else 3
    return -1


def _fits(letter: str, before: str, after: str, word: str) -> int:
    """A capital begins a word or is among capitals; a small letter is not between two capitals."""
    if letter.isupper():
        if before.islower() or (before.isupper() and after.islower()):
            return -4
        if before.isupper():
            return 0 if any(map(str.islower, word)) else 2
        return 2 if after.isalpha() or after in ("", ".") else 0
    if before.isupper() and after.isupper():
        return -3
    usual = 2 if letter in _RARE else 3
    return usual if before.isalpha() or after.isalpha() else 0


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
