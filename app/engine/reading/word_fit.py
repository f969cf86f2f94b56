"""How well a sign fits its place in a word: whether people write that letter or that mark there.

A score below zero means that people do not write the sign there: a capital after a small letter, an opening quotation
mark at the end of a word, a symbol inside one. A score of zero says nothing.
"""

import re
from typing import NamedTuple

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
    "§": _Fit(2, -1, -3, -3, 2),
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
