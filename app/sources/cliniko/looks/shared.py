"""What rows of many kinds say alike, and which codes leave a row what it says."""

from collections.abc import Mapping

from app.mapping.second_look import Claim, leads, moment
from app.sources.cliniko import verification_rules

_NOTHING: frozenset[str] = frozenset()
_ALWAYS = (
    *("bad_date", "bad_email", "bad_phone", "bad_boolean", "bad_number"),
    *("phone_country_assumed", "country_unknown"),
    *("date_order_guessed", "date_ambiguous", "year_guessed", "excel_serial_date", "timezone_assumed"),
    *("dst_gap", "dst_overlap", "name_missing", "duplicate_name", "id_not_numeric", "content_over_limit"),
    *("control_chars_removed", "cell_there_twice"),
)


def touches(*none: str, **some: str) -> Mapping[str, frozenset[str]]:
    """Codes after which a row still is what it says, but for the columns that are named."""
    named = {code: frozenset(columns.split()) for code, columns in some.items()}
    return {**dict.fromkeys((*_ALWAYS, *none), _NOTHING), **named}


MADE = moment("source_created_at", "Created At", "created_at")
CLIENT = leads("client_id", "clients", "patients", "Patient ID", "PatientID(s)", "patient_id")
PRACTITIONER = leads("practitioner_id", "practitioners", "practitioners", "Practitioner ID", "Provider ID")
LOCATION = leads("location_id", "locations", "businesses", "Business ID", "Location ID")
SERVICE = leads("service_id", "services", "appointment_types", "Appointment Type ID", "appointment_type_id")
VISIT = leads(
    "appointment_id", "appointments", "appointments", "Appointment ID", "booking_id", "booking", whose="client_id"
)
STARTS, ENDS = moment("starts_at", *verification_rules.STARTS), moment("ends_at", *verification_rules.ENDS)
TIMES = (
    Claim("bad_appointment_time", STARTS),
    Claim("bad_interval", ENDS, verification_rules.ends_after_it_starts),
)
