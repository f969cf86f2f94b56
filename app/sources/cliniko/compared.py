"""What a row says to Caspen, whatever way it says it: by this, two rows of one key are found to be the same.

A native file and the api say one thing in different columns, and people write one number in several ways. Each function
gives values that stand in place of the row's attributes of those names. None takes an attribute out: another value
says it, or nothing of it comes to Caspen. `country` is the clinic's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from app.mapping.emails import read_email
from app.mapping.names import normalise_name
from app.mapping.phones import find_phone
from app.mapping.zones import zone_name
from app.sources.cliniko.addresses import Address, address
from app.sources.cliniko.cancellations import reason_of
from app.sources.cliniko.client_phones import KINDS, Phones
from app.sources.cliniko.message_codes import CATEGORIES, category_code, channel_code, direction_code
from app.sources.cliniko.referral import referral

if TYPE_CHECKING:
    from app.sources.cliniko.appointments import Appointment
    from app.sources.cliniko.attendees import Attendee
    from app.sources.cliniko.businesses import Business
    from app.sources.cliniko.communications import Communication
    from app.sources.cliniko.contacts import Contact
    from app.sources.cliniko.patients import Patient
    from app.sources.cliniko.users import User

Said = Mapping[str, Any]
_LINES = ("address_1", "address_2", "address_3", "city", "state", "post_code", "country", "country_code")
_SINGLE = tuple(f"phone_{kind}" for kind in KINDS)
_SEVERAL = tuple(f"{kind}_phones" for kind in KINDS)
_PATIENT_S = dict.fromkeys(
    (
        *_LINES,
        *_SINGLE,
        *_SEVERAL,
        "patient_phone_numbers",
        "referral_type",
        "referral_subcategory",
        "referral_extra",
        "referral_source",
        "custom",
        "custom_fields",
        # worked out by the source or without a place in Caspen
        "time_zone",
        "next_appointment",
        "last_appointment",
        "birth_month",
        "last_practitioner_seen",
        "last_business_visited",
        "business_id",
        "first_appointment",
        "first_practitioner_seen",
    )
)
_CONTACT_S = dict.fromkeys((*_LINES, *_SINGLE, "type_code"))
_BUSINESS_S = dict.fromkeys((*_LINES, "time_zone"))


def of_patient(row: Patient, home: Address, found: Phones, alert: str | None) -> Said:
    """`home`, `found` and `alert` are the client's address, telephone numbers and alert."""
    told = referral(row)
    return {
        **_PATIENT_S,
        "email": _email(row.email),
        "phones": _phones(found),
        "address": _address(home),
        **dict.fromkeys(("sex", "gender"), row.sex or row.gender),
        "medical_alerts": alert,
        **dict.fromkeys(("accepted_sms_marketing", "unsubscribed_sms_marketing"), row.sms_consent),
        "accepted_privacy_policy": row.accepted_privacy_policy or "pending",
        "referral": [told.type, told.subcategory, told.extra],
        "answers": sorted(
            repr((normalise_name(one.name or "") or one.token, one.text, one.options, one.other, one.is_other))
            for one in row.answers
        )
        if row.custom or row.custom_fields
        else None,
    }


def of_contact(row: Contact, home: Address, found: Phones) -> Said:
    """`home` and `found` are the contact's address and telephone numbers."""
    said, coded = row.types
    return {
        **_CONTACT_S,
        "email": _email(row.email),
        "phones": _phones(found),
        "phone_numbers": None,
        "address": _address(home),
        "type": [said or coded or "other", None if said else row.type, None if coded else row.type_code],
    }


def of_business(row: Business, country: str, own_country: str | None) -> Said:
    """`own_country` is what the row says of its country."""
    lines = (row.address_1, row.address_2, None, row.city, row.state, row.post_code)
    home = address(*lines, own_country, country)
    found = find_phone(row.contact_information or "", home.country or country)
    return {
        **_BUSINESS_S,
        "address": _address(home),
        "email_reply_to": _email(row.email_reply_to),
        "contact_information": row.contact_information if found.has_more or not found.phone else found.phone.whole,
        "time_zone_identifier": zone_name(row.time_zone_identifier or "") or zone_name(row.time_zone or "")
        or row.time_zone_identifier or row.time_zone,
    }  # fmt: skip


def of_user(row: User, found: Phones) -> Said:
    """`found` are the user's telephone numbers."""
    return {"email": _email(row.email), "phone_numbers": _phones(found)}


def of_communication(row: Communication) -> Said:
    category = category_code(row.category_code, row.category)
    return {
        "type": channel_code(row.type_code, row.type) or [row.type_code, row.type],
        "type_code": None,
        "direction": direction_code(row.direction_code, row.direction) or [row.direction_code, row.direction],
        "direction_code": None,
        "category": category if category in CATEGORIES else [row.category_code, row.category],
        "category_code": None,
    }


_APPOINTMENT_S = dict.fromkeys(
    (
        # without a place in Caspen
        "treatment_note_status",
        "invoice_id",
        "invoice_status",
        "sms_reminder_sent",
        "email_reminder_sent",
        "repeated_from_id",
        "repeat_rule",
    )
)
_GROUP_S = dict.fromkeys(("number_of_patients", "max_attendees", "number_of_cancellations"))


def of_appointment(row: Appointment) -> Said:
    """Names count only where there is no id, numbers of patients only in a group. A blank mark is like `false`."""
    named = {
        "practitioner": row.practitioner_id,
        "business": row.business_id,
        "appointment_type": row.appointment_type_id,
        "patient": row.patient_ids,
        "attendees": row.patient_ids,
    }
    shape = row.shape
    return {
        **_APPOINTMENT_S,
        **({} if shape == "group" else _GROUP_S),
        "kind": shape,
        "patient_arrived": row.patient_arrived or None,
        "did_not_arrive": row.did_not_arrive or None,
        **{name: None for name, link in named.items() if link is not None and link.ids},
        **_cancelled(row),
    }


def of_attendee(row: Attendee) -> Said:
    return _cancelled(row)


def _cancelled(row: Appointment | Attendee) -> Said:
    if not row.cancellation_reason and not row.cancellation_reason_description:
        return {}
    found = reason_of(row.cancellation_reason, row.cancellation_reason_description)
    return {"cancellation_reason": [found.name, found.unknown], "cancellation_reason_description": None}


def _email(cell: str | None) -> Any:
    """The address; beside it the whole cell where that says more."""
    if not cell:
        return None
    read = read_email(cell)
    return [read.address, cell] if read.has_more else read.address


def _phones(found: Phones) -> Any:
    return [found.primary, found.numbers, found.unread] if found.numbers or found.unread else None


def _address(home: Address) -> Iterable[str | None] | None:
    return list(home.values.values()) if home.values else None
