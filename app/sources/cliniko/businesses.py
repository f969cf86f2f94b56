"""Businesses: the clinic's sites. Each becomes a location, closed sites too: past appointments refer to them."""

import re
from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.countries import country_code
from app.mapping.decisions import decided
from app.mapping.emails import read_email
from app.mapping.flags import boolean
from app.mapping.ids import key
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.phones import PhoneMatch, find_phone
from app.mapping.rows import Joined, Mapped, Record, Result, Value
from app.mapping.text import code, cut, limited, string, text
from app.mapping.time_zones import zone_name
from app.mapping.traits import Identity, Names, Recognition
from app.problems import Problem
from app.sources.cliniko.addresses import address
from app.sources.cliniko.compared_values import ADDRESS_COLUMNS, ComparedValues, compared_address, compared_email
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None
_COMPARED_WITH_OTHERS = dict.fromkeys((*ADDRESS_COLUMNS, "time_zone"))


@dataclass(frozen=True, kw_only=True)
class BusinessRow(Row):
    """One row. The headers of a csv file are assumed; the names of Cliniko's API are confirmed."""

    id: Annotated[str, key("Business ID", "Location ID")] = ""
    business_name: Annotated[Words, Column(string, "Business Name", destination="locations.name")] = None
    display_name: Annotated[Words, Column(string, "Display Name", destination="locations.name")] = None
    label: Annotated[Words, Column(string, "Label", destination="locations.name")] = None
    address_1: Annotated[Words, Column(string, "Address 1", destination="locations.address")] = None
    address_2: Annotated[Words, Column(string, "Address 2", destination="locations.address")] = None
    city: Annotated[Words, Column(string, "City", destination="locations.address")] = None
    state: Annotated[Words, Column(string, "State", destination="locations.address")] = None
    post_code: Annotated[Words, Column(code, "Post code", destination="locations.address")] = None
    country: Annotated[Words, Column(string, "Country", destination="locations.country_code")] = None
    country_code: Annotated[Words, Column(string, "Country Code", destination="locations.country_code")] = None
    business_registration_name: Annotated[
        Words,
        Column(string, "Business Registration Name", destination="locations.abn", feeds=("locations.description",)),
    ] = None
    business_registration_value: Annotated[
        Words,
        Column(code, "Business Registration Value", destination="locations.abn", feeds=("locations.description",)),
    ] = None
    contact_information: Annotated[Words, Column(text, "Contact Information", destination="locations.phone")] = None
    email_reply_to: Annotated[Words, Column(string, "Email Reply To", destination="locations.email")] = None
    website_address: Annotated[Words, Column(string, "Website Address", destination="locations.description")] = None
    additional_information: Annotated[
        Words, Column(limited(5000), "Additional Information", destination="locations.description")
    ] = None
    time_zone_identifier: Annotated[Words, Column(string, destination="locations.timezone")] = None
    time_zone: Annotated[Words, Column(string, "Time Zone", destination="locations.timezone")] = None
    show_in_online_bookings: Annotated[bool | None, Column(boolean, "Show In Online Bookings")] = None
    appointment_type_ids: Annotated[Words, Column(text)] = None
    additional_invoice_information: Annotated[Words, Column(text)] = None
    appointment_reminders_enabled: Annotated[Words, Column(text)] = None


def name_of(row: BusinessRow) -> str | None:
    """The display name, else the business name, else the label; None where all three are empty."""
    return row.display_name or row.business_name or row.label


def to_records(row: BusinessRow, joined: Joined, lookups: Lookups) -> Result:
    """The location, unless the clinic matched the row with a location of the workspace or left it out."""
    if (other := decided(KindRole.LOCATION, row.id, lookups)) is not None:
        return other
    name, codes = name_of(row), []
    if name is None:
        codes.append("name_missing")
    place = address(
        row.address_1, row.address_2, None, row.city, row.state, row.post_code, _country(row), lookups.plan.country
    )
    country = place.country or lookups.plan.country
    match = find_phone(row.contact_information, country) if row.contact_information else PhoneMatch(None)
    phone = None if match.has_more else match.phone  # a number among other words is no phone number
    email = read_email(row.email_reply_to or "")
    if row.email_reply_to and email.is_bad:
        codes.append("bad_email")
    if match.is_mended:
        codes.append("spreadsheet_value_mended")
    zone = zone_name(row.time_zone_identifier or "") or zone_name(row.time_zone or "")
    if zone is None and (row.time_zone_identifier or row.time_zone):
        codes.append("timezone_unknown")
    values: dict[str, Value] = {
        "name": cut(name) or f"Location {row.id}",
        "description": _description(row, has_phone=phone is not None, has_email=not email.has_more),
        "email": email.address,
        "phone": phone.whole if phone else None,
        "timezone": zone or lookups.plan.timezone,
        "country_code": country,
        "online_booking": False,
        "abn": abn(row),
        "address": {**place.values} if place.values is not None else None,
        "status": "archived" if row.archived_at else "active",
        "source_created_at": row.created_at,
    }
    problems = tuple(Problem(code, "businesses", source_id=row.id) for code in (*codes, *place.codes))
    return Mapped((Record("locations", "businesses", row.id, values),), problems)


def _country(row: BusinessRow) -> str | None:
    """The country: a valid country code has priority over the country's name."""
    return row.country_code if country_code(row.country_code or "") else row.country or row.country_code


def compared(row: BusinessRow, country: str) -> ComparedValues:
    """The values by which two rows of one business are compared. `country` is the clinic's, as ISO alpha-2."""
    lines = (row.address_1, row.address_2, None, row.city, row.state, row.post_code)
    home = address(*lines, _country(row), country)
    match = find_phone(row.contact_information or "", home.country or country)
    zone = zone_name(row.time_zone_identifier or "") or zone_name(row.time_zone or "")
    return {
        **_COMPARED_WITH_OTHERS,
        "address": compared_address(home),
        "email_reply_to": compared_email(row.email_reply_to),
        "contact_information": row.contact_information if match.has_more or not match.phone else match.phone.whole,
        "time_zone_identifier": zone or row.time_zone_identifier or row.time_zone,
    }


def abn(row: BusinessRow) -> str | None:
    """An Australian Business Number as `12 345 678 901`; None where the registration is of another kind."""
    digits = re.sub(r"\D", "", row.business_registration_value or "")
    if (row.business_registration_name or "").strip().upper() != "ABN" or len(digits) != 11:
        return None
    return f"{digits[:2]} {digits[2:5]} {digits[5:8]} {digits[8:]}"


def _description(row: BusinessRow, *, has_phone: bool, has_email: bool) -> str | None:
    lines = [row.additional_information]
    if not has_phone:
        lines.append(row.contact_information)
    if row.website_address:
        lines.append(f"Website: {row.website_address}")
    if row.business_registration_value and abn(row) is None:
        lines.append(f"{row.business_registration_name or 'Registration'}: {row.business_registration_value}")
    if row.email_reply_to and not has_email:
        lines.append(f"Email: {row.email_reply_to}")
    return "\n".join(line for line in lines if line) or None


def looks_like_businesses(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's businesses."""
    return headers.any("businessname", "displayname") and not headers.any("starttime", "patientid", "designation")


KIND = Kind(
    name="businesses",
    role=KindRole.LOCATION,
    label="Locations",
    source_label="Businesses",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_businesses),
        file_names=("businesses", "locations"),
        json_keys=("businesses",),
    ),
    row=BusinessRow,
    to_records=to_records,
    identity=Identity(
        compared_values=compared,
        compared_from={"address": ADDRESS_COLUMNS},
        not_compared=(
            "show_in_online_bookings",
            "appointment_type_ids",
            "additional_invoice_information",
            "appointment_reminders_enabled",
        ),
    ),
    tables=("locations",),
    names=Names(
        name_of=name_of,
        are_unique=True,
    ),
)
