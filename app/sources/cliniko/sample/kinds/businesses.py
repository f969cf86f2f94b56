"""Businesses, one of which is archived."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.sample_columns import ARCHIVED, CREATED, UPDATED, CellForm, SampleColumn
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", "Business ID", "id", CellForm.ID),
    SampleColumn("business_name", "Business Name", "business_name"),
    SampleColumn("display_name", "Display Name", "display_name"),
    SampleColumn("label", "Label", "label"),
    SampleColumn("address_1", "Address 1", "address_1"),
    SampleColumn("address_2", "Address 2", "address_2"),
    SampleColumn("city", "City", "city"),
    SampleColumn("state", "State", "state"),
    SampleColumn("post_code", "Post code", "post_code"),
    SampleColumn("country", "Country", "country"),
    SampleColumn("country_code", "Country Code", "country_code"),
    SampleColumn("business_registration_name", "Business Registration Name", "business_registration_name"),
    SampleColumn("business_registration_value", "Business Registration Value", "business_registration_value"),
    SampleColumn("contact_information", "Contact Information", "contact_information"),
    SampleColumn("email_reply_to", "Email Reply To", "email_reply_to"),
    SampleColumn("website_address", "Website Address", "website_address"),
    SampleColumn("additional_information", "Additional Information", "additional_information"),
    SampleColumn("time_zone", "Time Zone", "time_zone"),
    SampleColumn("time_zone_identifier", None, "time_zone_identifier"),
    SampleColumn("show_in_online_bookings", "Show In Online Bookings", "show_in_online_bookings", CellForm.BOOL),
    ARCHIVED,
    CREATED,
    UPDATED,
)


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each business."""
    for index, site in enumerate(world.sites):
        closed = datetime(site.closed.year, site.closed.month, site.closed.day, 2, tzinfo=UTC) if site.closed else None
        yield SampleRow(
            source_id=world.business_id(index),
            values={
                "id": world.business_id(index),
                "business_name": site.name,
                "display_name": site.label,
                "label": site.label,
                "address_1": site.street,
                "city": site.city,
                "state": "NSW",
                "post_code": site.post_code,
                "country": "Australia",
                "country_code": "AU",
                "business_registration_name": "ABN",
                "business_registration_value": "12345678901",
                "contact_information": f"+61 2 5550 010{index}",
                "email_reply_to": "hello@harbourstreet.example",
                "website_address": "https://harbourstreet.example",
                "additional_information": "Lift from the car park.\nRing twice after 6 pm." if index == 1 else None,
                "time_zone": site.time_zone,
                "time_zone_identifier": "Australia/Sydney",
                "show_in_online_bookings": closed is None,
                "archived_at": closed,
                "created_at": datetime(2014, 2, 3, 1, 15, tzinfo=UTC),
                "updated_at": datetime(2024, 5, 6, 4, 30, tzinfo=UTC),
            },
            records=("locations",),
            marks=("archived",) if closed else (),
        )


KIND = SampleKind("businesses", "Businesses", COLUMNS, rows, shape=Shape.ARRAY, mixed_native=True, folder="Set up")
