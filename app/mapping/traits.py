"""The traits of a kind: how its files are recognised, and how its rows are identified, named, merged, shared or joined.

A kind sets only the traits that it has. The default of each trait means that the kind has none of it. Functions of
traits are pure and never raise for invalid cells. A member whose name ends in `_code` is the code of a problem
(`app/problems.toml`); a member that ends in `_link` or `_column` is the name of an attribute of the row class.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app.mapping.columns import Column, Link
from app.mapping.lookups import Lookups
from app.mapping.rows import Delivered, FormerRecord, Joined, Record
from app.problems import Problem

R = TypeVar("R")


MADE = ("name:", "field:")
"""The keys of records that were made for a name or for a detail, and that never had a row, begin with these."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing that rows name and no row describes: a cancellation reason, a referral type, an unknown service.

    One record is made for all rows that mention the thing, by the kind whose `Naming.record_makers` has the table.

    * `key`: the id in Caspen is derived from it, such as "name:sick".
    * `more`: a further value of the first row that mentions the thing, such as a colour.
    """

    table: str
    key: str
    name: str
    more: str = ""


def no_mentions(row: Any, /) -> tuple[Mention, ...]:
    """The default for `Naming.mentions`: rows mention nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Recognition:
    """How a file of the export is recognised as a file of the kind.

    * `fingerprint`: receives the normalised headers of a file, returns whether the file is of the kind.
    * `file_names`: lower-case stems of the files that usually hold the kind, such as `patients`.
    * `json_keys`: the plural under which an API page or a JSON file carries the kind, such as `bookings`.
    * `unfold`: receives an object of a JSON file, returns the rows that the object holds, or None for one row.
    * `is_candidate`: receives the normalised headers, returns whether a person is asked if the file is of the kind,
      although `fingerprint` returns False.
    * `kind_by_file_name`: another kind with the same headers. A file whose name contains that kind's name is of it.
    * `archived_column`: the attribute that is filled for a file whose name says "archived", if the file has no such
      column.
    * `native_headers`: how sure we are of the headers of a native export: C confirmed, R reported, A assumed.
    """

    fingerprint: Callable[[frozenset[str]], bool]
    file_names: tuple[str, ...] = ()
    json_keys: tuple[str, ...] = ()
    unfold: Callable[[Mapping[str, Any]], tuple[Any, ...] | None] | None = None
    is_candidate: Callable[[frozenset[str]], bool] | None = None
    kind_by_file_name: str | None = None
    archived_column: str = ""
    native_headers: str = "A"


@dataclass(frozen=True, slots=True)
class Identity(Generic[R]):
    """The key of a row, and what happens to several rows with the same key.

    * `generated_key`: the attribute in which reading writes a key for a row without a key.
    * `key_of`: returns the key of a row whose file has no key column, such as `patient@start` of an appointment.
    * `key_suffix_of`: returns a text that distinguishes rows with the same key. The index stores such a row under
      `KEY/SUFFIX`.
    * `is_multi_row`: all rows with the same key describe one thing. The first row is also stored under `KEY`.
    * `duplicate_key_of`: returns a text that likely duplicates share, such as a name with a date of birth.
    * `compared_values`: receives a row and the clinic's country (ISO alpha-2), returns by attribute the values that
      replace the row's own when rows with the same key are compared. None leaves an attribute out.
    * `compared_from`: by the name of a value that only `compared_values` has, the attributes from which it is made. A
      row of a file without these columns says nothing about that value.
    * `not_compared`: attributes that change nothing in Caspen, so that rows which differ in them alone are equal.
    * `target_values`: returns pairs of link and text: what the row says about the target of the link. Two rows that
      refer to the same target are compared by it.
    * `later_row_code`: the problem of a row that a later row with the same key replaces.
    * `unique_link_pair`: two links whose pair of targets counts as a key for `later_row_code`.
    * `yields`: returns whether the row counts only if no other row has its key.
    * `yielded_code`: the problem of a row that yielded to another row.
    """

    generated_key: str | None = None
    key_of: Callable[[R], str | None] | None = None
    key_suffix_of: Callable[[R], str | None] | None = None
    is_multi_row: bool = False
    duplicate_key_of: Callable[[R], str | None] | None = None
    compared_values: Callable[[R, str], Mapping[str, Any]] | None = None
    compared_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_compared: tuple[str, ...] = ()
    target_values: Callable[[R], Iterable[tuple[str, str]]] | None = None
    later_row_code: str | None = None
    unique_link_pair: tuple[str, ...] = ()
    yields: Callable[[R], bool] | None = None
    yielded_code: str | None = None


@dataclass(frozen=True, slots=True)
class Names(Generic[R]):
    """The names by which other rows, and records of the workspace, are matched with a row.

    * `name_of`: returns the name by which other rows refer to the row. The index stores only these names.
    * `alias_of`: returns a second name, such as the e-mail address of a user.
    * `shared_alias_code`: the problem of a row whose alias an earlier row has.
    * `namesake_key_of`: returns a text that rows of equal names share. The index stores its hash.
    * `identity_texts`: receives a row and the clinic's country (ISO alpha-2), returns texts that the same person's
      record in the workspace may have.
    * `are_people`: titles such as `Dr` are ignored when names are compared.
    * `are_unique`: two rows with the same name are reported.
    * `unique_within`: the links whose targets have one row of each name, such as a practitioner and a location. A later
      row that says the same about the target of the first of them (`Identity.target_values`) is a `duplicate_row`.
    """

    name_of: Callable[[R], str | None] | None = None
    alias_of: Callable[[R], str | None] | None = None
    shared_alias_code: str | None = None
    namesake_key_of: Callable[[R], str | None] | None = None
    identity_texts: Callable[[R, str], Iterable[str]] | None = None
    are_people: bool = False
    are_unique: bool = False
    unique_within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merging(Generic[R]):
    """A row that was merged into another row of its kind.

    * `is_merged`: returns whether the row was merged into another.
    * `survivor`: the link to the row that survived, such as `merged_with_patient_id`.
    """

    is_merged: Callable[[R], bool] | None = None
    survivor: str | None = None


@dataclass(frozen=True, slots=True)
class References(Generic[R]):
    """References of a kind that its columns alone do not describe.

    * `extra_links`: returns further references of the row, each as attribute, link and column.
    * `column_overrides`: returns, by attribute, the column that replaces the attribute's own for this row; None for a
      link that does not count in this row.
    * `counted_referrers`: links of other kinds, as (kind, attribute). Mapping receives the number of rows that refer to
      the row by this link, in `Joined.extra` under the name of the other kind.
    """

    extra_links: Callable[[R], Iterable[tuple[str, Link, Column]]] | None = None
    column_overrides: Callable[[R], Mapping[str, Column | None]] | None = None
    counted_referrers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sharing:
    """A kind whose row may become several records: one for each target of a link, such as each client of a group.

    * `target_link`: the link, such as `patient_ids`.
    * `is_shared`: returns whether the row becomes several records.
    * `is_unreferenced`: returns whether references never lead to the row, because it is no visit but, for example, a
      busy time in the same file.
    * `no_target_code`: the problem of a shared row without any target.
    """

    target_link: str
    is_shared: Callable[[Any], bool]
    is_unreferenced: Callable[[Any], bool]
    no_target_code: str


@dataclass(frozen=True, slots=True)
class Joining:
    """A kind whose rows add to the records of another kind's rows, and have no record of their own.

    * `row_link`: the link to the other kind's row, such as `booking_id`.
    * `owner_link`: the link to the person whose record the row adds to, such as `patient_id`.
    * `duplicate_code`: the problem of a second row for the same record.
    * `conflict_code`: the problem of a row whose person differs from that of the other row's only record. The joining
      row wins.
    """

    row_link: str
    owner_link: str
    duplicate_code: str
    conflict_code: str


@dataclass(frozen=True, slots=True)
class Filing:
    """A kind whose rows are files that belong to people. A list (index) in the export may name the files of its folder.

    * `owner_link`: the link to the person, by the row of the list.
    * `folder_link`: the link to the person, by the name of the file's folder.
    * `conflict_code`: the problem of a file whose `owner_link` and `folder_link` lead to different people.
    * `folder_name_code`: the problem of a file whose folder has a person's name and no id, if exactly one person has
      this name.
    * `duplicate_code`: the problem of a file with the same bytes as another file of the person.
    * `renamed_code`: the problem of a file that got a new name, because another file of the person has its name.
    * `unlisted_code`: the problem of a file that no row of a list names.
    * `from_folder_column`: the attribute in which reading marks that `owner_link` was filled from the folder.

    Reading fills the columns about the file beside the list (`app/reading/file_index_columns.py`). Reading fills
    `owner_link` from the folder if the row names no person.
    """

    owner_link: str
    folder_link: str
    conflict_code: str
    folder_name_code: str
    duplicate_code: str
    renamed_code: str
    unlisted_code: str
    from_folder_column: str


@dataclass(frozen=True, slots=True)
class CaseList:
    """A kind of cases whose rows list the attendances that belong to them. Visits without a case get theirs from it.

    * `attendance_link`: the link of a case to its attendances; `client_link`: to its client.
    * `visit_link`: the link of an attendance to its visit; `clients_link`: the link of a visit to its clients.
    * `case_link`: the link of a visit and of an attendance to a case.
    * `unknown_code`: the problem of a visit whose case the export does not have.
    """

    attendance_link: str
    client_link: str
    visit_link: str
    clients_link: str
    case_link: str
    unknown_code: str


@dataclass(frozen=True, slots=True)
class PageColumns:
    """A kind of notes that an export may hold as pages, one file each: the columns that reading fills from a page.

    * `key`: the id in the name of the page; `made_key`: a key for a page without an id.
    * `owner`: the client whose folder the page lies in.
    * `title`, `author`, `day`: what the page and its name say; `day` is a date.
    * `content`: the sections of the page, as JSON.
    * `draft` is filled with "false", and `is_page` with "true".

    A column that is empty is not filled.
    """

    key: str
    owner: str
    title: str
    content: str
    made_key: str
    author: str = ""
    day: str = ""
    draft: str = ""
    is_page: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in the order of the cells that reading makes of a page."""
        parts = (self.key, self.owner, self.title, self.content, self.author, self.day, self.draft, self.is_page)
        return (*parts, self.made_key)


@dataclass(frozen=True, slots=True)
class Naming(Generic[R]):
    """Records for things that rows name and that have no row of their own.

    * `mentions`: returns the things that a row names.
    * `record_makers`: by table, a function that receives a mention and returns its record. The function of the kind's
      first table makes placeholders for rows of the kind that other rows refer to and that the export lacks.
    * `extra_records`: returns further records of a placeholder.
    * `implied_mentions`: the things that placeholders mention.
    * `unknown_label`: the beginning of a placeholder's name if only its id is known, such as "Unknown type".
    * `placeholder_code`: the problem that reports placeholders. A kind with this code gets placeholders only if the
      export has no rows of the kind at all.
    * `unnamed_code`: the problem of rows of other kinds that name no target for a required link to the kind. They refer
      to one placeholder, and are held until the clinic has chosen the target.
    * `named_things_exist`: False if a name in a row of the kind does not prove that the named thing exists.
    """

    mentions: Callable[[R], tuple[Mention, ...]] = no_mentions
    record_makers: Mapping[str, Callable[[Mention, Lookups], Record]] = field(default_factory=dict)
    extra_records: Callable[[Mention, Lookups], tuple[Record, ...]] | None = None
    implied_mentions: tuple[Mention, ...] = ()
    unknown_label: str = "Unknown"
    placeholder_code: str | None = None
    unnamed_code: str | None = None
    named_things_exist: bool = True


@dataclass(frozen=True, slots=True)
class FormerRecords(Generic[R]):
    """A kind whose row becomes other records when its cells change: what a later export no longer makes, is removed.

    * `records`: receives the row, its references, the lookups and what the export has. Returns the records that the row
      may have become in an earlier export and about which this export decides; also those that it becomes now.
    * `emptied_code`: the problem of a row that was skipped because it is empty, and whose records are removed.
    """

    records: Callable[[R, Joined, Lookups, Delivered], Iterable[FormerRecord]] | None = None
    emptied_code: str = ""


@dataclass(frozen=True, slots=True)
class QuestionColumns:
    """A kind whose columns or cells hold the clinic's own questions (custom fields).

    * `columns`: receives the headers of a part, returns the headers that hold questions or their answers.
    """

    columns: Callable[[frozenset[str]], frozenset[str]] | None = None


@dataclass(frozen=True, slots=True)
class Exclusion(Generic[R]):
    """Rows that are not imported.

    * `reason`: returns the problem that excludes the row, judged by the row alone; None for a row that is imported.
    * `workaround`: for a kind that is not imported at all, a sentence about what the clinic can do instead.
    * `excluded_code`: the problem that reports the rows of such a kind.
    """

    reason: Callable[[R], Problem | None] | None = None
    workaround: str = ""
    excluded_code: str = "kind_not_imported"


@dataclass(frozen=True, slots=True)
class ShortList:
    """A kind that is kept in memory as a short list. Mapping of other kinds looks its rows up in `Lookups.lists`.

    * `is_listed`: whether the kind is such a list.
    * `lookup_link`: the link by whose target rows are looked up; "" for rows that are looked up by their own id.
    """

    is_listed: bool = False
    lookup_link: str = ""


@dataclass(frozen=True, slots=True)
class Schedule(Generic[R]):
    """Times in rows, and counts that rows contain.

    * `spans_of`: returns periods as (start, end) in minutes since the beginning of the week. Overlapping periods of one
      practitioner at one location are united.
    * `attended`: returns whether the client attended; None if the row does not say.
    * `numbers_of`: returns counts of other kinds' rows that the row contains, by name. Only their sums are used, to
      check that the export is complete.
    * `activity_words`: words in the name of a service for work without a client in the room.
    """

    spans_of: Callable[[R], tuple[tuple[int, int], ...]] | None = None
    attended: Callable[[R], bool | None] | None = None
    numbers_of: Callable[[R], Iterable[tuple[str, int]]] | None = None
    activity_words: tuple[str, ...] = ()
