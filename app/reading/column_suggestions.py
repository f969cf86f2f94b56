"""Which column of a file is likely which field of ours: by what its header says, and by what its cells look like."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from app.mapping.columns import RowColumn, normalise_header
from app.mapping.flags import boolean
from app.mapping.kind import Kind
from app.mapping.moments import birth, day, local_timestamp, time_of_day, timestamp, visit_time
from app.mapping.numbers import money, whole
from app.mapping.structured import reads_json
from app.reading.recognise import known_headers
from app.reading.value_patterns import ColumnShape

ENOUGH = 0.5  # a likeness below this is not suggested
_WORDS = re.compile(r"[A-Z]{2,}s?(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+")
# What others call a thing, and the word that our own headers have for it.
_SAME = {
    word: ours
    for ours, words in {
        "id": "no nr num number ref reference code key identifier uid",
        "patient": "client customer participant worker person",
        "practitioner": "provider clinician therapist doctor",
        "business": "location site clinic branch",
        "birth": "dob born birthdate birthday",
        "last": "surname family",
        "first": "given forename",
        "mobile": "cell",
        "phone": "ph tel telephone",
        "email": "mail",
        "city": "suburb town",
        "postcode": "zip postal",
        "note": "comment remark memo",
        "issue": "opened issued",
        "expiry": "expires closes closed ends ended until",
        "create": "created added entered",
        "update": "updated modified changed edited",
        "cancel": "cancelled canceled cancellation",
        "begin": "start starts begin begins",
        "end": "ends finish finishes",
        "appointment": "booking visit session",
        "max": "maximum allowed limit ok",
        "name": "title label",
    }.items()
    for word in words.split()
}
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
class Seen:
    """One column as far as it can be seen: its name, the shape of its cells, and ids that are among them."""

    name: str
    shape: ColumnShape
    cells: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Guess:
    """A suggestion, and how sure it is: 1.0 is the header itself."""

    field: str
    likeness: float


def suggested(
    kind: Kind[Any], columns: Sequence[Seen], ids: Mapping[str, frozenset[str]], *, thorough: bool = True
) -> dict[str, Guess]:
    """By column, the field that it is likely to be; each field once, the likeliest pairs first.

    `thorough` also finds headers that are only spelled alike, which takes long for many kinds.
    """
    pairs = []
    for at, column in enumerate(columns):
        for order, placed in enumerate(kind.columns):
            if placed.column.prefix is None:
                likeness = likeness_of(kind, placed, column, ids, thorough=thorough)
                if likeness >= ENOUGH:
                    pairs.append((-likeness, at, order, placed.name))
    found: dict[str, Guess] = {}
    taken: set[str] = set()
    for likeness, at, _, name in sorted(pairs):
        column_name = columns[at].name
        if column_name not in found and name not in taken:
            found[column_name] = Guess(name, -likeness)
            taken.add(name)
    if thorough:
        _add_phones(found, taken, kind, columns)
    return found


def _add_phones(found: dict[str, Guess], taken: set[str], kind: Kind[Any], columns: Sequence[Seen]) -> None:
    """A column of phones goes into a field of phones that is free: the one for other phones before the named ones."""
    free = [p.name for p in kind.columns if "phone" in tokens(p.name) and p.name not in taken and not _is_json(p)]
    free.sort(key=lambda name: "other" not in tokens(name))
    for column in columns:
        if free and column.name not in found and _are_phones(column):
            found[column.name] = Guess(free.pop(0), ENOUGH)


def _is_json(placed: RowColumn) -> bool:
    return reads_json(placed.column.read)


def _are_phones(column: Seen) -> bool:
    """Whether a column is named after phones, and its cells may be some. A number alone may be any number."""
    named = bool(tokens(column.name) & _PHONES)
    return named and (not column.shape.filled or column.shape.share("phone number", "digits", "several numbers") > 0.3)


@dataclass(frozen=True, slots=True)
class Likely:
    """A kind that a file may be of. `score` adds up how alike the columns are; only its order means anything.

    `specific` adds up those columns that say more than an id, a name, a time or a reference, which every kind has.
    """

    kind: str
    score: float
    specific: float


def likely_kinds(
    kinds: Iterable[Kind[Any]], columns: Sequence[Seen], ids: Mapping[str, frozenset[str]]
) -> tuple[Likely, ...]:
    """The kinds that the columns speak of, the likeliest first; empty when hardly any column speaks of any.

    A kind with a column that says something specific goes before every kind without.
    """
    likely = []
    for kind in kinds:
        guesses = suggested(kind, columns, ids, thorough=False)
        needed = {p.name for p in kind.columns if p.column.is_key or p.column.required}
        references = {p.name for p in kind.columns if p.column.links_to}
        own = {name: guess for name, guess in guesses.items() if not is_everywhere(name, guess)}
        total = sum(guess.likeness for guess in own.values())
        specific = sum(guess.likeness for guess in own.values() if guess.field not in references)
        score = total + sum(0.5 for guess in guesses.values() if guess.field in needed) - 0.02 * len(kind.columns)
        if len(guesses) >= 2 and total >= 1:
            likely.append(Likely(kind.name, score, specific))
    return tuple(sorted(likely, key=lambda kind: (kind.specific < ENOUGH, -kind.score)))


def is_everywhere(header: str, guess: Guess) -> bool:
    """Whether a column says nothing of its kind: every kind has such a header or such a field."""
    return guess.field in _EVERYWHERE or tokens(header) in {tokens(name) for name in _EVERYWHERE}


def clear_winner(likely: Sequence[Likely]) -> str | None:
    """The kind that may be filled in as a suggestion; None where its columns would fit other kinds as well.

    A wrong suggestion that is accepted unread stores rows as something else, so such a file is only asked about.
    """
    return likely[0].kind if likely and likely[0].specific >= ENOUGH else None


_EVERYWHERE = frozenset({"created_at", "updated_at", "archived_at", "deleted_at", "name", "id"})


def likeness_of(
    kind: Kind[Any], placed: RowColumn, column: Seen, ids: Mapping[str, frozenset[str]], *, thorough: bool
) -> float:
    """From 0 to 1."""
    plain = normalise_header(column.name)
    if known_headers(kind).get(plain) == placed.name:
        return 1.0
    likeness = max((_alike(tokens(column.name), other) for other in _said(placed)), default=0.0) * 0.9
    if thorough and likeness < ENOUGH and len(plain) > 3:
        spelled = max(
            (SequenceMatcher(None, plain, known).ratio() for known in placed.normalised_headers()), default=0.0
        )
        likeness = max(likeness, spelled * 0.8 if spelled > 0.75 else 0.0)
    return min(0.99, likeness * _fit(placed, column.shape) + _reference(kind, placed, column, ids))


def _reference(kind: Kind[Any], placed: RowColumn, column: Seen, ids: Mapping[str, frozenset[str]]) -> float:
    """What speaks for a reference: the ids of the column are among those of the kind that it would refer to."""
    target = placed.column.links_to
    if target is None:
        own = placed.column.is_key and column.shape.is_all_different and column.shape.share(*_IDS) > 0.9
        return 0.3 if own and tokens(column.name) & (tokens(kind.name) | {"id"}) else 0.0
    known = ids.get(target, frozenset())
    share = len(known & column.cells) / len(column.cells) if column.cells and known else 0.0
    return 0.55 if share >= 0.2 else 0.0


def _fit(placed: RowColumn, shape: ColumnShape) -> float:
    """How well the cells suit: more for those of the field's own shape, little for those that it cannot read."""
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


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


@lru_cache(maxsize=4096)
def tokens(text: str) -> frozenset[str]:
    """The words of a header as they are compared: one word for all that others call it, without plurals."""
    found = [word.lower() for word in _WORDS.findall(text)]
    kept = [_SAME.get(word) or _SAME.get(word.rstrip("s"), word.rstrip("s") or word) for word in found]
    return frozenset(word for word in kept if word not in _FILLER)


@lru_cache(maxsize=2048)
def _said(placed: RowColumn) -> tuple[frozenset[str], ...]:
    headers = (placed.name, placed.column.native, *placed.column.headers)
    return tuple(dict.fromkeys(tokens(header) for header in headers if header))
