"""A postal address of a Cliniko row as Caspen keeps it. Nothing of it is lost when its country is unknown."""

from dataclasses import dataclass

from app.mapping.countries import country_code


@dataclass(frozen=True, slots=True)
class Address:
    """`values` is Caspen's address, None when the row has none at all; `country` is ISO alpha-2."""

    values: dict[str, str | None] | None
    country: str | None
    codes: tuple[str, ...] = ()


def address(
    line1: str | None,
    line2: str | None,
    line3: str | None,
    city: str | None,
    state: str | None,
    post_code: str | None,
    country: str | None,
) -> Address:
    """The third line joins the second; a country that is none joins it too, with `country_unknown`."""
    code = country_code(country) if country else None
    tail = None if code else country
    second = ", ".join(piece for piece in (line2, line3, tail) if piece) or None
    codes = ("country_unknown",) if tail else ()
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
