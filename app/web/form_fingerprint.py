"""The basis of a form: a fingerprint of the facts that a form shows. Every form carries it, every write compares it.

A tab may stay open for hours while a colleague, support or a worker goes on. The hidden field `basis` lets the server
see what the person saw: a write happens only where these facts are still the same, and otherwise the person gets both
versions on one page (409) and decides.

How a new form uses it:

1. Register what the form shows, by the path of its POST route. Where columns of the migration are enough, add a line
   to `COLUMNS`. Otherwise write a reader beside the handler:

       @shows("/m/{migration_id}/uses")                                    # from app.web.page_context
       def uses_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
           return Shown(fields={"uses": Field("What you use", ",".join(sorted(migration.uses or ())))})

   `context` is what must not have changed at all. `fields` are the form's own inputs, each with the value that the
   page shows: two people who change different fields are both right, and both saves apply.
2. Write `{{ basis("/m/{migration_id}/uses") }}` inside the `<form>`. A page whose reader needs more than the migration
   calls `visit.remember("/m/{migration_id}/uses")` before it reads anything else, so that the fingerprint is never
   newer than the page.
3. In the POST handler, write inside `with visit.confirmed() as confirmed:`. Use `confirmed.session` and
   `confirmed.migration` (locked), and leave alone the fields in `confirmed.untouched`. A function that opens its own
   transaction takes `visit.confirm` and calls it first, with its session.
4. Name every other input of the form in `inputs` (or, for a form of `COLUMNS`, in `INPUTS`), so that the page of a
   refused form shows it. A form whose inputs need more has a function of its own (see `app/web/refused_forms.py`).
5. Add the route to the table in `tests/forms/routes.py`. A POST route without a line there fails the suite.

Every fingerprint also says for whom the form was drawn. What another person sends with it, in the same browser after
a change of hands, is refused before its handler runs (see `app/web/form_of_another_person.py`). A form of `FENCED`
compares nothing else, and carries a fingerprint all the same: write `{{ basis("/start") }}`.
"""

import base64
import binascii
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from app.migration.models import Migration
from app.migration.state_words import WORDS
from app.migration.states import State

FIELD = "basis"
STAMP, NAME, VALUE = 5, 6, 9
RECORD = NAME + VALUE
LONGEST = 200_000
DRAWN = "drawn from export"
PERSON = "drawn for"
SECRETS = frozenset({FIELD, "password"})
"""Fields that no answer repeats."""
TICK = {"1": "ticked", "": "not ticked"}
"""The choices of a single tick."""
NOTHING: frozenset[str] = frozenset()
"""What a field offers whose name is not on the page any more."""


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form: its label, the value that the page shows, and words for values where these are ids.

    Several values of one name (checkboxes) count as one text: sorted, joined by commas. The label belongs to the
    identity of the field: the same id with another name is another field. `written` returns what was typed in the form
    in which `value` is written ("1/3/2022" becomes "01/03/2022"), so that both are compared by what they mean.
    `offered` holds the values that the page offers; None: every value of `choices`, or any text where there are none.
    """

    label: str
    value: str
    choices: Mapping[str, str] = field(default_factory=dict)
    written: Callable[[str], str] = str.strip
    offered: frozenset[str] | None = None

    def answer(self, values: Sequence[str]) -> str:
        """What a form sent in this field, as the page would show it."""
        return self.written(joined(values))

    def parts(self, value: str) -> list[str]:
        """The single choices of a value; a text is one part, whatever commas it has."""
        return value.split(",") if self.choices else [value]

    def words(self, value: str) -> str:
        """A value as a person reads it."""
        named = [self.choices.get(part, part) for part in self.parts(value)]
        return ", ".join(part for part in named if part) or "nothing"

    def offers(self, value: str) -> bool:
        """Whether the page offers this value. No choice at all is always possible."""
        if self.offered is not None:
            return value in self.offered or not value
        return value in self.choices or not value or not self.choices


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form shows. `context` holds JSON values that must be the same; `fields` are merged one by one.

    `now` says in words what a fact of `context` is at present; `labels` what to call it. `whole`: the form confirms
    every field that it shows, so a field that somebody else changed is a conflict even where this person left it alone.

    `inputs` are the other inputs of the form: they are not merged, and refuse nothing. They are here so that the page
    of a refused form names what was typed. `earlier` returns the fields of the same form as it was drawn from an
    earlier export, by the export's number. `again` replaces inputs of a form that is sent once more after another
    export came, where its answers are to be kept and nothing else is to happen.

    `is_unique`: the form adds something, so each drawn form has a fingerprint of its own.
    """

    context: Mapping[str, object] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    now: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
    inputs: Mapping[str, Field] = field(default_factory=dict)
    earlier: Callable[[int], Mapping[str, Field]] | None = None
    again: Mapping[str, str] = field(default_factory=dict)
    is_unique: bool = False


class NoBasis(Exception):
    """A form without a fingerprint, or with one that is not ours. Nothing is written."""


class DrawnForAnother(Exception):
    """A form that was drawn for another person than the one who sends it; nothing is written.

    `own` is the fingerprint with which this person may send the form as their own, where it does not say for whom it
    was drawn; empty where it was drawn for somebody else.
    """

    def __init__(self, own: str = "") -> None:
        super().__init__("drawn for another person")
        self.own = own


class Changed(Exception):
    """What the form showed has changed; nothing is written. `names` are the facts and fields that differ.

    `basis` is the fingerprint that the form carried, `sent` what it sent, `untouched` the fields that somebody else
    alone changed.
    """

    def __init__(
        self,
        shown: Shown,
        basis: "Basis",
        sent: Mapping[str, Sequence[str]],
        names: Sequence[str],
        untouched: frozenset[str],
    ) -> None:
        super().__init__(f"{len(names)} facts have changed")
        self.shown = shown
        self.basis = basis
        self.sent = sent
        self.names = tuple(names)
        self.untouched = untouched

    @property
    def is_overruled(self) -> bool:
        """Whether a field that this person filled in has another value now."""
        fields = ((name, self.shown.fields[name]) for name in self.names if name in self.shown.fields)
        return any(name in self.sent and each.answer(self.sent[name]) != each.value for name, each in fields)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a fingerprint belongs to: one form of one migration (or of none), under the product's key.

    `person` is the id of the person for whom forms are drawn, empty where nobody is signed in.
    """

    key: bytes
    path: str
    about: str
    person: str = ""

    def token(self, shown: Shown, export_number: int) -> str:
        """The fingerprint as the form carries it. Opaque: 15 bytes a fact, and the time in seconds.

        `export_number` is the export that is there while the form is made. It refuses nothing by itself.
        """
        facts = {DRAWN: _json(export_number), **{name: _json(value) for name, value in shown.context.items()}}
        inputs = {**shown.inputs, **shown.fields}
        facts |= {_identity(name, each.label): each.value for name, each in inputs.items()}
        records = sorted(self._name(name) + self._value(name, value) for name, value in facts.items())
        if shown.is_unique:
            records.append(self._name("drawn once") + secrets.token_bytes(VALUE))
        return self._sealed(int(time.time()).to_bytes(STAMP, "big"), [*records, *self._drawn_for()])

    def _drawn_for(self) -> list[bytes]:
        return [self._name(PERSON) + self._value(PERSON, self.person)] if self.person else []

    def _sealed(self, stamp: bytes, records: Sequence[bytes]) -> str:
        seal = self._digest(VALUE, b"seal", stamp, *records)
        return base64.urlsafe_b64encode(stamp + seal + b"".join(records)).decode().rstrip("=")

    def read(self, token: str) -> "Basis":
        """The fingerprint that a form sent. Raises NoBasis for what this product did not make for this form."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise NoBasis from wrong
        stamp, seal, rest = raw[:STAMP], raw[STAMP : STAMP + VALUE], raw[STAMP + VALUE :]
        records = [rest[at : at + RECORD] for at in range(0, len(rest), RECORD)]
        if not token or len(token) > LONGEST or len(seal) != VALUE or len(rest) % RECORD:
            raise NoBasis
        if seal != self._digest(VALUE, b"seal", stamp, *records):
            raise NoBasis
        since = datetime.fromtimestamp(int.from_bytes(stamp, "big"), UTC)
        return Basis(self, since, {record[:NAME]: record[NAME:] for record in records}, token)

    def _name(self, name: str) -> bytes:
        return self._digest(NAME, b"name", name.encode())

    def _value(self, name: str, value: str) -> bytes:
        return self._digest(VALUE, b"value", name.encode(), value.encode("utf-8", "surrogatepass"))

    def _digest(self, size: int, *parts: bytes) -> bytes:
        whole = hashlib.blake2b(digest_size=size, key=self.key)
        for part in (self.path.encode(), self.about.encode(), *parts):
            whole.update(len(part).to_bytes(4, "big"))
            whole.update(part)
        return whole.digest()


@dataclass(frozen=True, slots=True)
class Merge:
    """How a form's fields meet what is so now. `untouched` keep what a colleague chose; `touched` is what this person
    changed. All other fields are as the form showed them."""

    untouched: frozenset[str]
    touched: frozenset[str]


@dataclass(frozen=True, slots=True)
class Basis:
    """A fingerprint that a form sent, and when its page was made."""

    scope: Scope
    since: datetime
    records: Mapping[bytes, bytes]
    token: str

    def key(self, *parts: str) -> str:
        """Sixteen hex digits for what one drawn form sent: the same form with the same parts gives the same key."""
        texts = (self.token, *parts)
        return self.scope._digest(8, b"key", *(text.encode("utf-8", "surrogatepass") for text in texts)).hex()

    def mark(self, person: str, *fields: str) -> str:
        """Forty hex digits: eight for the form at its address, sixteen for what this person's drawn form of it sent,
        and sixteen for the same fields of the same facts, whoever sends them and whenever the form was drawn."""
        texts = (field.encode("utf-8", "surrogatepass") for field in fields)
        drawn_for = self.scope._name(PERSON)
        shown = b"".join(name + value for name, value in sorted(self.records.items()) if name != drawn_for)
        same = self.scope._digest(8, b"same", shown, *texts)
        return self.scope._digest(4, b"form").hex() + self.key(person, *fields) + same.hex()

    def require_own(self) -> None:
        """Raises DrawnForAnother where the form was not drawn for the person of the scope, who sends it."""
        if self._holds(PERSON, self.scope.person):
            return
        if self.scope._name(PERSON) in self.records:
            raise DrawnForAnother
        records = [name + value for name, value in self.records.items()]
        stamp = int(self.since.timestamp()).to_bytes(STAMP, "big")
        raise DrawnForAnother(self.scope._sealed(stamp, [*records, *self.scope._drawn_for()]))

    def has(self, name: str, value: object) -> bool:
        """Whether the form showed this value of a fact of its context."""
        return self._holds(name, _json(value))

    def export_number(self, current: int) -> int | None:
        """The export that was there when the form was made: the current one, or an earlier one."""
        return next((number for number in range(current, -1, -1) if self.has(DRAWN, number)), None)

    def knows(self, name: str, label: str) -> bool:
        """Whether the form had this field, under this label."""
        return self.scope._name(_identity(name, label)) in self.records

    def showed(self, name: str, label: str, value: str) -> bool:
        """Whether the form showed this value in a field."""
        return self._holds(_identity(name, label), value)

    def _holds(self, name: str, value: str) -> bool:
        return self.records.get(self.scope._name(name)) == self.scope._value(name, value)

    def compared(self, shown: Shown, sent: Mapping[str, Sequence[str]]) -> "Merge":
        """Which fields this person changed, and which somebody else changed alone.

        `sent` are the fields of the form. Each field is compared three ways: as the form showed it, as it is now, and
        as it was sent. Raises Changed where the context is another one, or where two people changed the same field to
        different values; of a form that is `whole`, also where somebody else alone changed a field.
        """
        changed = [name for name, value in shown.context.items() if not self.has(name, value)]
        untouched, both, mine = set(), [], []
        for name, each in shown.fields.items():
            if name not in sent:
                if shown.whole and not self.showed(name, each.label, each.value):
                    both.append(name)
                continue
            typed = each.answer(sent[name])
            if self.showed(name, each.label, each.value) or typed == each.value:
                if typed != each.value:
                    mine.append(name)
            elif self.showed(name, each.label, typed) and not shown.whole:
                untouched.add(name)
            else:
                both.append(name)
        if changed or both:
            names = [*changed, *both, *(mine if changed else ())]
            raise Changed(shown, self, sent, names, frozenset(untouched))
        touched = {
            name
            for name, each in shown.fields.items()
            if name in sent and not self.showed(name, each.label, each.answer(sent[name]))
        }
        return Merge(frozenset(untouched), frozenset(touched))


def joined(values: Sequence[str]) -> str:
    """Several values of one field as one text. An empty one says that none is ticked."""
    return values[0] if len(values) == 1 else ",".join(sorted(filter(None, values)))


def _identity(name: str, label: str) -> str:
    return f"field\n{name}\n{label}"


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


UNIQUE = frozenset({"/m/{migration_id}/help", "/support/{migration_id}/help"})
"""Forms of `COLUMNS` that add something: sent twice, or five times at once, a drawn form adds it once."""

LABELS = {"epoch": "Your move", "state": "Your move", "export_number": "The export", "trial_number": "The trial"}
MOMENT = ("state", "epoch")
COLUMNS: dict[str, tuple[str, ...]] = {
    "/m/{migration_id}/handover/sample": MOMENT,
    "/m/{migration_id}/handover/replace": MOMENT,
    "/m/{migration_id}/files/password": MOMENT,
    "/m/{migration_id}/progress/retry": MOMENT,
    "/m/{migration_id}/progress/pause": ("export_number", "trial_number"),
    "/m/{migration_id}/progress/resume": ("export_number", "trial_number"),
    "/m/{migration_id}/progress/cancel": MOMENT,
    "/m/{migration_id}/progress/back-to-review": MOMENT,
    "/m/{migration_id}/review/change-plan": MOMENT,
    "/m/{migration_id}/review/start-again": MOMENT,
    "/m/{migration_id}/review/requests": ("trial_number",),
    "/m/{migration_id}/report/link": ("state", "export_number"),
    "/m/{migration_id}/report/undo": MOMENT,
    "/m/{migration_id}/report/delete": MOMENT,
    "/m/{migration_id}/people": (),
    "/m/{migration_id}/people/invitations/{invitation_id}/withdraw": (),
    "/m/{migration_id}/help": (),
    "/support/{migration_id}/retry": MOMENT,
    "/support/{migration_id}/cancel": MOMENT,
    "/support/{migration_id}/pause": ("export_number", "trial_number"),
    "/support/{migration_id}/resume": ("export_number", "trial_number"),
    "/support/{migration_id}/back-to-review": MOMENT,
    "/support/{migration_id}/undo": MOMENT,
    "/support/{migration_id}/help": (),
}
"""Forms that show nothing but columns of the migration, by the path of their POST route.

`epoch` is raised by every change of the state, so a form with MOMENT counts for this one visit to the state. A form
with no column adds something (a message, an invitation) or ends what is named in its address, and its fingerprint says
of which migration.
"""

SAME_FORM = {
    "/m/{migration_id}/upload/begin": "/m/{migration_id}/handover/upload",
    "/m/{migration_id}/upload/finish": "/m/{migration_id}/handover/upload",
    "/m/{migration_id}/upload/stop": "/m/{migration_id}/handover/upload",
}
"""Routes that take the fingerprint of another route's form, because one page offers them together."""

FINDS = dict.fromkeys(
    ("/m/{migration_id}/clients", "/m/{migration_id}/records/{kind}", "/sandbox/{workspace_id}/clients"),
    "finds records for whoever sends it: nothing is changed, and nobody's name is written to anything",
)
"""Forms that only find something: POST keeps what is typed out of addresses."""

FENCED = {
    **FINDS,
    "/signin": "sends a link to the address that was typed; a move is not touched",
    "/signin/{token}": "the token in the address works once, for one person",
    "/signout": "ends the session of the cookie that comes with it, and nothing else",
    "/invitations/{invitation_id}/accept": "the invitation in the address never changes, and is answered once",
    "/invitations/{invitation_id}/decline": "the invitation in the address never changes, and is answered once",
    "/start": "leads to the open move of the workspace in the form, or starts one where none is open",
    "/m/{migration_id}/upload/{upload_id}/piece": "names its file by a random id, and the offset where it goes on",
    "/sandbox/clinic": "development only: adds a clinic of its own",
    "/sandbox/{workspace_id}/locations": "development only: adds a location",
    "/sandbox/{workspace_id}/people": "development only: adds a person",
    "/sandbox/{workspace_id}/people/{user_id}/accept": "development only: the person in the address accepts",
    "/sandbox/{workspace_id}/services": "development only: adds a service",
    "/sandbox/{workspace_id}/close": "development only: adds what is missing of the demo clinic, twice is once",
}
"""POST routes whose form shows nothing that is compared, each with what keeps it from being applied elsewhere."""

FOR_ANYBODY = {
    **FINDS,
    "/signin": "says who comes next, whoever was there before",
    "/signin/{token}": "signs in the owner of the token, and is drawn before anybody is signed in",
    "/signout": "signs out whoever is signed in now: nothing is done in that person's name",
    "/m/{migration_id}/upload/{upload_id}/piece": "adds bytes in nobody's name: who hands the file over has one",
}
"""Forms that anybody may send, whoever they were drawn for. Every other form is for one person."""


REASON = {"reason": Field("Reason, as the clinic will read it", "")}
INPUTS: dict[str, Mapping[str, Field]] = {
    "/m/{migration_id}/files/password": {"password": Field("Password of the zip", "")},
    "/m/{migration_id}/review/requests": {"text": Field("Ask for a change", "")},
    "/m/{migration_id}/report/undo": {"undo": Field("Take the whole move back", "", TICK)},
    "/m/{migration_id}/report/delete": {"delete": Field("Delete our copies of the export now", "", TICK)},
    **{f"/support/{{migration_id}}/{act}": REASON for act in ("retry", "cancel", "pause", "resume")},
    **{f"/support/{{migration_id}}/{act}": REASON for act in ("back-to-review", "undo")},
}
"""What a person types or ticks in forms of `COLUMNS`: the inputs with the labels of their pages."""


def form_shown(path: str, migration: Migration) -> Shown:
    """What a form of `COLUMNS` shows of this migration, by the path of its POST route."""
    shown = columns_shown(COLUMNS[path], migration)
    return replace(shown, inputs=INPUTS.get(path, {}), is_unique=path in UNIQUE)


def columns_shown(columns: Sequence[str], migration: Migration) -> Shown:
    """A form that shows these columns of the migration."""
    return Shown(context={name: getattr(migration, name) for name in columns}, now=present(migration))


def present(migration: Migration) -> dict[str, str]:
    """Where the migration is now, in words, by column."""
    now = dict.fromkeys(MOMENT, WORDS[State(migration.state)].now)
    now["export_number"] = f"export {migration.export_number}" if migration.export_number else "not here yet"
    now["trial_number"] = f"trial {migration.trial_number}" if migration.trial_number else "not made yet"
    return now
