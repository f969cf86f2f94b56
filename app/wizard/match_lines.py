"""The names of an export as lines of the names page: what each is in Caspen, and what it can become."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.engine.match import PLACES, Suggestion
from app.mapping.plan import Choice, Plan
from app.wizard import custom_fields, known
from app.wizard.situation import Standing

TABS = (
    ("practitioners", "practitioners", "Practitioners"),
    ("locations", "businesses", "Locations"),
    ("services", "appointment_types", "Services"),
    ("leave_out", "", "Leave out"),
)
OPEN, BRING, OUT = "", "create", "leave_out"
"""The choices of a name beside the objects of Caspen: none yet, bring it along, leave it out."""
NATURES = {"appointment": "Appointment", "activity": "Activity"}


@dataclass(frozen=True, slots=True)
class Line:
    """One name of the export: what it is in Caspen, why we think so, and how much hangs on it.

    `number` is its place in the export, from 1: the page's rows keep it while choices change.
    """

    number: int
    id: str
    name: str
    active: bool
    chosen: str
    why: str
    band: str
    past: int
    future: int
    notes: int
    nature: str | None
    nature_open: bool

    @property
    def field(self) -> str:
        return f"c:{self.id}"

    @property
    def nature_field(self) -> str:
        return f"n:{self.id}"


def decisions(kind: str, source: str) -> dict[str, str]:
    """The choices of a name beside the objects of Caspen, in words by value. `source` is the old software's name."""
    bring = {
        "practitioners": "Bring as a person who can't sign in",
        "businesses": "Bring as a new location",
        "appointment_types": f"Bring it from {source}",
    }
    return {BRING: bring[kind], OUT: "Leave out"}


def day_before(plan: Plan) -> str:
    """The day before which appointments are left out, as its field shows it."""
    start = plan.leave_out_before
    return f"{start.astimezone(ZoneInfo(plan.timezone)).date():%d/%m/%Y}" if start else ""


def kind_of(show: str) -> str:
    return next((kind for tab, kind, _ in TABS if tab == show), "")


def tab_of(name: str) -> str:
    return name if name in {known.TAB, custom_fields.TAB, *(tab for tab, _, _ in TABS)} else "practitioners"


def choice_from(value: str, known: set[str]) -> Choice | None:
    """`create`, `leave_out`, or an object of the workspace; anything else is not decided."""
    if value == BRING:
        return Choice(to="create")
    if value == OUT:
        return Choice(to="leave_out")
    return Choice(to="match", id=value) if value in known else None


def candidates(here: Standing, kind: str) -> list[tuple[str, str]]:
    """What a name may be in the workspace: id and words."""
    facts = here.facts
    if kind == "businesses":
        return [(x.id, x.name + (" (archived)" if x.archived else "")) for x in facts.locations]
    if kind == "practitioners":
        return sorted(((x.id, x.name) for x in facts.practitioners), key=lambda pair: pair[1])
    shown = [(x.id, x.name + (" (activity)" if x.kind == "activity" else "")) for x in facts.services]
    return sorted(shown, key=lambda pair: pair[1])


def lines_of(here: Standing, kind: str) -> list[Line]:
    """Every name of a kind, in the order of the export."""
    fits = {one.reference.id: one for one in here.fresh.kinds.get(kind, ())}
    names = enumerate(here.suggestions.kinds.get(kind, ()), 1)
    return [line(number, kind, one, here.plan, fits.get(one.reference.id)) for number, one in names]


def line(number: int, kind: str, one: Suggestion, plan: Plan, fresh: Suggestion | None = None) -> Line:
    """`fresh` is what fits by itself: its reason is shown as long as nobody chose otherwise."""
    choice = getattr(plan, PLACES[kind]).get(one.reference.id)
    open_nature = one.nature == "activity" and one.reference.id not in plan.service_kinds
    nature = plan.service_kinds.get(one.reference.id, one.nature) if choice and choice.to == "create" else None
    chosen = OPEN if choice is None else choice.id or choice.to
    is_open = choice is None or (open_nature and choice.to == "create")
    band = "open" if is_open else "out" if choice and choice.to == "leave_out" else "set"
    if choice is None and one.choice.to == "match" and one.certainty == "unsure":
        chosen = one.choice.id or OPEN
    told = one.reference
    nothing = "Nothing of that name in Caspen" if choice is None or choice.to == "create" else ""
    by_itself = fresh is not None and fresh.certainty == "sure" and fresh.choice == choice
    as_suggested = fresh is not None and fresh.choice == choice
    saved = "Suggested by us, saved by you" if as_suggested else "Chosen by you"
    reason = fresh.why if fresh is not None and by_itself else saved
    why = (reason if one.why == "Chosen before" else one.why) or nothing
    return Line(
        number,
        told.id,
        told.name,
        told.active,
        chosen,
        why,
        band,
        told.past,
        told.future,
        told.notes,
        nature,
        open_nature,
    )
