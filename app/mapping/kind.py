"""A kind of thing in an export, as one small file describes it: its columns, how it is recognised, what it becomes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app.changed_values import ValueChanged
from app.mapping.columns import Column, Link, Placed, columns_of
from app.mapping.context import Context
from app.mapping.defined import Defined
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Record, Result
from app.mapping.second_look import Look, Nested
from app.problems import Problem

R = TypeVar("R")

OWNER = ".client_id"
"""How the destination of a link ends that says whose record a row becomes."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that a row names and no row describes: a cancellation reason, a referral type, an unknown service.

    The record is made once, by the kind whose `made` has the table, however many rows mention it.
    """

    table: str
    key: str  # what its id is derived from, such as "name:sick"
    name: str
    more: str = ""  # what else the first row says of it, such as a colour


@dataclass(frozen=True, slots=True)
class Sharing:
    """A kind whose row may stand for several records: one for each target of the link `by` (a group's patients).

    `is_shared` says so of a row; `is_aside` that a row is something else, which no reference leads to (a busy time).
    `alone` is the problem of a row that is nobody's.
    """

    by: str
    is_shared: Callable[[Any], bool]
    is_aside: Callable[[Any], bool]
    alone: str


@dataclass(frozen=True, slots=True)
class Joining:
    """A kind whose rows tell more of another row's records: `to` links to that row, `by` says whose record it is.

    Such a row has no record of its own. `again` is the problem of one that tells of the same record once more,
    `differs` of one that contradicts the only record of that row. It wins.
    """

    to: str
    by: str
    again: str
    differs: str


@dataclass(frozen=True, slots=True)
class Filing:
    """A kind whose rows are files that somebody is filed under: a list may name them, and they lie beside it.

    `by` links to whom the row says that it belongs, `under` to whom its folder says; `differs` is the problem when
    these are two. A folder that only has a name is told by `named` where one bears that name. `again` is the problem
    of the same bytes once more, `renamed` of a name that another file of that folder has, `unlisted` of a file that no
    row of a list names. Reading fills the columns that say what lies there: see `app/reading/file_index_columns.py`. It
    fills `by`, too, where the row says nothing of it and the folder does, and marks that in the column `from_folder`.
    """

    by: str
    under: str
    differs: str
    named: str
    again: str
    renamed: str
    unlisted: str
    from_folder: str


def no_mentions(row: Any, /) -> tuple[Mention, ...]:
    return ()


@dataclass(frozen=True, eq=False)
class Kind(Generic[R]):
    """One kind.

    `fingerprint` answers, from a file's normalised headers, whether the file is of this kind. `to_records` is pure.
    `mentions` and `made` let a kind create what rows only name. `name_of` gives the name by which other rows refer to
    it; only such names enter the index. `twin_of` gives a text whose hash finds likely duplicates.
    `alias_of` gives a second name (a user's e-mail); `alias_shared` is the problem of later rows that share one.
    `namesake_of` gives a text whose hash finds rows of equal names. `merged_of` says that a row was merged into
    another of its kind, `merge_field` the link to it. `people`: titles do not count in its names. `unique_names`: two
    rows with one name are told. `unknown` is what a thing is called that is known by its id alone ("Unknown type").
    `unnamed_code` is the problem of rows of other kinds that should refer to one and name none: they refer to
    `unknown` by name (see `links_beside`), and wait until the clinic has chosen what becomes of them.
    What other rows only name is made by `made[tables[0]]`; with `placeholder` (the problem that tells it) only when
    the export has no rows of the kind at all, and then by every table of `tables` that stands in `made`.
    `made_key` names the column in which reading gives a key to what has none; `key_of` gives that of a row whose file
    has no column for it, `key_beside` what else tells apart rows that share
    one: the index knows such a row as `KEY/BESIDE`, and the first of them as `KEY` where their kind is `one_of_many`,
    which is when they all describe one thing. `spans_of` gives stretches of time in minutes of the week; those of one
    practitioner at one place that overlap are united. `vouches` is False where being named by its rows does not make
    anybody exist. `links_beside` are references that no column of its own describes: by field, with the column that
    says what they lead to. `later_counts` is the problem of a row whose key a later row has too, with something else
    to say, in kinds where the later one counts; `one_each` names links whose pair of targets counts as such a key;
    `said_of` gives, by link, what is said of its target, so that two rows can be compared. `unfold` takes an object of
    a JSON file that holds several rows apart. `asks` says which of a part's columns tell of custom fields.
    `compared` gives, of a row and the clinic's country, the values by which rows of one key are compared in place of
    the attributes of those names; None leaves one out.
    `stays_because` is why a row cannot move, as far as the row alone can say. `gives_way` says that a row counts only
    where no other has its key, `gave_way` is the problem that tells so. `filing` is for files. `referred_by` names
    links of other kinds that are counted back to this row, under the other kind's name in `Joined.extra`. `imported`
    is False for a kind that is recognised and counted only.
    """

    name: str
    label: str  # in the clinic's words in Caspen: "Clients"
    called: str  # in the source's words: "Patients"
    where: str  # where in the source it is exported
    fingerprint: Callable[[frozenset[str]], bool]
    row: type[R]
    to_records: Callable[[R, Joined, Lookups], Result] | None = None
    tables: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()  # lower-case stems of the files that usually hold it
    json_keys: tuple[str, ...] = ()  # the plural under which an api page or JSON file carries it
    name_of: Callable[[R], str | None] | None = None
    twin_of: Callable[[R], str | None] | None = None
    made_key: str | None = None
    key_of: Callable[[R], str | None] | None = None
    key_beside: Callable[[R], str | None] | None = None
    one_of_many: bool = False
    spans_of: Callable[[R], tuple[tuple[int, int], ...]] | None = None
    vouches: bool = True
    links_beside: Callable[[R], Iterable[tuple[str, Link, Column]]] | None = None
    said_of: Callable[[R], Iterable[tuple[str, str]]] | None = None
    unfold: Callable[[Mapping[str, Any]], tuple[Any, ...] | None] | None = None
    asks: Callable[[frozenset[str]], frozenset[str]] | None = None
    later_counts: str | None = None
    one_each: tuple[str, ...] = ()
    stays_because: Callable[[R], Problem | None] | None = None
    referred_by: tuple[tuple[str, str], ...] = ()  # (kind, field)
    alias_of: Callable[[R], str | None] | None = None
    namesake_of: Callable[[R], str | None] | None = None
    merged_of: Callable[[R], bool] | None = None
    merge_field: str | None = None
    people: bool = False
    unique_names: bool = False
    sharing: Sharing | None = None
    joining: Joining | None = None
    numbers_of: Callable[[R], Iterable[tuple[str, int]]] | None = None  # what rows say of others, only added up
    known_by: Callable[[R, str], Iterable[str]] | None = None  # texts that somebody of the workspace may have too
    filing: Filing | None = None
    compared: Callable[[R, str], Mapping[str, Any]] | None = None
    gives_way: Callable[[R], bool] | None = None
    gave_way: str | None = None
    came_of: Callable[[R], bool | None] | None = None  # whether somebody came, as far as the row knows
    columns_for: Callable[[R], Mapping[str, Column | None]] | None = None  # links that mean something else in a row
    unknown: str = "Unknown"
    unnamed_code: str | None = None
    placeholder: str | None = None
    activity_words: tuple[str, ...] = ()  # in a service's name: it may be work without the client in the room
    alias_shared: str | None = None
    mentions: Callable[[R], tuple[Mention, ...]] = no_mentions
    made: Mapping[str, Callable[[Mention, Lookups], Record]] = field(default_factory=dict)  # by table
    made_beside: Callable[[Mention, Lookups], tuple[Record, ...]] | None = None  # more records of what `made` makes
    made_mentions: tuple[Mention, ...] = ()  # what things that are made of a name mention in their turn
    native_headers: str = "A"  # how sure we are of the native headers
    instead: str = ""  # for kinds that do not move: what the clinic does instead
    listed: bool = False  # a short list that other rows are looked up in, under `Lookups.lists`
    listed_by: str = ""  # the link by whose target it is looked up, where that is not the row's own id
    counted_as: str = "kind_not_imported"  # the problem that tells of the rows of such a kind
    unless_named: str | None = None  # the kind that such a file is after all, where its name says so
    archived_by: str = ""  # the column that the name of a file of archived rows fills, where the file lacks it
    likely: Callable[[frozenset[str]], bool] | None = None  # headers that may be this kind's: somebody is asked

    @property
    def imported(self) -> bool:
        return self.to_records is not None

    @property
    def awaited(self) -> bool:
        """Whether an export lacks something without a file of it."""
        return self.imported and not self.listed

    @property
    def columns(self) -> tuple[Placed, ...]:
        return columns_of(self.row)

    @property
    def owner(self) -> str | None:
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
    looks: tuple[Look, ...] = ()  # where cells must be found again, told apart from the mapping
    nested: Nested | None = None  # which rows one object holds, told apart from the reading
    help_article: str = ""
    fields_of: Callable[[Iterable[tuple[str, Any]], Context, Mapping[str, str]], dict[str, Defined]] | None = None

    def kind(self, name: str) -> Kind[Any]:
        """The kind of this name. Raises UnknownKind where the source has none of it."""
        found = next((k for k in self.kinds if k.name == name), None)
        if found is None:
            raise UnknownKind("the source has no such kind")
        return found
