"""A kind of thing in an export, as one small file describes it: its columns, how it is recognised, what it becomes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app.changed_values import ValueChanged
from app.mapping.columns import RowColumn, columns_of
from app.mapping.context import Context
from app.mapping.defined import Defined
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Result
from app.mapping.traits import (
    Exclusion,
    Filing,
    Identity,
    Joining,
    Merging,
    Names,
    Naming,
    QuestionColumns,
    Recognition,
    References,
    Schedule,
    Sharing,
    ShortList,
)
from app.mapping.verified_kinds import NestedRows, VerifiedKind

R = TypeVar("R")

OWNER = ".client_id"
"""How the destination of a link ends that says whose record a row becomes."""


@dataclass(frozen=True, eq=False)
class Kind(Generic[R]):
    """One kind of thing, whole: where the export has it, how a file of it is recognised, what a row becomes.

    A trait that a kind does not set means that the kind has none of it; `traits.py` describes the members of each.
    """

    name: str
    label: str  # in the clinic's words in Caspen: "Clients"
    source_label: str  # in the source's words: "Patients"
    source_location: str  # where in the source it is exported
    recognition: Recognition
    row: type[R]
    to_records: Callable[[R, Joined, Lookups], Result] | None = None  # pure; None for a kind that is only counted
    tables: tuple[str, ...] = ()  # of the records; the first is the kind's own
    identity: Identity[R] = field(default_factory=Identity)
    names: Names[R] = field(default_factory=Names)
    merging: Merging[R] = field(default_factory=Merging)
    references: References[R] = field(default_factory=References)
    naming: Naming[R] = field(default_factory=Naming)
    questions: QuestionColumns = field(default_factory=QuestionColumns)
    exclusion: Exclusion[R] = field(default_factory=Exclusion)
    schedule: Schedule[R] = field(default_factory=Schedule)
    short_list: ShortList = field(default_factory=ShortList)
    sharing: Sharing | None = None
    joining: Joining | None = None
    filing: Filing | None = None

    @property
    def imported(self) -> bool:
        return self.to_records is not None

    @property
    def is_expected(self) -> bool:
        """Whether an export lacks something without a file of it."""
        return self.imported and not self.short_list.is_listed

    @property
    def columns(self) -> tuple[RowColumn, ...]:
        return columns_of(self.row)

    @property
    def owner_link(self) -> str | None:
        """The link to the client whose record a row becomes; None for kinds whose records are nobody's own."""
        return next((p.name for p in self.columns if (p.column.destination or "").endswith(OWNER)), None)


@dataclass(frozen=True, slots=True)
class Use:
    """Something that a clinic may use in the source, in the words that it knows it by there.

    Any of `kinds` holds it; the first one is asked about when none is in an export. `columns` carry it in files of
    other kinds: a kind, and how the header begins. `usual`: nearly every clinic uses it.
    """

    name: str
    words: str
    kinds: tuple[str, ...]
    hint: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    usual: bool = False


@dataclass(frozen=True, slots=True)
class Countable:
    """A kind whose number a clinic can read in the source itself, and where it stands there.

    `may_lack` names totals of a trial (engine/came.py) that the number may be without: `where` must not ask for them.
    `places` names the total of records that the source may count in place of rows, "" where it counts rows.
    """

    kind: str
    words: str
    where: str
    may_lack: tuple[str, ...] = ()
    places: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """What the source has worked out for each of its people, by column of that kind: nothing of it is imported.

    `first`, `last` and `next` are times of visits; `amounts` are what is owed or paid ahead, with their words.
    """

    kind: str
    visits: str
    first: str
    last: str
    next: str
    names: tuple[str, ...]
    amounts: tuple[tuple[str, str], ...]


class UnknownKind(ValueChanged, LookupError):
    """A kind that the source does not have. Where the ledger names the kind, something else wrote it."""


@dataclass(frozen=True, eq=False)
class Source:
    """A system that clinics come from: its name and its kinds in the order of loading.

    `uses` are what a clinic is asked to tick, `counts` the numbers that it may type, `carried` what the source itself
    has worked out.
    `fields_of` learns the clinic's own questions from rows of the kinds that ask or answer them, with their kind, and
    the types that the clinic chose for some.
    """

    name: str
    label: str
    kinds: tuple[Kind[Any], ...]
    uses: tuple[Use, ...] = ()
    counts: tuple[Countable, ...] = ()
    carried: Carried | None = None
    verified_kinds: tuple[VerifiedKind, ...] = ()  # where cells must be found again, told apart from the mapping
    nested_rows: NestedRows | None = None  # which rows one object holds, told apart from the reading
    help_article: str = ""
    fields_of: Callable[[Iterable[tuple[str, Any]], Context, Mapping[str, str]], dict[str, Defined]] | None = None

    def kind(self, name: str) -> Kind[Any]:
        """The kind of this name. Raises UnknownKind where the source has none of it."""
        found = next((k for k in self.kinds if k.name == name), None)
        if found is None:
            raise UnknownKind("the source has no such kind")
        return found
