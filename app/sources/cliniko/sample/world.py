"""The invented clinic: its sites, people and services, and its visits, each calculated from its index alone."""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random

from app.sources.cliniko.sample import planting
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import SYDNEY
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
"""Where the ids of a kind begin. Those of any other kind begin at a number that its name gives."""


@dataclass(frozen=True, slots=True)
class SampleVisit:
    """One visit of one client. Practitioner, business, type and patient are indexes."""

    index: int
    starts: datetime
    """In UTC, like all times of a sample."""
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
        """The end in UTC."""
        return self.starts + timedelta(minutes=self.minutes)


class World:
    """One invented clinic. The same size, seed and dialect give the same clinic."""

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
        self.unnamed_in_visits = frozenset(self.patients)
        """Clients whose visits leave the name empty."""
        self._active = max(10, int(size.patients * 0.55))
        self._first_day = AS_OF - timedelta(days=size.years * 365)
        self._first_day -= timedelta(days=self._first_day.weekday())
        self._past_days = (AS_OF - self._first_day).days // 7 * 5 + 4
        self.past = size.appointments - max(10, size.appointments // 50)
        self.boundary = self.past * 6 // 10
        self.repeated = range(self.boundary - few, self.boundary)
        """Visits that are in both slices of a sliced appointments file."""
        self.visits = planting.spread(planting.VISITS, few, self.boundary - few - 1, api=self.patients_api)
        self.notes = planting.spread(planting.NOTES, few, size.notes, api=self.patients_api)
        self._planted: dict[str, dict[int, Planted]] = {}
        weights = [kind.weight for kind in self.types]
        self._types_open = [i for i, kind in enumerate(self.types) for _ in range(weights[i]) if kind.closed is None]
        self._types_all = [i for i, weight in enumerate(weights) for _ in range(weight)]

    def random(self, purpose: str) -> Random:
        """A generator of random numbers for one purpose; the same purpose gives the same numbers."""
        return Random(f"{self.seed}:{purpose}")  # noqa: S311 - an invented clinic is no secret

    def is_api_file(self, mixed_native: bool) -> bool:
        """Whether a kind's file is from Cliniko's API, which alone exports deleted rows."""
        return self.dialect == "api" or (self.dialect == "mixed" and not mixed_native)

    def planted(self, kind: str, plants: tuple[Plant, ...], among: int, *, by_api: bool) -> dict[int, Planted]:
        """The plants among `among` rows of a kind, by index."""
        if kind not in self._planted:
            wanted = tuple(plant for plant in plants if by_api or not plant.by_api)
            self._planted[kind] = planting.spread(wanted, self.size.few, among, api=self.patients_api)
        return self._planted[kind]

    def plain_patients(self, start: int) -> Iterator[int]:
        """The indexes of clients without plants, after `start`, endlessly."""
        index = start
        while True:
            index = (index + 1) % self.size.patients
            if index not in self.patients:
                yield index

    def mixed(self, index: int, stream: int = 0) -> int:
        """A pseudo-random 64-bit number that depends on the seed, the index and the stream."""
        z = (self._salt + index * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def source_id(self, kind: str, index: int, of: int) -> str:
        """The id of a row: old ids are short, newer ids have 18 digits, the newest 19.

        No id ends in zeros, which would look like the rounding of a spreadsheet.
        """
        base = _ID_BASES.get(kind) or 10_000_001 + zlib.crc32(kind.encode()) % 80_000_000
        if index < of * _OLD_SHARE:
            return str(base * (10_000 if base < 1000 else 1) + index * 13)
        if index < of * _MIDDLE_SHARE:
            return f"{56580566000000000 + base * 10_000_000 + index * 9973}{1 + index % 9}"
        return f"{155835446400000000 + base * 10_000_000 + index * 9973}{1 + index % 9}"

    def business_id(self, index: int) -> str:
        """The id of a business."""
        return self.source_id("businesses", index, len(self.sites))

    def user_id(self, index: int) -> str:
        """The id of a user."""
        return self.source_id("users", index, len(self.people))

    def practitioner_id(self, index: int) -> str:
        """The id of a practitioner, by the index of the person."""
        return self.source_id("practitioners", index, len(self.people))

    def type_id(self, index: int) -> str:
        """The id of an appointment type."""
        return self.source_id("appointment_types", index, len(self.types))

    def patient_id(self, index: int) -> str:
        """The id of a patient."""
        return self.source_id("patients", index, self.size.patients)

    def appointment_id(self, index: int) -> str:
        """The id of an appointment, by the index of the visit."""
        return self.source_id("appointments", index, self.size.appointments)

    def note_id(self, index: int) -> str:
        """The id of a treatment note."""
        return self.source_id("treatment_notes", index, self.size.notes)

    def patient_at(self, plant: str, turn: int) -> int:
        """The index of the patient with this plant."""
        return self._patient_at[plant, turn]

    def patient_near(self, index: int) -> int:
        """The index of a client for a visit: `index`, or the next client whom visits may refer to."""
        while index in self._childless:
            index = (index + 1) % self.size.patients
        return index

    def patient_for(self, index: int) -> int:
        """The index of a visit's client: some clients have many visits, many have one, about half have none."""
        share = self.mixed(index, 1) / 2**64
        return self.patient_near(int(share * share * self._active) * self.size.patients // self._active)

    @lru_cache(maxsize=4096)  # noqa: B019 - one world lives as long as one sample
    def _open_on(self, day: date) -> tuple[tuple[int, ...], tuple[int, ...], datetime]:
        treating = tuple(p for p in self.treating if (left := self.people[p].left) is None or day < left)
        sites = tuple(i for i, site in enumerate(self.sites) if site.closed is None or day < site.closed)
        return treating, sites, datetime(day.year, day.month, day.day, 8, tzinfo=SYDNEY).astimezone(UTC)

    def visit(self, index: int) -> SampleVisit:
        """The visit with this index. Raises ValueError where a day has more visits than the team has slots."""
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
        return SampleVisit(
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


# Harbour Street Physiotherapy: sites, practitioners, other staff, and appointment types.


@dataclass(frozen=True)
class Site:
    """A business."""

    name: str
    label: str
    street: str
    city: str
    post_code: str
    time_zone: str
    closed: date | None = None


@dataclass(frozen=True)
class SamplePerson:
    """A user, and the practitioner of that user where `designation` is set."""

    title: str
    first_name: str
    last_name: str
    role: str
    email: str | None
    designation: str = ""
    """The profession; empty for a user who is no practitioner."""
    left: date | None = None

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class VisitType:
    """An appointment type."""

    name: str
    category: str
    minutes: int
    price: str
    color: str
    weight: int
    """How often the type is booked, relative to the others; 0 is never."""
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
    SamplePerson("Ms", "Grace", "Okonkwo", "administrator", _mail("grace"), "Physiotherapist, owner"),
    SamplePerson("Ms", "Megan", "Doyle", "administrator", _mail("megan")),
    SamplePerson("Mr", "Daniel", "Brophy", "practitioner", _mail("daniel"), "Physiotherapist"),
    SamplePerson("Dr", "Priya", "Raghunathan", "practitioner", _mail("priya"), "Physiotherapist"),
    SamplePerson("Ms", "ليلى", "عبد الرحمن الحداد", "practitioner", _mail("layla"), "Physiotherapist"),
    SamplePerson("Ms", "Siobhán", "Ní Dhomhnaill", "practitioner", _mail("siobhan"), "Exercise physiologist"),
    SamplePerson("Mr", "Marcus", "Tran", "practitioner", _mail("marcus"), "Physiotherapist"),
    SamplePerson("Ms", "Jia Hui", "Lim", "practitioner", _mail("jiahui"), "Physiotherapist"),
    SamplePerson("Ms", "Ruby", "Castellano", "practitioner", _mail("ruby"), "Remedial massage therapist"),
    SamplePerson("Mr", "Tomasz", "Wieczorek", "practitioner", _mail("tomasz"), "Podiatrist"),
    SamplePerson("Mr", "Oliver", "Nakamura-Reid", "practitioner", _mail("oliver"), "Physiotherapist", date(2025, 9, 1)),
    SamplePerson("Ms", "Helen", "Marsh", "practitioner", _mail("helen"), "Physiotherapist", date(2024, 3, 1)),
    SamplePerson("", "Bayside Massage", "(contractor)", "practitioner", None, "Massage therapist", date(2023, 11, 1)),
    SamplePerson(
        "Ms",
        "Alexandrina",
        "Featherstonehaugh-Papadimitriou van der Westhuizen",
        "practitioner",
        _mail("alexandrina"),
        "Physiotherapist",
        date(2023, 2, 1),
    ),
    SamplePerson("Mr", "Jonathan", "Lim", "practitioner", _mail("jonathan"), "Physiotherapist", date(2022, 6, 1)),
    SamplePerson("Ms", "Bronwyn", "Ashcombe", "receptionist", _mail("bronwyn")),
    SamplePerson("Mr", "Kofi", "Underdale", "power receptionist", _mail("kofi")),
    SamplePerson("Ms", "Mele", "Taufa", "scheduler", _mail("mele")),
    SamplePerson("Mr", "Piers", "Langwell", "bookkeeper", _mail("piers")),
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


def people(extra: int) -> tuple[SamplePerson, ...]:
    """The team, with `extra` further practitioners."""
    more = tuple(
        SamplePerson(
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
