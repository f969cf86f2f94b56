"""In what letters a file is written, decided over the whole file, with its fingerprint taken on the way."""

import codecs
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from app.reading.content_sniffing import HEAD, sniff
from app.reading.limits import MIB
from app.reading.padding import Padding, opened_until
from app.reading.refusal import Refused

# Which single-byte set the accented letters and the marks of a file were written in, judged by the words of each
# set.
#
# Windows-1252 comes first: another set is taken only where signs make no sense in Windows-1252 and do in the other.

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


# How well a sign fits its place in a word: whether people write that letter or that mark there.
#
# A score below zero means that people do not write the sign there: a capital after a small letter, an opening
# quotation mark at the end of a word, a symbol inside one. A score of zero says nothing.

LETTERS = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœßšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽŸ")
_RARE = frozenset("ÿœý")
_BEGIN = frozenset("àáâäåæçéêíóôöøúüœšž")  # small letters that many words begin with
_RARELY_END = frozenset("îïñôûÿçæšž")
_NEVER_END = frozenset("œ")
_ALONE = frozenset("àáèéêíîóòôåäöøæ")  # words of one letter, and letters of an enumeration
_RARELY_BEGIN = frozenset("ÑÕÛÏÙÌÎÃËŠŽŒÒÔ")  # capitals
_CONSONANTS = frozenset("çñšž")
_BEFORE_VOWELS = frozenset("çñ")
_RARELY_AFTER_VOWELS = frozenset("äåöøû")
_VOWELS = frozenset("aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿœ")
_ACUTE = {"á": "a", "é": "e", "í": "i", "ó": "o", "ú": "u"}
_ENDINGS = frozenset({"s", "t", "d", "m", "re", "ll", "ve"})
_ELISIONS = frozenset({"qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "quelqu", "aujourd"})
_MARKS_OF_ENDS = frozenset(".,;:!?)]}'\"’”»…%")
_JOINTS = tuple("<>=/+&")
_PARTS = re.compile(r"[^\W\d_]+")


class _Fit(NamedTuple):
    """Scores of a mark: alone, where a word or number begins, where one ends, between two letters."""

    alone: int
    begins: int
    ends: int
    inside: int
    at_number: int | None = None  # beside a figure, where that differs


_OPENS, _CLOSES = _Fit(0, 3, -3, -3), _Fit(2, -3, 3, -3)
_SYMBOL = _Fit(-4, -4, -4, -4)
_FRACTION = _Fit(2, -1, -1, -3, 2)
_POWER = _Fit(0, -2, 3, -2, 3)
_MONEY = _Fit(2, -2, -2, -3, 3)
_REGISTERED = _Fit(2, -2, 2, -3, 2)
_REFERENCE = _Fit(0, -3, -2, -4, 0)
_RATIO = _Fit(2, -2, -2, -3, 2)
_ACCENT = _Fit(-2, 0, -1, 1, -1)  # typed for an apostrophe
_FITS = {
    **dict.fromkeys("“„«", _OPENS),
    **dict.fromkeys("‚‹", _Fit(0, 1, -3, -3)),
    **dict.fromkeys("”»›", _CLOSES),
    "‘": _Fit(0, 3, -3, -3),
    "’": _Fit(2, 2, 3, 0),
    **dict.fromkeys("¿¡", _Fit(-1, 2, -3, -3)),
    "…": _Fit(3, 1, 3, 0),
    **dict.fromkeys("–—", _Fit(3, 3, 3, 0, 3)),
    **dict.fromkeys("€£", _MONEY),
    "¥": _Fit(-1, -2, -2, -3, 2),
    "•": _Fit(3, 3, -1, -4),
    "·": _Fit(2, 1, -1, -2),
    **dict.fromkeys("™®©", _REGISTERED),
    "": _Fit(2, -1, -3, -3, 2),
    "°": _Fit(1, 0, -1, -3, 3),
    **dict.fromkeys("ªº", _Fit(-1, -2, -2, -3, 3)),
    **dict.fromkeys("±×", _RATIO),
    "÷": _Fit(1, -4, -4, -4, 1),
    **dict.fromkeys("½¼¾", _FRACTION),
    **dict.fromkeys("¹²³", _POWER),
    "\u00a0": _Fit(1, 1, 1, 1),
    "µ": _Fit(0, 2, 0, 0),
    "´": _ACCENT,
    "†": _REFERENCE,
    "‡": _REFERENCE._replace(begins=0),
    "‰": _Fit(-4, -4, -4, -4, 1),
}


def fits(word: str, at: int) -> int:
    """How well the sign at a place of a word fits there: below zero where people do not write it."""
    sign, before, after = word[at], word[at - 1 : at], word[at + 1 : at + 2]
    if sign in LETTERS:
        return _letter_fits(word, at, before, after)
    fit = _FITS.get(sign)
    if fit is None:
        return -2 if sign.isalpha() else -4
    if fit.at_number is not None and (before.isdigit() or (after.isdigit() and not before.isalpha())):
        return fit.at_number
    if before.isalpha() and after.isalpha():
        if sign == "’":
            return _joins(word[:at], word[at + 1 :])
        if sign in "–—":
            return _divides(sign, word[:at], word[at + 1 :])
        return 1 if sign == "‘" and _is_turned(word[:at], word[at + 1 :]) else fit.inside
    if sign in "¿¡" and not before.isalnum() and after.isalpha() and not word[at + 2 : at + 3].isalpha():
        return -2  # `¡C` is the degree sign of another set
    if before.isalnum() or (before and before in _MARKS_OF_ENDS and not after.isalnum()):
        return fit.ends
    return fit.begins if after.isalnum() else fit.alone


def _joins(before: str, after: str) -> int:
    """An apostrophe ends a word in English, or follows one letter of a name: `it’s`, `O’Brien`, `d’Arcy`."""
    begins, ends = _PARTS.findall(before)[-1], _PARTS.findall(after)[0]
    is_ending = ends.lower() in _ENDINGS or (ends.lower() == "n" and after[1:2] in ("’", "'"))  # `rock’n’roll`
    if is_ending or begins in ("O", "o") or (len(begins) == 1 and begins.islower()):
        return 5
    if begins.lower() in _ELISIONS:
        return 5
    if len(begins) <= 2:
        return 4 if ends[0].isupper() else 2
    if before[: -len(begins)].endswith("’"):  # `Ng’ang’a`
        return 1
    return 0 if len(ends) > 1 and ends[0].lower() in _VOWELS else -1


def _is_turned(before: str, after: str) -> bool:
    """Whether an opening mark stands for an apostrophe: `Hawai‘i`, `don‘t`."""
    ends = _PARTS.findall(after)[0].lower()
    return ends[0] in _VOWELS or (ends in _ENDINGS and before[-1].lower() not in _VOWELS)


def _divides(dash: str, before: str, after: str) -> int:
    """A dash is between words: of several letters, or capitals, or `a` and `I`. `Ni–o` and `L—pez` are no words."""
    begins, ends = _PARTS.findall(before)[-1], _PARTS.findall(after)[0]
    if begins[0].isupper() and ends[0].isupper():
        return 2
    if dash == "—" and (begins in ("a", "I") or ends in ("a", "I")):
        return 1
    if len(begins) == len(ends) == 1:
        return 2
    if min(len(begins), len(ends)) == 1:
        return 0 if before[: -len(begins)].endswith(_JOINTS) else -3
    is_between_vowels = begins[-1].lower() in _VOWELS and ends[0].lower() in _VOWELS
    return -1 if is_between_vowels and min(len(begins), len(ends)) == 2 else 0


def _letter_fits(word: str, at: int, before: str, after: str) -> int:
    letter = word[at]
    if before.isdigit():
        return -4 if letter.isupper() else -2
    return _capital_fits(word, at, before, after) if letter.isupper() else _small_fits(word, at, before, after)


def _capital_fits(word: str, at: int, before: str, after: str) -> int:
    """A capital begins a word or is among capitals."""
    if before.islower() or (before.isupper() and after.islower()):
        return -4
    if before.isupper():
        return 2 if _run(word, at).isupper() else -2
    is_rare = word[at] in _RARELY_BEGIN
    if after.isalpha():
        return -1 if word[at] == "Ÿ" else 2 if is_rare else 3
    return -1 if is_rare or after.isdigit() else 2 if after == "." else 0


def _small_fits(word: str, at: int, before: str, after: str) -> int:
    """A small letter is among small letters, a consonant beside a vowel."""
    letter = word[at]
    if after.isupper() or (before.isupper() and at > 1 and word[at - 2].isupper()):
        return 1 if letter == "ß" and before.isupper() else -3
    if letter == "œ" and before.isalpha():
        return 2 if after in ("u", "i", "t", "d") else -3
    if letter in _ACUTE and after == _ACUTE[letter]:
        return -2
    if letter in _BEFORE_VOWELS and after.isalpha() and after not in _VOWELS:
        return -3
    if not before.isalpha():
        if not after.isalpha():
            return 1 if letter in _ALONE else -2
        return 2 if letter in _BEGIN else -1
    if letter == "ñ" and before.lower() not in _VOWELS:
        return -3
    is_after_vowel, is_before_vowel = before.lower() in _VOWELS, after in _VOWELS and after != ""
    if letter in _CONSONANTS and not (is_after_vowel or is_before_vowel):
        return -3
    if letter in _RARELY_AFTER_VOWELS and is_after_vowel:
        return 1 if after.isalpha() and not is_before_vowel else -2
    if not after.isalpha():
        return -3 if letter in _NEVER_END else 1 if letter in _RARELY_END else 3
    return 2 if letter in _RARE else 3


def _run(word: str, at: int) -> str:
    """The letters around a place without anything between them."""
    begin, end = at, at + 1
    while begin and word[begin - 1].isalpha():
        begin -= 1
    while end < len(word) and word[end].isalpha():
        end += 1
    return word[begin:end]
