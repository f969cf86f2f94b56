"""Several columns of one meaning in a file: the cell of a row that counts, and what is reported of the others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.mapping.cells import is_error_word
from app.mapping.columns import Column
from app.mapping.context import Context
from app.mapping.equality import are_same
from app.mapping.ids import NOTHING, related_id
from app.reading.recognise import Header
from app.reading.related_values import CONFLICT
from app.reading.relation_headers import related_headers

_VALUE, _ERROR, _NOTHING = range(3)
_LONGEST_WORD = 2000  # characters of a word or an address


def counting_cell(cells: Iterable[str | None]) -> str | None:
    """Returns the first filled cell of those that say most.

    An error word of a spreadsheet, the address of a list and an empty JSON object give way to a value; a word of
    NOTHING, such as `n/a`, gives way to any other cell.
    """
    filled = [cell for cell in cells if cell is not None]
    return filled[0] if len(filled) == 1 else min(filled, key=_rank, default=None)


def _rank(cell: str) -> int:
    if len(cell) > _LONGEST_WORD:
        return _VALUE
    word = cell.strip()
    if word.lower() in NOTHING:
        return _NOTHING
    return _ERROR if is_error_word(word) or related_id(word) == "" else _VALUE


@dataclass(frozen=True, slots=True)
class _Doubled:
    """An attribute with several columns. `relations` are those of its columns that a script wrote for a relation."""

    name: str
    column: Column | None
    context: Context
    places: tuple[int, ...]
    relations: frozenset[int]

    def codes(self, row: Sequence[str]) -> Iterable[str]:
        filled = {at: cell for at in self.places if at < len(row) and (cell := row[at].strip())}
        if len(filled) < 2 or len(texts := dict.fromkeys(filled.values())) == 1:
            return
        ranks = {text: _rank(text) for text in texts}
        if not is_error_word(counting_cell(texts) or "") and any(map(is_error_word, texts)):
            yield f"spreadsheet_error_value:{self.name}"
        values = [text for text in texts if ranks[text] == _VALUE]
        if any(not self._are_equal(values[0], other) for other in values[1:]):
            has_relation = any(ranks[cell] == _VALUE and self._is_relation(at, cell) for at, cell in filled.items())
            yield CONFLICT if has_relation else f"duplicate_header:{self.name}"

    def _is_relation(self, place: int, cell: str) -> bool:
        return place in self.relations or (self.column is not None and bool(self.column.links_to and related_id(cell)))

    def _are_equal(self, cell: str, other: str) -> bool:
        return are_same(self._value(cell), cell, self._value(other), other, self.context.zone)

    def _value(self, cell: str) -> Any:
        """Returns the value of a cell; the text itself if it cannot be read."""
        try:
            return cell if self.column is None else self.column.read(cell, self.context, lambda code: None)
        except Exception:  # the row is parsed later, and set aside if that fails as well
            return cell


class SecondColumns:
    """Reports of a row the cells that do not count although they have another value."""

    def __init__(self, attributes: Sequence[_Doubled]) -> None:
        self._attributes = attributes

    def codes(self, row: Sequence[str]) -> list[str]:
        """Returns the codes of a row: `link_conflict` for ids of which one is that of a relation, else
        `duplicate_header:attribute`; and `spreadsheet_error_value:attribute` for an error word that gave way."""
        return [code for each in self._attributes for code in each.codes(row)]


def second_columns(header: Header, context: Context) -> SecondColumns | None:
    """Returns the reporter for a file; None for a file in which every attribute has a single column."""
    columns = {placed.name: placed for placed in header.kind.columns}
    in_serials = replace(context, in_serials=True)
    normalise, related = header.kind.layout.normalise, related_headers(header.kind)
    places: dict[str, list[int]] = {}
    for at, (name, path) in enumerate(zip(header.columns, header.member_paths, strict=True)):
        if not name.startswith("?") and not path:
            places.setdefault(name, []).append(at)
    doubled = []
    for name, where in places.items():
        if len(where) == 1:
            continue
        placed = columns.get(name)
        further = {
            at
            for at in where
            if placed is not None
            and placed.column.links_to
            and (
                header.headers[at] in header.relations
                or ((plain := normalise(header.headers[at])) in related and plain not in placed.normalised_headers())
            )
        }
        doubled.append(
            _Doubled(
                name,
                placed.column if placed else None,
                in_serials if name in context.serials.columns else context,
                tuple(where),
                frozenset(further),
            )
        )
    return SecondColumns(doubled) if doubled else None
