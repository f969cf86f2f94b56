"""Verified columns: where each cell of an export must be in Caspen, written independently of the mapping.

Only values that are copied unchanged are listed: names, texts, times and links. Values that the mapping converts (phone
numbers, addresses, prices) or that the clinic decides (states, roles) cannot be compared cell by cell.
"""

from collections.abc import Mapping

from app.mapping.raw_format import RawFormat
from app.mapping.verified_kinds import VerifiedKind
from app.sources.cliniko.layout import SAME_WORDS
from app.sources.cliniko.verification import (
    verified_clinic,
    verified_diary,
    verified_documents,
    verified_people,
)
from app.sources.cliniko.verification.rules import defined_fields

VERIFIED_KINDS: tuple[VerifiedKind, ...] = (
    *verified_people.VERIFIED_KINDS,
    *verified_diary.VERIFIED_KINDS,
    *verified_documents.VERIFIED_KINDS,
    *verified_clinic.VERIFIED_KINDS,
)

UNVERIFIED: Mapping[str, str] = {
    "practitioner_availability": "The hours of several rows are united into slots.",
    "custom_fields": "Several rows make one field, and the clinic chooses its type.",
    "custom_field_values": "An answer is converted to the type of its field.",
    "attendees": "The rows add to appointments, which are verified.",
    "medical_alerts": "The rows of a client are joined in the client's alert.",
}
"""The imported kinds whose rows are not compared cell by cell, and why."""

RAW_FORMAT = RawFormat(
    same_words=SAME_WORDS,
    nested_rows=defined_fields,
    relations=frozenset(
        {
            *("patient", "practitioner", "provider", "business", "location", "user", "contact", "referringdoctor"),
            *("appointment", "booking", "attendee", "appointmenttype", "billableitem", "case", "patientcase"),
            *("template", "treatmentnotetemplate", "formtemplate", "mergedwithpatient"),
        }
    ),
    lists=frozenset({"patients", "practitioners", "attendees"}),
)
