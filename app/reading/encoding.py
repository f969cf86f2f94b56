"""Detects a file's encoding over the whole file and computes its checksum on the way."""

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

# Guesses the single-byte encoding of accented letters and punctuation by the words that each encoding gives.
#
# Windows-1252 is the default: another encoding wins only if characters make no sense in Windows-1252 and do in it.

CONTROLS = "undefined-as-controls"
WINDOWS, MAC, LATIN9 = "cp1252", "mac_roman", "iso8859-15"
OTHERS = (MAC, LATIN9)
CANDIDATES = (WINDOWS, *OTHERS)
MOST_WORDS = 20_000  # words that are scored
UNSURE_FROM = 0.7  # share of the winner's score from which another encoding is a rival
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # a lone surrogate, encoded by itself
_UTF8 = re.compile(rb"[\xc3-\xc5][\x80-\xbf]")  # an accented letter in UTF-8
_UTF8_MARK = re.compile(rb"\xe2[\x80-\x84][\x80-\xbf]")  # punctuation in UTF-8, such as a quotation mark or a dash


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    """The most likely encoding, and the encodings that are as likely and give different words."""

    encoding: str
    rivals: tuple[str, ...] = ()


class EncodingScores:
    """Collects words with high bytes and scores every other encoding against Windows-1252."""

    def __init__(self) -> None:
        self._for = Counter[str]()  # points of characters that make no sense in Windows-1252
        self._against = Counter[str]()  # points of characters that fit Windows-1252 better
        self._undecided: set[str] = set()  # encodings in which a character fits better, though Windows-1252 is possible
        self._differ: set[tuple[str, str]] = set()
        self._words = 0

    def add(self, line: bytes) -> None:
        """Scores the words with high bytes of a line, up to MOST_WORDS in total."""
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
                    self._weigh(name, sign_fit(texts[WINDOWS], at), sign_fit(texts[name], at))

    def _weigh(self, name: str, windows: int, other: int) -> None:
        """A character that fits Windows-1252 never counts for another encoding."""
        if windows > other:
            self._against[name] += windows - other
        elif other > windows >= 0:
            self._undecided.add(name)
        else:
            self._for[name] += other - windows

    def guess(self) -> EncodingGuess:
        """Returns the best encoding. An encoding that gives the same words is not a rival."""
        net = {name: self._for[name] - self._against[name] for name in OTHERS}
        best = max(OTHERS, key=net.__getitem__)
        if net[best] <= 0:
            return EncodingGuess(WINDOWS, tuple(name for name in OTHERS if self._rivals_windows(name)))
        rivals = [WINDOWS] if self._against[best] >= self._for[best] * UNSURE_FROM else []
        rivals += (c for c in OTHERS if (best, c) in self._differ and net[c] >= net[best] * UNSURE_FROM)
        return EncodingGuess(best, tuple(rivals))

    def _rivals_windows(self, name: str) -> bool:
        """Returns whether an encoding scores nearly as much for as against, or only its words fit better."""
        if self._for[name]:
            return self._for[name] >= self._against[name] * UNSURE_FROM
        return name in self._undecided and not self._against[name]


def _controls(error: UnicodeError) -> tuple[str, int]:
    """Error handler: undefined bytes become control characters, which are later removed and counted."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(b) for b in error.object[error.start : error.end]), error.end


codecs.register_error(CONTROLS, _controls)


def _one_by_one(encoding: str) -> str:
    """Registers an error handler that decodes invalid UTF-8 with a single-byte encoding. Returns the handler's name."""
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


def guess_encoding(lines: Iterable[bytes]) -> EncodingGuess:
    """Returns the encoding that reads the words of the lines best."""
    letters = EncodingScores()
    for line in lines:
        letters.add(line)
    return letters.guess()


_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_TWICE_ENCODED = re.compile(rb"\xc3\x83[\xc2-\xe2]|\xc3\x82\xc2|\xc3\xa2\xe2\x82\xac|\xc3[\x80-\xbf]")
_BLANK = b"\xef\xbb\xbf \t\r\n\0\x1a"
_BLANK_WIDE = b"\xff\xfe \t\r\n\0\x1a"
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
HALVES = "surrogatepass"  # lone surrogates pass; they are removed from the cells later
GUESS = "guess"  # no byte order mark, no NUL, no UTF-8
NULS_OF_TEXT = 100  # bytes of text per NUL that damage explains; more NULs mean another encoding
_LONG = 4096  # bytes of a line from which each of its cells counts as a line
_PIECE = re.compile(rb'[^"<,;\t]+')
MOJIBAKE = re.compile("Ã[\u0080-\u00ff\u0152-\u0178\u02c6-\u2122]|â€|Â[\u0080-\u00bf]")


@dataclass(frozen=True, slots=True)
class FileProfile:
    """A whole file after a pass over its bytes: checksum, size in bytes, first bytes and encoding. `encoding` is None
    for bytes that are not text."""

    sha256: str
    size: int
    head: bytes
    encoding: str | None
    is_blank: bool
    may_be_mojibake: bool
    otherwise: str | None = None  # encoding of the bytes that are invalid in a UTF-8 file
    other_lines: int = 0  # lines with such bytes
    first_other: int = 0  # number of the first such line
    rivals: tuple[str, ...] = ()  # encodings that are as likely
    has_end: bool = True  # whether the last line has a line end
    padding: int = 0  # bytes behind the last character that are not decoded
    has_nul_padding: bool = False

    @property
    def sniffed(self) -> str | None:
        """The content type by the first bytes; UTF-16 is decoded first."""
        if self.encoding != "utf-16":
            return sniff(self.head)
        letters = codecs.getincrementaldecoder("utf-16")(HALVES).decode(self.head)
        return sniff(letters.encode("utf-8", "surrogatepass"))

    @property
    def is_guessed(self) -> bool:
        """Whether the whole file is read in a single-byte encoding that nothing in it names."""
        return self.encoding in CANDIDATES

    @property
    def codes(self) -> tuple[str, ...]:
        """The problem codes of guessed encodings."""
        guessed = ("encoding_guessed",) if self.is_guessed else ()
        return (*guessed, "line_encoding_guessed") if self.otherwise else guessed

    def text(self, open_: Callable[[], BinaryIO]) -> io.TextIOWrapper:
        """Opens the file as text: line ends unchanged, padding left out, never with replacement characters."""
        errors = OTHERWISE[self.otherwise] if self.otherwise else CONTROLS if self.is_guessed else HALVES
        stream = opened_until(open_, self.size - self.padding) if self.padding else open_()
        return io.TextIOWrapper(stream, self.encoding or "utf-8", errors=errors, newline="")


def profile_file(open_: Callable[[], BinaryIO], answer: str | None = None) -> FileProfile:
    """Reads the file once for checksum, size and encoding. Raises Refused for damage and limits of an archive.

    A file that is not UTF-8 is read a second time, line by line. `answer` is the encoding that the clinic chose, a name
    of CANDIDATES or `utf-8`; a byte order mark overrules the answer.
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
            padding.add(chunk, letters or "")
            chunk = stream.read(MIB)
    if is_utf8 and not (bom == "utf-16" and padding.add_half(decoder.getstate()[0])):
        is_utf8 = _decoded(decoder, b"", final=True) is not None
    lines = _LineCounts()
    has_nul = nuls - padding.nuls > (size - padding.size) // NULS_OF_TEXT
    encoding = None if head.startswith(_UTF32) else _encoding(bom, is_utf8=is_utf8, has_nul=has_nul)
    if encoding == GUESS:
        lines = _by_line(lambda: opened_until(open_, size - padding.size) if padding.size else open_())
        encoding = lines.encoding(answer, bom)
    elif encoding == "utf-8" and answer in CANDIDATES:
        encoding = answer
    return FileProfile(
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


def decode_document(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Returns a whole document as text, with the codes of guesses. Raises Refused `file_not_text` for bytes that are
    not text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if text and "\0" not in text:
        return text, ()
    profile = profile_file(lambda: io.BytesIO(data))
    if profile.encoding is None:
        raise Refused("file_not_text")
    with profile.text(lambda: io.BytesIO(data)) as stream:
        return stream.read(), profile.codes


@dataclass(slots=True)
class _LineCounts:
    """Counts, in a file that is not valid UTF-8, the lines with high bytes that are UTF-8 and those that are not."""

    utf8: int = 0
    others: int = 0
    first: int = 0  # number of the first line that is not UTF-8
    guess: EncodingGuess = field(default_factory=lambda: EncodingGuess(WINDOWS))

    @property
    def is_utf8(self) -> bool:
        """Whether at most 1 % of the lines with high bytes, or a single line, are invalid UTF-8."""
        return self.utf8 > 0 and self.others <= max(1, (self.utf8 + self.others) // 100)

    def encoding(self, answer: str | None, bom: str | None) -> str:
        """Returns the encoding of the whole file."""
        if answer is not None and bom is None:
            return answer
        return (bom or "utf-8") if self.is_utf8 or bom else self.guess.encoding

    @property
    def rivals(self) -> tuple[str, ...]:
        """The encodings that are as likely. A file with many UTF-8 and many other lines may be either."""
        mixed = ("utf-8",) if self.utf8 and not self.is_utf8 else ()
        return (*self.guess.rivals, *mixed)


def _by_line(open_: Callable[[], BinaryIO]) -> _LineCounts:
    counts, letters = _LineCounts(), EncodingScores()
    number = 1
    for block in _blocks(open_):
        for line in block.splitlines(keepends=True):
            if not line.isascii():
                for piece in _PIECE.findall(line) if _has_rows(line) else (line,):
                    _weigh(piece, number, counts, letters)
            number += line.endswith((b"\n", b"\r"))
    counts.guess = letters.guess()
    return counts


def _has_rows(line: bytes) -> bool:
    """Whether a line may hold many rows: it is long, or JSON, which programs write without line ends."""
    return len(line) > _LONG or line.lstrip()[:1] in (b"[", b"{")


def _weigh(piece: bytes, number: int, counts: _LineCounts, letters: EncodingScores) -> None:
    if piece.isascii():
        return
    try:
        piece.decode("utf-8", HALVES)
    except UnicodeDecodeError:
        counts.others += 1
        counts.first = counts.first or number
        letters.add(piece)
    else:
        counts.utf8 += 1


def _blocks(open_: Callable[[], BinaryIO]) -> Iterator[bytes]:
    """Yields the file in blocks that end with a line, or between two cells in a very long line."""
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
    """Returns the characters that a chunk completes; None if the chunk is invalid in the decoder's encoding."""
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


def require_text(profile: FileProfile) -> None:
    """Raises Refused `file_empty` for a blank file and `file_not_text` for bytes that are not text."""
    if profile.is_blank:
        raise Refused("file_empty")
    if profile.encoding is None:
        raise Refused("file_not_text")


# Scores how well a character fits its position in a word.
#
# A negative score means that people do not write the character there: a capital after a small letter, an opening
# quotation mark at the end of a word, a symbol inside a word. A score of zero is neutral.

LETTERS = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœßšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽŸ")
_RARE = frozenset("ÿœý")
_BEGIN = frozenset("àáâäåæçéêíóôöøúüœšž")  # small letters that often begin a word
_RARELY_END = frozenset("îïñôûÿçæšž")
_NEVER_END = frozenset("œ")
_ALONE = frozenset("àáèéêíîóòôåäöøæ")  # words and list markers of a single letter
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
    """Scores of a mark: alone, where a word or number begins, where a word ends, and between two letters."""

    alone: int
    begins: int
    ends: int
    inside: int
    at_number: int | None = None  # next to a digit, if that differs


_OPENS, _CLOSES = _Fit(0, 3, -3, -3), _Fit(2, -3, 3, -3)
_SYMBOL = _Fit(-4, -4, -4, -4)
_FRACTION = _Fit(2, -1, -1, -3, 2)
_POWER = _Fit(0, -2, 3, -2, 3)
_MONEY = _Fit(2, -2, -2, -3, 3)
_REGISTERED = _Fit(2, -2, 2, -3, 2)
_REFERENCE = _Fit(0, -3, -2, -4, 0)
_RATIO = _Fit(2, -2, -2, -3, 2)
_ACCENT = _Fit(-2, 0, -1, 1, -1)  # typed instead of an apostrophe
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


def sign_fit(word: str, at: int) -> int:
    """Returns the score of the character at a position of a word; negative if people do not write it there."""
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
        return -2  # `¡C` is a degree sign in another encoding
    if before.isalnum() or (before and before in _MARKS_OF_ENDS and not after.isalnum()):
        return fit.ends
    return fit.begins if after.isalnum() else fit.alone


def _joins(before: str, after: str) -> int:
    """Scores an apostrophe between letters: `it’s`, `O’Brien`, `d’Arcy`."""
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
    """Returns whether an opening quotation mark is used as an apostrophe: `Hawai‘i`, `don‘t`."""
    ends = _PARTS.findall(after)[0].lower()
    return ends[0] in _VOWELS or (ends in _ENDINGS and before[-1].lower() not in _VOWELS)


def _divides(dash: str, before: str, after: str) -> int:
    """Scores a dash between letters: people write it between words, not inside `Ni–o` or `L—pez`."""
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
    """A capital begins a word or stands among capitals."""
    if before.islower() or (before.isupper() and after.islower()):
        return -4
    if before.isupper():
        return 2 if _run(word, at).isupper() else -2
    is_rare = word[at] in _RARELY_BEGIN
    if after.isalpha():
        return -1 if word[at] == "Ÿ" else 2 if is_rare else 3
    return -1 if is_rare or after.isdigit() else 2 if after == "." else 0


def _small_fits(word: str, at: int, before: str, after: str) -> int:
    """A small letter stands among small letters, a consonant next to a vowel."""
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
    """Returns the unbroken run of letters around a position."""
    begin, end = at, at + 1
    while begin and word[begin - 1].isalpha():
        begin -= 1
    while end < len(word) and word[end].isalpha():
        end += 1
    return word[begin:end]
