"""Recognises the kind of a file: by its header first, by its name second."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.mapping.columns import normalise_header
from app.mapping.kind import Kind, Source
from app.reading.naming import FileName
from app.reading.nested_headers import member_of, with_objects
from app.reading.refusal import Refused
from app.reading.relation_headers import RelationHeaders, related_headers

DOCUMENT = "documents"  # dialect of files that are a row each, such as pages and scans


@dataclass(frozen=True, slots=True)
class Header:
    """A recognised header. `columns` has a name per column: an attribute of the kind, or `?Header` for an
    unknown one. `relations` are headers under which reading puts ids that the file has in nested values or
    addresses."""

    kind: Kind[Any]
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    dialect: str
    unknown: tuple[str, ...]
    absent: tuple[str, ...]
    doubled: tuple[str, ...]
    relations: frozenset[str] = frozenset()

    @property
    def least(self) -> int:
        """The minimum cell count of a whole row: blank headers at the end need no cell."""
        return max((n for n, h in enumerate(self.headers, start=1) if h.strip()), default=0)

    @property
    def member_paths(self) -> tuple[tuple[str, ...], ...]:
        """By column, the path of names to an object's member; empty for a column that is a whole attribute."""
        known = known_headers(self.kind)
        return tuple(
            member.path
            if self.kind.layout.normalise(header) not in known
            and (member := member_of(self.kind, header))
            and member.attribute == column
            else ()
            for header, column in zip(self.headers, self.columns, strict=True)
        )

    @property
    def has_key(self) -> bool:
        """Whether a column is the kind's key."""
        return any(p.column.is_key and p.name in self.columns for p in self.kind.columns)


@dataclass(frozen=True, slots=True)
class TiedKinds:
    """Several kinds that match equally well."""

    kinds: tuple[str, ...]


@lru_cache(maxsize=64)
def known_headers(kind: Kind[Any]) -> Mapping[str, str]:
    """Returns the attribute of each normalised header that the kind knows."""
    attributes: dict[str, str] = {}
    headed = [placed for placed in kind.columns if not placed.column.prefix and not placed.column.set_by_reading]
    for placed in headed:
        for header in (placed.column.native, placed.name):
            if header:
                attributes.setdefault(normalise_header(header), placed.name)
    for placed in headed:
        for header in placed.normalised_headers():
            attributes.setdefault(header, placed.name)
    for header, attribute in related_headers(kind).items():
        attributes.setdefault(header, attribute)
    return attributes


@lru_cache(maxsize=8)
def all_headers(source: Source) -> frozenset[str]:
    """Returns the normalised headers that any kind knows."""
    return frozenset(header for kind in source.kinds for header in known_headers(kind))


def recognise_by_header(
    headers: Sequence[str], name: FileName, source: Source, pairs: Mapping[str, str] | None = None
) -> Header | TiedKinds | None:
    """Returns the header with its kind, or the tied kinds; None if no kind matches.

    `pairs` are answers by column. Raises Refused `missing_key_column` if only the key is missing.
    """
    plain = with_objects(headers, source)
    fitting = _fitting(source, plain)
    if not any(_all_keys(k, plain) for k in fitting) and (header := _named_and_keyed(headers, name, source, pairs)):
        return header
    if not fitting:
        _only_the_key_is_missing(headers, plain, source, name)
        return None
    fitting = tuple(k for k in fitting if _all_keys(k, plain)) or fitting  # a letter is no note without its key
    best = max(_known(k, plain) for k in fitting)
    tied = [k for k in fitting if _known(k, plain) == best]
    named = name.kind_by_path(source) if len(tied) > 1 else None
    if named is not None and named in tied:
        tied = [named]
    if len(tied) > 1:
        return TiedKinds(tuple(k.name for k in tied))
    meant = tied[0] if tied[0].recognition.kind_by_file_name is None else _named_otherwise(tied[0], name, source)
    return _keyed(match_columns(meant, headers, pairs))


@lru_cache(maxsize=64)
def _fitting(source: Source, plain: frozenset[str]) -> Sequence[Kind[Any]]:
    """The kinds whose fingerprint normalised headers match. Each delimiter and each step asks for the same headers."""
    return tuple(k for k in source.kinds if k.recognition.fingerprint(_aliased(k, plain)))


def recognise_relations(
    columns: RelationHeaders, name: FileName, source: Source, pairs: Mapping[str, str]
) -> Header | TiedKinds | None:
    """As `recognise_by_header`, with the mixed headers where they tell more of the same kind, or the kind at all."""
    if columns.mixed == columns.headers:
        return recognise_by_header(columns.headers, name, source, pairs)
    try:
        mixed = recognise_by_header(columns.mixed, name, source, pairs)
    except Refused:
        mixed = None
    try:
        certain = recognise_by_header(columns.headers, name, source, pairs)
    except Refused:
        if not isinstance(mixed, Header):
            raise
        return mixed
    if certain is None or not isinstance(certain, Header) or not isinstance(mixed, Header):
        return certain or mixed
    is_better = mixed.kind is certain.kind and len(mixed.unknown) < len(certain.unknown)
    return mixed if is_better else certain


def _named_and_keyed(
    headers: Sequence[str], name: FileName, source: Source, pairs: Mapping[str, str] | None
) -> Header | None:
    """Returns the kind of the file's name, if the file has the kind's key and another of its columns.

    A fingerprint needs more columns; but a fingerprint whose key is missing says less than these two.
    """
    kind = name.kind(source)
    if kind is None or not kind.imported:
        return None
    header = match_columns(kind, headers, pairs)
    keys = {p.name for p in kind.columns if p.column.is_key}
    return header if keys and keys <= set(header.columns) and len(headers) - len(header.unknown) > len(keys) else None


def _all_keys(kind: Kind[Any], plain: frozenset[str]) -> bool:
    """Returns whether every key of a kind is among the headers, or the kind needs none."""
    keys = {p.name for p in kind.columns if p.column.is_key}
    known = known_headers(kind)
    return kind.identity.key_of is not None or not kind.imported or keys <= {known[h] for h in plain if h in known}


def _named_otherwise(kind: Kind[Any], name: FileName, source: Source) -> Kind[Any]:
    """If the header cannot tell two kinds apart, the file's name decides between them."""
    named = name.kind_by_path(source)
    return named if named is not None and named.name == kind.recognition.kind_by_file_name else kind


def recognise_by_name(
    headers: Sequence[str], name: FileName, source: Source, pairs: Mapping[str, str] | None = None
) -> Header | None:
    """Returns the header with the kind of the file's name, for a header without a matching fingerprint.

    None if only `id` is known of the header, since any kind may have that. Raises Refused if the kind's key is missing.
    """
    kind = name.kind_by_path(source)
    if kind is None:
        return None
    header = match_columns(kind, headers, pairs)
    if kind.imported and not header.has_key:
        raise missing_key(kind, headers)
    says_more = {
        c for h, c in zip(headers, header.columns, strict=True) if c[:1] != "?" and normalise_header(h) != "id"
    }
    return header if says_more or not kind.imported else None


def possible_kinds(headers: Sequence[str], source: Source) -> TiedKinds | None:
    """Returns the kinds that a header may belong to without a matching fingerprint: the clinic is asked."""
    plain = with_objects(headers, source)
    likely = tuple(
        kind.name
        for kind in source.kinds
        if kind.recognition.is_candidate is not None and kind.recognition.is_candidate(plain)
    )
    return TiedKinds(likely) if likely else None


def match_columns(kind: Kind[Any], headers: Sequence[str], pairs: Mapping[str, str] | None = None) -> Header:
    """Returns which attribute each column fills. Of two equal headers the first counts; unknown columns keep their
    header.

    `pairs` gives the attribute by header, or by number as `Column 3`, and overrules the header; "" is no attribute.
    """
    known = known_headers(kind)
    answers = {header: a for header, a in (pairs or {}).items() if not a or is_field(kind, a)}
    columns, unknown, doubled, shapes = [], [], [], set()
    met: set[str] = set()
    for number, header in enumerate(headers, start=1):
        shown = header.strip().lstrip("\ufeff").strip() or f"Column {number}"
        plain = kind.layout.normalise(header)
        doubled += [shown] if plain and plain in met else []
        met.add(plain)
        pair = answers.get(shown, answers.get(f"Column {number}"))
        attribute = pair if pair is not None else known.get(plain) or _further(kind, shown)
        if not attribute:
            columns.append(f"?{shown}")
            unknown.append(shown)
            continue
        columns.append(attribute)
        if pair is None:  # an answer says nothing about the program that wrote the file
            shapes.add("api" if shown == shown.lower() and " " not in shown else "native")
    absent = tuple(
        p.name
        for p in kind.columns
        if p.name not in columns and not (p.column.is_key or p.column.prefix or p.column.set_by_reading)
    )
    dialect = shapes.pop() if len(shapes) == 1 else "mixed"
    return Header(kind, tuple(headers), tuple(columns), dialect, tuple(unknown), absent, tuple(dict.fromkeys(doubled)))


def is_field(kind: Kind[Any], attribute: str) -> bool:
    """Returns whether a kind has the attribute: `name`, or `custom:Favourite colour` for an attribute of many
    columns."""
    name, _, rest = attribute.partition(":")
    return any(p.name == name and bool(p.column.prefix) == bool(rest.strip()) for p in kind.columns)


def _further(kind: Kind[Any], header: str) -> str | None:
    """Returns the attribute of an unknown header: one with a known prefix, or a member of an object."""
    if (attribute := _prefixed(kind, header)) is not None:
        return attribute
    member = member_of(kind, header)
    return member.attribute if member else None


def _prefixed(kind: Kind[Any], header: str) -> str | None:
    """Returns `custom:Favourite colour` for a header of which only the prefix is known."""
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
    """Returns the refusal that names the kind, the expected header in both dialects, and the headers of the file."""
    keys = [p for p in kind.columns if p.column.is_key]
    wanted = " + ".join(f"{p.column.native} or {p.name}" for p in keys)
    refused = Refused("missing_key_column", column=keys[0].column.native if keys else None)
    refused.details.update(
        kind=kind.source_label, wanted=wanted, found=", ".join(h.strip()[:60] for h in headers[:20] if h.strip())
    )
    refused.kind = kind.name
    return refused


def _only_the_key_is_missing(headers: Sequence[str], plain: frozenset[str], source: Source, name: FileName) -> None:
    near = []
    named = name.kind(source)
    for kind in source.kinds:
        keys = _key_headers(kind)
        if kind.short_list.is_listed and kind is not named:
            continue  # such a list has no header of its own but its key
        if kind.imported and keys and not keys & plain and kind.recognition.fingerprint(_aliased(kind, plain) | keys):
            near.append(kind)
    if near:
        raise missing_key(named if named in near else max(near, key=lambda k: _known(k, plain)), headers)


@lru_cache(maxsize=64)
def _key_headers(kind: Kind[Any]) -> frozenset[str]:
    keys = [p for p in kind.columns if p.column.is_key]
    return frozenset(normalise_header(h) for p in keys for h in (p.name, p.column.native) if h)


def _aliased(kind: Kind[Any], plain: frozenset[str]) -> frozenset[str]:
    """Returns the headers, plus a column's own headers for each of its aliases, except for keys."""
    own = _own_headers(kind)
    return plain.union(*(own[header] for header in plain if header in own))


@lru_cache(maxsize=64)
def _own_headers(kind: Kind[Any]) -> Mapping[str, frozenset[str]]:
    """Returns a column's own headers, in both dialects, by known header. Keys are left out: they have no aliases."""
    columns = {p.name: p.column for p in kind.columns}
    return {
        header: frozenset({normalise_header(attribute), normalise_header(columns[attribute].native)} - {""})
        for header, attribute in known_headers(kind).items()
        if not columns[attribute].is_key
    }


def _known(kind: Kind[Any], plain: frozenset[str]) -> int:
    known = known_headers(kind)
    return len({known[h] for h in plain if h in known})
