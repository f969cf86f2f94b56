"""Verified columns that many kinds have, and the problems that leave a row's columns comparable."""

from collections.abc import Mapping

from app.mapping.verified_kinds import ReportedProblem, link_to, moment
from app.sources.cliniko.verification import rules

_NOTHING: frozenset[str] = frozenset()
_ALWAYS = (
    *("bad_date", "bad_email", "bad_phone", "bad_boolean", "bad_number"),
    *("phone_country_assumed", "country_unknown"),
    *("date_order_guessed", "date_ambiguous", "year_guessed", "excel_serial_date", "timezone_assumed"),
    *("dst_gap", "dst_overlap", "name_missing", "duplicate_name", "id_not_numeric", "content_over_limit"),
    *("control_chars_removed", "cell_there_twice", "duplicate_header"),
)


def exempt_codes(*none: str, **some: str) -> Mapping[str, frozenset[str]]:
    """By problem code, the columns of Caspen that are not compared in a row with that problem.

    Codes in `none` exempt no column; each keyword is a code with its columns, separated by spaces. A row with a code
    that is not listed is not compared at all.
    """
    named = {code: frozenset(columns.split()) for code, columns in some.items()}
    return {**dict.fromkeys((*_ALWAYS, *none), _NOTHING), **named}


MADE = moment("source_created_at", "created_at")
CLIENT = link_to("client_id", "clients", "patients", "patient_id")
PRACTITIONER = link_to("practitioner_id", "practitioners", "practitioners")
LOCATION = link_to("location_id", "locations", "businesses", "business_id")
SERVICE = link_to("service_id", "services", "appointment_types", "appointment_type_id")
VISIT = link_to("appointment_id", "appointments", "appointments", "booking_id", shared_column="client_id")
STARTS, ENDS = moment("starts_at"), moment("ends_at")
TIMES = (
    ReportedProblem("bad_appointment_time", STARTS),
    ReportedProblem("bad_interval", ENDS, rules.ends_after_it_starts),
)
