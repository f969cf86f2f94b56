"""Patients become clients: nothing that the clinic typed is lost, and nothing is agreed to in anybody's name."""

from typing import Any

import pytest

from app.mapping.rows import Joined, Outcome, Target
from app.sources import source
from tests.kinds.story import lookups, parsed, row_of, told

KIND = source("cliniko").kind("patients")


def test_a_patient_becomes_a_client_under_its_own_names() -> None:
    found = told(
        "patients",
        title="Ms",
        preferred_first_name="Zo",
        date_of_birth="1980-02-13",
        sex="Female",
        email="zoe@mail.example",
        occupation="Baker",
        gender_identity="Woman",
        pronouns='{"nominative": "she", "accusative": "her"}',
        created_at="2020-01-05 10:00:00 +1100",
    )
    assert found.outcome is Outcome.CREATED
    assert found.codes == []
    wanted = ("title", "first_name", "last_name", "preferred_name", "sex", "email", "profession", "pronouns", "status")
    assert [found[column] for column in wanted] == [
        "Ms", "Zoë", "O'Brien", "Zo", "Female", "zoe@mail.example", "Baker", "she/her", "active",
    ]  # fmt: skip
    assert found["date_of_birth"].isoformat() == "1980-02-13"
    assert found["source_created_at"].isoformat() == "2020-01-04T23:00:00+00:00"
    assert found["portal_access"] is False


def test_06_a_patient_without_an_id_is_skipped() -> None:
    assert told_without_key("") == ["missing_id"]
    assert told_without_key("n/a") == ["missing_id"]


def told_without_key(cell: str) -> list[str]:
    found = parsed("patients", id=cell)
    assert found.row is None
    return [p.code for p in found.problems]


def test_22_a_birth_ahead_of_today_is_left_empty() -> None:
    found = told("patients", date_of_birth="2091-01-01")
    assert (found["date_of_birth"], found.codes) == (None, ["bad_date_of_birth"])


def test_24_the_native_consent_to_sms_says_the_opposite_of_the_api() -> None:
    assert row_of("patients", unsubscribed_sms_marketing="true").sms_consent is False
    assert row_of("patients", unsubscribed_sms_marketing="false").sms_consent is True
    assert row_of("patients", accepted_sms_marketing="true").sms_consent is True


def test_25_a_blank_consent_stays_unset() -> None:
    assert row_of("patients").sms_consent is None


@pytest.mark.parametrize(
    ("cell", "consent"),
    [
        ("No response", "pending"), ("", "pending"), ("null", "pending"), ("Accepted", "accepted"),
        ("true", "accepted"), ("Rejected", "rejected"), ("false", "rejected"),
    ],
)  # fmt: skip
def test_26_consent_to_the_privacy_policy_is_never_upgraded(cell: str, consent: str) -> None:
    assert told("patients", accepted_privacy_policy=cell)["privacy_policy_consent"] == consent


def test_27_of_two_mobiles_the_first_is_primary() -> None:
    found = told("patients", phone_mobile="61400999999", mobile_phones="61400111222, 61400333444")
    assert found["phone_number"] == "+61400111222"
    assert found["phone_numbers"] == [
        {"number": "400111222", "code": "+61", "type": "mobile"},
        {"number": "400333444", "code": "+61", "type": "mobile"},
    ]
    assert found.codes == []


def test_the_api_list_of_phones_is_read_like_the_columns() -> None:
    found = told(
        "patients",
        patient_phone_numbers='[{"number":"02 5550 1000","normalized_number":"61255501000","phone_type":"Home"},'
        '{"number":"0400 111 222","normalized_number":"61400111222","phone_type":"Mobile"}]',
    )
    assert found["phone_number"] == "+61400111222"
    assert [entry["type"] for entry in found["phone_numbers"]] == ["home", "mobile"]


def test_a_landline_alone_is_not_primary() -> None:
    found = told("patients", phone_home="61255501000")
    assert found["phone_number"] is None
    assert found["phone_numbers"] == [{"number": "255501000", "code": "+61", "type": "home"}]


def test_a_number_without_a_country_is_one_of_the_clients_country() -> None:
    found = told("patients", country="New Zealand", phone_mobile="021 555 123")
    assert (found["phone_number"], found.codes) == ("+6421555123", ["phone_country_assumed"])


def test_28_a_phone_that_is_words_goes_to_the_notes() -> None:
    found = told("patients", phone_mobile="ask mum")
    assert (found["phone_number"], found["notes"], found.codes) == (None, "Phone (mobile): ask mum", ["bad_phone"])


def test_29_an_email_that_cannot_be_goes_to_the_notes() -> None:
    found = told("patients", email="jo@@x", notes="Prefers mornings", appointment_notes="Ground floor")
    assert (found["email"], found.codes) == (None, ["bad_email"])
    assert found["notes"] == "Prefers mornings\n\nAppointment notes:\nGround floor\n\nEmail: jo@@x"


def test_30_two_siblings_may_share_mobile_and_email() -> None:
    shared: dict[str, Any] = {"phone_mobile": "61400111222", "email": "family@mail.example"}
    one, two = told("patients", **shared), told("patients", id="12", first_name="Max", **shared)
    assert one["email"] == two["email"]
    assert one.main.key != two.main.key


@pytest.mark.parametrize("missing", ["first_name", "last_name"])
def test_31_a_patient_with_one_name_is_kept_with_a_dash_for_the_other(missing: str) -> None:
    one_name: dict[str, Any] = {missing: ""}
    found = told("patients", **one_name)
    assert (found[missing], found.codes) == ("-", ["patient_name_partial"])


def test_32_a_patient_without_any_name_waits() -> None:
    found = told("patients", first_name="", last_name="")
    assert (found.outcome, found.codes) == (Outcome.HELD, ["patient_name_missing"])


def test_33_a_merged_patient_names_its_survivor_and_is_known_as_merged() -> None:
    row = row_of("patients", merged_at="2024-03-04T01:30:00Z", merged_with_patient_id="200")
    assert row.merged_with_patient_id.ids == ("200",)
    assert KIND.merging.is_merged is not None
    assert KIND.merging.is_merged(row)
    assert told("patients", merged_at="2024-03-04T01:30:00Z")["status"] == "archived"


def test_35_a_deleted_patient_is_skipped() -> None:
    found = told("patients", deleted_at="2023-05-01T03:00:00Z")
    assert (found.outcome, found.codes) == (Outcome.SKIPPED, ["deleted_in_source"])


def test_a_patient_that_was_not_deleted_is_not_skipped_over_a_word() -> None:
    assert told("patients", deleted_at="false").outcome is Outcome.CREATED


@pytest.mark.parametrize("cell", ["2022-01-09T23:00:00Z", "true"])
def test_an_archived_patient_is_an_archived_client(cell: str) -> None:
    assert told("patients", archived_at=cell)["status"] == "archived"


def test_61_a_formula_in_the_notes_is_plain_text() -> None:
    assert (
        told("patients", notes='=HYPERLINK("https://evil.example/")')["notes"] == '=HYPERLINK("https://evil.example/")'
    )


def test_an_unknown_country_stays_at_the_end_of_the_address() -> None:
    found = told("patients", address_1="1 High St", address_2="Unit 2", address_3="Rear", city="Oz", country="Narnia")
    assert found["address"] == {
        "line1": "1 High St", "line2": "Unit 2, Rear, Narnia", "city": "Oz", "state": None, "postal_code": None,
        "country_code": None,
    }  # fmt: skip
    assert found.codes == ["country_unknown"]


def test_a_post_code_keeps_its_leading_zero() -> None:
    found = told("patients", post_code="0800", country="Australia")
    assert (found["address"]["postal_code"], found["address"]["country_code"]) == ("0800", "AU")


def test_one_telephone_among_the_words_of_an_emergency_contact_is_copied() -> None:
    found = told("patients", emergency_contact="Mary (wife) 0491 570 006")
    assert found["emergency_contact_name"] == "Mary (wife) 0491 570 006"
    assert found["emergency_contact_phone"] == "0491 570 006"
    assert told("patients", emergency_contact="Mary 0491570006, Jo 0491570007")["emergency_contact_phone"] is None


def test_medical_alerts_are_one_text_without_the_archived_ones() -> None:
    assert told("patients", medical_alerts="Latex\nPenicillin")["alert"] == "Latex; Penicillin"
    listed = '[{"name":"Latex"},{"name":"Old","archived_at":"2020-01-01T00:00:00Z"},{"name":"Penicillin"}]'
    assert told("patients", medical_alerts=listed)["alert"] == "Latex; Penicillin"


def test_the_older_gender_counts_only_where_sex_is_empty() -> None:
    assert told("patients", sex="Female", gender="Other").codes == []
    found = told("patients", gender="Female")
    assert (found["sex"], found.codes) == ("Female", ["legacy_gender_used"])


@pytest.mark.parametrize("name", ["Test", "asdf"])
def test_a_record_that_looks_like_a_trial_is_kept_and_told(name: str) -> None:
    found = told("patients", first_name=name)
    assert (found.outcome, found.codes) == (Outcome.CREATED, ["test_record_suspected"])


NESTED_REFERRALS: list[tuple[dict[str, Any], str | None, str | None]] = [
    (
        {"referral_source": '{"type":"GP","subcategory":"Harbour Clinic","notes":"2 visits"}'},
        "GP",
        "Harbour Clinic: 2 visits",
    ),
    ({"referral_source": '{"referral_source_type":{"name":"GP","id":"4"},"subcategory":"","notes":null}'}, "GP", None),
    ({"referral_source": '{"referral_source_type":{"links":{"self":"https://x/4"}},"notes":"Rang"}'}, None, "Rang"),
    ({"referral_source": '{"name":"GP","campaign_name":"Spring"}'}, "GP", "Campaign name: Spring"),
    ({"referral_source": "A friend"}, None, "A friend"),
    ({"referral_source": "{}"}, None, None),
    ({"referral_source_type": "Web", "referral_source": '{"type":"GP","notes":"2 visits"}'}, "Web", "GP\n2 visits"),
    ({"referral_source_type": '{"name":"Web"}', "referral_notes": "Kept"}, "Web", "Kept"),
]


@pytest.mark.parametrize(("cells", "type_", "description"), NESTED_REFERRALS)
def test_a_referral_that_is_nested_says_what_columns_of_its_own_say(
    cells: dict[str, Any], type_: str | None, description: str | None
) -> None:
    columns = {"referral_source_type": "referral_type", "referral_notes": "referral_extra"}
    cells = {columns.get(name, name): cell for name, cell in cells.items()}
    found = told("patients", **cells)
    mentioned = [m.name for m in KIND.naming.mentions(row_of("patients", **cells)) if m.table == "referral_types"]
    assert (mentioned, found["referral_description"]) == ([type_] if type_ else [], description)
    assert bool(found["referral_type_id"]) is bool(type_)


def test_a_referral_type_is_made_once_by_name_or_is_the_workspaces_own() -> None:
    row = row_of("patients", referral_type="Word of  Mouth")
    (mention,) = KIND.naming.mentions(row)
    assert (mention.table, mention.key) == ("referral_types", "name:word of mouth")
    made = KIND.naming.record_makers["referral_types"](mention, lookups())
    here = lookups(existing={"referral_types": {"word of mouth": "rft_OWN"}})
    derived = here.ids.derive("referral_types", "patients", made.key)
    assert told("patients", referral_type="Word of Mouth")["referral_type_id"] == derived
    assert told("patients", referral_type="WORD OF MOUTH", here=here)["referral_type_id"] == "rft_OWN"


def test_a_referring_doctor_whom_nobody_knows_is_kept_in_words() -> None:
    lost = ("referring_doctor_id",)
    found = told("patients", lost=lost, referring_doctor="Dr Who", referral_subcategory="GP", referral_extra="2 visits")
    assert (found["referred_by_id"], found["referral_description"]) == (None, "GP: 2 visits; Dr Who")
    known = Joined({"referring_doctor_id": Target("con_1", "1")})
    linked = told("patients", referring_doctor="Dr Who", joined=known)
    assert (linked["referred_by_id"], linked["referral_description"]) == ("con_1", None)


def test_only_the_time_zone_of_a_patient_has_no_place() -> None:
    found = told("patients", medicare="9999 00000 0", reminder_type="SMS", time_zone="Australia/Perth")
    assert (found.codes, found.columns) == (["field_without_destination"], ["time_zone"])


def test_a_name_that_does_not_fit_is_kept_whole_in_the_notes() -> None:
    found = told("patients", first_name="A" * 300)
    assert len(found["first_name"]) == 255
    assert found["notes"] == f"First name: {'A' * 300}"
    assert found.codes == ["content_over_limit"]


def test_likely_twins_share_name_and_birth_and_namesakes_the_name() -> None:
    one = row_of("patients", date_of_birth="1980-02-13")
    two = row_of("patients", id="12", first_name="ZOË", date_of_birth="13/02/1980")
    three = row_of("patients", id="13")
    assert KIND.identity.duplicate_key_of is not None
    assert KIND.names.namesake_key_of is not None
    assert KIND.identity.duplicate_key_of(one) == KIND.identity.duplicate_key_of(two) is not None
    assert KIND.identity.duplicate_key_of(three) is None
    assert KIND.names.namesake_key_of(one) == KIND.names.namesake_key_of(three)
