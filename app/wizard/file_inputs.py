"""The inputs of the page that asks for a file's kind: labels and choices."""

from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT
from app.web.form_fingerprint import REASON, TICK, FormField
from app.wizard.pairing import ColumnLine, FileOffer, gathers, options

KIND, HEADERLESS = "This file holds", "Its first row is data already"
LEFT_OUT = "Something we do not need: leave it out"


def kind_words(source: Source) -> dict[str, str]:
    """The choices for a file's kind, by form value: every kind of the source, and "leave it out"."""
    words = {
        kind.name: kind.label + ("" if kind.source_label == kind.label else f" ({kind.source_label} in {source.label})")
        for kind in source.kinds
    }
    return words | {LEAVE_OUT: LEFT_OUT}


def column_label(name: str) -> str:
    """The label of the list next to a column."""
    return f"Column {name} becomes"


def column_name(line: ColumnLine, *, is_support: bool) -> str:
    """The name of a column on the page. Support reads only names that may leave the clinic."""
    return line.safe_name if is_support else line.name


def file_inputs(shown: FileOffer, source: Source, *, is_support: bool) -> dict[str, FormField]:
    """Every input of the page, with the value that the page shows."""
    kind = shown.kind if shown.kind is not None and shown.kind.imported else None
    inputs = {
        "kind": FormField(KIND, shown.chosen or "", kind_words(source)),
        "headerless": FormField(HEADERLESS, "1" if shown.headerless else "", TICK),
        **(REASON if is_support else {}),
    }
    for line in shown.lines:
        if kind is None:
            break
        words = dict(options(kind, line, many=gathers(kind)))
        inputs[line.field] = FormField(column_label(column_name(line, is_support=is_support)), line.chosen, words)
    return inputs
