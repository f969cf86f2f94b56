"""Page of a refused form: each answer with the form's own labels, next to the present value.

The server refuses a form if its facts have changed or its step is over. The page shows every choice and text that the
form sent. Valid answers can be sent again. For the others the page gives the reason.

Most forms take labels and values from `Shown` (see `app/web/form_fingerprint.py`). A form with further inputs
registers its own function next to its handler:

    @describes("/m/{migration_id}/files/{number}")
    def describe_file_answer(refusal: Refusal) -> RefusedForm: ...
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from app.migration.exports import current_export, files_of
from app.migration.models import ExportFile, Migration
from app.web.form_fingerprint import FIELD, LABELS, NOTHING, SECRETS, TICK, Basis, Changed, FormField, NoBasis, Shown
from app.web.page_context import Visit

Inputs = tuple[tuple[str, str], ...]
BEFORE = "as it was when you opened the page"
KEPT = "left as it was: what is there now stays"
WITHDRAWN = "the answer is taken back"
NOT_KEPT = "typed, and not kept"
TYPE_AGAIN = "Passwords are not kept. Type it again."
FILES_GONE = "Files are not kept. Choose them again."
NOT_OFFERED = "This choice is no longer offered."
NOT_THERE = "not in the export any more"
NAME_GONE = "It is not in the export that is there now."
NOT_READ = "The export that is there now has not been read yet."
NUMBERED_ANEW = "It has another number in the export that is there now. Choose on its page."


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """An answer of a refused form: label, sent value and present value, in the page's words.

    `inputs` send the answer again. Without inputs the answer no longer applies, and `why_not` gives the reason.
    """

    label: str
    sent: str
    now: str
    inputs: Inputs = ()
    why_not: str = ""


UPLOAD = "/m/{migration_id}/handover/upload"
FILES = SentAnswer("Files of the export", "the files that you chose", "", (), FILES_GONE)


@dataclass(frozen=True, slots=True)
class RefusedForm:
    """Page of a refused form. `more` are inputs that are sent together with the answers.

    `action` is the address that takes the answers again (empty if nothing can be sent), `basis` its fingerprint.
    `page` is the form's present page, empty for the page that the person came from. `title`, `sentence` and `way_on`
    replace the usual texts: what happened, and the label of the link to `page`. `covered` are context facts that
    `answers` explain, so that they need no line of their own.
    """

    answers: tuple[SentAnswer, ...] = ()
    more: Inputs = ()
    action: str = ""
    basis: str = ""
    page: str = ""
    title: str = ""
    sentence: str = ""
    way_on: str = ""
    covered: frozenset[str] = frozenset()

    @property
    def again(self) -> Inputs:
        """All inputs that the page sends again."""
        return (*self.more, *(each for answer in self.answers for each in answer.inputs))

    @property
    def lost(self) -> tuple[SentAnswer, ...]:
        """The answers that cannot be sent again."""
        return tuple(answer for answer in self.answers if answer.why_not)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused form and the present facts. `session` reads the ledger after the refusal.

    `names` are the facts and fields that differ, `untouched` those that only another person changed. `export_number`
    is the export for which the form was rendered. `is_other_export`: the current export is another export.
    """

    visit: Visit
    session: Session
    migration: Migration
    shown: Shown
    basis: Basis
    names: tuple[str, ...] = ()
    untouched: frozenset[str] = frozenset()
    export_number: int | None = None
    is_other_export: bool = False

    @property
    def sent(self) -> Mapping[str, Sequence[str]]:
        return self.visit.sent.fields

    @property
    def is_read(self) -> bool:
        """Whether the current export has been read."""
        export = current_export(self.session, self.migration)
        return export is not None and export.read_at is not None

    @property
    def files(self) -> list[ExportFile]:
        """The files of the current export, as they were read."""
        return files_of(self.session, self.migration.id, self.migration.export_number)

    @property
    def nothing_there(self) -> str:
        """Text in place of a name or file of an earlier export."""
        return NOT_THERE if self.is_read else "not read yet"

    @property
    def why_gone(self) -> str:
        """Reason why an answer about an earlier export no longer applies."""
        return NAME_GONE if self.is_read else NOT_READ


Describer = Callable[[Refusal], RefusedForm]
DESCRIBERS: dict[str, Describer] = {}


def describes(*paths: str) -> Callable[[Describer], Describer]:
    """Registers the function that describes a refused form, by the path of its POST route."""

    def register(describer: Describer) -> Describer:
        DESCRIBERS.update(dict.fromkeys(paths, describer))
        return describer

    return register


def describe_changed(visit: Visit, session: Session, action: str, changed: Changed) -> RefusedForm:
    """Page of a form whose facts have changed. `action` is the address that the form was sent to."""
    migration = session.get_one(Migration, visit.move.id)
    refusal = _with_export(
        Refusal(visit, session, migration, changed.shown, changed.basis, changed.names, changed.untouched)
    )
    form = DESCRIBERS.get(visit.sent.path, describe)(refusal)
    can_be_sent = any(answer.inputs for answer in form.answers)
    if not can_be_sent and not form.lost:  # a button without inputs: void for another export
        can_be_sent = not refusal.is_other_export
    form = replace(form, answers=(*_facts_changed(refusal, form), *form.answers))
    if visit.sent.path == UPLOAD:
        return replace(form, answers=(*form.answers, FILES), action="")
    if not can_be_sent:
        return replace(form, action="")
    basis = form.basis or replace(visit, migration=migration).seal(visit.sent.path, changed.shown)
    return replace(form, action=form.action or action, basis=basis)


def describe_over(visit: Visit, session: Session) -> RefusedForm:
    """The answers of a form whose step is over. None can be sent again. Empty without a valid fingerprint."""
    if visit.sent.path == UPLOAD:
        return RefusedForm((FILES,))
    migration = session.get_one(Migration, visit.move.id)
    try:
        basis = visit.basis_sent()
    except NoBasis:
        return RefusedForm()
    shown = visit.shown(visit.sent.path, session, migration)
    form = DESCRIBERS.get(visit.sent.path, describe)(_with_export(Refusal(visit, session, migration, shown, basis)))
    return replace(form, action="", answers=tuple(replace(each, inputs=()) for each in form.answers))


def describe(refusal: Refusal) -> RefusedForm:
    """Describes a form by the labels and values of `Shown`: each changed answer, and the inputs that go with it.

    An input that the person did not change takes the present value. A changed present value gets a line of its own.
    If the export was replaced, unchanged inputs of the old export are not sent.
    """
    answers: list[SentAnswer] = []
    more: list[tuple[str, str]] = []
    earlier = _earlier(refusal)
    for name, values in refusal.sent.items():
        if name == FIELD:
            continue
        own = _field(refusal, name) or (None if name in earlier else refusal.shown.inputs.get(name))
        if name in earlier and own is None:
            answers += _gone(refusal, name, earlier[name])
        elif name in SECRETS:
            label = own.label if own else "Password"
            answers += [SentAnswer(label, NOT_KEPT, "", (), TYPE_AGAIN)] if any(values) else []
        elif own is None:
            more += [(name, refusal.shown.again.get(name, value)) for value in values]
        elif not refusal.basis.showed(name, own.label, own.answer(values)):
            answers += _answered(name, own, values)
        elif not refusal.basis.showed(name, own.label, own.value):
            answers.append(SentAnswer(own.label, KEPT, own.words(own.value)))
            more += [(name, value) for value in own.parts(own.value)]
        elif not (refusal.is_other_export and "export_number" in refusal.shown.context):
            more += [(name, value) for value in values]
    lines, kept = _not_sent(refusal)
    return RefusedForm((*answers, *lines), (*more, *kept))


def _with_export(refusal: Refusal) -> Refusal:
    """The refusal with the export for which the form was rendered."""
    current = refusal.migration.export_number
    form_export = refusal.basis.export_number(current)
    return replace(refusal, export_number=form_export, is_other_export=form_export != current)


def _facts_changed(refusal: Refusal, form: RefusedForm) -> list[SentAnswer]:
    """A line for each changed fact, by its label on the page. Duplicate lines and facts in `covered` are left out."""
    shown, labels = refusal.shown, {answer.label for answer in form.answers}
    lines: dict[SentAnswer, None] = {}
    for name in refusal.names:
        if name in shown.context and name not in form.covered and shown.labels.get(name) not in labels:
            number = refusal.export_number if name == "export_number" else None
            label = shown.labels.get(name, LABELS.get(name, "Your move"))
            lines[SentAnswer(label, f"export {number}" if number else BEFORE, shown.now.get(name, "different"))] = None
    return list(lines)


def _earlier(refusal: Refusal) -> Mapping[str, FormField]:
    """Fields of the form that the page no longer has, with the labels of the earlier export."""
    earlier = refusal.shown.earlier
    if earlier is None or not refusal.is_other_export or not refusal.export_number:
        return {}
    fields = earlier(refusal.export_number)
    return {name: each for name, each in fields.items() if refusal.basis.knows(name, each.label)}


def _field(refusal: Refusal, name: str) -> FormField | None:
    """The field on the present page. None if the id now belongs to another label."""
    own = refusal.shown.fields.get(name)
    return own if own is not None and refusal.basis.knows(name, own.label) else None


def _answered(name: str, own: FormField, values: Sequence[str]) -> list[SentAnswer]:
    """An answer to a field that the page still has. Only choices that are still offered are sent again."""
    typed = own.answer(values)
    if own.offered == NOTHING and not typed:
        return []
    parts = [part for value in values for part in own.parts(value)]
    offered = tuple((name, part) for part in parts if own.offers(part))
    is_whole = len(offered) == len(parts)
    inputs = offered if is_whole or any(value for _, value in offered) else ()
    return [SentAnswer(own.label, own.words(typed), own.words(own.value), inputs, "" if is_whole else NOT_OFFERED)]


def _gone(refusal: Refusal, name: str, own: FormField) -> list[SentAnswer]:
    """An answer to a field of an earlier export. The same name under another number may be another person."""
    typed = own.answer(refusal.sent[name])
    if refusal.basis.showed(name, own.label, typed):
        return []
    same = next((each for each in refusal.shown.fields.values() if each.label == own.label), None)
    if same is None:
        return [SentAnswer(own.label, own.words(typed), refusal.nothing_there, (), refusal.why_gone)]
    return [SentAnswer(own.label, own.words(typed), same.words(same.value), (), NUMBERED_ANEW)]


def _not_sent(refusal: Refusal) -> tuple[list[SentAnswer], Inputs]:
    """Changed fields that the form did not send, and removed ticks. Also returns ticks that others set."""
    lines: list[SentAnswer] = []
    kept: list[tuple[str, str]] = []
    for name, own in {**refusal.shown.inputs, **refusal.shown.fields}.items():
        if name in refusal.sent or not refusal.basis.knows(name, own.label):
            continue
        is_tick = own.choices.keys() == TICK.keys()
        if is_tick and refusal.basis.showed(name, own.label, "1"):
            lines.append(SentAnswer(own.label, own.words(""), own.words(own.value)))
        elif is_tick and own.value:
            lines.append(SentAnswer(own.label, KEPT, own.words(own.value)))
            kept.append((name, own.value))
        elif name in refusal.names:
            lines.append(SentAnswer(own.label, BEFORE, own.words(own.value)))
    return lines, tuple(kept)
