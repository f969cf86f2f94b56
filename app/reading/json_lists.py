"""The lists of one JSON text: a script may write everything that a clinic has into one file, each kind under its name.

Such a text is read once for each of its lists, and each list counts as a file of its own.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from typing import Any

from app.mapping.columns import normalise_header
from app.reading.refusal import Refused
from app.reading.relations import short_object

TOTAL = "total_entries"
PAGE = frozenset({TOTAL, "links"})

NO_LIST = ""  # the list of a reading that only asks which there are
_NO_ROWS = frozenset({"errors", "links", "messages", "warnings"})  # lists that a page may have beside its rows
_ADDRESS = frozenset({"href", "links", "self", "url"})
_OF_PAGES = frozenset(
    """count current currentpage cursor errors first hasmore haspages last lastpage limit links message messages meta
    metadata next nextcursor nextpage object offset ok page pagenumber pages pagesize pagination paging perpage prev
    previous self status success total totalcount totalentries totalpages warnings""".split()  # noqa: SIM905 - as a list it would be a page long
)  # normalised names of what pages say of themselves
_FEW = 8  # members of an object that says something of a page


class SeveralLists(Refused):
    """A text holds several lists that are not of one kind: nobody may read it as one. `names` are theirs, in order."""

    def __init__(self, names: Collection[str] = ()) -> None:
        super().__init__("bad_json")
        self.names = tuple(names)


class FurtherLists(Refused):
    """An object is a page around lists under names that were not known as such. `names` are theirs, in order.

    Whoever reads the text begins again, and knows them.
    """

    def __init__(self, names: Collection[str]) -> None:
        super().__init__("bad_json")
        self.names = tuple(names)


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return normalise_header(name)


def list_key(name: str) -> str:
    """The name of a list as it is compared: whatever an account calls its clients, and however the name is written."""
    return _plain(name).replace("customer", "patient")


@dataclass
class Lists:
    """Which lists were met, and which is read: all of them where `only` is None, else the one of that name.

    `kinds` has the kind of each name that lists of rows have. `fields` are the normalised headers of rows of any kind,
    and `are_rows` says whether an object with such members is a row of one.
    """

    kinds: Mapping[str, str]
    only: str | None = None
    fields: frozenset[str] = frozenset()
    are_rows: Callable[[Collection[str]], bool] = lambda _: False
    met: dict[str, None] = field(default_factory=dict)
    _keys: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._keys = frozenset(map(list_key, self.kinds))

    def meet(self, name: str) -> None:
        """Notes a list. Raises SeveralLists where all would be read, and are not of one kind."""
        if name not in self.met:
            self.met[name] = None
            if self.only is None and len({self.kinds.get(each, each) for each in self.met}) > 1:
                raise SeveralLists

    def is_read(self, name: str) -> bool:
        return self.only is None or name == self.only

    def beside(self, members: Mapping[str, Any], large: Mapping[str, str]) -> Iterator[str]:
        """Meets what a page holds beside its lists that is a list, too. Gives the names of objects that are a record,
        and of objects under a name of rows, which their kind has to take apart.

        `large` are members that were too large to be held, and how each begins.
        """
        for name, begins in large.items():
            if begins == "[":
                self.meet(name)
            elif name in self.kinds:
                yield name
        for name, value in members.items():
            if is_list_of_objects(value):
                if name not in _NO_ROWS and not self._is_no_record(name, value):
                    self.meet(name)
            elif (
                isinstance(value, dict)
                and value.keys() - _ADDRESS
                and ((name in self.kinds and _is_deep(value)) or self.is_record(name, value))
            ):
                yield name

    def is_record(self, name: str, value: Any) -> bool:
        """Whether an object that stands without a list is one row of a kind: its members are those of a row, or the
        object has an id and is called as rows are.
        """
        if not isinstance(value, dict) or self.is_of_page(name):
            return False
        if name in self.kinds or list_key(name) in self._keys:
            return "id" in map(_plain, value) or self._are_row_s(value)
        return short_object(value) is None and self._are_row_s(value)

    def is_of_page(self, name: str) -> bool:
        """Whether a page has such a member for itself, as `meta`."""
        return _plain(name) in _OF_PAGES

    def _are_row_s(self, value: Mapping[str, Any]) -> bool:
        return not self.fields.isdisjoint(map(_plain, value)) and self.are_rows(value)

    def _is_no_record(self, name: str, value: list[Any]) -> bool:
        """Whether a list says something of its page: it is called so, and holds one object with a few members, none of
        which a record of any kind has."""
        if _plain(name) not in _OF_PAGES or len(value) > 1 or len(value[0]) > _FEW:
            return False
        return not any(isinstance(each, dict | list) for each in value[0].values()) and self.fields.isdisjoint(
            map(_plain, value[0])
        )

    def around(self, members: Mapping[str, Any], large: Mapping[str, str], *, is_alone: bool) -> tuple[str, ...]:
        """The names of the lists around which an object is only a page; none where it may be a row.

        Nobody knew these names as such. `is_alone`: the text has nothing but this object.
        """
        lists = [name for name, value in members.items() if value == [] or is_list_of_objects(value)]
        lists = [name for name in (*lists, *(n for n in large if large[n] == "[")) if name not in self.kinds]
        if not lists:
            return ()
        known = [name for name in lists if list_key(name) in self._keys]
        if known:
            others: Iterable[str] = takewhile(lambda name: name not in known, members) if is_alone else members
            return tuple(known) if self._are_frame(name for name in others if name not in known) else ()
        are_page_s = self._are_frame if is_alone else _are_of_pages
        if not are_page_s(name for name in (*members, *large) if name not in lists):  # as in nearly all rows
            return ()
        found = [name for name in lists if self._may_have_rows(name, members.get(name))]
        return tuple(found) if are_page_s(name for name in lists if name not in found) else ()

    def begins_row(self, members: Mapping[str, Any]) -> bool:
        """Whether the first of the members is one of a row, as in nearly all rows."""
        first = next(iter(members), None)
        return first is not None and not isinstance(members[first], list) and not self._are_frame((first,))

    def _may_have_rows(self, name: str, value: Any) -> bool:
        """Whether a list may hold rows; of one that is too large to be held, `value` is None."""
        if value == [] or name in _NO_ROWS or (value and self._is_no_record(name, value)):
            return False
        return _plain(name) not in self.fields or (bool(value) and self.are_rows(value[0]))

    def _are_frame(self, names: Iterable[str]) -> bool:
        """Whether members say nothing of a row, as totals and addresses of a page do not."""
        return all(name in PAGE or _plain(name) not in self.fields for name in names)


def _are_of_pages(names: Iterable[str]) -> bool:
    """Whether members are what pages say of themselves."""
    return all(_plain(name) in _OF_PAGES for name in names)


def is_list_of_objects(value: Any) -> bool:
    """Whether a value is a list that begins with an object."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _is_deep(value: Mapping[str, Any]) -> bool:
    return any(isinstance(each, dict | list) and each for each in value.values())
