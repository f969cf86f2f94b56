"""Harbour Street Physiotherapy as its old system knows it: sites, people who treat, people who help, kinds of visit."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Site:
    name: str
    label: str
    street: str
    city: str
    post_code: str
    time_zone: str
    closed: date | None = None


@dataclass(frozen=True)
class Person:
    title: str
    first_name: str
    last_name: str
    role: str
    email: str | None
    designation: str = ""
    """Empty for people who treat nobody."""
    left: date | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class VisitType:
    name: str
    category: str
    minutes: int
    price: str
    color: str
    weight: int
    """How often it is booked, against the others; 0 is never."""
    closed: date | None = None
    capacity: int = 1


SITES = (
    Site("Harbour Street Physiotherapy", "Harbour Street", "12 Harbour Street", "Sydney", "2000", "Australia/Sydney"),
    Site("Harbour Street Physiotherapy Newport", "Newport", "3 Barrenjoey Lane", "Newport", "2106", "Sydney"),
    Site(
        "Harbour Street Physiotherapy Mona Vale",
        "Mona Vale",
        "88 Pitt Arcade",
        "Mona Vale",
        "2103",
        "Sydney",
        date(2023, 7, 1),
    ),
)


def _mail(name: str) -> str:
    return f"{name}@harbourstreet.example"


PEOPLE = (
    Person("Ms", "Grace", "Okonkwo", "administrator", _mail("grace"), "Physiotherapist, owner"),
    Person("Ms", "Megan", "Doyle", "administrator", _mail("megan")),
    Person("Mr", "Daniel", "Brophy", "practitioner", _mail("daniel"), "Physiotherapist"),
    Person("Dr", "Priya", "Raghunathan", "practitioner", _mail("priya"), "Physiotherapist"),
    Person("Ms", "ليلى", "عبد الرحمن الحداد", "practitioner", _mail("layla"), "Physiotherapist"),
    Person("Ms", "Siobhán", "Ní Dhomhnaill", "practitioner", _mail("siobhan"), "Exercise physiologist"),
    Person("Mr", "Marcus", "Tran", "practitioner", _mail("marcus"), "Physiotherapist"),
    Person("Ms", "Jia Hui", "Lim", "practitioner", _mail("jiahui"), "Physiotherapist"),
    Person("Ms", "Ruby", "Castellano", "practitioner", _mail("ruby"), "Remedial massage therapist"),
    Person("Mr", "Tomasz", "Wieczorek", "practitioner", _mail("tomasz"), "Podiatrist"),
    Person("Mr", "Oliver", "Nakamura-Reid", "practitioner", _mail("oliver"), "Physiotherapist", date(2025, 9, 1)),
    Person("Ms", "Helen", "Marsh", "practitioner", _mail("helen"), "Physiotherapist", date(2024, 3, 1)),
    Person("", "Bayside Massage", "(contractor)", "practitioner", None, "Massage therapist", date(2023, 11, 1)),
    Person(
        "Ms",
        "Alexandrina",
        "Featherstonehaugh-Papadimitriou van der Westhuizen",
        "practitioner",
        _mail("alexandrina"),
        "Physiotherapist",
        date(2023, 2, 1),
    ),
    Person("Mr", "Jonathan", "Lim", "practitioner", _mail("jonathan"), "Physiotherapist", date(2022, 6, 1)),
    Person("Ms", "Bronwyn", "Ashcombe", "receptionist", _mail("bronwyn")),
    Person("Mr", "Kofi", "Underdale", "power receptionist", _mail("kofi")),
    Person("Ms", "Mele", "Taufa", "scheduler", _mail("mele")),
    Person("Mr", "Piers", "Langwell", "bookkeeper", _mail("piers")),
)

TYPES = (
    VisitType("Initial consultation", "Physiotherapy", 60, "145.00", "#2E7D6B", 14),
    VisitType("Standard consultation", "Physiotherapy", 30, "98.00", "#2E7D6B", 50),
    VisitType("Extended consultation", "Physiotherapy", 45, "125.00", "#3A7CA5", 12),
    VisitType("Telehealth consultation", "Physiotherapy", 30, "85.00", "#6C8EAD", 6),
    VisitType("Exercise rehabilitation", "Exercise physiology", 45, "110.00", "#C47F1A", 8),
    VisitType("Remedial massage 60", "Massage", 60, "115.00", "#8E5572", 5),
    VisitType("Podiatry consultation", "Podiatry", 30, "95.00", "#5D6D3F", 4),
    VisitType("Dry needling", "", 30, "90.00", "#777777", 1),
    VisitType("Hydrotherapy one to one", "Exercise physiology", 45, "105.00", "#1B7FA8", 4, date(2024, 1, 1)),
    VisitType("Walk-in check", "Physiotherapy", 0, "0.00", "#999999", 0),
)

CLASS = VisitType("Pilates class", "Exercise physiology", 60, "35.00", "#7A6FB0", 0, capacity=8)

GIVEN_EXTRA = ("Amira", "Benedict", "Colette", "Dashiell", "Esme", "Fergal", "Ginevra", "Hamish")
FAMILY_EXTRA = ("Pembury", "Quinhurst")


def people(extra: int) -> tuple[Person, ...]:
    """The team, with as many further practitioners as a larger clinic needs."""
    more = tuple(
        Person(
            "",
            GIVEN_EXTRA[i % len(GIVEN_EXTRA)],
            FAMILY_EXTRA[i // len(GIVEN_EXTRA)],
            "practitioner",
            _mail(f"practitioner{i + 1}"),
            "Physiotherapist",
        )
        for i in range(extra)
    )
    return PEOPLE + more
