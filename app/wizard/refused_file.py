"""Page of a refused answer about a file: each part, next to the present answer about the same file.

Files are the same if their paths are equal, columns if their names are equal. For the same reading, the two answers
are merged part by part.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.mapping.kind import Kind, Source
from app.mapping.plan import LEAVE_OUT
from app.migration.models import ExportFile
from app.reading.document_folders import folder_of
from app.reading.recognise import is_field
from app.web.form_fingerprint import FIELD, REASON, TICK, Basis, FormField, joined
from app.web.refused_forms import KEPT, NOT_OFFERED, WITHDRAWN, Inputs, Refusal, RefusedForm, SentAnswer, describes
from app.web.sent_numbers import column_number
from app.wizard.file_inputs import HEADERLESS, KIND, LEFT_OUT, column_label, column_name, file_inputs, kind_words
from app.wizard.pairing import ColumnLine, FileOffer, choice_words
from app.wizard.which_file import FORM, SUPPORT_FORM, offered
from app.wizard.which_folder import HOLDS, AskedFolder, asked_folder, folder_inputs, folder_words

# Merge of the sent answer with a newer answer about the same file: kind, first row, and each column.
#
# A part that the person left unchanged keeps the present value. A part that the person changed takes the sent value.
# Every sent part that differs from the present value has a line, so that the lines show every change.

NOT_ANSWERED, NOWHERE = "not said yet", "nothing, with the rest of your answer"
OTHER_KIND = "It was for another kind of file."
AnyKind = Kind[Any]


@dataclass(frozen=True, slots=True)
class Merged:
    """The lines of a merged answer, and the inputs that are sent apart from the lines."""

    parts: tuple[SentAnswer, ...]
    inputs: Inputs


@dataclass
class _Both:
    """A merge in progress: the form's facts, the present offer, the sent values. `parts` and `again` grow."""

    basis: Basis
    now: FileOffer
    source: Source
    sent: Mapping[str, str]
    is_support: bool
    parts: list[SentAnswer] = field(default_factory=list)
    again: dict[str, str] = field(default_factory=dict)

    def mine(self, label: str, words: str, now: str, **inputs: str) -> None:
        """Adds a part that the person changed, with its inputs."""
        self.parts.append(SentAnswer(label, words, now, tuple(inputs.items())))
        self.again |= inputs

    def kept(self, label: str, now: str) -> None:
        """Adds a part that only another person changed."""
        self.parts.append(SentAnswer(label, KEPT, now))

    def imported(self, name: str) -> AnyKind | None:
        """The kind of this name, if its columns are paired."""
        return next((kind for kind in self.source.kinds if kind.name == name and kind.imported), None)

    def label(self, line: ColumnLine) -> str:
        return column_label(column_name(line, is_support=self.is_support))


def merged(basis: Basis, now: FileOffer, source: Source, sent: Mapping[str, str], *, is_support: bool) -> Merged:
    """Merges a sent answer with the present answer about a file of the same reading."""
    both = _Both(basis, now, source, sent, is_support)
    words = kind_words(source)
    kind_now = words.get(now.chosen or "", NOT_ANSWERED)
    act = sent.get("act", "")
    if act in ("leave", "withdraw") or "kind" not in sent:
        both.mine(KIND, LEFT_OUT if act == "leave" else WITHDRAWN, kind_now, act=act)
        _columns_gone(both)
    else:
        both.again["act"] = act
        _kind_and_columns(both, words, kind_now)
    if reason := sent.get("reason", ""):
        both.mine(REASON["reason"].label, reason, "", reason=reason)
    answered = {name for part in both.parts for name, _ in part.inputs}
    return Merged(tuple(both.parts), tuple(pair for pair in both.again.items() if pair[0] not in answered))


def _kind_and_columns(both: _Both, words: Mapping[str, str], kind_now: str) -> None:
    basis, now, sent = both.basis, both.now, both.sent
    kind, is_headerless = sent["kind"], sent.get("headerless", "") == "1"
    tick, tick_now = "1" if is_headerless else "", "1" if now.headerless else ""
    if basis.showed("kind", KIND, kind):
        kind = now.chosen or ""
        both.again["kind"] = kind
        if not basis.showed("kind", KIND, kind):
            both.kept(KIND, kind_now)
    else:
        both.mine(KIND, words.get(kind, NOT_ANSWERED), kind_now, kind=kind)
    if basis.showed("headerless", HEADERLESS, tick):
        tick = both.again["headerless"] = tick_now
        if not basis.showed("headerless", HEADERLESS, tick):
            both.kept(HEADERLESS, TICK[tick])
    else:
        both.mine(HEADERLESS, TICK[tick], TICK[tick_now], headerless=tick)
    applies = sent.get("shown", "") == kind and sent.get("shown_headerless", "") == tick
    becomes = both.imported(kind)
    if becomes is None:
        both.again |= {"shown": "", "shown_headerless": tick}
        _columns_gone(both)
        _columns_lost(both)
    elif kind == now.chosen and tick == tick_now:
        both.again |= {"shown": kind, "shown_headerless": tick}
        _columns_merged(both, becomes, applies=applies)
    else:
        both.again |= {"shown": sent.get("shown", ""), "shown_headerless": sent.get("shown_headerless", "")}
        _columns_sent(both, becomes, applies=applies)


def _columns_merged(both: _Both, kind: AnyKind, *, applies: bool) -> None:
    """Merges the columns of a file whose kind and first row are unchanged.

    `applies`: the sent columns belong to this kind.
    """
    was_shown = both.basis.showed("kind", KIND, kind.name)
    for line in both.now.lines:
        value, label, now = both.sent.get(line.field), both.label(line), choice_words(kind, line.chosen)
        both.again[f"h{line.at}"] = column_name(line, is_support=both.is_support)
        both.again[line.field] = line.chosen
        is_left = value is None or both.basis.showed(line.field, label, value)
        if not applies and not is_left and value:
            sent_kind = both.imported(both.sent.get("shown", ""))
            words = choice_words(sent_kind, value) if sent_kind is not None else NOT_ANSWERED
            both.parts.append(SentAnswer(label, words, now, (), OTHER_KIND))
        elif applies and value is not None and not (is_left and was_shown):
            if value and not is_field(kind, value):
                both.parts.append(SentAnswer(label, NOT_ANSWERED, now, (), NOT_OFFERED))
            elif value != line.chosen or was_shown:
                both.mine(label, choice_words(kind, value), now, **{line.field: value})
        elif not both.basis.showed(line.field, label, line.chosen) and (
            line.chosen or both.basis.knows(line.field, label)
        ):
            both.kept(label, now)


def _columns_sent(both: _Both, kind: AnyKind, *, applies: bool) -> None:
    """Columns of a file with a new kind or first row: all take the sent values."""
    kind_now = both.imported(both.now.chosen or "")
    lines = {line.field: line for line in both.now.lines} if kind_now is not None else {}
    sent = {field: value for field, value in both.sent.items() if column_number(field) is not None}
    for field_ in sorted({*lines, *(sent if applies else ())}, key=lambda each: int(each[1:])):
        line, value = lines.get(field_), sent.get(field_) if applies else None
        header = both.sent.get(f"h{field_[1:]}", f"Column {int(field_[1:]) + 1}")
        label = column_label(header) if value is not None or line is None else both.label(line)
        now = choice_words(kind_now, line.chosen) if line is not None and kind_now is not None else NOT_ANSWERED
        if value is None:
            if line is not None and line.chosen:
                both.parts.append(SentAnswer(label, NOWHERE, now))
            continue
        both.again |= {f"h{field_[1:]}": header, field_: value}
        words = choice_words(kind, value)
        if words != now and (value or (line is not None and line.chosen)):
            both.mine(label, words, now, **{field_: value})


def _columns_gone(both: _Both) -> None:
    """Columns that the answer no longer uses and for which another person has chosen a field."""
    kind = both.imported(both.now.chosen or "")
    for line in both.now.lines if kind is not None else ():
        label = both.label(line)
        if kind is not None and line.chosen and not both.basis.showed(line.field, label, line.chosen):
            both.parts.append(SentAnswer(label, NOWHERE, choice_words(kind, line.chosen)))


def _columns_lost(both: _Both) -> None:
    """Columns that the person paired, of a file that another person left out or made a kind without columns."""
    kind = both.imported(both.sent.get("shown", ""))
    if kind is None or both.sent.get("kind") != kind.name:
        return
    for name, value in both.sent.items():
        label = column_label(both.sent.get(f"h{name[1:]}", ""))
        if name[:1] == "c" and name[1:].isdecimal() and not both.basis.showed(name, label, value):
            both.parts.append(SentAnswer(label, choice_words(kind, value), NOT_ANSWERED, (), OTHER_KIND))


NO_COLUMN = "not in this file"
COLUMN_GONE = "This column is not in the file that is there now."
NOT_SHOWN = "The file cannot be looked at just now. Open its page again."


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """A form's answer about a file: `sent` by input, and the present offer of the file, None if the file is gone."""

    refusal: Refusal
    sent: Mapping[str, str]
    now: FileOffer | None

    @property
    def is_support(self) -> bool:
        return self.refusal.visit.sent.path == SUPPORT_FORM

    @property
    def why_gone(self) -> str:
        """Why no part of the answer applies. "" if the file is present."""
        return "" if self.now is not None else self.refusal.why_gone

    def is_left(self, name: str, label: str, value: str) -> bool:
        """Whether the person left an input as the page showed it."""
        return self.refusal.basis.showed(name, label, value)


@describes(FORM, SUPPORT_FORM)
def describe_file_answer(refusal: Refusal) -> RefusedForm:
    """Each part of the answer. After a new reading, the action only shows the file's page with the answer filled in."""
    is_support = refusal.visit.sent.path == SUPPORT_FORM
    if (root := folder_asked(refusal)) is not None:
        return describe_folder_answer(refusal, root)
    visit, file = replace(refusal.visit, migration=refusal.migration), same_file(refusal)
    base = f"/support/{visit.move.id}" if is_support else f"/m/{visit.move.id}"
    sent = {name: joined(values) for name, values in refusal.sent.items() if name != FIELD}
    answer = FileAnswer(refusal, sent, offered(visit, file, None) if file is not None else None)
    if file is None or answer.now is None:
        return RefusedForm(tuple(parts_of(answer)), page=f"{base}#files" if is_support else f"{base}/files")
    if refusal.is_other_export:
        parts = tuple(parts_of(answer))
        both = Merged(parts, extra_inputs(answer, parts))
    else:
        both = merged(refusal.basis, answer.now, visit.source, sent, is_support=is_support)
    address = f"{base}/files/{file.number}"
    token = sealed(refusal, file.number, file_inputs(answer.now, visit.source, is_support=is_support))
    covered = frozenset({"answer"} if both.parts else ())
    return RefusedForm(both.parts, both.inputs, address, token, address, covered=covered)


def sealed(refusal: Refusal, number: int, inputs: Mapping[str, FormField]) -> str:
    """The present fingerprint of a file's or folder's form. `inputs` are those of its page."""
    visit = replace(refusal.visit, migration=refusal.migration)
    asked = replace(visit, sent=replace(visit.sent, address={**visit.sent.address, "number": str(number)}))
    known = asked.shown(visit.sent.path, refusal.session, refusal.migration)
    return asked.seal(visit.sent.path, replace(known, inputs=inputs))


def same_file(refusal: Refusal) -> ExportFile | None:
    """The form's file in the current export. None if the file is gone."""
    before = file_before(refusal)
    if before is None or not refusal.migration.wrapped_key:
        return None
    return next((file for file in refusal.files if file.path == before.path), None)


def file_before(refusal: Refusal) -> ExportFile | None:
    """The form's file in the export for which the form was rendered."""
    key = (refusal.migration.id, refusal.export_number or 0, int(refusal.visit.sent.address["number"]))
    before = refusal.session.get(ExportFile, key)
    return before if before is not None and refusal.basis.has("path", before.path) else None


def folder_asked(refusal: Refusal) -> str | None:
    """The form's folder. None for a form about a file."""
    before = file_before(refusal)
    return folder_of(before.path) if before is not None else None


def describe_folder_answer(refusal: Refusal, root: str) -> RefusedForm:
    """The answer about a folder, next to the present answer."""
    is_support = refusal.visit.sent.path == SUPPORT_FORM
    visit = replace(refusal.visit, migration=refusal.migration)
    sent = {name: joined(values) for name, values in refusal.sent.items() if name != FIELD}
    numbers = [file.number for file in refusal.files if folder_of(file.path) == root]
    folder = next((each for each in (asked_folder(visit, number) for number in numbers) if each is not None), None)
    both = folder_parts(refusal, sent, folder)
    base = f"/support/{visit.move.id}" if is_support else f"/m/{visit.move.id}"
    if folder is None:
        return RefusedForm(both.parts, page=f"{base}#files" if is_support else f"{base}/files")
    act = "show" if refusal.is_other_export else sent.get("act", "keep")
    token = sealed(refusal, folder.number, folder_inputs(folder, visit.source, is_support=is_support))
    address = f"{base}/files/{folder.number}"
    more = (("act", act), *both.inputs)
    return RefusedForm(both.parts, more, address, token, address, covered=frozenset({"answer"} if both.parts else ()))


def folder_parts(refusal: Refusal, sent: Mapping[str, str], folder: AskedFolder | None) -> Merged:
    """The parts of an answer about a folder, and the inputs to send. An unchanged answer takes the present value.

    `folder` is the present folder, None if it is gone.
    """
    words = folder_words(refusal.visit.source)
    now = refusal.nothing_there if folder is None else words.get(folder.chosen, NOT_ANSWERED)
    act, value = sent.get("act"), sent.get("kind", "")
    parts: list[SentAnswer] = []
    kept: Inputs = ()
    if act == "withdraw":
        parts.append(SentAnswer(HOLDS, WITHDRAWN, now, (), refusal.why_gone if folder is None else ""))
    elif act == "leave" or (value in words and not refusal.basis.showed("kind", HOLDS, value)):
        kind_value = LEAVE_OUT if act == "leave" else value
        inputs = (("kind", kind_value),) if folder is not None else ()
        parts.append(SentAnswer(HOLDS, words[kind_value], now, inputs, "" if folder is not None else refusal.why_gone))
    elif folder is not None and not refusal.basis.showed("kind", HOLDS, folder.chosen):
        parts.append(SentAnswer(HOLDS, KEPT, now))
        kept = (("kind", folder.chosen),)
    elif folder is not None:
        kept = (("kind", value),)
    if reason := sent.get("reason", ""):
        parts.append(SentAnswer(REASON["reason"].label, reason, "", (("reason", reason),)))
    return Merged(tuple(parts), kept)


def parts_of(answer: FileAnswer) -> list[SentAnswer]:
    """The answer by parts: kind, first row, each column, and support's reason."""
    sent, now, why = answer.sent, answer.now, answer.why_gone
    kinds = kind_words(answer.refusal.visit.source)
    kind_now = answer.refusal.nothing_there if now is None else kinds.get(now.chosen or "", NOT_ANSWERED)
    if sent.get("act") == "leave":
        parts = [SentAnswer(KIND, LEFT_OUT, kind_now, () if why else (("act", "leave"),), why)]
    elif "kind" in sent:
        parts = [*kind_part(answer, kinds, kind_now), *first_row_part(answer), *column_parts(answer)]
    else:
        parts = []
    reason = sent.get("reason", "")
    reasons = [SentAnswer(REASON["reason"].label, reason, "", (("reason", reason),))] if reason else []
    return [*parts, *reasons]


def kind_part(answer: FileAnswer, kinds: Mapping[str, str], kind_now: str) -> list[SentAnswer]:
    value, why = answer.sent["kind"], answer.why_gone
    if answer.is_left("kind", KIND, value) or value not in kinds:
        return []
    return [SentAnswer(KIND, kinds[value], kind_now, () if why else (("kind", value),), why)]


def first_row_part(answer: FileAnswer) -> list[SentAnswer]:
    value, now, why = answer.sent.get("headerless", ""), answer.now, answer.why_gone
    if answer.is_left("headerless", HEADERLESS, value) or value not in TICK:
        return []
    is_now = answer.refusal.nothing_there if now is None else TICK["1" if now.headerless else ""]
    return [SentAnswer(HEADERLESS, TICK[value], is_now, () if why else (("headerless", value),), why)]


def column_parts(answer: FileAnswer) -> list[SentAnswer]:
    """Each column's choice, for the kind of its list. The form carries the columns' names."""
    kinds = answer.refusal.visit.source.kinds
    kind = next((kind for kind in kinds if kind.name == answer.sent.get("shown") and kind.imported), None)
    parts = []
    for name, value in answer.sent.items():
        if kind is None or column_number(name) is None:
            continue
        header = answer.sent.get(f"h{name[1:]}", f"Column {int(name[1:]) + 1}")
        if answer.is_left(name, column_label(header), value):
            continue
        line = column_now(answer, header)
        why = answer.why_gone or why_not(answer, line, is_same_kind=answer.sent["kind"] == kind.name)
        inputs = ((line.field, value),) if line is not None and not why and (not value or is_field(kind, value)) else ()
        parts.append(SentAnswer(column_label(header), choice_words(kind, value), words_now(answer, line), inputs, why))
    return parts


def column_now(answer: FileAnswer, header: str) -> ColumnLine | None:
    """The column of this name in the present file. None if there is none, or several."""
    lines = answer.now.lines if answer.now is not None else ()
    names = Counter(column_name(line, is_support=answer.is_support) for line in lines)
    matches = (line for line in lines if column_name(line, is_support=answer.is_support) == header)
    return next(matches, None) if names[header] == 1 else None


def why_not(answer: FileAnswer, line: ColumnLine | None, *, is_same_kind: bool) -> str:
    """Why a column's choice does not apply to a present file. "" if it applies."""
    if line is None:
        is_shown = answer.now is not None and answer.now.preview.names
        return COLUMN_GONE if is_shown else NOT_SHOWN
    return "" if is_same_kind else OTHER_KIND


def words_now(answer: FileAnswer, line: ColumnLine | None) -> str:
    """The present choice of the column."""
    kind = answer.now.kind if answer.now is not None else None
    if line is None:
        return answer.refusal.nothing_there if answer.now is None else NO_COLUMN
    return choice_words(kind, line.chosen) if kind is not None and kind.imported else NOT_ANSWERED


def extra_inputs(answer: FileAnswer, parts: tuple[SentAnswer, ...]) -> Inputs:
    """The inputs that the file's page needs after a new reading."""
    sent, answered = answer.sent, {name for part in parts for name, _ in part.inputs}
    if sent.get("act") == "leave" or "kind" not in sent:
        return ()
    kept = {name: sent[name] for name in ("kind", "headerless", "shown", "shown_headerless") if name in sent}
    kept["act"] = "show"
    return tuple((name, value) for name, value in kept.items() if name not in answered)
