"""Patients become clients: nothing that the clinic typed is lost, and nothing is agreed to in anybody's name."""

from typing import Any

import pytest

from app.mapping.rows import Joined, Outcome, Target
from app.sources import source
from tests.kinds.story import lookups, mapped, parsed, row_of

KIND = source("cliniko").kind("patients")


def test_a_patient_becomes_a_client_under_its_own_names() -> None:
    result = mapped(
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
    assert result.outcome is Outcome.CREATED
    assert result.codes == []
    wanted = ("title", "first_name", "last_name", "preferred_name", "sex", "email", "profession", "pronouns", "status")
    assert [result[column] for column in wanted] == [
        "Ms", "Zoë", "O'Brien", "Zo", "Female", "zoe@mail.example", "Baker", "she/her", "active",
    ]  # fmt: skip
    assert result["date_of_birth"].isoformat() == "1980-02-13"
    assert result["source_created_at"].isoformat() == "2020-01-04T23:00:00+00:00"
    assert result["portal_access"] is False


def test_06_a_patient_without_an_id_is_skipped() -> None:
    assert told_without_key("") == ["missing_id"]
    assert told_without_key("n/a") == ["missing_id"]


def told_without_key(cell: str) -> list[str]:
    result = parsed("patients", id=cell)
    assert result.row is None
    return [p.code for p in result.problems]


def test_22_a_date_of_birth_in_the_future_is_left_empty() -> None:
    result = mapped("patients", date_of_birth="2091-01-01")
    assert (result["date_of_birth"], result.codes) == (None, ["bad_date_of_birth"])


def test_24_the_csv_column_for_sms_consent_is_the_opposite_of_the_api() -> None:
    assert row_of("patients", unsubscribed_sms_marketing="true").sms_consent is False
    assert row_of("patients", unsubscribed_sms_marketing="false").sms_consent is True
    assert row_of("patients", accepted_sms_marketing="true").sms_consent is True


def test_25_an_empty_consent_is_unset() -> None:
    assert row_of("patients").sms_consent is None


@pytest.mark.parametrize(
    ("cell", "consent"),
    [
        ("No response", "pending"), ("", "pending"), ("null", "pending"), ("Accepted", "accepted"),
        ("true", "accepted"), ("Rejected", "rejected"), ("false", "rejected"),
    ],
)  # fmt: skip
def test_26_consent_to_the_privacy_policy_is_never_upgraded(cell: str, consent: str) -> None:
    assert mapped("patients", accepted_privacy_policy=cell)["privacy_policy_consent"] == consent


def test_27_of_two_mobiles_the_first_is_primary() -> None:
    result = mapped("patients", phone_mobile="61400999999", mobile_phones="61400111222, 61400333444")
    assert result["phone_number"] == "+61400111222"
    assert result["phone_numbers"] == [
        {"number": "400111222", "code": "+61", "type": "mobile"},
        {"number": "400333444", "code": "+61", "type": "mobile"},
    ]
    assert result.codes == []


def test_the_api_list_of_phones_is_read_like_the_columns() -> None:
    result = mapped(
        "patients",
        patient_phone_numbers='[{"number":"02 5550 1000","normalized_number":"61255501000","phone_type":"Home"},'
        '{"number":"0400 111 222","normalized_number":"61400111222","phone_type":"Mobile"}]',
    )
    assert result["phone_number"] == "+61400111222"
    assert [entry["type"] for entry in result["phone_numbers"]] == ["home", "mobile"]


def test_a_landline_alone_is_not_primary() -> None:
    result = mapped("patients", phone_home="61255501000")
    assert result["phone_number"] is None
    assert result["phone_numbers"] == [{"number": "255501000", "code": "+61", "type": "home"}]


def test_a_number_without_a_country_code_is_of_the_clients_country() -> None:
    result = mapped("patients", country="New Zealand", phone_mobile="021 555 123")
    assert (result["phone_number"], result.codes) == ("+6421555123", ["phone_country_assumed"])


def test_28_words_in_a_phone_column_are_in_the_notes() -> None:
    result = mapped("patients", phone_mobile="ask mum")
    assert (result["phone_number"], result["notes"], result.codes) == (None, "Phone (mobile): ask mum", ["bad_phone"])


def test_29_an_invalid_email_is_in_the_notes() -> None:
    result = mapped("patients", email="jo@@x", notes="Prefers mornings", appointment_notes="Ground floor")
    assert (result["email"], result.codes) == (None, ["bad_email"])
    assert result["notes"] == "Prefers mornings\n\nAppointment notes:\nGround floor\n\nEmail: jo@@x"


def test_30_two_siblings_may_share_mobile_and_email() -> None:
    shared: dict[str, Any] = {"phone_mobile": "61400111222", "email": "family@mail.example"}
    first, two = mapped("patients", **shared), mapped("patients", id="12", first_name="Max", **shared)
    assert first["email"] == two["email"]
    assert first.main.key != two.main.key


@pytest.mark.parametrize("missing", ["first_name", "last_name"])
def test_31_a_patient_with_one_name_is_kept_with_a_dash_for_the_other(missing: str) -> None:
    one_name: dict[str, Any] = {missing: ""}
    result = mapped("patients", **one_name)
    assert (result[missing], result.codes) == ("-", ["patient_name_partial"])


def test_32_a_patient_without_any_name_is_held() -> None:
    result = mapped("patients", first_name="", last_name="")
    assert (result.outcome, result.codes) == (Outcome.HELD, ["patient_name_missing"])


def test_33_a_merged_patient_names_its_survivor_and_is_known_as_merged() -> None:
    row = row_of("patients", merged_at="2024-03-04T01:30:00Z", merged_with_patient_id="200")
    assert row.merged_with_patient_id.ids == ("200",)
    assert KIND.merging.is_merged is not None
    assert KIND.merging.is_merged(row)
    assert mapped("patients", merged_at="2024-03-04T01:30:00Z")["status"] == "archived"


def test_35_a_deleted_patient_is_skipped() -> None:
    result = mapped("patients", deleted_at="2023-05-01T03:00:00Z")
    assert (result.outcome, result.codes) == (Outcome.SKIPPED, ["deleted_in_source"])


def test_a_patient_with_deleted_false_is_not_skipped() -> None:
    assert mapped("patients", deleted_at="false").outcome is Outcome.CREATED


@pytest.mark.parametrize("cell", ["2022-01-09T23:00:00Z", "true"])
def test_an_archived_patient_is_an_archived_client(cell: str) -> None:
    assert mapped("patients", archived_at=cell)["status"] == "archived"


def test_61_a_formula_in_the_notes_is_plain_text() -> None:
    assert (
        mapped("patients", notes='=HYPERLINK("https://evil.example/")')["notes"]
        == '=HYPERLINK("https://evil.example/")'
    )


def test_an_unknown_country_is_at_the_end_of_the_address() -> None:
    result = mapped(
        "patients", address_1="1 High St", address_2="Unit 2", address_3="Rear", city="Oz", country="Narnia"
    )
    assert result["address"] == {
        "line1": "1 High St", "line2": "Unit 2, Rear, Narnia", "city": "Oz", "state": None, "postal_code": None,
        "country_code": None,
    }  # fmt: skip
    assert result.codes == ["country_unknown"]


def test_a_post_code_keeps_its_leading_zero() -> None:
    result = mapped("patients", post_code="0800", country="Australia")
    assert (result["address"]["postal_code"], result["address"]["country_code"]) == ("0800", "AU")


def test_one_telephone_among_the_words_of_an_emergency_contact_is_copied() -> None:
    result = mapped("patients", emergency_contact="Mary (wife) 0491 570 006")
    assert result["emergency_contact_name"] == "Mary (wife) 0491 570 006"
    assert result["emergency_contact_phone"] == "0491 570 006"
    assert mapped("patients", emergency_contact="Mary 0491570006, Jo 0491570007")["emergency_contact_phone"] is None


def test_medical_alerts_are_one_text_without_archived_alerts() -> None:
    assert mapped("patients", medical_alerts="Latex\nPenicillin")["alert"] == "Latex; Penicillin"
    listed = '[{"name":"Latex"},{"name":"Old","archived_at":"2020-01-01T00:00:00Z"},{"name":"Penicillin"}]'
    assert mapped("patients", medical_alerts=listed)["alert"] == "Latex; Penicillin"


def test_the_former_gender_column_counts_only_where_sex_is_empty() -> None:
    assert mapped("patients", sex="Female", gender="Other").codes == []
    result = mapped("patients", gender="Female")
    assert (result["sex"], result.codes) == ("Female", ["legacy_gender_used"])


@pytest.mark.parametrize("name", ["Test", "asdf"])
def test_a_record_that_looks_like_a_test_is_kept_and_reported(name: str) -> None:
    result = mapped("patients", first_name=name)
    assert (result.outcome, result.codes) == (Outcome.CREATED, ["test_record_suspected"])


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
def test_a_nested_referral_equals_separate_columns(
    cells: dict[str, Any], type_: str | None, description: str | None
) -> None:
    columns = {"referral_source_type": "referral_type", "referral_notes": "referral_extra"}
    cells = {columns.get(name, name): cell for name, cell in cells.items()}
    result = mapped("patients", **cells)
    mentioned = [m.name for m in KIND.naming.mentions(row_of("patients", **cells)) if m.table == "referral_types"]
    assert (mentioned, result["referral_description"]) == ([type_] if type_ else [], description)
    assert bool(result["referral_type_id"]) is bool(type_)


def test_a_referral_type_is_made_once_by_name_or_is_the_workspaces_own() -> None:
    row = row_of("patients", referral_type="Word of  Mouth")
    (mention,) = KIND.naming.mentions(row)
    assert (mention.table, mention.key) == ("referral_types", "name:word of mouth")
    made = KIND.naming.record_makers["referral_types"](mention, lookups())
    with_lookups = lookups(existing={"referral_types": {"word of mouth": "rft_OWN"}})
    derived = with_lookups.ids.derive("referral_types", "patients", made.key)
    assert mapped("patients", referral_type="Word of Mouth")["referral_type_id"] == derived
    assert mapped("patients", referral_type="WORD OF MOUTH", with_lookups=with_lookups)["referral_type_id"] == "rft_OWN"


def test_an_unknown_referring_doctor_is_kept_in_words() -> None:
    lost = ("referring_doctor_id",)
    result = mapped(
        "patients", lost=lost, referring_doctor="Dr Who", referral_subcategory="GP", referral_extra="2 visits"
    )
    assert (result["referred_by_id"], result["referral_description"]) == (None, "GP: 2 visits; Dr Who")
    known = Joined({"referring_doctor_id": Target("con_1", "1")})
    linked = mapped("patients", referring_doctor="Dr Who", joined=known)
    assert (linked["referred_by_id"], linked["referral_description"]) == ("con_1", None)


def test_only_the_time_zone_of_a_patient_is_not_imported() -> None:
    result = mapped("patients", medicare="9999 00000 0", reminder_type="SMS", time_zone="Australia/Perth")
    assert (result.codes, result.columns) == (["field_without_destination"], ["time_zone"])


def test_a_name_that_does_not_fit_is_kept_in_full_in_the_notes() -> None:
    result = mapped("patients", first_name="A" * 300)
    assert len(result["first_name"]) == 255
    assert result["notes"] == f"First name: {'A' * 300}"
    assert result.codes == ["content_over_limit"]


def test_likely_duplicates_share_name_and_birth_and_namesakes_the_name() -> None:
    first = row_of("patients", date_of_birth="1980-02-13")
    two = row_of("patients", id="12", first_name="ZOË", date_of_birth="13/02/1980")
    three = row_of("patients", id="13")
    assert KIND.identity.duplicate_key_of is not None
    assert KIND.names.namesake_key_of is not None
    assert KIND.identity.duplicate_key_of(first) == KIND.identity.duplicate_key_of(two) is not None
    assert KIND.identity.duplicate_key_of(three) is None
    assert KIND.names.namesake_key_of(first) == KIND.names.namesake_key_of(three)
