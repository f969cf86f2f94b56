"""What kind of thing a file holds: by its header first, by its name second."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.mapping.columns import normalise_header
from app.mapping.kind import Kind, Source
from app.reading.naming import Name
from app.reading.nested_headers import member_of, with_objects
from app.reading.refusal import Refused
from app.reading.relations import related_headers

DOCUMENT = "documents"  # the dialect of what is a row by itself: a page, a scan


@dataclass(frozen=True, slots=True)
class Header:
    """A header understood. `columns` has one name for each column: an attribute of the kind, or `?Header`."""

    kind: Kind[Any]
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    dialect: str
    unknown: tuple[str, ...]
    absent: tuple[str, ...]
    doubled: tuple[str, ...]

    @property
    def least(self) -> int:
        """How many cells a whole row has at least: blank headers at the end ask for none."""
        return max((n for n, h in enumerate(self.headers, start=1) if h.strip()), default=0)

    @property
    def member_paths(self) -> tuple[tuple[str, ...], ...]:
        """By column, the names that lead to the member of an object; empty for a column that is a whole attribute."""
        known = known_headers(self.kind)
        return tuple(
            member.path
            if normalise_header(header) not in known
            and (member := member_of(self.kind, header))
            and member.attribute == column
            else ()
            for header, column in zip(self.headers, self.columns, strict=True)
        )

    @property
    def has_key(self) -> bool:
        return any(p.column.is_key and p.name in self.columns for p in self.kind.columns)


@dataclass(frozen=True, slots=True)
class Tied:
    """Several kinds fit equally well."""

    kinds: tuple[str, ...]


@lru_cache(maxsize=64)
def known_headers(kind: Kind[Any]) -> Mapping[str, str]:
    """The attribute of each header that the kind knows."""
    found: dict[str, str] = {}
    headed = [placed for placed in kind.columns if not placed.column.prefix and not placed.column.set_by_reading]
    for placed in headed:
        for header in (placed.column.native, placed.name):
            if header:
                found.setdefault(normalise_header(header), placed.name)
    for placed in headed:
        for header in placed.normalised_headers():
            found.setdefault(header, placed.name)
    for header, attribute in related_headers(kind).items():
        found.setdefault(header, attribute)
    return found


@lru_cache(maxsize=8)
def any_header(source: Source) -> frozenset[str]:
    """The normalised headers that any kind knows."""
    return frozenset(header for kind in source.kinds for header in known_headers(kind))


def by_header(
    headers: Sequence[str], name: Name, source: Source, pairs: Mapping[str, str] | None = None
) -> Header | Tied | None:
    """The kind that a header row speaks of; None when it speaks of none.

    Raises `Refused` with `missing_key_column` when all but the key is there.
    """
    plain = with_objects(headers, source)
    fitting = [k for k in source.kinds if k.recognition.fingerprint(_aliased(k, plain))]
    if not any(_all_keys(k, plain) for k in fitting) and (header := _named_and_keyed(headers, name, source, pairs)):
        return header
    if not fitting:
        _only_the_key_is_missing(headers, plain, source, name)
        return None
    best = max(_known(k, plain) for k in fitting)
    tied = [k for k in fitting if _known(k, plain) == best]
    named = name.place(source) if len(tied) > 1 else None
    if named is not None and named in tied:
        tied = [named]
    if len(tied) > 1:
        return Tied(tuple(k.name for k in tied))
    meant = tied[0] if tied[0].recognition.kind_by_file_name is None else _named_otherwise(tied[0], name, source)
    return _keyed(understood(meant, headers, pairs))


def _named_and_keyed(
    headers: Sequence[str], name: Name, source: Source, pairs: Mapping[str, str] | None
) -> Header | None:
    """The kind that the file is called by, where its key and one more of its columns are there.

    A fingerprint needs more columns than that; but one that asks for a key which is not there says less than the two.
    """
    kind = name.kind(source)
    if kind is None or not kind.imported:
        return None
    header = understood(kind, headers, pairs)
    keys = {p.name for p in kind.columns if p.column.is_key}
    return header if keys and keys <= set(header.columns) and len(headers) - len(header.unknown) > len(keys) else None


def _all_keys(kind: Kind[Any], plain: frozenset[str]) -> bool:
    """Whether every key of a kind is among the headers; so it is where a kind needs none of its own."""
    keys = {p.name for p in kind.columns if p.column.is_key}
    known = known_headers(kind)
    return kind.identity.key_of is not None or not kind.imported or keys <= {known[h] for h in plain if h in known}


def _named_otherwise(kind: Kind[Any], name: Name, source: Source) -> Kind[Any]:
    """A header that says too little to tell two kinds apart: the name of the file may say which of them it is."""
    named = name.place(source)
    return named if named is not None and named.name == kind.recognition.kind_by_file_name else kind


def by_name(
    headers: Sequence[str], name: Name, source: Source, pairs: Mapping[str, str] | None = None
) -> Header | None:
    """The kind that the file's name speaks of, for a header that no fingerprint fits.

    None where a bare `id` is all that is known of the header: any kind may have that.
    """
    kind = name.place(source)
    if kind is None:
        return None
    header = understood(kind, headers, pairs)
    if kind.imported and not header.has_key:
        raise missing_key(kind, headers)
    says_more = {
        c for h, c in zip(headers, header.columns, strict=True) if c[:1] != "?" and normalise_header(h) != "id"
    }
    return header if says_more or not kind.imported else None


def by_likeness(headers: Sequence[str], source: Source) -> Tied | None:
    """The kinds that a header may well be of, although no fingerprint fits: the clinic is asked which."""
    plain = with_objects(headers, source)
    likely = tuple(
        kind.name
        for kind in source.kinds
        if kind.recognition.is_candidate is not None and kind.recognition.is_candidate(plain)
    )
    return Tied(likely) if likely else None


def understood(kind: Kind[Any], headers: Sequence[str], pairs: Mapping[str, str] | None = None) -> Header:
    """Which attribute each column fills. The first of two alike goes first; unknown ones keep their header.

    `pairs` says so by header, or by number as in `Column 3`, and goes before what the header says; "" is no attribute.
    """
    known = known_headers(kind)
    said = {header: a for header, a in (pairs or {}).items() if not a or is_field(kind, a)}
    columns, unknown, doubled, shapes = [], [], [], set()
    met: set[str] = set()
    for number, header in enumerate(headers, start=1):
        shown = header.strip().lstrip("\ufeff").strip() or f"Column {number}"
        plain = normalise_header(header)
        doubled += [shown] if plain and plain in met else []
        met.add(plain)
        pair = said.get(shown, said.get(f"Column {number}"))
        attribute = pair if pair is not None else known.get(plain) or _further(kind, shown)
        if not attribute:
            columns.append(f"?{shown}")
            unknown.append(shown)
            continue
        columns.append(attribute)
        if pair is None:  # what somebody said of a column says nothing of who wrote the file
            shapes.add("api" if shown == shown.lower() and " " not in shown else "native")
    absent = tuple(
        p.name
        for p in kind.columns
        if p.name not in columns and not (p.column.is_key or p.column.prefix or p.column.set_by_reading)
    )
    dialect = shapes.pop() if len(shapes) == 1 else "mixed"
    return Header(kind, tuple(headers), tuple(columns), dialect, tuple(unknown), absent, tuple(dict.fromkeys(doubled)))


def is_field(kind: Kind[Any], attribute: str) -> bool:
    """Whether a kind has such an attribute: `name`, or `custom:Favourite colour` where many columns go to one."""
    name, _, rest = attribute.partition(":")
    return any(p.name == name and bool(p.column.prefix) == bool(rest.strip()) for p in kind.columns)


def _further(kind: Kind[Any], header: str) -> str | None:
    """The attribute of a header that is not known by itself: one of many with a prefix, or a member of an object."""
    if (attribute := _prefixed(kind, header)) is not None:
        return attribute
    member = member_of(kind, header)
    return member.attribute if member else None


def _prefixed(kind: Kind[Any], header: str) -> str | None:
    """`custom:Favourite colour`, for a column of which only the beginning of its header is known."""
    for placed in kind.columns:
        prefix = placed.column.prefix
        if prefix and header.lower().startswith(prefix.lower()) and (rest := header[len(prefix) :].strip()):
            return f"{placed.name}:{rest}"
    return None


def _keyed(header: Header) -> Header:
    kind = header.kind
    has_key_column = any(p.column.is_key for p in kind.columns)
    if kind.imported and has_key_column and not header.has_key and kind.identity.key_of is None:
        raise missing_key(kind, header.headers)
    return header


def missing_key(kind: Kind[Any], headers: Sequence[str]) -> Refused:
    """The refusal that names the kind, the header it should have had in both dialects, and those that were found."""
    keys = [p for p in kind.columns if p.column.is_key]
    wanted = " + ".join(f"{p.column.native} or {p.name}" for p in keys)
    refused = Refused("missing_key_column", column=keys[0].column.native if keys else None)
    refused.details.update(
        kind=kind.source_label, wanted=wanted, found=", ".join(h.strip()[:60] for h in headers[:20] if h.strip())
    )
    refused.kind = kind.name
    return refused


def _only_the_key_is_missing(headers: Sequence[str], plain: frozenset[str], source: Source, name: Name) -> None:
    near = []
    named = name.kind(source)
    for kind in source.kinds:
        keys = _key_headers(kind)
        if kind.short_list.is_listed and kind is not named:
            continue  # such a list has no header but its key that others do not have
        if kind.imported and keys and not keys & plain and kind.recognition.fingerprint(_aliased(kind, plain) | keys):
            near.append(kind)
    if near:
        raise missing_key(named if named in near else max(near, key=lambda k: _known(k, plain)), headers)


@lru_cache(maxsize=64)
def _key_headers(kind: Kind[Any]) -> frozenset[str]:
    keys = [p for p in kind.columns if p.column.is_key]
    return frozenset(normalise_header(h) for p in keys for h in (p.name, p.column.native) if h)


def _aliased(kind: Kind[Any], plain: frozenset[str]) -> frozenset[str]:
    """The headers, and for each alias of a column that is no key also the column's own headers."""
    own = _own_headers(kind)
    return plain.union(*(own[header] for header in plain if header in own))


@lru_cache(maxsize=64)
def _own_headers(kind: Kind[Any]) -> Mapping[str, frozenset[str]]:
    """What the column of each known header is called by itself, in both dialects; a key's goes by no other name."""
    columns = {p.name: p.column for p in kind.columns}
    return {
        header: frozenset({normalise_header(attribute), normalise_header(columns[attribute].native)} - {""})
        for header, attribute in known_headers(kind).items()
        if not columns[attribute].is_key
    }


def _known(kind: Kind[Any], plain: frozenset[str]) -> int:
    known = known_headers(kind)
    return len({known[h] for h in plain if h in known})
