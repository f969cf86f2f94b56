"""The answer about a file, merged with what was said of the same file meanwhile: the kind, the first row, each column.

A part that the person left as the page showed it keeps what is there now. A part that the person changed becomes what
the person sent. Every part in which what was sent differs from what is there now has a line, so that sending the answer
once more changes nothing that the lines do not show.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.basis import REASON, TICK, Basis
from app.engine.reading.recognise import is_field
from app.mapping.kind import Kind, Source
from app.refused_forms import KEPT, NOT_OFFERED, TAKEN_BACK, Inputs, SentAnswer
from app.wizard.file_inputs import HEADERLESS, KIND, LEFT_OUT, column_label, column_name, kind_words
from app.wizard.pairing import Line, Offer, choice_words

NOT_SAID, NOWHERE = "not said yet", "nothing, with the rest of your answer"
OTHER_KIND = "It was for another kind of file."
AnyKind = Kind[Any]


@dataclass(frozen=True, slots=True)
class Merged:
    """The lines of a merged answer, and what is sent beside the inputs of the lines."""

    parts: tuple[SentAnswer, ...]
    inputs: Inputs


@dataclass
class _Both:
    """One answer on its way: what was drawn, what is there now, what was sent; `parts` and `again` grow."""

    basis: Basis
    now: Offer
    source: Source
    sent: Mapping[str, str]
    is_support: bool
    parts: list[SentAnswer] = field(default_factory=list)
    again: dict[str, str] = field(default_factory=dict)

    def mine(self, label: str, words: str, now: str, **inputs: str) -> None:
        """A part that the person changed, and what sends it."""
        self.parts.append(SentAnswer(label, words, now, tuple(inputs.items())))
        self.again |= inputs

    def kept(self, label: str, now: str) -> None:
        """A part that somebody else alone changed."""
        self.parts.append(SentAnswer(label, KEPT, now))

    def imported(self, name: str) -> AnyKind | None:
        """The kind of this name, where its columns are paired."""
        return next((kind for kind in self.source.kinds if kind.name == name and kind.imported), None)

    def label(self, line: Line) -> str:
        return column_label(column_name(line, is_support=self.is_support))


def merged(basis: Basis, now: Offer, source: Source, sent: Mapping[str, str], *, is_support: bool) -> Merged:
    """An answer about a file whose reading is still there, merged with what is said of the file now."""
    both = _Both(basis, now, source, sent, is_support)
    words = kind_words(source)
    kind_now = words.get(now.chosen or "", NOT_SAID)
    act = sent.get("act", "")
    if act in ("leave", "withdraw") or "kind" not in sent:
        both.mine(KIND, LEFT_OUT if act == "leave" else TAKEN_BACK, kind_now, act=act)
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
        both.mine(KIND, words.get(kind, NOT_SAID), kind_now, kind=kind)
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
    """Columns of a file whose kind and first row stay what they are now: each is merged by itself.

    `applies`: the columns that were sent are for this kind.
    """
    was_drawn = both.basis.showed("kind", KIND, kind.name)
    for line in both.now.lines:
        value, label, now = both.sent.get(line.field), both.label(line), choice_words(kind, line.chosen)
        both.again[f"h{line.at}"] = column_name(line, is_support=both.is_support)
        both.again[line.field] = line.chosen
        is_left = value is None or both.basis.showed(line.field, label, value)
        if not applies and not is_left and value:
            sent_kind = both.imported(both.sent.get("shown", ""))
            words = choice_words(sent_kind, value) if sent_kind is not None else NOT_SAID
            both.parts.append(SentAnswer(label, words, now, (), OTHER_KIND))
        elif applies and value is not None and not (is_left and was_drawn):
            if value and not is_field(kind, value):
                both.parts.append(SentAnswer(label, NOT_SAID, now, (), NOT_OFFERED))
            elif value != line.chosen or was_drawn:
                both.mine(label, choice_words(kind, value), now, **{line.field: value})
        elif not both.basis.showed(line.field, label, line.chosen) and (
            line.chosen or both.basis.knows(line.field, label)
        ):
            both.kept(label, now)


def _columns_sent(both: _Both, kind: AnyKind, *, applies: bool) -> None:
    """Columns of a file that becomes another kind, or whose first row is read otherwise: all are as they were sent."""
    kind_now = both.imported(both.now.chosen or "")
    lines = {line.field: line for line in both.now.lines} if kind_now is not None else {}
    sent = {field: value for field, value in both.sent.items() if field[:1] == "c" and field[1:].isdecimal()}
    for field_ in sorted({*lines, *(sent if applies else ())}, key=lambda each: int(each[1:])):
        line, value = lines.get(field_), sent.get(field_) if applies else None
        header = both.sent.get(f"h{field_[1:]}", f"Column {int(field_[1:]) + 1}")
        label = column_label(header) if value is not None or line is None else both.label(line)
        now = choice_words(kind_now, line.chosen) if line is not None and kind_now is not None else NOT_SAID
        if value is None:
            if line is not None and line.chosen:
                both.parts.append(SentAnswer(label, NOWHERE, now))
            continue
        both.again |= {f"h{field_[1:]}": header, field_: value}
        words = choice_words(kind, value)
        if words != now and (value or (line is not None and line.chosen)):
            both.mine(label, words, now, **{field_: value})


def _columns_gone(both: _Both) -> None:
    """Columns that the answer takes out of use, where somebody said of them meanwhile what they become."""
    kind = both.imported(both.now.chosen or "")
    for line in both.now.lines if kind is not None else ():
        label = both.label(line)
        if kind is not None and line.chosen and not both.basis.showed(line.field, label, line.chosen):
            both.parts.append(SentAnswer(label, NOWHERE, choice_words(kind, line.chosen)))


def _columns_lost(both: _Both) -> None:
    """Columns that the person paired, of a file that somebody else made a kind without columns, or left out."""
    kind = both.imported(both.sent.get("shown", ""))
    if kind is None or both.sent.get("kind") != kind.name:
        return
    for name, value in both.sent.items():
        label = column_label(both.sent.get(f"h{name[1:]}", ""))
        if name[:1] == "c" and name[1:].isdecimal() and not both.basis.showed(name, label, value):
            both.parts.append(SentAnswer(label, choice_words(kind, value), NOT_SAID, (), OTHER_KIND))
