"""Rows of a JSON file: an array, one object, JSON lines, or pages as a programming interface gives them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from app.engine.reading.json_stream import Exact, JsonStream, Passed, TooLarge, small_of, values_in
from app.engine.reading.limits import Limits, is_over
from app.engine.reading.refusal import Refused

TOTAL = "total_entries"
# Its number among the file's items, its cells by name, and what reading had to say of it.
Item = tuple[int, dict[str, str], tuple[str, ...]]


class JsonRows:
    """One JSON text. After a whole pass over `items`, `announced` is the largest total that its pages told."""

    def __init__(
        self,
        open_: Callable[[], TextIO],
        lists: frozenset[str],
        limits: Limits,
        unfolds: Sequence[Callable[[Mapping[str, Any]], tuple[Any, ...] | None]] = (),
    ) -> None:
        self._open = open_
        self._lists = lists
        self._limits = limits
        self._unfolds = unfolds
        self.announced: int | None = None
        self.list_name: str | None = None

    def items(self) -> Iterator[Item]:
        with self._open() as text:
            stream = JsonStream(text, self._limits.row_bytes)
            for number, value in enumerate(self._unfolded(self._values(stream)), start=1):
                if isinstance(value, Passed):
                    yield number, flat(value)[0], ("cell_too_large",)
                elif isinstance(value, dict):
                    cells, codes = flat(value)
                    most = self._limits.cell_bytes
                    if any(is_over(cell, most) for cell in cells.values()):
                        cells = {name: "" if is_over(cell, most) else cell for name, cell in cells.items()}
                        codes = (*codes, "cell_too_large")
                    yield number, cells, codes
                    del cells
                else:
                    raise Refused("bad_json", line=number)
                del value  # the next one may be as large

    def _unfolded(self, values: Iterator[Any]) -> Iterator[Any]:
        """Rows of objects that hold several of them, one inside the other."""
        for value in values:
            is_whole = isinstance(value, dict) and not isinstance(value, Passed)
            found = (unfold(value) for unfold in self._unfolds) if is_whole else ()
            yield from next((rows for rows in found if rows is not None), (value,))

    def _values(self, stream: JsonStream) -> Iterator[Any]:
        if not stream.peek():
            raise Refused("file_empty")
        while sign := stream.peek():
            if sign == "[":
                yield from self._array(stream)
            elif sign == "{":
                yield from self._object(stream)
            elif sign == ",":  # objects one after the other, as some scripts leave them
                stream.sign(",")
            else:
                raise Refused("bad_json")

    def _array(self, stream: JsonStream) -> Iterator[Any]:
        """An array of rows, or of pages around lists of rows."""
        if stream.first_name() not in self._lists | {TOTAL, "links"}:
            yield from values_in(stream)
            return
        closed = stream.sign("[") == "]"
        while not closed:
            if stream.peek() != "{":
                raise Refused("bad_json")
            yield from self._object(stream)
            closed = stream.sign(",]") == "]"

    def _object(self, stream: JsonStream) -> Iterator[Any]:
        """One object: itself a row, or a page around a list of rows."""
        stream.sign("{")
        rest: dict[str, Any] = {}
        is_page = is_large = False
        size = 0
        closed = stream.peek() == "}" and stream.sign("}") == "}"
        while not closed:
            if stream.peek() != '"':
                raise Refused("bad_json")
            name = stream.value()
            stream.sign(":")
            if stream.peek() == "[" and name in self._lists and not is_large and not (rest.keys() - {TOTAL, "links"}):
                is_page = True
                self.list_name = self.list_name or name
                yield from values_in(stream)
            else:
                try:
                    rest[name] = stream.value()
                except TooLarge:
                    is_large = True
                size += stream.size
                if is_large or size > self._limits.row_bytes:  # what is passed over is not held
                    is_large, rest = True, small_of(rest)
                if len(rest) > self._limits.columns:
                    raise Refused("csv_misaligned")
            closed = stream.sign(",}") == "}"
        total = rest.get(TOTAL)
        if isinstance(total, int) and (is_page or len(rest) <= 2):
            self.announced = max(self.announced or 0, total)
        if not is_page:
            yield Passed(rest) if is_large else rest


def flat(value: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """An object as cells: texts as they are, nested values as JSON, relations as the id they lead to."""
    cells: dict[str, str] = {}
    related: dict[str, str] = {}
    for name, item in value.items():
        if isinstance(item, str):
            cells[name] = item
        elif item is None:
            cells[name] = ""
        elif isinstance(item, bool):
            cells[name] = "true" if item else "false"
        elif isinstance(item, Exact):
            cells[name] = item.text
        elif isinstance(item, int):
            cells[name] = str(item)
        elif name == "links":
            continue
        elif (target := relation(item)) is not None:
            related[f"{name}_id"] = target
        else:
            cells[name] = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    codes: tuple[str, ...] = ()
    for name, target in related.items():
        if cells.get(name) and target and cells[name] != target:
            codes = ("link_conflict",)
        cells[name] = cells.get(name) or target
    return cells, codes


def relation(item: Any) -> str | None:
    """The id at the end of a relation's address; empty for a relation to nothing; None for what is no relation."""
    if item == {}:
        return ""
    if not isinstance(item, dict) or set(item) != {"links"} or not isinstance(item["links"], dict):
        return None
    address = item["links"].get("self")
    if not isinstance(address, str):
        return ""
    last = address.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]
    return last if any(c.isdigit() for c in last) else ""
