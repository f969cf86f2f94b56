"""The zip of a sample. Files are streamed row by row; the same rows make the same bytes."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any

from app.sources.cliniko.sample.sample_columns import HeadedColumn, SampleValue, Style, columns_in

EPOCH = (2026, 11, 20, 18, 0, 0)
LEVEL = 1
PAGE = 5_000
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


class Shape(Enum):
    """The form of a file: csv, a JSON array, JSON lines, or pages as Cliniko's API returns them."""

    CSV = "csv"
    ARRAY = "array"
    LINES = "lines"
    PAGES = "pages"


@dataclass(frozen=True)
class SampleLayout:
    """Paths and form of one kind: one path, or one for each slice. The path of pages contains `{page}`."""

    paths: tuple[str, ...]
    style: Style
    shape: Shape = Shape.CSV


class Bundle:
    """The zip while it is written. `files` is the number of rows by path."""

    def __init__(self, out: Path) -> None:
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL, allowZip64=True)
        self.files: dict[str, int] = {}

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def _info(self, path: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(path, EPOCH)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 3
        info.external_attr = 0o644 << 16
        return info

    def document(self, path: str, body: bytes, rows: int) -> None:
        """Write a whole file, which counts as `rows` rows."""
        self._zip.writestr(self._info(path), body, compresslevel=LEVEL)
        self.files[path] = rows

    def open(self, path: str, *, large: bool) -> io.TextIOWrapper:
        """Open a text file of the zip for writing; only one file may be open."""
        info = self._info(path)
        self.files[path] = 0
        entry = self._zip.open(info, "w", force_zip64=large)
        return io.TextIOWrapper(entry, encoding="utf-8", newline="", write_through=False)

    def table(
        self, layout: SampleLayout, columns: tuple[HeadedColumn, ...], *, plural: str, total: int, large: bool
    ) -> "Table":
        """The writer of one kind's rows; `plural` and `total` are the key and the number of entries of pages."""
        return Table(self, layout, columns, plural, total, large)


class Table:
    """The writer of one kind's rows, into one or several files of the bundle."""

    def __init__(
        self,
        bundle: Bundle,
        layout: SampleLayout,
        columns: tuple[HeadedColumn, ...],
        plural: str,
        total: int,
        large: bool,
    ) -> None:
        self._bundle, self._layout, self._plural, self._total, self._large = bundle, layout, plural, total, large
        self._columns = columns_in(columns, layout.style)
        self._headers = [column.header for column in self._columns]
        self._cells = [(column.key, column.render) for column in self._columns]
        self._entry: io.TextIOWrapper | None = None
        self._csv: Any = None
        self._path = ""
        self._rows = 0

    def __enter__(self) -> "Table":
        self._start(self._layout.paths[0].format(page=1))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def headers(self) -> list[str]:
        """The headers of the file, in order."""
        return self._headers

    def put(self, values: Mapping[str, SampleValue], at: int = 0) -> None:
        """Write one row: `values` by column key, into the slice with index `at`."""
        if self._layout.shape is Shape.PAGES:
            path = self._layout.paths[0].format(page=1 + self._rows // PAGE)
        else:
            path = self._layout.paths[min(at, len(self._layout.paths) - 1)]
        if path != self._path:
            self._end()
            self._start(path)
        cells = [render(values.get(key)) for key, render in self._cells]
        if self._entry is None:
            raise RuntimeError("a row outside its file")
        if self._layout.shape is Shape.CSV:
            self._csv.writerow(cells)
        else:
            text = _ENCODE(dict(zip(self._headers, cells, strict=True)))
            first = self._bundle.files[path] == 0
            self._entry.write(text + "\n" if self._layout.shape is Shape.LINES else (text if first else ",\n" + text))
        self._rows += 1
        self._bundle.files[path] += 1

    def _start(self, path: str) -> None:
        self._path = path
        self._entry = self._bundle.open(path, large=self._large)
        if self._layout.shape is Shape.CSV:
            self._csv = csv.writer(self._entry, lineterminator="\n")
            self._csv.writerow(self._headers)
        elif self._layout.shape is Shape.ARRAY:
            self._entry.write("[\n")
        elif self._layout.shape is Shape.PAGES:
            self._entry.write(f'{{"{self._plural}": [\n')

    def _end(self) -> None:
        if self._entry is None:
            return
        if self._layout.shape is Shape.ARRAY:
            self._entry.write("\n]\n")
        elif self._layout.shape is Shape.PAGES:
            self._entry.write(f'\n], "total_entries": {self._total}, "links": {{}}}}\n')
        self._entry.close()
        self._entry = None
