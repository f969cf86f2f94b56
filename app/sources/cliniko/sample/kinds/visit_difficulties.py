"""The cells of visits with plants."""

from datetime import timedelta

from app.sources.cliniko.sample.planting import Planted
from app.sources.cliniko.sample.sample_columns import SampleValue
from app.sources.cliniko.sample.world import SampleVisit, World

LONG_NOTE = (
    "Rang to say that the shoulder wakes her since the weekend and that the exercises make it worse at night. "
    "She would like to go through the sleeping positions again, and to bring the letter from the surgeon along. "
    "Her daughter drives her, so nothing before ten. The ramp at the side door is easier than the steps at the front. "
)


def apply_plant(world: World, values: dict[str, SampleValue], visit: SampleVisit, planted: Planted) -> tuple[str, ...]:
    """Change the cells of a visit as its plant requires; return the tables of further records that the row makes."""
    name, turn = planted.plant.name, planted.turn
    if name.startswith("of_"):
        values |= {"patient_id": world.patient_id(world.patient_at(name.removeprefix("of_"), turn)), "patient_name": ""}
    elif name == "no_patient":
        values |= {"patient_id": str(999_000_001 + turn), "patient_name": ""}
    elif name == "arrived_and_missed":
        values |= {"arrived": True, "missed": True}
    elif name == "cancelled_and_arrived":
        at = visit.starts - timedelta(hours=3)
        values |= {
            "cancelled_at": at,
            "cancelled_cell": at,
            "reason_code": 30,
            "reason_name": "Sick",
            "cancellations": 1,
        }
    elif name == "long_note":
        values["notes"] = LONG_NOTE * 3
        return ("communications",)
    elif name == "unknown_type":
        values |= {"type_name": f"Pilates one to one {2017 + turn}", "type_id": str(999_100_001 + turn), "category": ""}
        return ("services",)
    elif name == "no_business":
        values |= {"business": "", "business_id": None}
    elif name == "unknown_practitioner":
        values |= {"practitioner": f"Locum Nobody{turn}", "practitioner_id": str(999_200_001 + turn)}
    elif name == "unmarked":
        values["arrived"] = False
    elif name == "no_start":
        values["starts_at"] = None
    elif name == "ends_before_start":
        values["ends_at"] = visit.starts - timedelta(minutes=30)
    elif name == "formula":
        values["notes"] = "+1 visit =2 left @reception"
    elif name == "newlines":
        values["notes"] = 'Door code on the left.\nSays "ring twice".'
    return ()
