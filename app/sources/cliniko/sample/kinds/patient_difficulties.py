"""What is odd about the clients whom every clinic's list holds: merged, nameless, born in the future, entered twice."""

from datetime import UTC, datetime

from .. import people
from ..planting import Planted
from ..world import World

Values = dict[str, object]


def upset(world: World, values: Values, planted: Planted) -> None:
    """Make a client one of the difficult ones."""
    name, turn = planted.plant.name, planted.turn
    given, family = people.GIVEN[turn], people.FAMILY[turn]
    values["archived_at"] = None
    if name in ("merged", "merged_twice"):
        target = "merged" if name == "merged_twice" else "apostrophe"
        gone = datetime(2024, 3, 4, 1, 30, tzinfo=UTC)
        values |= {"archived_at": gone, "merged_at": gone}
        values["merged_with_patient_id"] = world.patient_id(world.patient_at(target, turn))
    elif name == "deleted":
        values["deleted_at"] = datetime(2023, 5, 1, 3, 0, tzinfo=UTC)
    elif name == "unnamed":
        values |= {"first_name": None, "last_name": None, "preferred_first_name": None}
    elif name == "archived":
        values["archived_at"] = datetime(2022, 1, 9, 23, 0, tzinfo=UTC)
    elif name == "bad_email":
        values["email"] = ("jo@@x", "none", "a b@mail.example")[turn % 3]
    elif name == "bad_phone":
        values |= {"mobiles": (("ask mum", "silent number")[turn % 2],), "homes": ()}
    elif name in ("shares_a", "shares_b"):
        values |= {"email": f"family{turn}@mail.example", "mobiles": (people.mobile(turn),)}
    elif name == "no_first_name":
        values |= {"first_name": None, "last_name": people.FAMILY[turn + 50], "preferred_first_name": None}
    elif name == "no_last_name":
        values |= {"first_name": people.GIVEN[turn + 50], "last_name": None}
    elif name == "birth_ahead":
        values["date_of_birth"] = "2091-01-01"
    elif name == "birth_too_early":
        values["date_of_birth"] = "1899-12-31"
    elif name == "birth_no_such_day":
        values["date_of_birth"] = "1985-02-30"
    elif name in people.ODD_FAMILY:
        values |= {"first_name": given, "last_name": people.ODD_FAMILY[name]}
    elif name == "emoji":
        values |= {"first_name": f"{given} 🌻", "notes": "Likes the garden 🌿 and her dog 🐕‍🦺"}
    elif name in ("rtl", "vietnamese"):
        firsts, lasts = people.RTL if name == "rtl" else people.VIETNAMESE
        values |= {"first_name": firsts[turn % 5], "last_name": lasts[turn // 5 % 5], "preferred_first_name": None}
    elif name == "long_name":
        values |= {"first_name": people.LONG_GIVEN, "last_name": family, "preferred_first_name": None}
    elif name == "formula":
        values["notes"] = '=HYPERLINK("https://evil.example/","Click")'
        values["occupation"] = "@SUM(1+1)"
    elif name == "newlines":
        values["notes"] = 'First line\nSecond line, with "quotes"\n\nLast; line'
        values["address_1"] = "Level 2\n14 Ferry Parade"
    elif name == "legacy_gender":
        values |= {"sex": None, "gender": "Female"}
    elif name.startswith("twin"):
        values |= {"first_name": given, "last_name": "Twice-Entered", "date_of_birth": "1971-06-05"}
    elif name.startswith("namesake"):
        born = "1950-01-02" if name.endswith("a") else "1990-03-04"
        values |= {"first_name": given, "last_name": "Same-Name", "date_of_birth": born}
    elif name == "test_record":
        values |= {"first_name": ("Test", "asdf")[turn % 2], "last_name": family}
    elif name == "conflict":
        values["last_name"] = f"{values['last_name']}-Married"
