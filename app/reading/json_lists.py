"""The lists of a JSON text: a script may write everything into a single file, each kind under its name.

Such a text is read once per list, and each list counts as a file of its own.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, TypeGuard

from app.json_values import JsonObject, JsonValue
from app.mapping.columns import normalise_header
from app.mapping.layout import Layout
from app.reading.refusal import Refused
from app.reading.relation_headers import short_object

TOTAL = "total_entries"
PAGE = frozenset({TOTAL, "links"})

NO_LIST = ""  # list name for a pass that only collects the names of lists
_NO_ROWS = frozenset({"errors", "links", "messages", "warnings"})  # lists of a page that never hold rows
_ADDRESS = frozenset({"href", "links", "self", "url"})
_OF_PAGES = frozenset(
    """count current currentpage cursor errors first hasmore haspages last lastpage limit links message messages meta
    metadata next nextcursor nextpage object offset ok page pagenumber pages pagesize pagination paging perpage prev
    previous self status success total totalcount totalentries totalpages warnings""".split()  # noqa: SIM905 - shorter than a list
)  # normalised names of page metadata
_FEW = 8  # members of a metadata object


class SeveralLists(Refused):
    """A text holds lists of several kinds and cannot be read as a single table. `names` are the lists in order."""

    def __init__(self, names: Collection[str] = ()) -> None:
        super().__init__("bad_json")
        self.names = tuple(names)


class UnknownLists(Refused):
    """An object is a page around lists with unknown names. `names` are the lists in order.

    The caller starts again and passes the names as known.
    """

    def __init__(self, names: Collection[str]) -> None:
        super().__init__("bad_json")
        self.names = tuple(names)


@dataclass
class JsonLists:
    """The lists met so far, and which list is read: all if `only` is None.

    `kinds` is the kind of each known list name. `fields` are the normalised headers of all kinds; `are_rows` says
    whether an object with such members is a row.
    """

    kinds: Mapping[str, str]
    only: str | None = None
    fields: frozenset[str] = frozenset()
    are_rows: Callable[[Collection[str]], bool] = lambda _: False
    layout: Layout = field(default_factory=Layout)
    noted: dict[str, None] = field(default_factory=dict)
    _keys: frozenset[str] = field(init=False)
    _kinds_by_singular: dict[str, str] = field(init=False)  # kind of each list name in the singular

    def __post_init__(self) -> None:
        self._keys = frozenset(map(self.layout.normalise_list, self.kinds))
        self._kinds_by_singular = {self._singular(name): kind for name, kind in self.kinds.items()}

    def note(self, name: str) -> None:
        """Records a list. Raises SeveralLists if all lists are read and they are of several kinds."""
        if name not in self.noted:
            self.noted[name] = None
            if self.only is None and len({self.kinds.get(each, each) for each in self.noted}) > 1:
                raise SeveralLists

    def is_read(self, name: str) -> bool:
        """Returns whether the list of this name is read."""
        return self.only is None or name == self.only

    def records_outside_lists(self, members: Mapping[str, JsonValue], large: Mapping[str, str]) -> Iterator[str]:
        """Records further lists among the members of a page. Yields the names of members that are a single record, and
        of objects under a kind's name that the kind takes apart.

        `large` are members that were too large to hold, with their first character.
        """
        for name, begins in large.items():
            if begins == "[":
                self.note(name)
            elif name in self.kinds:
                yield name
        for name, value in members.items():
            if is_list_of_objects(value):
                if name not in _NO_ROWS and not self._describes_page(name, value):
                    self.note(name)
            elif (
                isinstance(value, dict)
                and value.keys() - _ADDRESS
                and ((name in self.kinds and _is_deep(value)) or self.is_record(name, value))
            ):
                yield name

    def is_record(self, name: str, value: Any) -> bool:
        """Returns whether an object outside a list is a row: it has the members of a row, or an id and a kind's
        name."""
        if not isinstance(value, dict) or self.is_of_page(name):
            return False
        if name in self.kinds or self.layout.normalise_list(name) in self._keys:
            return "id" in map(self.layout.normalise, value) or self._has_row_members(value)
        return short_object(value) is None and self._has_row_members(value)

    def record_in(self, row: JsonObject, list_name: str | None) -> JsonObject:
        """Returns the record in a row whose only member is an object under the list's name, or under a name of its
        kind, in singular or plural, as in `{"patient": {"id": 9}}`; any other row unchanged."""
        if len(row) != 1 or list_name is None:
            return row
        [(name, record)] = row.items()
        return record if isinstance(record, dict) and self._are_of_one_kind(name, list_name) else row

    def is_around_record(self, row: Mapping[str, JsonValue]) -> bool:
        """Returns whether a row's only member is an object with an id under a kind's name, in singular or plural."""
        if len(row) != 1:
            return False
        [(name, record)] = row.items()
        if not isinstance(record, dict) or self.kind_of_singular(name) is None:
            return False
        return "id" in map(self.layout.normalise, record)

    def kind_of_singular(self, name: str) -> str | None:
        """Returns the kind of a name, in singular or plural."""
        return self._kinds_by_singular.get(self._singular(name))

    def _are_of_one_kind(self, first: str, second: str) -> bool:
        kind = self.kind_of_singular(first)
        return self._singular(first) == self._singular(second) or (
            kind is not None and kind == self.kind_of_singular(second)
        )

    def _singular(self, name: str) -> str:
        """Returns the name of a list as for one record: `patient` for `patients`."""
        name = self.layout.normalise_list(name)
        return f"{name[:-3]}y" if name.endswith("ies") else re.sub(r"(?<=ss)es$|(?<!s)s$", "", name)

    def is_of_page(self, name: str) -> bool:
        """Returns whether the name is page metadata, as `meta`."""
        return self.layout.normalise(name) in _OF_PAGES

    def _has_row_members(self, value: Mapping[str, JsonValue]) -> bool:
        return not self.fields.isdisjoint(map(self.layout.normalise, value)) and self.are_rows(value)

    def _describes_page(self, name: str, value: list[Any]) -> bool:
        """Returns whether a list is page metadata: such a name, and a single object with few members that no record
        has."""
        first = _first_of(value)
        if self.layout.normalise(name) not in _OF_PAGES or len(value) > 1 or len(first) > _FEW:
            return False
        return not any(isinstance(each, dict | list) for each in first.values()) and self.fields.isdisjoint(
            map(self.layout.normalise, first)
        )

    def page_lists(
        self, members: Mapping[str, JsonValue], large: Mapping[str, str], *, is_alone: bool
    ) -> tuple[str, ...]:
        """Returns the unknown list names if the object is only a page around them; empty if the object may be a row.

        `is_alone`: the text has only this object.
        """
        lists = [name for name, value in members.items() if value == [] or is_list_of_objects(value)]
        lists = [name for name in (*lists, *(n for n in large if large[n] == "[")) if name not in self.kinds]
        if not lists:
            return ()
        known = [name for name in lists if self.layout.normalise_list(name) in self._keys]
        if known:
            others: Iterable[str] = takewhile(lambda name: name not in known, members) if is_alone else members
            return tuple(known) if self._are_page_members(name for name in others if name not in known) else ()
        are_page_names = self._are_page_members if is_alone else _are_page_names
        if not are_page_names(name for name in (*members, *large) if name not in lists):  # true for nearly all rows
            return ()
        with_rows = [name for name in lists if self._may_have_rows(name, members.get(name))]
        return tuple(with_rows) if are_page_names(name for name in lists if name not in with_rows) else ()

    def begins_row(self, members: Mapping[str, JsonValue]) -> bool:
        """Returns whether the first member is a row's, as in nearly all rows."""
        first = next(iter(members), None)
        return first is not None and not isinstance(members[first], list) and not self._are_page_members((first,))

    def _may_have_rows(self, name: str, value: Any) -> bool:
        """Returns whether a list may hold rows. `value` is None for a list that was too large to hold."""
        if value == [] or name in _NO_ROWS or (value and self._describes_page(name, value)):
            return False
        return self.layout.normalise(name) not in self.fields or (bool(value) and self.are_rows(_first_of(value)))

    def _are_page_members(self, names: Iterable[str]) -> bool:
        """Returns whether none of the members is a row's."""
        return all(name in PAGE or self.layout.normalise(name) not in self.fields for name in names)


def _are_page_names(names: Iterable[str]) -> bool:
    """Returns whether all members are page metadata."""
    return all(normalise_header(name) in _OF_PAGES for name in names)


def is_list_of_objects(value: Any) -> TypeGuard[list[Any]]:
    """Returns whether a value is a list whose first element other than null is an object."""
    return isinstance(value, list) and isinstance(_first_of(value), dict)


def _first_of(value: list[Any]) -> Any:
    return next((each for each in value if each is not None), None)


def _is_deep(value: Mapping[str, JsonValue]) -> bool:
    return any(isinstance(each, dict | list) and each for each in value.values())
