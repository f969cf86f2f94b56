"""Rows of a test as a file in each shape, and read from the file by the verification's own reader."""

import csv
import io
import json
from typing import Any

from app.mapping.kind import Kind
from app.mapping.repeated_members import RepeatedMembers
from app.mapping.verified_kinds import bare_header
from app.trial.verification.plain import Cells, Headers, plain_rows, under_header
from app.trial.verification.sheets import sheet_rows
from tests.reading.story import SOURCE
from tests.reading.workbooks import workbook


def file_of(lines: list[list[Any]], shape: str) -> bytes:
    """A csv, json or xlsx file of a header and its rows. The objects of a json file are in the order of the header, and
    have a member for each column, also for two of one name."""
    if shape == "xlsx":
        return workbook({"S": lines})
    if shape == "json":
        return json.dumps([RepeatedMembers([*zip(lines[0], line, strict=True)]) for line in lines[1:]]).encode()
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode()


def key_of(kind: Kind[Any]) -> str:
    return next(placed.name for placed in kind.columns if placed.column.is_key)


def verified_rows(kind: Kind[Any], content: bytes, shape: str) -> list[Cells]:
    """The rows of a file as verification reads them, by bare header."""
    known = frozenset(bare_header(name) for placed in kind.columns for name in placed.normalised_headers())
    headers = Headers(frozenset({bare_header(key_of(kind))}), known, SOURCE.raw_format)
    rows = (
        under_header(sheet_rows(lambda: io.BytesIO(content), None, headers.are_in), headers, SOURCE.raw_format)
        if shape == "xlsx"
        else plain_rows(lambda: io.BytesIO(content), "utf-8", headers=headers, raw_format=SOURCE.raw_format)
    )
    return [row for _, row in rows]
