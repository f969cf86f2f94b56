"""Rows of a JSON file: an array, a single object, JSON Lines, or the pages of an API."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TextIO

from app.json_values import JsonObject, JsonValue
from app.mapping.ids import id_in_address
from app.mapping.repeated_members import with_first_first, with_member
from app.reading.json_damage import RecordShape
from app.reading.json_lines import BAD_LINE, FIRST_LINES, BadLine, JsonLine, lines_of
from app.reading.json_lists import PAGE, TOTAL, JsonLists, SeveralLists, UnknownLists, is_list_of_objects
from app.reading.json_mending import Damage, MendingStream
from app.reading.json_stream import (
    NULL,
    SMALL,
    ExactNumber,
    JsonStream,
    OversizedObject,
    ValueTooLarge,
    small_members,
    values_in,
)
from app.reading.limits import Limits, is_over
from app.reading.refusal import Refused
from app.reading.related_values import (
    is_without_content,
    json_text,
    leads_to_all,
    own_id_and_codes,
    related_value,
)
from app.reading.relation_headers import NO_RELATIONS, RelationNames, id_header

ROW_LIST_NAMES = frozenset(
    {"data", "items", "results", "records", "rows", "entries"}
)  # list names that scripts use for any kind
_MOST_STRAYS = 1000  # values that are no objects before as many objects
_API = re.compile(r"https?://[^\s/]+/v\d+/")  # addresses that the source's API returns
_FRAME = re.compile(r"(?:[._\s]*(?:links?|self|href|url))+$", re.IGNORECASE)  # suffix of a name that marks an address
# Number among the file's items, cells by name, and problem codes.
JsonItem = tuple[int, dict[str, str], tuple[str, ...]]


class JsonRows:
    """The rows of a JSON text. After a pass over `items`, `announced` is the largest total that its pages state.

    `lists` is the kind of each list name, `fields` are the normalised headers of all kinds, `only` is the list to read
    in a text with several. `are_rows` says whether an object with such members is a row. Reading raises `UnknownLists`
    if pages have rows under names not in `lists`. `in_lines`: each line is read by itself, and a damaged line is a row
    without cells. `damages`: the damaged records of the list, each of which is such a row too.
    """

    def __init__(
        self,
        open_: Callable[[], TextIO],
        lists: Mapping[str, str],
        fields: frozenset[str],
        limits: Limits,
        unfolds: Sequence[Callable[[Mapping[str, JsonValue]], tuple[Any, ...] | None]] = (),
        relations: RelationNames = NO_RELATIONS,
        only: str | None = None,
        are_rows: Callable[[Collection[str]], bool] = lambda _: False,
    ) -> None:
        self._open = open_
        self._lists = JsonLists(lists, only, fields, are_rows, relations.layout)
        self._fields = fields
        self._limits = limits
        self._unfolds = unfolds
        self._relations = relations
        self.announced: int | None = None
        self.list_name: str | None = None
        self.in_lines = False
        self.damages: list[Damage] = []
        self.relations: set[str] = set()  # headers of ids that stood in a nested value or an address
        self._records: RecordShape | None = None
        self._whole = self._damaged = self._lost = 0  # lines; a truncated last line is lost, not damaged
        self._pages = self._rows = self._passed = 0
        self._around = 0  # objects around a row
        self._has_pages_on_lines = False
        self._has_strays = False

    @property
    def kind_around(self) -> str | None:
        """The kind by whose name the objects around rows are called; None without such objects."""
        return self._lists.kind_of_singular(self.list_name) if self._around and self.list_name else None

    def items(self) -> Iterator[JsonItem]:
        """Yields the rows in order. Each call reads the text anew.

        Raises Refused `bad_json` for damage, SeveralLists and UnknownLists for lists that cannot be read as a single
        table.
        """
        objects = 0
        strays: list[int] = []  # numbers of values that are no objects
        with self._open() as text:
            for number, value in (
                self._by_line(text) if self.in_lines else enumerate(self._unfolded(self._all(text)), 1)
            ):
                if isinstance(value, BadLine):
                    yield number, {}, value.codes
                elif isinstance(value, OversizedObject):
                    objects += 1
                    yield number, flatten(value, self._relations)[0], ("cell_too_large",)
                elif isinstance(value, dict):
                    objects += 1
                    value = with_first_first(value)
                    try:
                        cells, codes = flatten(value, self._relations, self.relations)
                    except RecursionError:  # a cell is nested too deep
                        yield number, flatten(small_members(value), self._relations)[0], ("cell_too_large",)
                        continue
                    most = self._limits.cell_bytes
                    if any(is_over(cell, most) for cell in cells.values()):
                        cells = {name: "" if is_over(cell, most) else cell for name, cell in cells.items()}
                        codes = (*codes, "cell_too_large")
                    yield number, cells, codes
                    del cells
                elif value is not None:  # null in place of a row is a blank row
                    strays.append(number)
                    if not self._has_strays or len(strays) > max(objects, _MOST_STRAYS):
                        break
                    yield number, {}, (BAD_LINE,)
                del value  # the next value may be as large
        if len(strays) > (objects if self._has_strays else 0):
            raise Refused("bad_json", line=strays[0])

    def list_names(self) -> tuple[str, ...]:
        """Returns the names of a text's lists. Raises Refused for damage, and for a row outside of a list."""
        try:
            with self._open() as text:
                for _ in self._all(text):
                    raise Refused("bad_json")
        except (Refused, UnicodeDecodeError) as error:
            refused = error if isinstance(error, Refused) else Refused("bad_json")
            refused.rows = self._passed + 1
            raise refused from None
        return tuple(self._lists.noted)

    def holds_object(self) -> bool:
        """Returns whether anything in the text begins like a row."""
        with self._open() as text:
            return MendingStream(text, self._limits.row_bytes).holds_object()

    def can_skip_damage(self) -> bool:
        """Returns whether only some rows are damaged. If so, `items` then reads the other rows.

        Pages on lines are read like pages of a list if some of them have several rows.
        """
        if not self.can_read_by_line():
            return self.can_pass_strays() or self.can_read_in_pieces()
        if self._pages > 0:
            rows = self._rows
            # A damaged line is a single row; if pages have several rows each, every row needs its own.
            lacks_rows = rows - self._lost > self._pages or rows < (self.announced or 0)
            self.in_lines, self._has_pages_on_lines = False, True
            self.in_lines = not (lacks_rows and self.can_read_in_pieces() and self._rows >= rows)
            if self.in_lines:
                self._records, self.damages = None, []
        return True

    def can_read_by_line(self) -> bool:
        """Returns whether a text that is not JSON as a whole has an object per line, most of them whole.

        If so, `items` then reads each line by itself. The first lines decide.
        """
        with self._open() as text:
            first = list(islice(map(self._is_object, lines_of(text, self._limits.row_bytes)), FIRST_LINES))
        whole = len([each for each in first if each in ("object", "item")])
        are_lines = "list" not in first and 2 * whole >= len(first)
        if not (are_lines or first[:1] in (["object"], ["item"]) or first[1:3] == ["object", "object"]):
            return False
        self.in_lines = True
        self._pages = self._rows = 0
        try:
            for _ in self.items():
                self._rows += 1
        except (Refused, UnicodeDecodeError):
            self.in_lines = False
        self.in_lines = self.in_lines and 0 < self._whole >= self._damaged
        return self.in_lines

    def can_pass_strays(self) -> bool:
        """Returns whether the text is JSON with numbers, texts or truths in place of rows, at most as many as objects.

        If so, `items` then yields each of them as a row without cells, as a damaged line is.
        """
        self._has_strays = True
        try:
            strays = sum(codes == (BAD_LINE,) for _, _, codes in self.items())
            self._has_strays = strays > 0
        except (Refused, UnicodeDecodeError):
            self._has_strays = False
        return self._has_strays

    def can_read_in_pieces(self) -> bool:
        """Returns whether damaged elements of the lists can be told from whole ones, and are at most as many.

        If so, `items` then reads the lists around them.
        """
        damaged = whole = 0
        try:
            with self._open() as text:
                self._records = MendingStream(text, self._limits.row_bytes).learn_records(self._is_page)
            if self._records is None:
                return False
            for _, _, codes in self.items():
                damaged += BAD_LINE in codes
                whole += BAD_LINE not in codes
        except (Refused, UnicodeDecodeError):
            damaged = whole + 1
        self._rows = damaged + whole
        if damaged > whole:
            self._records, self.damages = None, []
        return self._records is not None

    def _is_object(self, line: JsonLine) -> str:
        """Returns `object` if an object begins and ends on the line, `item` if a comma follows it, `list` if a list
        begins and does not end on the line; empty otherwise."""
        is_item, otherwise = line.goes_on, "list" if line.opens_list else ""
        stream = JsonStream(line, self._limits.row_bytes)
        try:
            if stream.peek() != "{":
                return otherwise
            for _ in self._values(stream):
                pass
        except Refused as refused:
            if refused.code == BAD_LINE:
                return otherwise
        return "item" if is_item else "object"

    def _by_line(self, text: TextIO) -> Iterator[tuple[int, Any]]:
        """Yields values with their line numbers; several values on a line get numbers of their own."""
        self._whole = self._damaged = self._lost = number = 0
        for line in lines_of(text, self._limits.row_bytes):
            pages = self._pages
            values = self._unfolded(self._objects(JsonStream(line, self._limits.row_bytes)))
            try:
                for value in list(values) if line.is_held else values:
                    number = max(number + 1, line.number)
                    yield number, value
                    del value  # the next value may be as large
                self._whole += 1
            except Refused as refused:
                if refused.code != BAD_LINE or isinstance(refused, SeveralLists | UnknownLists):
                    raise
                line.pass_over()
                number = max(number + 1, line.number)
                self._damaged += line.has_end
                self._lost += 1
                self._pages = pages
                yield number, BadLine(is_cut=not line.has_end)

    def _objects(self, stream: JsonStream) -> Iterator[Any]:
        for value in self._values(stream):
            if not isinstance(value, dict) and value is not None:
                raise Refused(BAD_LINE)
            yield value

    def _all(self, text: TextIO) -> Iterator[Any]:
        if self._records is None:
            return self._values(JsonStream(text, self._limits.row_bytes))
        stream = MendingStream(text, self._limits.row_bytes, self._records)
        self.damages = stream.damages
        return self._values(stream)

    def _unfolded(self, values: Iterator[Any]) -> Iterator[Any]:
        """Replaces objects that contain rows, nested inside each other, by those rows."""
        for value in values:
            is_whole = isinstance(value, dict) and not isinstance(value, OversizedObject)
            unfolded = (unfold(value) for unfold in self._unfolds) if is_whole else ()
            rows = next((rows for rows in unfolded if rows is not None), None)
            if rows is None and is_whole:
                value = self._lists.record_in(value, self._lists.only or self.list_name)
            yield from (value,) if rows is None else rows

    def _values(self, stream: JsonStream) -> Iterator[Any]:
        if not stream.peek():
            raise Refused("file_empty")
        is_first = True
        while sign := stream.peek():
            if sign == "[":
                yield from self._array(stream) if not isinstance(stream, MendingStream) else self._mended_array(stream)
            elif sign == "{":
                yield from self._object(stream, is_alone=is_first and not self.in_lines)
            elif sign == ",":  # some scripts write objects without an array
                stream.sign(",")
            elif sign == NULL[0] and stream.null():
                yield None
                continue
            elif isinstance(stream, MendingStream) and self._has_pages_on_lines:
                yield from stream.noise()
            else:
                raise Refused("bad_json")
            is_first = False

    def _array(self, stream: JsonStream) -> Iterator[Any]:
        """Yields the rows of an array of rows, pages, or objects around a row. Its first object decides which."""
        stream.sign("[")
        if stream.peek() == "]":
            stream.sign("]")
            return
        has_pages, is_first = False, True
        while True:
            if stream.peek() == "{" and (is_first or has_pages):
                before = self._pages, self._around
                yield from self._object(stream)
                has_pages, is_first = (self._pages, self._around) != before, False
            elif is_first and stream.null():
                yield None
            else:
                yield from self._row_or_list(stream)
                is_first = False
            if stream.sign(",]") == "]":
                return

    def _mended_array(self, stream: MendingStream, depth: int = 0) -> Iterator[Any]:
        """Yields the rows of an array of records, pages or lists, with a `BadLine` for each damaged element."""

        def inside() -> Iterator[Any] | None:
            if stream.peek() == "[":
                return self._mended_array(stream, depth + 1) if not depth else None
            return self._object(stream) if stream.begins_page(self._is_list_of_rows) else None

        return stream.elements(inside)

    def _is_list_of_rows(self, name: str, has_objects: bool, before: Mapping[str, JsonValue]) -> bool:
        return (name in self._lists.kinds or (name in ROW_LIST_NAMES and has_objects)) and self._is_frame(before)

    def _is_page(self, value: Mapping[str, JsonValue]) -> bool:
        before: JsonObject = {}
        for name, member in value.items():
            has_objects = isinstance(member, list) and isinstance(next(iter(member), None), dict)
            if isinstance(member, list) and self._is_list_of_rows(name, has_objects, before):
                return True
            before[name] = member
        return False

    def _list(self, stream: JsonStream, name: str) -> Iterator[Any]:
        """Yields the rows of a page."""
        if not isinstance(stream, MendingStream):
            yield from values_in(stream)
            return
        stream.frames.append('{"":')
        stream.lists |= {name}
        yield from stream.elements(lambda: None)
        stream.frames.pop()

    def _row_or_list(self, stream: JsonStream) -> Iterator[Any]:
        try:
            value = stream.value()
        except ValueTooLarge as large:
            yield OversizedObject(large.begins)
            return
        if isinstance(value, list):
            yield from value
        else:
            yield value

    def _object(self, stream: JsonStream, *, is_alone: bool = False) -> Iterator[Any]:
        """Yields the object as a row, or the rows of a page. `is_alone`: the object is first in the text."""
        stream.sign("{")
        rest: JsonObject = {}
        large: dict[str, str] = {}  # first character of each member that is too large
        lists = self._lists
        own = is_read = 0  # counts of row lists
        is_large = is_row = False
        size = 0
        closed = stream.peek() == "}" and stream.sign("}") == "}"
        while not closed:
            if (sign := stream.peek()) != '"':
                raise Refused("bad_json", is_cut=not sign)
            name = stream.value()
            stream.sign(":")
            begins = stream.peek()
            is_list = begins == "[" and (
                name in lists.kinds or name == lists.only or (name in ROW_LIST_NAMES and stream.opens_objects())
            )
            if is_list and (
                own or (not is_row and self._begins_page(rest, is_alone=is_alone) and self._is_frame(large))
            ):
                own += 1
                self._pages += own == 1
                lists.note(name)
                rows = self._list(stream, name)
                is_read += lists.is_read(name)
                if lists.is_read(name):
                    self.list_name = self.list_name or name
                    yield from rows
                else:
                    for _ in rows:
                        self._passed += 1
            else:
                try:
                    rest = with_member(rest, name, stream.value())
                except ValueTooLarge:
                    is_large = True
                    is_row = is_row or begins not in "[{" or len(large) > SMALL
                    large |= {name: begins} if len(large) <= SMALL else {}
                size += stream.size
                if is_large or size > self._limits.row_bytes:  # large members are not held
                    is_row = is_row or not is_large
                    large |= {each: "[" for each, value in rest.items() if is_list_of_objects(value)}
                    is_large, rest = True, small_members(rest)
                if len(rest) > self._limits.columns:
                    raise Refused("csv_misaligned")
            closed = stream.sign(",}") == "}"
        total = rest.get(TOTAL)
        if isinstance(total, int) and (own == is_read == 1 or (not own and len(rest) <= 2 and lists.only is None)):
            self.announced = max(self.announced or 0, total)
        if not own and self._is_page_of_nothing(rest, large):
            self._pages += 1
        elif own or self._holds_only_lists(rest) or (is_alone and self._holds_only_records(rest)):
            yield from self._outside_lists(rest, large)
        elif not large and self._lists.is_around_record(rest):
            for name, record in rest.items():
                yield from self._outside_list(name, record)
        elif further := self._further(rest, large, is_alone=is_alone and not stream.peek()):
            raise UnknownLists(further)
        elif lists.only is None or not rest.keys() <= PAGE:
            yield OversizedObject(rest) if is_large else rest

    def _is_page_of_nothing(self, members: Mapping[str, JsonValue], large: Mapping[str, str]) -> bool:
        """Returns whether an object is a page whose list is null. Such a list is empty."""
        if large or (self._lists.begins_row(members) and not self._may_be_list(next(iter(members)))):
            return False  # as for nearly all rows
        names = [name for name, value in members.items() if value is None and self._may_be_list(name)]
        if not names or not self._is_frame(members.keys() - set(names)):
            return False
        for name in names:
            if name in self._lists.kinds:
                self._lists.note(name)
                self.list_name = self.list_name or name
        return True

    def _may_be_list(self, name: str) -> bool:
        return name in self._lists.kinds or name in ROW_LIST_NAMES or name == self._lists.only

    def _further(self, rest: Mapping[str, JsonValue], large: Mapping[str, str], *, is_alone: bool) -> tuple[str, ...]:
        """Returns the unknown lists around which an object without known lists is only a page."""
        if self._lists.only is not None or (not is_alone and self._lists.begins_row(rest)):
            return ()
        if not (large or any(isinstance(value, list) for value in rest.values())):
            return ()
        names = self._lists.page_lists(rest, large, is_alone=is_alone)
        return names if not names or all(unfold(rest) is None for unfold in self._unfolds) else ()

    def _holds_only_lists(self, members: Mapping[str, JsonValue]) -> bool:
        """Returns whether an object without a known list is not a row. With a chosen list, all its members are unknown
        lists, rows of a kind, or single records."""
        if self._lists.only is None and len(members) > 1:
            return False
        return bool(members) and all(
            (self._lists.only is not None and (name in PAGE or not value or is_list_of_objects(value)))
            or (name in self._lists.kinds and any(unfold({name: value}) is not None for unfold in self._unfolds))
            or (isinstance(value, dict) and self._lists.is_record(name, value))
            for name, value in members.items()
        )

    def _holds_only_records(self, members: Mapping[str, JsonValue]) -> bool:
        """Returns whether an object without lists is only a page around single records, each under its name."""
        objects = {name for name, value in members.items() if isinstance(value, dict)}
        records = {name for name in objects if self._lists.is_record(name, members[name])}
        others = members.keys() - records
        return bool(records) and self._is_frame(others) and all(map(self._lists.is_of_page, objects & others))

    def _outside_lists(self, rest: Mapping[str, JsonValue], large: Mapping[str, str]) -> Iterator[Any]:
        """Yields the members of a page that are a row, or contain rows, without a list."""
        for name in self._lists.records_outside_lists(rest, large):
            around = {name: rest.get(name)}
            record: JsonValue = around
            if all(unfold(around) is None for unfold in self._unfolds):
                if not self._lists.is_record(name, around[name]):
                    raise Refused("bad_json") if self._lists.only is not None else SeveralLists
                record = rest[name]
            yield from self._outside_list(name, record)

    def _outside_list(self, name: str, record: JsonValue) -> Iterator[Any]:
        self._lists.note(name)
        self._around += 1
        if self._lists.is_read(name):
            self.list_name = self.list_name or name
            yield record

    def _begins_page(self, members: Mapping[str, JsonValue], *, is_alone: bool) -> bool:
        """Returns whether the members before a list are those of a page. In an object that is the whole text, single
        records may stand before the list too."""
        if self._is_frame(members):
            return True
        return is_alone and self._is_frame(n for n, v in members.items() if not self._lists.is_record(n, v))

    def _is_frame(self, members: Iterable[str]) -> bool:
        """Returns whether the members before a list are page metadata, such as totals, addresses and errors."""
        return all(name in PAGE or self._relations.layout.normalise(name) not in self._fields for name in members)


def flatten(
    value: Mapping[str, JsonValue], relations: RelationNames = NO_RELATIONS, met: set[str] | None = None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Returns the cells of an object and its problem codes: texts unchanged, nested values as JSON, nested values
    without content as empty cells, relations as the id that they link to.

    Under a name of `relations`, an object with an id, or a list of ids, is a relation whatever else it contains. `met`
    receives the headers under which ids of relations are put.
    """
    cells: dict[str, str] = {}
    related: dict[str, str] = {}
    codes: tuple[str, ...] = ()
    for name, item in value.items():
        if isinstance(item, str):
            address = _address(name, item) if item.startswith("http") else None
            if address is not None and (address[1] or leads_to_all(address[0].removesuffix("_id"), relations)):
                codes += _keep_link(related, *address)
            else:
                cells[name] = item
        elif item is None:
            cells[name] = ""
        elif isinstance(item, bool):
            cells[name] = "true" if item else "false" if id_header(name, relations) is None else ""
        elif isinstance(item, ExactNumber):
            cells[name] = item.text
        elif isinstance(item, int):
            cells[name] = str(item)
        elif name == "links":
            continue
        elif (value_found := related_value(name, item, relations)) is not None:
            codes += _keep_link(related, value_found.header, value_found.ids) + value_found.codes
            cells |= {each: cell for each, cell in value_found.cells.items() if cell or each not in cells}
            cells |= flatten(value_found.further)[0] if value_found.further else {}
        else:
            cells[name] = "" if is_without_content(item) else json_text(item)
    for name, target in related.items():
        if own := cells.get(name):
            own, own_codes = own_id_and_codes(own, target)
            codes += own_codes
        cells[name] = own or target
    if met is not None and related:
        met.update(related)
    return cells, tuple(dict.fromkeys(codes)) if codes else codes


def _keep_link(related: dict[str, str], header: str, ids: str) -> tuple[str, ...]:
    """Stores the id of a relation. Returns the problem codes of another id that the relation already has."""
    codes: tuple[str, ...] = ()
    if own := related.get(header):
        own, codes = own_id_and_codes(own, ids)
    related[header] = own or ids
    return codes


def _address(name: str, text: str) -> tuple[str, str] | None:
    """Returns the id's header and the id, for a text that is the address of a related thing; None for any other
    text."""
    base = _FRAME.sub("", name)
    if base.lower().endswith(("id", "ids")) or not base or not _API.match(text):
        return None
    linked = id_in_address(text)
    return None if linked is None else (f"{base}_id", linked)
