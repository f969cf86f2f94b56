"""The inputs of the page that asks what a file is: their labels and choices, as the page writes them."""

from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT
from app.web.form_fingerprint import REASON, TICK, Field
from app.wizard.pairing import Line, Offer, gathers, options

KIND, HEADERLESS = "This file holds", "Its first row is data already"
LEFT_OUT = "Something we do not need: leave it out"


def kind_words(source: Source) -> dict[str, str]:
    """What a file may hold, in words by value: every kind of the source, and that it is not needed."""
    words = {
        kind.name: kind.label + ("" if kind.called == kind.label else f" ({kind.called} in {source.label})")
        for kind in source.kinds
    }
    return words | {LEAVE_OUT: LEFT_OUT}


def column_label(name: str) -> str:
    """The label of the list beside a column."""
    return f"Column {name} becomes"


def column_name(line: Line, *, is_support: bool) -> str:
    """The name of a column as the page writes it: support reads only what may leave the clinic."""
    return line.told if is_support else line.name


def file_inputs(shown: Offer, source: Source, *, is_support: bool) -> dict[str, Field]:
    """Every input of the page, with the value that the page shows."""
    kind = shown.kind if shown.kind is not None and shown.kind.imported else None
    inputs = {
        "kind": Field(KIND, shown.chosen or "", kind_words(source)),
        "headerless": Field(HEADERLESS, "1" if shown.headerless else "", TICK),
        **(REASON if is_support else {}),
    }
    for line in shown.lines:
        if kind is None:
            break
        words = dict(options(kind, line, many=gathers(kind)))
        inputs[line.field] = Field(column_label(column_name(line, is_support=is_support)), line.chosen, words)
    return inputs
