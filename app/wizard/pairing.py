"""A file's kind and columns: what the page offers, the answer so far, and its errors.

Pages of the clinic show cells, pages of support show patterns. Both use the same questions and checks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.mapping.columns import RowColumn
from app.mapping.kind import Kind, Source
from app.mapping.plan import LEAVE_OUT, Plan
from app.reading.column_suggestions import ColumnSample, FieldSuggestion, clear_winner, suggest_fields, suggest_kinds
from app.reading.file_preview import FilePreview
from app.reading.limits import Limits
from app.reading.recognise import Header, TiedKinds, is_field, match_columns
from app.reading.redaction import has_names, redacted_names
from app.reading.value_patterns import column_pattern, unguarded_cell

Errors = list[dict[str, str]]
SAMPLES = 3
LONGEST = 160
CLOSE = 3  # likely kinds that are named if no kind wins clearly
TIMES = frozenset(
    {"created_at", "updated_at", "archived_at", "deleted_at"}
)  # every kind has these columns: the list shows them last


@dataclass(frozen=True, slots=True)
class FileKindAnswer:
    """An answer about a file. `chosen` is by column: a field, "" for no field, None for a column without an answer."""

    kind: str | None = None
    chosen: Mapping[int, str] = field(default_factory=dict)
    headerless: bool = False


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A column of the file. `cells` are only for the clinic, `safe_name` and `shapes` also for support."""

    at: int
    name: str
    safe_name: str
    key: str  # the column's name in the plan
    cells: tuple[str, ...]
    shapes: tuple[str, ...]
    blank: int
    own: str  # the field that the column's name matches
    chosen: str
    why: str

    @property
    def field(self) -> str:
        return f"c{self.at}"


@dataclass(frozen=True, slots=True)
class FileOffer:
    """A file as the page shows it. `kind` is the kind whose fields are offered, None without a kind."""

    preview: FilePreview
    natural: str | None  # the kind that is recognised without an answer
    candidates: tuple[str, ...]
    likeliest: str | None
    kind: Kind[Any] | None
    chosen: str | None
    headerless: bool
    lines: tuple[ColumnLine, ...]
    doubled: tuple[str, ...]

    @property
    def alike(self) -> int:
        return sum(bool(line.chosen) for line in self.lines)


def offer(
    preview: FilePreview,
    source: Source,
    answer: FileKindAnswer | None,
    plan: Plan,
    path: str,
    ids: Mapping[str, frozenset[str]],
    *,
    taken_for: str | None = None,
) -> FileOffer:
    """Builds the page's offer: the typed answer first, then the plan, then matching names, then guesses.

    `taken_for` is the kind that the list of files shows for a refused file.
    """
    natural = preview.header.kind.name if isinstance(preview.header, Header) else None
    candidates = preview.header.kinds if isinstance(preview.header, TiedKinds) else ()
    is_readable = len(preview.names) <= Limits().columns  # no answer makes a wider file readable, so nothing is guessed
    columns = [
        ColumnSample(n, column_pattern(c := preview.column(at)), frozenset(map(unguarded_cell, c)) - {""})
        for at, n in enumerate(preview.names)
        if is_readable
    ]
    likely = natural
    if natural is None and taken_for is not None:
        likely = taken_for
    elif columns and answer is None and natural is None:
        kinds = [
            k for k in source.kinds if (k.name in candidates if candidates else k.imported or k.short_list.is_listed)
        ]
        ranked = suggest_kinds(kinds, columns, ids)
        order = [kind.kind for kind in ranked]
        candidates = tuple(sorted(candidates, key=lambda name: order.index(name) if name in order else len(order)))
        moving = {kind.name for kind in source.kinds if kind.imported}
        likely = clear_winner(ranked)
        if likely is None or likely not in moving:
            candidates, likely = candidates or tuple(order[:CLOSE]), None
        elif candidates:
            likely = None  # several kinds fit: a person has to choose
    planned = plan.file_kinds.get(path)
    chosen = (answer.kind if answer else None) or planned or natural or likely
    kind = next((k for k in source.kinds if k.name == chosen), None)
    lines: tuple[ColumnLine, ...] = ()
    if kind is None:
        lines = _lines(preview, source, None, None, None, {})
    elif kind.imported:
        answered = bool(planned == kind.name or (path in plan.column_pairs and natural == kind.name))
        guesses = suggest_fields(kind, columns, ids)
        lines = _lines(preview, source, kind, answer, plan.column_pairs.get(path, {}) if answered else None, guesses)
    doubled = tuple(name for name, times in Counter(preview.names).items() if times > 1)
    headerless = answer.headerless if answer else path in plan.headerless
    return FileOffer(preview, natural, candidates, likely, kind, chosen, headerless, lines, doubled)


def _lines(
    preview: FilePreview,
    source: Source,
    kind: Kind[Any] | None,
    answer: FileKindAnswer | None,
    planned: Mapping[str, str] | None,
    guesses: Mapping[str, FieldSuggestion],
) -> tuple[ColumnLine, ...]:
    own = own_fields(kind, preview.names) if kind else ("",) * len(preview.names)
    safe_names = redacted_names(preview, source)
    by_name = has_names(preview, source)
    is_sure = isinstance(preview.header, Header) and preview.header.kind is kind and preview.code is None
    lines, names_so_far = [], set()
    for at, name in enumerate(preview.names):
        if name in names_so_far:
            continue  # a repeated header is a single column: the first filled cell counts
        names_so_far.add(name)
        cells = preview.column(at)
        shape = column_pattern(cells)
        guess = guesses.get(name)
        key = name if by_name else f"Column {at + 1}"
        likely = guess.field if guess and guess.score < 1 else ""
        field_, why = own[at], "its name says so" if own[at] else ""
        if planned is not None and (name in planned or key in planned):
            field_, why = planned.get(name, planned.get(key, "")), "as you said"
        elif planned is None and not own[at] and likely and not is_sure:
            field_, why = likely, "our guess, have a look"
        elif not field_ and likely and kind:
            why = f"may be {label_of(kind, likely)}"
        if answer is not None and at in answer.chosen and answer.chosen[at] != field_:
            field_ = answer.chosen[at]
            why = f"may be {label_of(kind, likely)}" if likely and kind and not field_ else ""
        lines.append(
            ColumnLine(
                at,
                name,
                safe_names[at],
                key,
                tuple(map(_short, cells[:SAMPLES])),
                tuple(shape.words()),
                shape.blank,
                own[at],
                field_,
                why,
            )
        )
    return tuple(lines)


def own_fields(kind: Kind[Any], names: Sequence[str]) -> tuple[str, ...]:
    """The field that each column's name matches, "" for no match."""
    return tuple("" if column.startswith("?") else column for column in match_columns(kind, names).columns)


def _short(cell: str) -> str:
    text = cell.strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … and {len(text) - LONGEST:,} more letters"


def label_of(kind: Kind[Any], name: str) -> str:
    """A field's label: the source's column name, or the API name in words."""
    plain, _, rest = name.partition(":")
    placed = next((p for p in kind.columns if p.name == plain), None)
    if rest:
        return f"custom field “{rest}”"
    return (placed.column.native if placed else "") or plain.replace("_", " ").capitalize()


def needed(kind: Kind[Any]) -> list[RowColumn]:
    """The fields without which a file of this kind cannot be read."""
    keys = [p for p in kind.columns if p.column.is_key and kind.identity.key_of is None]
    return keys + [p for p in kind.columns if p.column.required and p not in keys]


def fillers(kind: Kind[Any], name: str) -> set[str]:
    """The fields that satisfy a needed field: itself, and a name that replaces it."""
    return {name} | {p.name for p in kind.columns if p.column.name_for == name}


def options(kind: Kind[Any], line: ColumnLine, *, many: str | None) -> list[tuple[str, str]]:
    """The choices for a column. `many` is the field that takes any number of columns, each under its own name."""
    needs = [p.name for p in needed(kind)]
    fields = sorted((p.name for p in kind.columns if not p.column.prefix), key=lambda n: (n not in needs, n in TIMES))
    kept = line.chosen if ":" in line.chosen else f"{many}:{line.name}"
    return [(name, choice_words(kind, name)) for name in ("", *fields, *([kept] if many else []))]


def choice_words(kind: Kind[Any], value: str) -> str:
    """A column's choice as its list shows it: a field, a custom field, or nothing."""
    if not value or ":" in value:
        return "Keep as a custom field" if value else "Leave this column"
    is_needed = any(placed.name == value for placed in needed(kind))
    return label_of(kind, value) + (" (needed)" if is_needed else "")


def gathers(kind: Kind[Any]) -> str | None:
    return next((p.name for p in kind.columns if p.column.prefix), None)


def find_errors(shown: FileOffer) -> Errors:
    """Errors that block the answer, each with its input on the page."""
    kind = shown.kind
    if shown.chosen == LEAVE_OUT or (kind is not None and not kind.imported):
        return []
    if kind is None:
        return [{"field": "kind", "words": "Say what this file holds, or leave it out."}]
    errors: Errors = []
    filled: dict[str, ColumnLine] = {}
    for line in shown.lines:
        if not line.chosen:
            continue
        if not is_field(kind, line.chosen):
            errors.append({"field": line.field, "words": "Choose one of the fields of this list."})
            continue
        before = filled.setdefault(line.chosen, line)
        if before is not line and not (before.own == line.own == line.chosen):
            words = f"{label_of(kind, line.chosen)} is chosen for two columns. Keep it for one of them."
            errors.append({"field": line.field, "words": words})
    for placed in needed(kind):
        if not fillers(kind, placed.name) & filled.keys():
            what = label_of(kind, placed.name)
            why = "it tells the rows apart" if placed.column.is_key else f"{kind.label.lower()} cannot be without it"
            errors.append({"field": "columns", "words": f"Say which column is {what}: {why}."})
    return errors


def planned(shown: FileOffer, plan: Plan, path: str) -> Plan:
    """The plan with this answer. An answer equal to what the file's names say is not stored."""
    kinds = {known: answer for known, answer in plan.file_kinds.items() if known != path}
    pairs = {known: answer for known, answer in plan.column_pairs.items() if known != path}
    headerless = tuple(known for known in plan.headerless if known != path)
    if shown.chosen == LEAVE_OUT or (shown.kind is not None and not shown.kind.imported):
        kinds[path] = str(shown.chosen)
    elif shown.kind is not None:
        mine = {line.key: line.chosen for line in shown.lines if line.chosen != line.own}
        if mine or shown.headerless or shown.natural != shown.kind.name or shown.preview.code:
            kinds[path] = shown.kind.name
        if mine:
            pairs[path] = mine
        if shown.headerless:
            headerless = tuple(sorted({*headerless, path}))
    return plan.model_copy(update={"file_kinds": kinds, "column_pairs": pairs, "headerless": headerless})


def without(plan: Plan, path: str) -> Plan:
    """The plan without answers about this file."""
    return plan.model_copy(
        update={
            "file_kinds": {known: answer for known, answer in plan.file_kinds.items() if known != path},
            "column_pairs": {known: answer for known, answer in plan.column_pairs.items() if known != path},
            "headerless": tuple(known for known in plan.headerless if known != path),
        }
    )
