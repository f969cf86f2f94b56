"""A kind of thing in an export: its columns, how its files are recognised, and the records that its rows become.

Each kind is described in one small file of its source; `traits.py` describes what a kind may have besides its columns.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app.changed_values import ValueChanged
from app.mapping.columns import RowColumn, columns_of
from app.mapping.context import Context
from app.mapping.defined import Defined
from app.mapping.export_guide import ExportGuide
from app.mapping.kind_roles import KindRole
from app.mapping.layout import NO_LAYOUT, Layout
from app.mapping.lookups import Lookups
from app.mapping.raw_format import RawFormat
from app.mapping.rows import Joined, Result
from app.mapping.traits import (
    CaseList,
    Exclusion,
    Filing,
    FormerRecords,
    Identity,
    Joining,
    Merging,
    Names,
    Naming,
    PageColumns,
    QuestionColumns,
    Recognition,
    References,
    Schedule,
    Sharing,
    ShortList,
)
from app.mapping.verified_kinds import KindHeaders, VerifiedKind

R = TypeVar("R")

OWNER = ".client_id"
"""The end of the destination of the link to the client whose record a row becomes."""


@dataclass(frozen=True, eq=False)
class Kind(Generic[R]):
    """One kind of thing: where the export has it, how a file of it is recognised, and what a row becomes.

    * `label`: in the clinic's words in Caspen, such as "Clients"; `source_label`: in the source's words, "Patients".
    * `source_location`: where in the source the kind is exported, for the clinic.
    * `row`: the dataclass of its rows, whose attributes carry the columns.
    * `to_records`: receives a row, its references and the lookups, returns records or the reason for none. Pure. None
      for a kind whose rows are only counted.
    * `tables`: the tables of the records; the first is the kind's own.
    * `role`: what the kind is to Caspen; None for a kind that only mapping knows.

    A trait that a kind does not set means that the kind has none of it. `layout` is that of the kind's source, which
    gives it to each of its kinds.
    """

    name: str
    label: str
    source_label: str
    source_location: str
    recognition: Recognition
    row: type[R]
    role: KindRole | None = None
    to_records: Callable[[R, Joined, Lookups], Result] | None = None
    tables: tuple[str, ...] = ()
    identity: Identity[R] = field(default_factory=Identity)
    names: Names[R] = field(default_factory=Names)
    merging: Merging[R] = field(default_factory=Merging)
    references: References[R] = field(default_factory=References)
    naming: Naming[R] = field(default_factory=Naming)
    questions: QuestionColumns = field(default_factory=QuestionColumns)
    exclusion: Exclusion[R] = field(default_factory=Exclusion)
    schedule: Schedule[R] = field(default_factory=Schedule)
    short_list: ShortList = field(default_factory=ShortList)
    former: FormerRecords[R] = field(default_factory=FormerRecords)
    sharing: Sharing | None = None
    joining: Joining | None = None
    filing: Filing | None = None
    pages: PageColumns | None = None
    case_list: CaseList | None = None
    layout: Layout = field(default=NO_LAYOUT, init=False)

    @property
    def imported(self) -> bool:
        """Whether rows of the kind become records."""
        return self.to_records is not None

    @property
    def is_expected(self) -> bool:
        """Whether an export without a file of the kind is incomplete."""
        return self.imported and not self.short_list.is_listed

    @property
    def columns(self) -> tuple[RowColumn, ...]:
        """The columns of `row`, in its order."""
        return columns_of(self.row)

    @property
    def headers(self) -> KindHeaders:
        """The headers of each attribute. An attribute that reading fills, or that has a prefix, has no header."""
        return {p.name: p.headers for p in self.columns if not p.column.set_by_reading and not p.column.prefix}

    def fed_by(self, attributes: Collection[str]) -> frozenset[str]:
        """The columns of Caspen that depend on cells of these attributes, as `destination` and `feeds` name them."""
        fed = (place for p in self.columns if p.name in attributes for place in (p.column.destination, *p.column.feeds))
        return frozenset(filter(None, fed))

    @property
    def owner_link(self) -> str | None:
        """The attribute of the link to the client whose record a row becomes; None for kinds without a client."""
        return next((p.name for p in self.columns if (p.column.destination or "").endswith(OWNER)), None)


@dataclass(frozen=True, slots=True)
class UsedFeature:
    """A feature of the source that a clinic may use, in the source's words.

    * `kinds`: the kinds whose rows show the use. If an export has none of them, the clinic is asked about the first.
    * `columns`: pairs of kind and beginning of a header: columns of other kinds' files that also show the use.
    * `usual`: nearly every clinic uses the feature.
    """

    name: str
    words: str
    kinds: tuple[str, ...]
    hint: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    usual: bool = False


@dataclass(frozen=True, slots=True)
class CountableKind:
    """A kind whose number of rows a clinic can read in the source itself, to compare it with the export.

    * `where`: how to find the number in the source.
    * `may_lack`: names of a trial's totals that the number may or may not contain. `where` must not ask for them.
    * `places`: the name of the total that the source may count in place of rows; "" if the source counts rows.
    """

    kind: str
    words: str
    where: str
    may_lack: tuple[str, ...] = ()
    places: str = ""


@dataclass(frozen=True, slots=True)
class ComputedColumns:
    """Columns in which the source has computed values about a client. The import compares them and imports none.

    * `kind`: the kind with these columns; `visits`: the kind of the visits that they count.
    * `first`, `last`, `next`: attributes with the time of the client's first, last and next visit.
    * `names`: attributes of the client's name.
    * `amounts`: pairs of attribute and words: amounts of money that the client owes or has paid ahead.
    """

    kind: str
    visits: str
    first: str
    last: str
    next: str
    names: tuple[str, ...]
    amounts: tuple[tuple[str, str], ...]


class UnknownKind(ValueChanged, LookupError):
    """The source has no kind of this name. If the ledger names the kind, the ledger was changed from outside."""


@dataclass(frozen=True, eq=False)
class Source:
    """A system that clinics leave: its name, and its kinds in the order of loading.

    * `uses`: the features that a clinic is asked about; `counts`: the numbers that a clinic may enter.
    * `carried`: the columns in which the source has computed values about a client.
    * `verified_kinds`: the spot checks. These name attributes of the kinds, and get the attributes' headers here.
    * `raw_format`: how verification reads the raw files.
    * `unverified`: by name, why the rows of an imported kind are not compared. Every other imported kind is verified.
    * `export_guide`: how a clinic exports everything from the source.
    * `fields_of`: receives pairs of kind name and row of the kinds with questions or answers, the context, and the
      types that the clinic chose by field id, and the fields that earlier imports brought by field id. Returns the
      custom fields of the export by their id in the source.
    """

    name: str
    label: str
    kinds: tuple[Kind[Any], ...]
    layout: Layout = field(default_factory=Layout)
    uses: tuple[UsedFeature, ...] = ()
    counts: tuple[CountableKind, ...] = ()
    computed: ComputedColumns | None = None
    verified_kinds: tuple[VerifiedKind, ...] = ()
    unverified: Mapping[str, str] = field(default_factory=dict)
    raw_format: RawFormat = field(default_factory=RawFormat)
    export_guide: ExportGuide = field(default_factory=ExportGuide)
    fields_of: (
        Callable[[Iterable[tuple[str, Any]], Context, Mapping[str, str], Mapping[str, Defined]], dict[str, Defined]]
        | None
    ) = None

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind.layout not in (NO_LAYOUT, self.layout):
                raise ValueError(f"the kind {kind.name} belongs to a source with another layout")
            object.__setattr__(kind, "layout", self.layout)
        headers = self.headers
        verified = tuple(each.with_headers(headers) for each in self.verified_kinds)
        object.__setattr__(self, "verified_kinds", verified)

    @property
    def headers(self) -> Mapping[str, KindHeaders]:
        """The headers of each kind's attributes, by kind."""
        return {kind.name: kind.headers for kind in self.kinds}

    def with_role(self, role: KindRole) -> Kind[Any] | None:
        """The kind that plays a role; None where the source has none."""
        return next((kind for kind in self.kinds if kind.role == role), None)

    def name_with(self, role: KindRole) -> str:
        """The name of the kind that plays a role; empty where the source has none."""
        kind = self.with_role(role)
        return kind.name if kind is not None else ""

    def kind(self, name: str) -> Kind[Any]:
        """The kind of this name. Raises UnknownKind."""
        kind = next((kind for kind in self.kinds if kind.name == name), None)
        if kind is None:
            raise UnknownKind("the source has no such kind")
        return kind
