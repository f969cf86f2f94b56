"""Reads telephone numbers: the calling code of a country and the number without its trunk zero."""

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from app.mapping.cells import mended_digits, plain

_SEPARATORS = re.compile(r"[\s\u00a0()./\-‐-―]+")
_DIGITS = re.compile(r"\d{6,17}")
_KEEPS_ZERO = 39  # Italian numbers begin with a zero that belongs to them


@dataclass(frozen=True, slots=True)
class Phone:
    """A number: `code` such as `+61`, `number` such as `400123456`. `assumed`: the cell named no country."""

    code: str
    number: str
    assumed: bool = False

    @property
    def is_landline(self) -> bool:
        """Whether no text message can reach the number: a landline, or a shared number such as 1300 and 1800."""
        shapes = _patterns_of(int(self.code))
        is_mobile = shapes.mobile.fullmatch(self.number) is not None
        return (
            not is_mobile and (shapes.fixed.fullmatch(self.number) or shapes.shared.fullmatch(self.number)) is not None
        )

    @property
    def whole(self) -> str:
        """Calling code and number."""
        return self.code + self.number


def read_phone(text: str, country: str) -> Phone | None:
    """The number of a text; None for letters or fewer than six digits. `country` is ISO alpha-2 of the clinic."""
    bare = _SEPARATORS.sub("", text)
    plus = bare.startswith("+")
    digits = bare[1:] if plus else bare
    if not (digits.isascii() and _DIGITS.fullmatch(digits)) or not digits.strip("0"):
        return None
    home = phonenumbers.country_code_for_region(country) or 61
    if not plus and digits.startswith("00") and (split := _abroad(re.sub("^(0011|00)", "", digits))):
        return _finished(*split)
    if plus:
        split = _abroad(digits)
        return _finished(*split) if split else _finished(home, digits, assumed=True)
    return _without_plus(digits, home)


def _without_plus(digits: str, home: int) -> Phone:
    if digits.startswith("0"):
        return _finished(home, digits, assumed=True)
    rest = digits.removeprefix(str(home))
    if rest != digits and _is_valid(home, rest):
        return _finished(home, rest)
    if _is_valid(home, digits):
        return _finished(home, digits, assumed=True)
    split = _abroad(digits)
    if split and _is_valid(*split):
        return _finished(*split)
    if rest != digits and len(digits) >= 10:
        return _finished(home, rest)
    return _finished(home, digits, assumed=True)


def _abroad(digits: str) -> tuple[int, str] | None:
    """The calling code that the digits begin with, and the digits after the code; None without a known code."""
    for length in (1, 2, 3):
        code = int(digits[:length] or 0)
        if code in COUNTRY_CODE_TO_REGION_CODE and len(digits) > length:
            return code, digits[length:]
    return None


@dataclass(frozen=True, slots=True)
class _NumberPatterns:
    """The patterns of the numbers with one calling code, without that code, from the phonenumbers library."""

    any: re.Pattern[str]
    mobile: re.Pattern[str]
    fixed: re.Pattern[str]
    shared: re.Pattern[str]


@cache
def _patterns_of(code: int) -> _NumberPatterns:
    of_regions = [_metadata(code, region) for region in COUNTRY_CODE_TO_REGION_CODE.get(code, ())]
    known = [metadata for metadata in of_regions if metadata is not None]

    def joined(*descriptions: phonenumbers.PhoneNumberDesc | None) -> re.Pattern[str]:
        patterns = (d.national_number_pattern for d in descriptions if d is not None and d.national_number_pattern)
        return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)")

    return _NumberPatterns(
        joined(*(metadata.general_desc for metadata in known)),
        joined(*(metadata.mobile for metadata in known)),
        joined(*(metadata.fixed_line for metadata in known)),
        joined(*(d for m in known for d in (m.toll_free, m.shared_cost, m.premium_rate, m.uan, m.voip, m.pager))),
    )


def _metadata(code: int, region: str) -> phonenumbers.PhoneMetadata | None:
    return phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)


def _is_valid(code: int, rest: str) -> bool:
    return _patterns_of(code).any.fullmatch(rest if code == _KEEPS_ZERO else rest.removeprefix("0")) is not None


def _finished(code: int, rest: str, assumed: bool = False) -> Phone:
    if code != _KEEPS_ZERO and rest.startswith("0") and len(rest) > 1:
        rest = rest[1:]
    return Phone(f"+{code}", rest, assumed)


class PhoneMatch(NamedTuple):
    """The first valid number of a text.

    `has_more`: the text has further words or numbers. `is_mended`: a spreadsheet had changed the number.
    """

    phone: Phone | None
    has_more: bool = False
    is_mended: bool = False


def find_phone(text: str, country: str) -> PhoneMatch:
    """The number of a cell as people and spreadsheets write it: with a name, an extension or a second number.

    Next to words, a number must be valid in its country, because six digits in a sentence may be anything.
    """
    value = _SCHEME.sub("", plain(text))
    digits = mended_digits(value)
    if digits is None:
        return PhoneMatch(None)
    spaced = _SPACED_POINT_ZERO.fullmatch(digits)
    phone = read_phone(spaced[1], country) if spaced else None
    # Several zeros may be the end of a number with points.
    if phone is not None and (digits.endswith(".0") or _is_valid(int(phone.code), phone.number)):
        return PhoneMatch(phone, is_mended=True)
    phone = read_phone(digits, country)
    if phone is not None and ("/" not in digits or _is_valid(int(phone.code), phone.number)):
        return PhoneMatch(phone, is_mended=digits != value)
    value = mended_in_text(value)
    for run in _NUMBER.finditer(value):
        candidate = read_phone(run.group(), country)
        if (
            candidate is not None
            and len(candidate.whole) >= _LEAST_BESIDE_WORDS
            and _is_valid(int(candidate.code), candidate.number)
        ):
            return PhoneMatch(candidate, has_more=True)
    return PhoneMatch(phone)


_SCHEME = re.compile(r"^\s*(?:tel|callto|sms|phone|ph|mob|mobile)\s*[.:]\s*", re.IGNORECASE)
_LEAST_BESIDE_WORDS = len("+6155501234")
_NUMBER = re.compile(r"\+?\(?\d(?:[\s().\-‐-―]{0,3}\d){5,14}(?!\d)")
_SPREADSHEET_NUMBER = re.compile(r"(?<![\d.])(?:\d{6,18}\.0{1,6}|\d\.\d{1,17}[Ee]\+?\d{1,2})(?![\d.])")
_SPACED_POINT_ZERO = re.compile(r"(\+?[\d\s()\-]{6,})\.0{1,6}")
_RUN = re.compile(r"\+?\d(?:[\s()\-]*\d){5,14}")


def phone_runs(text: str) -> tuple[str, ...]:
    """The pieces of a text that look like telephone numbers."""
    return tuple(match.group() for match in _RUN.finditer(mended_in_text(text)))


def mended_in_text(text: str) -> str:
    """A text whose long numbers are in plain digits, where a spreadsheet or script wrote `61.0` or `6.1E+10`.

    A number whose exponent form has lost digits is left out.
    """
    if "." not in text:
        return text
    return _SPREADSHEET_NUMBER.sub(lambda number: mended_digits(number[0]) or "", text)
