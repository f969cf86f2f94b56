"""Clients: whom the clinic treats. Their list has columns of its own; this is one client's details."""

from collections.abc import Iterator

from app.caspen.tables import Client
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import address_field, day_field, lines, phones_field, told, yes_no

CONSENT = {"pending": "Pending", "accepted": "Accepted", "rejected": "Rejected"}


def name(record: Client) -> str:
    return lines((record.first_name, record.last_name), " ") or "-"


def fields(record: Client, names: Names) -> Iterator[Field]:
    whole = lines((record.title, record.first_name, record.last_name), " ")
    yield said("Name", whole, "title", "first_name", "last_name")
    yield said("Preferred name", record.preferred_name, "preferred_name")
    yield day_field("Date of birth", record.date_of_birth, "date_of_birth")
    yield said("Sex", record.sex, "sex")
    yield said("Gender identity", record.gender_identity, "gender_identity")
    yield said("Pronouns", record.pronouns, "pronouns", how="As Caspen writes them")
    yield said("E-mail", record.email, "email")
    yield phones_field(record.phone_numbers, record.phone_number, "phone_numbers", "phone_number")
    yield address_field(record.address)
    yield said("Occupation", record.profession, "profession")
    yield said("Emergency contact", record.emergency_contact_name, "emergency_contact_name")
    yield said("Emergency phone", record.emergency_contact_phone, "emergency_contact_phone")
    yield said("Alert", record.alert, "alert", how="All alerts as one text")
    yield said("Notes", record.notes, "notes", how="Put together from what has no place of its own")
    yield said("Privacy policy", told(CONSENT, record.privacy_policy_consent), "privacy_policy_consent")
    yield said("Referral type", names.of(record.referral_type_id), "referral_type_id")
    yield said(
        "Referral", record.referral_description, "referral_description", how="All that is said of it, as one text"
    )
    yield said("Referred by", names.of(record.referred_by_id), "referred_by_id")
    yield said("State", told({}, record.status), "status")
    yield said("Client portal", yes_no(record.portal_access), "portal_access")


KIND = RecordKind(
    name="clients",
    label="Clients",
    one="client",
    table=Client,
    title=lambda record, names: name(record),
    fields=fields,
    listed=("Date of birth", "E-mail", "Phones", "State"),
    order=("last_name", "first_name", "id"),
    search=("first_name", "last_name", "preferred_name", "email", "phone_number"),
)
