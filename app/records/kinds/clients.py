"""Clients of the clinic: the fields of a client's details."""

from collections.abc import Iterator

from app.caspen.tables import Client
from app.records.field import RecordField, text_field
from app.records.labels import address_field, day_field, join_parts, phones_field, to_label, yes_no
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind

CONSENT = {"pending": "Pending", "accepted": "Accepted", "rejected": "Rejected"}


def name(record: Client) -> str:
    return join_parts((record.first_name, record.last_name), " ") or "-"


def fields(record: Client, names: RecordNames) -> Iterator[RecordField]:
    whole = join_parts((record.title, record.first_name, record.last_name), " ")
    yield text_field("Name", whole, "title", "first_name", "last_name")
    yield text_field("Preferred name", record.preferred_name, "preferred_name")
    yield day_field("Date of birth", record.date_of_birth, "date_of_birth")
    yield text_field("Sex", record.sex, "sex")
    yield text_field("Gender identity", record.gender_identity, "gender_identity")
    yield text_field("Pronouns", record.pronouns, "pronouns", how="As Caspen writes them")
    yield text_field("E-mail", record.email, "email")
    yield phones_field(record.phone_numbers, record.phone_number, "phone_numbers", "phone_number")
    yield address_field(record.address)
    yield text_field("Occupation", record.profession, "profession")
    yield text_field("Emergency contact", record.emergency_contact_name, "emergency_contact_name")
    yield text_field("Emergency phone", record.emergency_contact_phone, "emergency_contact_phone")
    yield text_field("Alert", record.alert, "alert", how="All alerts as one text")
    yield text_field("Notes", record.notes, "notes", how="Put together from what has no place of its own")
    yield text_field("Privacy policy", to_label(CONSENT, record.privacy_policy_consent), "privacy_policy_consent")
    yield text_field("Referral type", names.of(record.referral_type_id), "referral_type_id")
    yield text_field(
        "Referral", record.referral_description, "referral_description", how="All that is said of it, as one text"
    )
    yield text_field("Referred by", names.of(record.referred_by_id), "referred_by_id")
    yield text_field("State", to_label({}, record.status), "status")
    yield text_field("Client portal", yes_no(record.portal_access), "portal_access")


KIND = RecordKind(
    name="clients",
    label="Clients",
    noun="client",
    table=Client,
    title=lambda record, names: name(record),
    fields=fields,
    listed=("Date of birth", "E-mail", "Phones", "State"),
    order=("last_name", "first_name", "id"),
    search=("first_name", "last_name", "preferred_name", "email", "phone_number"),
)
