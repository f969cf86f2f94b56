"""Businesses, one of which is archived."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.sample_columns import ARCHIVED, CREATED, UPDATED, CellForm, SampleColumn, texts
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    *texts("business_name", "display_name", "label", "address_1", "address_2", "city", "state", "post_code"),
    *texts("country", "country_code", "business_registration_name", "business_registration_value"),
    *texts("contact_information", "email_reply_to", "website_address", "additional_information", "time_zone"),
    *texts("time_zone_identifier"),
    SampleColumn("show_in_online_bookings", CellForm.BOOL),
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
