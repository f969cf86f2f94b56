"""What a kind may have beside its columns: how it is recognised, identified, named, shared, joined, filed or merged.

Each trait is a small description that the engine asks. A kind sets only the traits that it has; the default of each
trait means that the kind has none of it. Every function of a trait is pure and never raises for odd cells.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app.mapping.columns import Column, Link
from app.mapping.lookups import Lookups
from app.mapping.rows import Record
from app.problems import Problem

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that a row names and no row describes: a cancellation reason, a referral type, an unknown service.

    The record is made once, by the kind whose `made` has the table, however many rows mention it.
    """

    table: str
    key: str  # what its id is derived from, such as "name:sick"
    name: str
    more: str = ""  # what else the first row says of it, such as a colour


def no_mentions(row: Any, /) -> tuple[Mention, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Recognition:
    """How a file of the export is recognised as one of this kind.

    * `fingerprint`: receives the normalised headers of a file, returns whether the file is of this kind.
    * `file_names`: lower-case stems of the files that usually hold the kind, such as `patients`.
    * `json_keys`: the plural under which an API page or a JSON file carries the kind, such as `bookings`.
    * `unfold`: receives an object of a JSON file, returns the rows that the object holds, or None for one row.
    * `may_be`: receives headers, returns whether a person is asked about a file that `fingerprint` does not take.
    * `named_instead`: the kind that such a file is after all where the file's name says so.
    * `archived_by`: the column that the name of a file of archived rows fills where the file lacks the column.
    * `native_headers`: how sure the headers of a native export are: A assumed, R reported, C confirmed.
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
    """What tells one row of a kind from another, and what becomes of two rows with one key.

    * `made_key`: the column in which reading writes a key for a row without one.
    * `key_of`: returns the key of a row whose file has no key column, such as `patient@start` of an appointment.
    * `key_beside`: returns what else tells apart rows that share a key. The index knows such a row as `KEY/BESIDE`.
    * `one_of_many`: all rows that share a key describe one thing; the first of them is also known as `KEY`.
    * `twin_of`: returns a text whose hash finds likely duplicates, such as a name with a date of birth.
    * `compared`: receives a row and the clinic's country, returns by attribute the values that stand in for it when
      rows of one key are compared. None leaves an attribute out.
    * `target_values`: returns, by link, what the row says of the link's target, so that two rows can be compared.
    * `later_row_code`: the problem of a row that a later row of the same key replaces.
    * `unique_pairs`: names of links whose pair of targets counts as a key for `later_row_code`.
    * `yields`: returns whether the row counts only where no other row has its key.
    * `yielded_code`: the problem of a row that yielded.
    """

    generated_key: str | None = None
    key_of: Callable[[R], str | None] | None = None
    key_suffix_of: Callable[[R], str | None] | None = None
    is_multi_row: bool = False
    duplicate_key_of: Callable[[R], str | None] | None = None
    compared_values: Callable[[R, str], Mapping[str, Any]] | None = None
    target_values: Callable[[R], Iterable[tuple[str, str]]] | None = None
    later_row_code: str | None = None
    unique_link_pair: tuple[str, ...] = ()
    yields: Callable[[R], bool] | None = None
    yielded_code: str | None = None


@dataclass(frozen=True, slots=True)
class Names(Generic[R]):
    """The names under which other rows, and the workspace, know a row of a kind.

    * `name_of`: returns the name by which other rows refer to the row. Only such names enter the index.
    * `alias_of`: returns a second name, such as the e-mail address of a user.
    * `alias_shared`: the problem of later rows that share an alias.
    * `namesake_of`: returns a text whose hash finds rows of equal names.
    * `identity_texts`: receives a row and the clinic's country, returns texts that a record of the workspace may share.
    * `are_people`: titles such as `Dr` do not count when names are compared.
    * `are_unique`: two rows with one name are reported.
    """

    name_of: Callable[[R], str | None] | None = None
    alias_of: Callable[[R], str | None] | None = None
    shared_alias_code: str | None = None
    namesake_key_of: Callable[[R], str | None] | None = None
    identity_texts: Callable[[R, str], Iterable[str]] | None = None
    are_people: bool = False
    are_unique: bool = False


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
    """References of a kind beyond the links of its columns.

    * `beside`: returns references that no column describes, each as a field, its link and the column to report.
    * `columns_for`: returns the links that mean something else in this row, by field; None for a link that does not
      count.
    * `counted_back`: links of other kinds, as (kind, field), that are counted back to this row. The counts stand in
      `Joined.extra` under the other kind's name.
    """

    extra_links: Callable[[R], Iterable[tuple[str, Link, Column]]] | None = None
    column_overrides: Callable[[R], Mapping[str, Column | None]] | None = None
    counted_referrers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sharing:
    """A kind whose row may become several records: one for each target of a link (the patients of a group).

    * `by`: the link, such as `patient_ids`.
    * `is_shared`: receives a row, returns whether the row becomes several records.
    * `is_aside`: receives a row, returns whether the row is something else that no reference leads to (a busy time).
    * `alone`: the problem of a row without any target.
    """

    target_link: str
    is_shared: Callable[[Any], bool]
    is_unreferenced: Callable[[Any], bool]
    no_target_code: str


@dataclass(frozen=True, slots=True)
class Joining:
    """A kind whose rows add to another row's records, and have no record of their own.

    * `to`: the link to that row, such as `booking_id`.
    * `by`: the link that names whose record the row adds to.
    * `again`: the problem of a second row for the same record.
    * `differs`: the problem of a row that contradicts the only record of that row. The joining row wins.
    """

    row_link: str
    owner_link: str
    duplicate_code: str
    conflict_code: str


@dataclass(frozen=True, slots=True)
class Filing:
    """A kind whose rows are files that belong to somebody. A list may name the files, which lie beside the list.

    * `by`: the link to whom the row says that the file belongs; `under`: the link to whom the folder says.
    * `differs`: the problem of a file for which the two disagree.
    * `named`: the problem of a folder that has a name and no id, where exactly one person bears the name.
    * `again`: the problem of the same bytes a second time; `renamed`: of a name that another file of the folder has.
    * `unlisted`: the problem of a file that no row of a list names.
    * `from_folder`: the column in which reading marks that `by` comes from the folder.

    Reading fills the columns that say what lies beside the list (see `app/reading/file_index_columns.py`), and `by`
    where the row is silent and the folder is not.
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
class Naming(Generic[R]):
    """Records for things that rows only name.

    * `mentions`: returns the things that a row names.
    * `made`: by table, receives a mention and returns its record. `made[tables[0]]` makes what other rows only name.
    * `made_beside`: returns further records of what `made` makes.
    * `made_mentions`: what things that are made from a name mention in their turn.
    * `unknown`: the label of a thing that is known by its id alone, such as "Unknown type".
    * `placeholder`: the problem that reports such things. With `placeholder`, they are made only where the export has
      no rows of the kind at all.
    * `unnamed_code`: the problem of rows of other kinds that should refer to one and name none. They refer to
      `unknown`, and wait until the clinic has chosen what becomes of them.
    * `names_exist`: False where a name in the kind's rows is no proof that its bearer exists.
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
class QuestionColumns:
    """A kind whose columns or cells hold the clinic's own questions.

    * `columns`: receives the headers of a part, returns those that carry questions or their answers.
    """

    columns: Callable[[frozenset[str]], frozenset[str]] | None = None


@dataclass(frozen=True, slots=True)
class Exclusion(Generic[R]):
    """Rows that do not move.

    * `reason`: returns the problem for which the row cannot move as far as the row alone can say, or None.
    * `instead`: for kinds that do not move at all, what the clinic does instead.
    * `counted_as`: the problem that reports the rows of such a kind.
    """

    reason: Callable[[R], Problem | None] | None = None
    workaround: str = ""
    excluded_code: str = "kind_not_imported"


@dataclass(frozen=True, slots=True)
class ShortList:
    """A kind that is a short list in which rows of other kinds look something up, under `Lookups.lists`.

    * `is_listed`: whether the kind is such a list.
    * `by`: the link by whose target a row is looked up, where that is not the row's own id.
    """

    is_listed: bool = False
    lookup_link: str = ""


@dataclass(frozen=True, slots=True)
class Schedule(Generic[R]):
    """What rows say of time.

    * `spans_of`: returns stretches of time in minutes of the week. Overlapping stretches of one practitioner at one
      place are united.
    * `attended`: returns whether the client attended, or None where the row does not know.
    * `numbers_of`: returns numbers that rows say of others, by name. They are only added up.
    * `activity_words`: words in a service's name for work that may happen without a client in the room.
    """

    spans_of: Callable[[R], tuple[tuple[int, int], ...]] | None = None
    attended: Callable[[R], bool | None] | None = None
    numbers_of: Callable[[R], Iterable[tuple[str, int]]] | None = None
    activity_words: tuple[str, ...] = ()
