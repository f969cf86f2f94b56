"""Workspaces, and every table of their objects."""

from alembic import op

from app.schema.revision_columns import DAY, EXACT, LONG, MOMENT, NESTED, TEXT, TRUTH, WHOLE, imported, keyed, may, need

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointment_groups",
        *imported(),
        *need(TEXT, "service_id location_id practitioner_id"),
        *need(MOMENT, "starts_at ends_at"),
        *may(WHOLE, "capacity"),
        *may(TEXT, "note"),
    )
    op.create_table(
        "appointments",
        *imported(),
        *need(TEXT, "location_id practitioner_id service_id client_id status"),
        *may(TEXT, "case_id client_package_id note cancellation_reason_id cancellation_note room_id vehicle_id"),
        *may(TEXT, "group_id"),
        *need(MOMENT, "starts_at ends_at"),
        *need(WHOLE, "duration"),
        *may(TRUTH, "confirmed"),
        *may(MOMENT, "confirmed_at cancelled_at"),
        *may(NESTED, "resource_ids"),
        *need(TRUTH, "reminders_enabled"),
    )
    op.create_table(
        "availability",
        *imported(),
        *need(TEXT, "practitioner_id location_id starts_at ends_at repeat"),
        *need(WHOLE, "weekday"),
        *may(DAY, "effective_from effective_to"),
    )
    op.create_table(
        "busy_times",
        *imported(),
        *need(TEXT, "location_id practitioner_id busy_time_type_id"),
        *may(TEXT, "name note"),
        *need(MOMENT, "starts_at ends_at"),
    )
    op.create_table(
        "cancellation_reasons",
        *imported(),
        *need(TEXT, "name"),
    )
    op.create_table(
        "cases",
        *imported(),
        *need(TEXT, "client_id name status limit_kind"),
        *may(TEXT, "contact_id practitioner_id referral_type notes"),
        *may(DAY, "issue_date expiry_date"),
        *may(WHOLE, "limit_sessions"),
        *may(EXACT, "limit_amount"),
        *need(TRUTH, "count_missed count_cancelled balance_to_check"),
        *may(TRUTH, "referral"),
    )
    op.create_table(
        "categories",
        *imported(),
        *need(TEXT, "kind name"),
        *may(TEXT, "colour description"),
    )
    op.create_table(
        "clients",
        *imported(),
        *need(TEXT, "first_name last_name privacy_policy_consent status"),
        *may(TEXT, "title preferred_name profession email sex gender_identity pronouns phone_number"),
        *may(TEXT, "emergency_contact_name emergency_contact_phone emergency_contact_relationship alert notes"),
        *may(TEXT, "referral_type_id referral_description referred_by_id"),
        *may(DAY, "date_of_birth"),
        *may(NESTED, "phone_numbers address medications allergies intolerances ndis_details"),
        *need(NESTED, "tag_ids"),
        *need(TRUTH, "portal_access"),
        *may(MOMENT, "created_at"),
    )
    op.create_table(
        "communications",
        *imported(),
        *need(TEXT, "client_id channel direction"),
        *may(TEXT, "category subject to body appointment_id"),
        *may(LONG, "from"),
        *need(TRUTH, "confidential"),
        *need(MOMENT, "occurred_at"),
    )
    op.create_table(
        "contacts",
        *imported(),
        *need(TEXT, "type first_name"),
        *may(TEXT, "last_name title preferred_name profession company email notes"),
        *may(NESTED, "phone_numbers address"),
    )
    op.create_table(
        "custom_field_values",
        *imported(),
        *need(TEXT, "client_id custom_field_id"),
        *may(TEXT, "text other_text"),
        *may(NESTED, "option_ids"),
    )
    op.create_table(
        "custom_fields",
        *imported(),
        *need(TEXT, "name type"),
        *may(NESTED, "options"),
        *need(TRUTH, "visible required"),
    )
    op.create_table(
        "fences",
        *need(TEXT, "migration_id"),
        *need(WHOLE, "trial part epoch"),
        *need(NESTED, "told"),
        keyed("migration_id", "trial", "part"),
    )
    op.create_table(
        "files",
        *imported(),
        *need(TEXT, "client_id name folder visibility content_type sha256"),
        *need(WHOLE, "size"),
        *may(TEXT, "description uploaded_by"),
    )
    op.create_table(
        "form_templates",
        *imported(),
        *need(TEXT, "name status"),
        *need(NESTED, "content"),
    )
    op.create_table(
        "forms",
        *imported(),
        *need(TEXT, "name client_id status"),
        *may(TEXT, "template_id appointment_id"),
        *need(NESTED, "content"),
        *may(MOMENT, "completed_at"),
        *need(TRUTH, "restricted"),
        *may(NESTED, "signatures"),
    )
    op.create_table(
        "journal",
        *need(TEXT, "workspace_id migration_id object id row"),
        *need(WHOLE, "trial"),
        keyed("workspace_id", "migration_id", "object", "id"),
    )
    op.create_table(
        "locations",
        *imported(),
        *need(TEXT, "name timezone country_code status"),
        *may(TEXT, "description email phone abn ndis_number logo_id image_id"),
        *may(TRUTH, "online_booking"),
        *may(NESTED, "address opening_hours"),
        *need(NESTED, "service_ids practitioner_ids"),
    )
    op.create_table(
        "practitioners",
        *imported(),
        *need(TEXT, "user_id display_name"),
        *may(TEXT, "professional_title description"),
        *need(TRUTH, "active online_booking"),
        *need(NESTED, "location_ids service_ids"),
    )
    op.create_table(
        "progress_note_templates",
        *imported(),
        *need(TEXT, "name body status"),
    )
    op.create_table(
        "progress_notes",
        *imported(),
        *need(TEXT, "client_id title body state"),
        *may(TEXT, "practitioner_id author_name appointment_id template_id"),
        *need(MOMENT, "note_date"),
        *may(MOMENT, "finalised_at archived_at"),
        *need(TRUTH, "pinned"),
    )
    op.create_table(
        "provider_numbers",
        *imported(),
        *need(TEXT, "practitioner_id label number"),
        *may(TEXT, "location_id"),
    )
    op.create_table(
        "referral_types",
        *imported(),
        *need(TEXT, "name"),
    )
    op.create_table(
        "services",
        *imported(),
        *need(TEXT, "kind name category_id tax_id price_unit status"),
        *may(TEXT, "description item_code ndis_code progress_note_template_id appointment_notification_set_id"),
        *need(WHOLE, "duration buffer_before_duration buffer_after_duration"),
        *need(EXACT, "price"),
        *need(NESTED, "practitioner_ids location_ids"),
        *need(TRUTH, "online_booking"),
        *may(WHOLE, "capacity"),
    )
    op.create_table(
        "taxes",
        *imported(),
        *need(TEXT, "name"),
        *need(EXACT, "rate"),
    )
    op.create_table(
        "users",
        *imported(),
        *need(TEXT, "first_name last_name role invite_state"),
        *may(TEXT, "email title"),
        *may(NESTED, "phone_numbers"),
        *need(TRUTH, "active"),
    )
    op.create_table(
        "workspaces",
        *need(TEXT, "id name timezone country_code"),
        *need(TRUTH, "prices_include_tax"),
        *may(TEXT, "default_category_id default_tax_id"),
        *need(WHOLE, "version"),
        keyed("id"),
    )


def downgrade() -> None:
    for table in (
        "workspaces",
        "users",
        "taxes",
        "services",
        "referral_types",
        "provider_numbers",
        "progress_notes",
        "progress_note_templates",
        "practitioners",
        "locations",
        "journal",
        "forms",
        "form_templates",
        "files",
        "fences",
        "custom_fields",
        "custom_field_values",
        "contacts",
        "communications",
        "clients",
        "categories",
        "cases",
        "cancellation_reasons",
        "busy_times",
        "availability",
        "appointments",
        "appointment_groups",
    ):
        op.drop_table(table)
