"""The invented clinic's years of work: who came when to whom, told for any one visit without remembering the others."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random

from app.sources.cliniko.sample import planting
from app.sources.cliniko.sample.columns import SYDNEY
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sizes import AS_OF, DialectName, Size

_MASK = (1 << 64) - 1
_AHEAD_WEEKS = 8
_SLOTS = 10
_OLD_SHARE, _MIDDLE_SHARE = 0.4, 0.6

_ID_BASES = {
    "businesses": 101,
    "users": 202,
    "practitioners": 303,
    "appointment_types": 404,
    "patients": 1_000_003,
    "appointments": 20_000_003,
    "treatment_notes": 100_000_007,
    "contacts": 3_000_001,
    "patient_cases": 4_000_001,
    "communications": 50_000_001,
    "invoices": 6_000_001,
    "practitioner_reference_numbers": 505,
    "practitioner_availability": 606,
    "treatment_note_templates": 707,
    "patient_form_templates": 808,
    "patient_forms": 7_000_003,
    "patient_files": 8_000_001,
    "attendees": 30_000_001,
    "unavailable_blocks": 9_000_001,
    "classes": 29_000_003,
    "busy_visits": 39_000_001,
}


@dataclass(frozen=True, slots=True)
class Visit:
    index: int
    starts: datetime
    """UTC, as all times of a sample are."""
    minutes: int
    day: date
    practitioner: int
    business: int
    type: int
    patient: int
    status: str
    planted: Planted | None

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=self.minutes)


class World:
    def __init__(self, size: Size, seed: int, dialect: DialectName) -> None:
        self.size, self.seed, self.dialect = size, seed, dialect
        self.patients_api = dialect != "native"
        self.appointments_native = dialect != "api"
        self.sites, self.types = SITES, (*TYPES, CLASS)
        self.people = people(size.extra_practitioners)
        self.treating = tuple(i for i, person in enumerate(self.people) if person.designation)
        self._salt = self.random("world").getrandbits(63)
        few = size.few
        self.patients = planting.spread(planting.PATIENTS, few, size.patients, api=self.patients_api)
        self._patient_at = {(p.plant.name, p.turn): index for index, p in self.patients.items()}
        self._childless = {index for index, p in self.patients.items() if p.plant.childless}
        self.uncalled = frozenset(self.patients)
        """Clients whose name visits do not repeat."""
        self._active = max(10, int(size.patients * 0.55))
        self._first_day = AS_OF - timedelta(days=size.years * 365)
        self._first_day -= timedelta(days=self._first_day.weekday())
        self._past_days = (AS_OF - self._first_day).days // 7 * 5 + 4
        self.past = size.appointments - max(10, size.appointments // 50)
        self.boundary = self.past * 6 // 10
        self.repeated = range(self.boundary - few, self.boundary)
        """Visits that stand in both slices of a sliced appointments file."""
        self.visits = planting.spread(planting.VISITS, few, self.boundary - few - 1, api=self.patients_api)
        self.notes = planting.spread(planting.NOTES, few, size.notes, api=self.patients_api)
        self._planted: dict[str, dict[int, Planted]] = {}
        weights = [kind.weight for kind in self.types]
        self._types_open = [i for i, kind in enumerate(self.types) for _ in range(weights[i]) if kind.closed is None]
        self._types_all = [i for i, weight in enumerate(weights) for _ in range(weight)]

    def random(self, purpose: str) -> Random:
        return Random(f"{self.seed}:{purpose}")  # noqa: S311 - an invented clinic is no secret

    def told_by_api(self, mixed_native: bool) -> bool:
        """Whether a kind's file is of the interface's dialect, which alone says what was deleted."""
        return self.dialect == "api" or (self.dialect == "mixed" and not mixed_native)

    def planted(self, kind: str, plants: tuple[Plant, ...], among: int, *, by_api: bool) -> dict[int, Planted]:
        """The difficult ones among so many of a kind, by their place."""
        if kind not in self._planted:
            wanted = tuple(plant for plant in plants if by_api or not plant.by_api)
            self._planted[kind] = planting.spread(wanted, self.size.few, among, api=self.patients_api)
        return self._planted[kind]

    def plain_patients(self, start: int) -> Iterator[int]:
        """Clients with nothing odd about them, one after the other from here on, for ever."""
        index = start
        while True:
            index = (index + 1) % self.size.patients
            if index not in self.patients:
                yield index

    def mixed(self, index: int, stream: int = 0) -> int:
        """A number that looks random and is always the same for this index."""
        z = (self._salt + index * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def source_id(self, kind: str, index: int, of: int) -> str:
        """Old ids are short, newer ones have 18 digits, the newest 19; none looks rounded by a spreadsheet."""
        base = _ID_BASES[kind]
        if index < of * _OLD_SHARE:
            return str(base * (10_000 if base < 1000 else 1) + index * 13)
        if index < of * _MIDDLE_SHARE:
            return f"{56580566000000000 + base * 10_000_000 + index * 9973}{1 + index % 9}"
        return f"{155835446400000000 + base * 10_000_000 + index * 9973}{1 + index % 9}"

    def business_id(self, index: int) -> str:
        return self.source_id("businesses", index, len(self.sites))

    def user_id(self, index: int) -> str:
        return self.source_id("users", index, len(self.people))

    def practitioner_id(self, index: int) -> str:
        return self.source_id("practitioners", index, len(self.people))

    def type_id(self, index: int) -> str:
        return self.source_id("appointment_types", index, len(self.types))

    def patient_id(self, index: int) -> str:
        return self.source_id("patients", index, self.size.patients)

    def appointment_id(self, index: int) -> str:
        return self.source_id("appointments", index, self.size.appointments)

    def note_id(self, index: int) -> str:
        return self.source_id("treatment_notes", index, self.size.notes)

    def patient_at(self, plant: str, turn: int) -> int:
        return self._patient_at[plant, turn]

    def patient_near(self, index: int) -> int:
        """An ordinary client for a visit: this one, or the next that visits may point at."""
        while index in self._childless:
            index = (index + 1) % self.size.patients
        return index

    def patient_for(self, index: int) -> int:
        """Some clients come often, many once, about half never."""
        share = self.mixed(index, 1) / 2**64
        return self.patient_near(int(share * share * self._active) * self.size.patients // self._active)

    @lru_cache(maxsize=4096)  # noqa: B019 - one world lives as long as one sample
    def _open_on(self, day: date) -> tuple[tuple[int, ...], tuple[int, ...], datetime]:
        treating = tuple(p for p in self.treating if (left := self.people[p].left) is None or day < left)
        sites = tuple(i for i, site in enumerate(self.sites) if site.closed is None or day < site.closed)
        return treating, sites, datetime(day.year, day.month, day.day, 8, tzinfo=SYDNEY).astimezone(UTC)

    def visit(self, index: int) -> Visit:
        if index < self.past:
            first, days, count, start = 0, self._past_days, self.past, self._first_day
        else:
            first, days, count = self.past, _AHEAD_WEEKS * 5, self.size.appointments - self.past
            start = AS_OF + timedelta(days=3)
        within = index - first
        nth = within * days // count
        turn = within - math.ceil(nth * count / days)
        day = start + timedelta(days=nth // 5 * 7 + nth % 5)
        treating, sites, eight = self._open_on(day)
        practitioner = treating[(turn + nth * 5) % len(treating)]
        round_ = turn // len(treating)
        if round_ >= _SLOTS:
            raise ValueError("more visits a day than the team can see")
        slot = (round_ * 3 + self.mixed(nth, 2 + practitioner)) % _SLOTS
        noise = self.mixed(index)
        types = self._types_all if day < date(2024, 1, 1) else self._types_open
        kind = types[noise % len(types)]
        planted = self.visits.get(index)
        return Visit(
            index=index,
            starts=eight + timedelta(hours=slot),
            minutes=self.types[kind].minutes,
            day=day,
            practitioner=practitioner,
            business=sites[(nth + practitioner) % len(sites)],
            type=kind,
            patient=self.patient_for(index),
            status="arrived" if planted or index in self.repeated else self._status(index, noise >> 20),
            planted=planted,
        )

    def _status(self, index: int, noise: int) -> str:
        chance = noise % 1000
        if index >= self.past:
            return "cancelled" if chance < 50 else "pending"
        if chance < 65:
            return "cancelled"
        if chance < 95:
            return "missed"
        return "pending" if chance < 98 else "arrived"


# Harbour Street Physiotherapy as its old system knows it: sites, people who treat, people who help, kinds of visit.


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
