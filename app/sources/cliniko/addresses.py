"""The postal address of a row in Caspen's form, complete even where its country is unknown."""

import re
from dataclasses import dataclass

from app.mapping.countries import country_code


@dataclass(frozen=True, slots=True)
class Address:
    """`values` are the fields of Caspen's address, None without an address; `country` is ISO alpha-2.

    `codes` are the address's problems.
    """

    values: dict[str, str | None] | None
    country: str | None
    codes: tuple[str, ...] = ()


_LOST_ZEROS = {
    "AU": (4, re.compile(r"[289]\d\d")),  # Canberra's old codes and the Northern Territory
    "NZ": (4, re.compile(r"\d{3}")),
    "US": (5, re.compile(r"\d{3,4}")),
    **dict.fromkeys(("DE", "FR", "IT", "ES"), (5, re.compile(r"\d{4}"))),
}
"""By country, the length of a post code, and which shorter codes have certainly lost zeros in a spreadsheet."""


def _with_lost_zeros(post_code: str | None, country: str) -> tuple[str | None, bool]:
    """The post code with its leading zeros restored, and whether any were missing."""
    if post_code is None or country not in _LOST_ZEROS or not (post_code.isascii() and post_code.isdigit()):
        return post_code, False
    length, short = _LOST_ZEROS[country]
    if len(post_code) >= length or not short.fullmatch(post_code):
        return post_code, False
    return post_code.zfill(length), True


def address(
    line1: str | None,
    line2: str | None,
    line3: str | None,
    city: str | None,
    state: str | None,
    post_code: str | None,
    country: str | None,
    home: str = "",
) -> Address:
    """The address of a row. Never raises.

    The third line joins the second. An unknown country joins the second line, too, with the code `country_unknown`.
    `home` is the clinic's country, ISO alpha-2: the country of post codes in rows that name no country.
    """
    code = country_code(country) if country else None
    tail = None if code else country
    post_code, is_mended = _with_lost_zeros(post_code, code or ("" if country else home))
    second = ", ".join(piece for piece in (line2, line3, tail) if piece) or None
    codes = (("country_unknown",) if tail else ()) + (("spreadsheet_value_mended",) if is_mended else ())
    if not any((line1, second, city, state, post_code, code)):
        return Address(None, None)
    values = {
        "line1": line1,
        "line2": second,
        "city": city,
        "state": state,
        "postal_code": post_code,
        "country_code": code,
    }
    return Address(values, code, codes)
