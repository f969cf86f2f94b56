"""The clinic's sites, one of them closed."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.columns import ARCHIVED, CREATED, UPDATED, Column, Form
from app.sources.cliniko.sample.kinds.kind import SampleKind
from app.sources.cliniko.sample.row import Row
from app.sources.cliniko.sample.world import World

COLUMNS = (
    Column("id", "Business ID", "id", Form.ID),
    Column("business_name", "Business Name", "business_name"),
    Column("display_name", "Display Name", "display_name"),
    Column("label", "Label", "label"),
    Column("address_1", "Address 1", "address_1"),
    Column("address_2", "Address 2", "address_2"),
    Column("city", "City", "city"),
    Column("state", "State", "state"),
    Column("post_code", "Post code", "post_code"),
    Column("country", "Country", "country"),
    Column("country_code", "Country Code", "country_code"),
    Column("business_registration_name", "Business Registration Name", "business_registration_name"),
    Column("business_registration_value", "Business Registration Value", "business_registration_value"),
    Column("contact_information", "Contact Information", "contact_information"),
    Column("email_reply_to", "Email Reply To", "email_reply_to"),
    Column("website_address", "Website Address", "website_address"),
    Column("additional_information", "Additional Information", "additional_information"),
    Column("time_zone", "Time Zone", "time_zone"),
    Column("time_zone_identifier", None, "time_zone_identifier"),
    Column("show_in_online_bookings", "Show In Online Bookings", "show_in_online_bookings", Form.BOOL),
    ARCHIVED,
    CREATED,
    UPDATED,
)


def rows(world: World) -> Iterator[Row]:
    for index, site in enumerate(world.sites):
        closed = datetime(site.closed.year, site.closed.month, site.closed.day, 2, tzinfo=UTC) if site.closed else None
        yield Row(
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
