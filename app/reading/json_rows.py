"""Rows of a JSON file: an array, one object, JSON lines, or pages as a programming interface gives them."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TextIO

from app.mapping.columns import normalise_header
from app.mapping.ids import id_in_address
from app.reading.json_lines import BAD_LINE, FIRST, BadLine, Line, lines_of
from app.reading.json_lists import PAGE, TOTAL, FurtherLists, Lists, SeveralLists, is_list_of_objects
from app.reading.json_mending import Damage, Mending
from app.reading.json_records import Records
from app.reading.json_stream import SMALL, Exact, JsonStream, Passed, TooLarge, small_of, values_in
from app.reading.limits import Limits, is_over
from app.reading.refusal import Refused
from app.reading.related_values import json_text, leads_to_all, related_in
from app.reading.relations import id_header

ROWS = frozenset({"data", "items", "results", "records", "rows", "entries"})  # what scripts call any list of rows
_API = re.compile(r"https?://[^\s/]+/v\d+/")  # of an address that the programming interface gives
_FRAME = re.compile(r"(?:[._\s]*(?:links?|self|href|url))+$", re.IGNORECASE)  # of a name: what says that it is one
# Its number among the file's items, its cells by name, and what reading had to say of it.
Item = tuple[int, dict[str, str], tuple[str, ...]]


class JsonRows:
    """One JSON text. After a whole pass over `items`, `announced` is the largest total that its pages told.

    `lists` has the kind of each name under which pages have their rows, `fields` are the normalised headers of rows of
    any kind. `only`: of a text with several lists, the one that is read. `are_rows` says whether an object with such
    members is a row of a kind. Reading raises `FurtherLists` where pages have their rows under names not in `lists`.
    `in_lines`: every line is read by itself, and one that is damaged is a row of its own without cells.
    `damages`: where a list that is read has damaged records; each is such a row as well.
    """

    def __init__(
        self,
        open_: Callable[[], TextIO],
        lists: Mapping[str, str],
        fields: frozenset[str],
        limits: Limits,
        unfolds: Sequence[Callable[[Mapping[str, Any]], tuple[Any, ...] | None]] = (),
        relations: frozenset[str] = frozenset(),
        only: str | None = None,
        are_rows: Callable[[Collection[str]], bool] = lambda _: False,
    ) -> None:
        self._open = open_
        self._lists = Lists(lists, only, fields, are_rows)
        self._fields = fields
        self._limits = limits
        self._unfolds = unfolds
        self._relations = relations
        self.announced: int | None = None
        self.list_name: str | None = None
        self.in_lines = False
        self.damages: list[Damage] = []
        self._records: Records | None = None
        self._whole = self._damaged = self._lost = 0  # lines; a last one that is cut is lost and not damaged
        self._pages = self._rows = self._passed = 0
        self._has_pages_on_lines = False

    def items(self) -> Iterator[Item]:
        with self._open() as text:
            for number, value in (
                self._by_line(text) if self.in_lines else enumerate(self._unfolded(self._all(text)), 1)
            ):
                if isinstance(value, BadLine):
                    yield number, {}, value.codes
                elif isinstance(value, Passed):
                    yield number, flat(value, self._relations)[0], ("cell_too_large",)
                elif isinstance(value, dict):
                    cells, codes = flat(value, self._relations)
                    most = self._limits.cell_bytes
                    if any(is_over(cell, most) for cell in cells.values()):
                        cells = {name: "" if is_over(cell, most) else cell for name, cell in cells.items()}
                        codes = (*codes, "cell_too_large")
                    yield number, cells, codes
                    del cells
                else:
                    raise Refused("bad_json", line=number)
                del value  # the next one may be as large

    def list_names(self) -> tuple[str, ...]:
        """The names of a text's lists, where it is read for these alone. Raises `Refused` for damage, and for anything
        that stands in none of them."""
        try:
            with self._open() as text:
                for _ in self._all(text):
                    raise Refused("bad_json")
        except (Refused, UnicodeDecodeError) as error:
            refused = error if isinstance(error, Refused) else Refused("bad_json")
            refused.rows = self._passed + 1
            raise refused from None
        return tuple(self._lists.met)

    def holds_object(self) -> bool:
        """Whether anything in the text begins like a row."""
        with self._open() as text:
            return Mending(text, self._limits.row_bytes).holds_object()

    def goes_around_damage(self) -> bool:
        """Whether the damage of a text is only in some of its rows. If so, `items` reads the others from now on.

        Pages on lines of their own are read like those of a list where some have several rows.
        """
        if not self.goes_by_line():
            return self.goes_in_pieces()
        if self._pages > 0:
            rows = self._rows
            # A damaged line is one row, and of several that a page on it has, each has to have its own.
            lacks_rows = rows - self._lost > self._pages or rows < (self.announced or 0)
            self.in_lines, self._has_pages_on_lines = False, True
            self.in_lines = not (lacks_rows and self.goes_in_pieces() and self._rows >= rows)
            if self.in_lines:
                self._records, self.damages = None, []
        return True

    def goes_by_line(self) -> bool:
        """Whether a text that is no JSON as a whole has one object on each line, and most of the lines are whole.

        If so, `items` reads every line by itself from now on. Its first lines tell.
        """
        with self._open() as text:
            first = list(islice(map(self._is_object, lines_of(text, self._limits.row_bytes)), FIRST))
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

    def goes_in_pieces(self) -> bool:
        """Whether the damaged elements of a text's lists can be told from the whole ones, and are no more than they.

        If so, `items` reads the lists around them from now on.
        """
        damaged = whole = 0
        try:
            with self._open() as text:
                self._records = Mending(text, self._limits.row_bytes).learnt(self._is_page)
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

    def _is_object(self, line: Line) -> str:
        """`object` or, with a comma behind it, `item` where one begins and ends on the line; `list` where a list begins
        that does not end on it; else empty."""
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
        """Values with the line that each stands on; of several on one line, each has a number of its own."""
        self._whole = self._damaged = self._lost = told = 0
        for line in lines_of(text, self._limits.row_bytes):
            pages = self._pages
            values = self._unfolded(self._objects(JsonStream(line, self._limits.row_bytes)))
            try:
                for value in list(values) if line.is_held else values:
                    told = max(told + 1, line.number)
                    yield told, value
                    del value  # the next one may be as large
                self._whole += 1
            except Refused as refused:
                if refused.code != BAD_LINE or isinstance(refused, SeveralLists | FurtherLists):
                    raise
                line.pass_over()
                told = max(told + 1, line.number)
                self._damaged += line.has_end
                self._lost += 1
                self._pages = pages
                yield told, BadLine(is_cut=not line.has_end)

    def _objects(self, stream: JsonStream) -> Iterator[Any]:
        for value in self._values(stream):
            if not isinstance(value, dict):
                raise Refused(BAD_LINE)
            yield value

    def _all(self, text: TextIO) -> Iterator[Any]:
        if self._records is None:
            return self._values(JsonStream(text, self._limits.row_bytes))
        stream = Mending(text, self._limits.row_bytes, self._records)
        self.damages = stream.damages
        return self._values(stream)

    def _unfolded(self, values: Iterator[Any]) -> Iterator[Any]:
        """Rows of objects that hold several of them, one inside the other."""
        for value in values:
            is_whole = isinstance(value, dict) and not isinstance(value, Passed)
            found = (unfold(value) for unfold in self._unfolds) if is_whole else ()
            yield from next((rows for rows in found if rows is not None), (value,))

    def _values(self, stream: JsonStream) -> Iterator[Any]:
        if not stream.peek():
            raise Refused("file_empty")
        is_first = True
        while sign := stream.peek():
            if sign == "[":
                yield from self._array(stream) if not isinstance(stream, Mending) else self._mended(stream)
            elif sign == "{":
                yield from self._object(stream, is_alone=is_first and not self.in_lines)
            elif sign == ",":  # objects one after the other, as some scripts leave them
                stream.sign(",")
            elif isinstance(stream, Mending) and self._has_pages_on_lines:
                yield from stream.noise()
            else:
                raise Refused("bad_json")
            is_first = False

    def _array(self, stream: JsonStream) -> Iterator[Any]:
        """The rows of an array, which may also be an array of pages. The first of its objects says which."""
        stream.sign("[")
        if stream.peek() == "]":
            stream.sign("]")
            return
        has_pages, is_first = False, True
        while True:
            if stream.peek() == "{" and (is_first or has_pages):
                before = self._pages
                yield from self._object(stream)
                has_pages = self._pages > before
            else:
                yield from self._row_or_list(stream)
            is_first = False
            if stream.sign(",]") == "]":
                return

    def _mended(self, stream: Mending, depth: int = 0) -> Iterator[Any]:
        """The rows of an array of records, pages or lists, with a `BadLine` for each that is damaged."""

        def inside() -> Iterator[Any] | None:
            if stream.peek() == "[":
                return self._mended(stream, depth + 1) if not depth else None
            return self._object(stream) if stream.begins_page(self._is_list_of_rows) else None

        return stream.elements(inside)

    def _is_list_of_rows(self, name: str, has_objects: bool, before: Mapping[str, Any]) -> bool:
        return (name in self._lists.kinds or (name in ROWS and has_objects)) and self._is_frame(before)

    def _is_page(self, value: Mapping[str, Any]) -> bool:
        before: dict[str, Any] = {}
        for name, member in value.items():
            has_objects = isinstance(member, list) and isinstance(next(iter(member), None), dict)
            if isinstance(member, list) and self._is_list_of_rows(name, has_objects, before):
                return True
            before[name] = member
        return False

    def _list(self, stream: JsonStream, name: str) -> Iterator[Any]:
        """The rows of a page."""
        if not isinstance(stream, Mending):
            yield from values_in(stream)
            return
        stream.frames.append('{"":')
        stream.lists |= {name}
        yield from stream.elements(lambda: None)
        stream.frames.pop()

    def _row_or_list(self, stream: JsonStream) -> Iterator[Any]:
        try:
            value = stream.value()
        except TooLarge as large:
            yield Passed(large.begins)
            return
        if isinstance(value, list):
            yield from value
        else:
            yield value

    def _object(self, stream: JsonStream, *, is_alone: bool = False) -> Iterator[Any]:
        """One object: itself a row, or a page around a list of rows. `is_alone`: nothing stands before it."""
        stream.sign("{")
        rest: dict[str, Any] = {}
        large: dict[str, str] = {}  # members that are passed over, and how each begins
        lists = self._lists
        own = is_read = 0  # lists of rows
        is_large = is_row = False
        size = 0
        closed = stream.peek() == "}" and stream.sign("}") == "}"
        while not closed:
            if (found := stream.peek()) != '"':
                raise Refused("bad_json", is_cut=not found)
            name = stream.value()
            stream.sign(":")
            begins = stream.peek()
            is_list = begins == "[" and (
                name in lists.kinds or name == lists.only or (name in ROWS and stream.opens_objects())
            )
            if is_list and (
                own or (not is_row and self._begins_page(rest, is_alone=is_alone) and self._is_frame(large))
            ):
                own += 1
                self._pages += own == 1
                lists.meet(name)
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
                    rest[name] = stream.value()
                except TooLarge:
                    is_large = True
                    is_row = is_row or begins not in "[{" or len(large) > SMALL
                    large |= {name: begins} if len(large) <= SMALL else {}
                size += stream.size
                if is_large or size > self._limits.row_bytes:  # what is passed over is not held
                    is_row = is_row or not is_large
                    large |= {each: "[" for each, value in rest.items() if is_list_of_objects(value)}
                    is_large, rest = True, small_of(rest)
                if len(rest) > self._limits.columns:
                    raise Refused("csv_misaligned")
            closed = stream.sign(",}") == "}"
        total = rest.get(TOTAL)
        if isinstance(total, int) and (own == is_read == 1 or (not own and len(rest) <= 2 and lists.only is None)):
            self.announced = max(self.announced or 0, total)
        if own or self._are_lists(rest) or (is_alone and self._are_records(rest)):
            yield from self._beside(rest, large)
        elif further := self._further(rest, large, is_alone=is_alone and not stream.peek()):
            raise FurtherLists(further)
        elif lists.only is None or not rest.keys() <= PAGE:
            yield Passed(rest) if is_large else rest

    def _further(self, rest: Mapping[str, Any], large: Mapping[str, str], *, is_alone: bool) -> tuple[str, ...]:
        """The lists under names not known as such, around which an object without a list of rows is only a page."""
        if self._lists.only is not None or (not is_alone and self._lists.begins_row(rest)):
            return ()
        if not (large or any(isinstance(value, list) for value in rest.values())):
            return ()
        found = self._lists.around(rest, large, is_alone=is_alone)
        return found if not found or all(unfold(rest) is None for unfold in self._unfolds) else ()

    def _are_lists(self, members: Mapping[str, Any]) -> bool:
        """Whether an object without a list of rows is no row: where one list is read, all of its members are lists that
        nobody knows, or rows of one kind or single records without a list."""
        if self._lists.only is None and len(members) > 1:
            return False
        return bool(members) and all(
            (self._lists.only is not None and (name in PAGE or not value or is_list_of_objects(value)))
            or (name in self._lists.kinds and any(unfold({name: value}) is not None for unfold in self._unfolds))
            or (isinstance(value, dict) and self._lists.is_record(name, value))
            for name, value in members.items()
        )

    def _are_records(self, members: Mapping[str, Any]) -> bool:
        """Whether an object around no list is only a page around single records, each under its name."""
        objects = {name for name, value in members.items() if isinstance(value, dict)}
        records = {name for name in objects if self._lists.is_record(name, members[name])}
        others = members.keys() - records
        return bool(records) and self._is_frame(others) and all(map(self._lists.is_of_page, objects & others))

    def _beside(self, rest: Mapping[str, Any], large: Mapping[str, str]) -> Iterator[Any]:
        """The objects of a page that are a row, or hold rows, without a list of their own."""
        for name in self._lists.beside(rest, large):
            value = {name: rest.get(name)}
            if all(unfold(value) is None for unfold in self._unfolds):
                if not self._lists.is_record(name, value[name]):
                    raise Refused("bad_json") if self._lists.only is not None else SeveralLists
                value = rest[name]
            self._lists.meet(name)
            if self._lists.is_read(name):
                self.list_name = self.list_name or name
                yield value

    def _begins_page(self, members: Mapping[str, Any], *, is_alone: bool) -> bool:
        """Whether the members before a list are those of a page. In an object that is a whole text, these may be
        single records as well.
        """
        if self._is_frame(members):
            return True
        return is_alone and self._is_frame(n for n, v in members.items() if not self._lists.is_record(n, v))

    def _is_frame(self, members: Iterable[str]) -> bool:
        """Whether the members before a list say nothing of a row, as totals, addresses and errors of a page do."""
        return all(name in PAGE or normalise_header(name) not in self._fields for name in members)


def flat(value: Mapping[str, Any], relations: frozenset[str] = frozenset()) -> tuple[dict[str, str], tuple[str, ...]]:
    """An object as cells: texts as they are, nested values as JSON, relations as the id they lead to.

    Under a name of `relations`, an object with an id and a list of ids are relations whatever else they say.
    """
    cells: dict[str, str] = {}
    related: dict[str, str] = {}
    codes: tuple[str, ...] = ()
    for name, item in value.items():
        if isinstance(item, str):
            address = _address(name, item) if item.startswith("http") else None
            if address is not None and (address[1] or leads_to_all(address[0].removesuffix("_id"), relations)):
                codes = _led(related, *address) or codes
            else:
                cells[name] = item
        elif item is None:
            cells[name] = ""
        elif isinstance(item, bool):
            cells[name] = "true" if item else "false" if id_header(name, relations) is None else ""
        elif isinstance(item, Exact):
            cells[name] = item.text
        elif isinstance(item, int):
            cells[name] = str(item)
        elif name == "links":
            continue
        elif (found := related_in(name, item, relations)) is not None:
            codes = _led(related, found.header, found.ids) or found.codes or codes
            cells |= {each: cell for each, cell in found.cells.items() if cell or each not in cells}
            cells |= flat(found.beside)[0] if found.beside else {}
        else:
            cells[name] = json_text(item)
    for name, target in related.items():
        if cells.get(name) and target and cells[name] != target:
            codes = ("link_conflict",)
        cells[name] = cells.get(name) or target
    return cells, codes


def _led(related: dict[str, str], header: str, ids: str) -> tuple[str, ...]:
    """Keeps what a relation leads to; tells where another way of saying it leads elsewhere."""
    before = related.get(header)
    related[header] = before or ids
    return ("link_conflict",) if before and ids and before != ids else ()


def _address(name: str, text: str) -> tuple[str, str] | None:
    """A relation whose address is a plain text: the name of its id and the id; None for any other text."""
    base = _FRAME.sub("", name)
    if base.lower().endswith(("id", "ids")) or not base or not _API.match(text):
        return None
    found = id_in_address(text)
    return None if found is None else (f"{base}_id", found)
