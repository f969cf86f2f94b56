"""The basis of a form: a fingerprint of the facts that the form shows. Every write compares the fingerprint.

A tab may stay open for hours while a colleague, support or a worker makes changes. The hidden field `basis` records
the facts that the person read. A write happens only if these facts are unchanged. Otherwise the person gets both
versions on one page (409) and decides.

How a new form uses it:

1. Register what the form shows, by the path of its POST route. Where columns of the migration are enough, add a line
   to `COLUMNS`. Otherwise write a reader next to the handler:

       @shows("/m/{migration_id}/uses")                                    # from app.web.page_context
       def uses_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
           return Shown(fields={"uses": FormField("What you use", ",".join(sorted(migration.uses or ())))})

   `context` holds facts that must be unchanged. `fields` are the form's own inputs, each with the value that the
   page shows. If two people change different fields, both saves apply.
2. Write `{{ basis("/m/{migration_id}/uses") }}` inside the `<form>`. A page whose reader needs more than the migration
   calls `visit.remember("/m/{migration_id}/uses")` before it reads anything else, so that the fingerprint is never
   newer than the page.
3. In the POST handler, write inside `with visit.confirmed() as confirmed:`. Use `confirmed.session` and
   `confirmed.migration` (locked), and leave alone the fields in `confirmed.untouched`. A function that opens its own
   transaction takes `visit.confirm` and calls it first, with its session.
4. Name every other input of the form in `inputs` (or, for a form of `COLUMNS`, in `INPUTS`), so that the page of a
   refused form shows it. A form whose inputs need more has a function of its own (see `app/web/refused_forms.py`).
5. Add the route to the table in `tests/forms/routes.py`. A POST route without a line there fails the suite.

Every fingerprint also holds the id of the person for whom the form was rendered. If another person sends the form from
the same browser, the server refuses the form before the handler runs (see `app/web/form_of_another_person.py`). A form
of `FENCED` compares only the person: write `{{ basis("/start") }}`.
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
FROM_EXPORT = "drawn from export"
PERSON = "drawn for"
SECRETS = frozenset({FIELD, "password"})
"""Fields that no response repeats."""
TICK = {"1": "ticked", "": "not ticked"}
"""The choices of a single checkbox."""
NOTHING: frozenset[str] = frozenset()
"""The offered values of a field that is no longer on the page."""


@dataclass(frozen=True, slots=True)
class FormField:
    """An input of a form: label, shown value, and words for values that are ids.

    Several values of one name (checkboxes) become one sorted text, joined by commas. The label belongs to the
    identity of the field: the same id with another name is another field. `written` turns the typed text into the
    notation of `value` ("1/3/2022" becomes "01/03/2022"), so that both compare by meaning. `offered` holds the values
    that the page offers. None stands for every value of `choices`, or for any text if there are no choices.
    """

    label: str
    value: str
    choices: Mapping[str, str] = field(default_factory=dict)
    written: Callable[[str], str] = str.strip
    offered: frozenset[str] | None = None

    def answer(self, values: Sequence[str]) -> str:
        """The value that a form sent, in the notation of the page."""
        return self.written(joined(values))

    def parts(self, value: str) -> list[str]:
        """The single choices of a value. A text is a single part."""
        return value.split(",") if self.choices else [value]

    def words(self, value: str) -> str:
        """A value in the words of the page."""
        named = [self.choices.get(part, part) for part in self.parts(value)]
        return ", ".join(part for part in named if part) or "nothing"

    def offers(self, value: str) -> bool:
        """Whether the page offers this value. An empty value is always offered."""
        if self.offered is not None:
            return value in self.offered or not value
        return value in self.choices or not value or not self.choices


@dataclass(frozen=True, slots=True)
class Shown:
    """The facts that a form shows. `context` holds JSON values that must be unchanged. `fields` are merged field by
    field.

    `now` describes the present value of a `context` fact, and `labels` names the fact. `whole`: the form confirms
    every field that it shows, so a colleague's change to any field is a conflict.

    `inputs` are the other inputs of the form. They are not merged and cause no conflict. The page of a refused form
    shows them. `earlier` returns the fields of the same form for an earlier export, by export number. `again`
    replaces inputs when the form is sent again after a new export: the answers are kept, and nothing else happens.

    `is_unique`: the form adds something, so each rendered form has its own fingerprint.
    """

    context: Mapping[str, object] = field(default_factory=dict)
    fields: Mapping[str, FormField] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    now: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
    inputs: Mapping[str, FormField] = field(default_factory=dict)
    earlier: Callable[[int], Mapping[str, FormField]] | None = None
    again: Mapping[str, str] = field(default_factory=dict)
    is_unique: bool = False


class NoBasis(Exception):
    """The form has no valid fingerprint. Nothing is written."""


class RenderedForAnother(Exception):
    """The form was rendered for another person than the sender. Nothing is written.

    `own` is a fingerprint with which the sender may send the form, if the form does not name a person. Empty if the
    form names another person.
    """

    def __init__(self, own: str = "") -> None:
        super().__init__("rendered for another person")
        self.own = own


class Changed(Exception):
    """Facts that the form showed have changed. Nothing is written. `names` are the facts and fields that differ.

    `basis` is the fingerprint of the form and `sent` its inputs. `untouched` are fields that only another person
    changed.
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
        """Whether a field that this person filled in now has another value."""
        fields = ((name, self.shown.fields[name]) for name in self.names if name in self.shown.fields)
        return any(name in self.sent and each.answer(self.sent[name]) != each.value for name, each in fields)


@dataclass(frozen=True, slots=True)
class Scope:
    """The form and migration (or no migration) of a fingerprint, under the product's key.

    `person` is the id of the person for whom forms are rendered. Empty if nobody is signed in.
    """

    key: bytes
    path: str
    about: str
    person: str = ""

    def token(self, shown: Shown, export_number: int) -> str:
        """The fingerprint as the form carries it: opaque, 15 bytes a fact, and the time in seconds.

        `export_number` is the current export when the form is rendered. The number alone causes no conflict.
        """
        facts = {FROM_EXPORT: _json(export_number), **{name: _json(value) for name, value in shown.context.items()}}
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
        """Opens the fingerprint that a form sent. Raises NoBasis if this product did not make the fingerprint for
        this form.
        """
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
    """The comparison of a form's fields with the present values.

    `untouched` fields keep a colleague's value, `touched` fields were changed by this person. All other fields have
    the value that the form showed.
    """

    untouched: frozenset[str]
    touched: frozenset[str]


@dataclass(frozen=True, slots=True)
class Basis:
    """A fingerprint that a form sent, and the time when its page was rendered."""

    scope: Scope
    since: datetime
    records: Mapping[bytes, bytes]
    token: str

    def key(self, *parts: str) -> str:
        """Sixteen hex digits for the content of a rendered form. The same form with the same parts gives the same
        key.
        """
        texts = (self.token, *parts)
        return self.scope._digest(8, b"key", *(text.encode("utf-8", "surrogatepass") for text in texts)).hex()

    def mark(self, person: str, *fields: str) -> str:
        """Forty hex digits: 8 for the form at its address, 16 for the content that this person sent, 16 for the same
        content of the same facts by any person at any time.
        """
        texts = (field.encode("utf-8", "surrogatepass") for field in fields)
        person_name = self.scope._name(PERSON)
        shown = b"".join(name + value for name, value in sorted(self.records.items()) if name != person_name)
        same = self.scope._digest(8, b"same", shown, *texts)
        return self.scope._digest(4, b"form").hex() + self.key(person, *fields) + same.hex()

    def require_own(self) -> None:
        """Raises RenderedForAnother if the form was rendered for another person than the sender."""
        if self._holds(PERSON, self.scope.person):
            return
        if self.scope._name(PERSON) in self.records:
            raise RenderedForAnother
        records = [name + value for name, value in self.records.items()]
        stamp = int(self.since.timestamp()).to_bytes(STAMP, "big")
        raise RenderedForAnother(self.scope._sealed(stamp, [*records, *self.scope._drawn_for()]))

    def has(self, name: str, value: object) -> bool:
        """Whether the form showed this value of a context fact."""
        return self._holds(name, _json(value))

    def export_number(self, current: int) -> int | None:
        """The export that was current when the form was rendered: at most `current`, None if unknown."""
        return next((number for number in range(current, -1, -1) if self.has(FROM_EXPORT, number)), None)

    def knows(self, name: str, label: str) -> bool:
        """Whether the form had this field under this label."""
        return self.scope._name(_identity(name, label)) in self.records

    def showed(self, name: str, label: str, value: str) -> bool:
        """Whether the form showed this value in this field."""
        return self._holds(_identity(name, label), value)

    def _holds(self, name: str, value: str) -> bool:
        return self.records.get(self.scope._name(name)) == self.scope._value(name, value)

    def compared(self, shown: Shown, sent: Mapping[str, Sequence[str]]) -> "Merge":
        """Compares the form's fields: which did this person change, which did only another person change.

        `sent` are the inputs of the form. Each field has three values: as shown, as it is now, and as sent. Raises
        Changed if the context differs or if two people changed the same field to different values. A form that is
        `whole` also raises Changed if only another person changed a field.
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
    """Several values of a field as a single text, sorted. An empty value stands for no choice."""
    return values[0] if len(values) == 1 else ",".join(sorted(filter(None, values)))


def _identity(name: str, label: str) -> str:
    return f"field\n{name}\n{label}"


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


UNIQUE = frozenset({"/m/{migration_id}/help", "/support/{migration_id}/help"})
"""Forms of `COLUMNS` that add something. A rendered form adds once, even if it is sent several times."""

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
"""Forms that show only columns of the migration, by the path of their POST route.

Every change of state raises `epoch`, so a form with MOMENT is valid until the next change. A form without columns
adds something (a message, an invitation) or ends the thing in its address. Its fingerprint holds only the migration.
"""

SAME_FORM = {
    "/m/{migration_id}/upload/begin": "/m/{migration_id}/handover/upload",
    "/m/{migration_id}/upload/finish": "/m/{migration_id}/handover/upload",
    "/m/{migration_id}/upload/stop": "/m/{migration_id}/handover/upload",
}
"""Routes that take the fingerprint of another route's form, because a single page offers both."""

FINDS = dict.fromkeys(
    ("/m/{migration_id}/clients", "/m/{migration_id}/records/{kind}", "/sandbox/{workspace_id}/clients"),
    "finds records for the sender: changes nothing and stores no name",
)
"""Forms that only search. POST keeps the typed text out of addresses."""

FENCED = {
    **FINDS,
    "/signin": "sends a link to the typed address and changes no move",
    "/signin/{token}": "the token in the address works once, for one person",
    "/signout": "ends only the session of the cookie",
    "/invitations/{invitation_id}/accept": "the invitation in the address never changes, and takes a single answer",
    "/invitations/{invitation_id}/decline": "the invitation in the address never changes, and takes a single answer",
    "/start": "leads to the open move of the workspace in the form, or starts a move if no move is open",
    "/m/{migration_id}/upload/{upload_id}/piece": "names its file by a random id, and the offset of the next byte",
    "/sandbox/clinic": "development only: adds a clinic of its own",
    "/sandbox/{workspace_id}/locations": "development only: adds a location",
    "/sandbox/{workspace_id}/people": "development only: adds a person",
    "/sandbox/{workspace_id}/people/{user_id}/accept": "development only: the person in the address accepts",
    "/sandbox/{workspace_id}/services": "development only: adds a service",
    "/sandbox/{workspace_id}/close": "development only: adds the missing parts of the demo clinic",
}
"""POST routes whose form has no facts to compare, each with the reason why no other move can be changed."""

FOR_ANYBODY = {
    **FINDS,
    "/signin": "names the next person, whoever is signed in now",
    "/signin/{token}": "signs in the owner of the token, and is rendered before sign-in",
    "/signout": "signs out the present person and does nothing in that person's name",
    "/m/{migration_id}/upload/{upload_id}/piece": "adds bytes without a name: only the handover of the file has a name",
}
"""Forms that any person may send. Every other form belongs to the person for whom it was rendered."""


REASON = {"reason": FormField("Reason, as the clinic will read it", "")}
INPUTS: dict[str, Mapping[str, FormField]] = {
    "/m/{migration_id}/files/password": {"password": FormField("Password of the zip", "")},
    "/m/{migration_id}/review/requests": {"text": FormField("Ask for a change", "")},
    "/m/{migration_id}/report/undo": {"undo": FormField("Take the whole move back", "", TICK)},
    "/m/{migration_id}/report/delete": {"delete": FormField("Delete our copies of the export now", "", TICK)},
    **{f"/support/{{migration_id}}/{act}": REASON for act in ("retry", "cancel", "pause", "resume")},
    **{f"/support/{{migration_id}}/{act}": REASON for act in ("back-to-review", "undo")},
}
"""The inputs of `COLUMNS` forms that a person types or ticks, with their labels."""


def form_shown(path: str, migration: Migration) -> Shown:
    """The facts that a `COLUMNS` form shows, by the path of its POST route."""
    shown = columns_shown(COLUMNS[path], migration)
    return replace(shown, inputs=INPUTS.get(path, {}), is_unique=path in UNIQUE)


def columns_shown(columns: Sequence[str], migration: Migration) -> Shown:
    """The facts of a form that shows these columns of the migration."""
    return Shown(context={name: getattr(migration, name) for name in columns}, now=present(migration))


def present(migration: Migration) -> dict[str, str]:
    """The present state of the migration in words, by column."""
    now = dict.fromkeys(MOMENT, WORDS[State(migration.state)].now)
    now["export_number"] = f"export {migration.export_number}" if migration.export_number else "not here yet"
    now["trial_number"] = f"trial {migration.trial_number}" if migration.trial_number else "not made yet"
    return now
