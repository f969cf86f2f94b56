"""Suggests which column of a file fills which field: by the words of its header and the patterns of its cells."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from app.mapping.columns import RowColumn
from app.mapping.flags import boolean
from app.mapping.json_cells import reads_json
from app.mapping.kind import Kind
from app.mapping.layout import Layout
from app.mapping.moments import birth, day, local_timestamp, time_of_day, timestamp, visit_time
from app.mapping.numbers import money, whole
from app.reading.recognise import known_headers
from app.reading.value_patterns import ColumnPattern

MIN_SCORE = 0.5  # suggestions with a lower score are not made
_WORDS = re.compile(r"[A-Z]{2,}s?(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+")
_PHONES = frozenset({"phone", "mobile", "fax"})
_FILLER = frozenset({"at", "on", "of", "the", "is", "in", "for", "this", "s"})
_FAMILIES: tuple[tuple[tuple[Any, ...], tuple[str, ...]], ...] = (
    ((day, birth), ("date YYYY-MM-DD", "date D/M/YYYY", "date M/D/YYYY", "date, day or month first", "date D-Mon-YY")),
    ((timestamp, local_timestamp, visit_time), ("date and time with its zone", "date and time", "date YYYY-MM-DD")),
    ((boolean,), ("yes or no", "0 or 1")),
    ((whole,), ("digits", "0 or 1")),
    ((money,), ("number with decimals", "digits", "0 or 1")),
    ((time_of_day,), ("time of day",)),
)
_JSON = ("JSON",)
_IDS = ("digits", "token of letters and digits", "code of letters and digits", "several numbers", "0 or 1")


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """A column of a preview: its name, the pattern of its cells, and its distinct cells, by which references are
    matched."""

    name: str
    shape: ColumnPattern
    cells: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FieldSuggestion:
    """A suggested field. `score` is from MIN_SCORE to 1.0; 1.0 means that the header is one of the field's own."""

    field: str
    score: float


def suggest_fields(
    kind: Kind[Any], columns: Sequence[ColumnSample], ids: Mapping[str, frozenset[str]], *, thorough: bool = True
) -> dict[str, FieldSuggestion]:
    """Returns the suggested field by column name. Each field is used once; pairs with the highest score come first.

    `ids` are known ids by kind. `thorough` also compares spellings, which is slow over many kinds.
    """
    pairs = []
    for at, column in enumerate(columns):
        for order, placed in enumerate(kind.columns):
            if placed.column.prefix is None:
                score = field_score(kind, placed, column, ids, thorough=thorough)
                if score >= MIN_SCORE:
                    pairs.append((-score, at, order, placed.name))
    suggestions: dict[str, FieldSuggestion] = {}
    taken: set[str] = set()
    for score, at, _, name in sorted(pairs):
        column_name = columns[at].name
        if column_name not in suggestions and name not in taken:
            suggestions[column_name] = FieldSuggestion(name, -score)
            taken.add(name)
    if thorough:
        _add_phones(suggestions, taken, kind, columns)
    return suggestions


def _add_phones(
    suggestions: dict[str, FieldSuggestion], taken: set[str], kind: Kind[Any], columns: Sequence[ColumnSample]
) -> None:
    """Assigns columns of phone numbers to unused phone fields: the field for other phones first."""
    free = [
        p.name
        for p in kind.columns
        if "phone" in tokens(p.name, kind.layout) and p.name not in taken and not _is_json(p)
    ]
    free.sort(key=lambda name: "other" not in tokens(name, kind.layout))
    for column in columns:
        if free and column.name not in suggestions and _are_phones(column, kind.layout):
            suggestions[column.name] = FieldSuggestion(free.pop(0), MIN_SCORE)


def _is_json(placed: RowColumn) -> bool:
    return reads_json(placed.column.read)


def _are_phones(column: ColumnSample, layout: Layout) -> bool:
    """Returns whether the header names a phone and the cells may be phone numbers. Digits alone may be any number."""
    named = bool(tokens(column.name, layout) & _PHONES)
    return named and (not column.shape.filled or column.shape.share("phone number", "digits", "several numbers") > 0.3)


@dataclass(frozen=True, slots=True)
class KindSuggestion:
    """A kind that a file may hold. `score` adds up the column scores; only its order is meaningful.

    `specific` adds up the scores of columns other than ids, names, times and references, which every kind has.
    """

    kind: str
    score: float
    specific: float


def suggest_kinds(
    kinds: Iterable[Kind[Any]], columns: Sequence[ColumnSample], ids: Mapping[str, frozenset[str]]
) -> tuple[KindSuggestion, ...]:
    """Returns the kinds that fit the columns, best first; empty if no kind has two matching columns.

    Kinds with a specific column come before all kinds without.
    """
    likely = []
    for kind in kinds:
        guesses = suggest_fields(kind, columns, ids, thorough=False)
        needed = {p.name for p in kind.columns if p.column.is_key or p.column.required}
        references = {p.name for p in kind.columns if p.column.links_to}
        own = {name: guess for name, guess in guesses.items() if not is_common_column(name, guess, kind.layout)}
        total = sum(guess.score for guess in own.values())
        specific = sum(guess.score for guess in own.values() if guess.field not in references)
        score = total + sum(0.5 for guess in guesses.values() if guess.field in needed) - 0.02 * len(kind.columns)
        if len(guesses) >= 2 and total >= 1:
            likely.append(KindSuggestion(kind.name, score, specific))
    return tuple(sorted(likely, key=lambda kind: (kind.specific < MIN_SCORE, -kind.score)))


def is_common_column(header: str, guess: FieldSuggestion, layout: Layout) -> bool:
    """Returns whether every kind has such a header or such a field, as `created_at`."""
    return guess.field in _EVERYWHERE or tokens(header, layout) in {tokens(name, layout) for name in _EVERYWHERE}


def clear_winner(likely: Sequence[KindSuggestion]) -> str | None:
    """Returns the kind to fill in as a suggestion; None if its columns would also fit other kinds.

    A wrong suggestion that is accepted unread stores rows as the wrong kind, so such a file only gets a question.
    """
    return likely[0].kind if likely and likely[0].specific >= MIN_SCORE else None


_EVERYWHERE = frozenset({"created_at", "updated_at", "archived_at", "deleted_at", "name", "id"})


def field_score(
    kind: Kind[Any], placed: RowColumn, column: ColumnSample, ids: Mapping[str, frozenset[str]], *, thorough: bool
) -> float:
    """Returns how well a column fits a field, from 0 to 1. 1.0 is the field's own header."""
    plain, words = kind.layout.normalise(column.name), tokens(column.name, kind.layout)
    if known_headers(kind).get(plain) == placed.name:
        return 1.0
    score = max((_overlap(words, other) for other in _names_of(placed, kind.layout)), default=0.0) * 0.9
    if thorough and score < MIN_SCORE and len(plain) > 3:
        spelled = max(
            (SequenceMatcher(None, plain, known).ratio() for known in placed.normalised_headers()), default=0.0
        )
        score = max(score, spelled * 0.8 if spelled > 0.75 else 0.0)
    return min(0.99, score * _fit(placed, column.shape) + _reference(kind, placed, column, ids))


def _reference(kind: Kind[Any], placed: RowColumn, column: ColumnSample, ids: Mapping[str, frozenset[str]]) -> float:
    """Returns the bonus for a reference whose ids are among the ids of its target kind, or for a unique key column."""
    target = placed.column.links_to
    if target is None:
        own = placed.column.is_key and column.shape.is_all_different and column.shape.share(*_IDS) > 0.9
        return 0.3 if own and tokens(column.name, kind.layout) & (tokens(kind.name, kind.layout) | {"id"}) else 0.0
    known = ids.get(target, frozenset())
    share = len(known & column.cells) / len(column.cells) if column.cells and known else 0.0
    return 0.55 if share >= 0.2 else 0.0


def _fit(placed: RowColumn, shape: ColumnPattern) -> float:
    """Returns the factor for the cells' pattern: above 1 for the field's own patterns, 0.3 for cells that the field
    cannot read."""
    if not shape.filled:
        return 1.0
    wanted = next((shapes for readers, shapes in _FAMILIES if placed.column.read in readers), None)
    if _is_json(placed):
        wanted = _JSON
    if placed.column.is_key or placed.column.links_to:
        wanted = _IDS
    if wanted is None:
        return 1.0
    share = shape.share(*wanted)
    return 1.15 if share > 0.9 else 0.3 if share < 0.3 else 1.0


def _overlap(words: frozenset[str], other_words: frozenset[str]) -> float:
    return len(words & other_words) / len(words | other_words) if words and other_words else 0.0


@lru_cache(maxsize=4096)
def tokens(text: str, layout: Layout) -> frozenset[str]:
    """Returns the words of a header for comparing, without plurals and filler words. Synonyms are replaced by the
    source's word."""
    words, same = [word.lower() for word in _WORDS.findall(text)], layout.synonyms
    kept = [same.get(word) or same.get(word.rstrip("s"), word.rstrip("s") or word) for word in words]
    return frozenset(word for word in kept if word not in _FILLER)


@lru_cache(maxsize=2048)
def _names_of(placed: RowColumn, layout: Layout) -> tuple[frozenset[str], ...]:
    headers = (placed.name, placed.column.native, *placed.column.headers)
    return tuple(dict.fromkeys(tokens(header, layout) for header in headers if header))
