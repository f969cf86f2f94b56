"""The keys of the ledger's JSON columns. Every key is described here once, and no column holds a cell's value."""

from typing import Any, Literal, NotRequired  # pydantic needs typing_extensions' version below Python 3.12

from typing_extensions import TypedDict

LinkNow = TypedDict("LinkNow", {"is": str, "at": str})
"""The result of the last check of a share link: `is` open, closed or unknown, `at` a time in ISO format."""


class FetchState(TypedDict, total=False):
    """The progress of a download, and the last check of its link. Empty for an upload.

    * `bytes_done`, `bytes_total`: durable bytes, and the sizes that the provider gave.
    * `bytes_a_second`: of the worker that downloads now; 0.0 where unknown.
    * `operators`: codes of problems that an operator must solve.
    * `limited`: how often the provider asked to wait.
    """

    bytes_done: int
    bytes_total: int
    bytes_a_second: float
    operators: list[str]
    limited: int
    link_now: LinkNow


class StopProblem(TypedDict):
    """The problem that stopped a migration: its code and place, with details that hold no cell's value."""

    code: str
    kind: NotRequired[str | None]
    file: NotRequired[str | None]
    line: NotRequired[int | None]
    details: NotRequired[dict[str, Any]]


FileFacts = TypedDict(
    "FileFacts",
    {
        "headers": list[str],
        "unknown_columns": list[str],
        "absent_columns": list[str],
        "dates": str,
        "delimiter": str,
        "encoding": str,
        "otherwise": str,
        "encodings": list[str],
        "run": str,
        "from": str,
        "to": str,
        "total_entries": int,
        "rows_seen": int,
        "columns": int,
        "pages": int,
        "candidates": list[str],
        "answered": str,
        "copy_of": str,
        "left_out": Literal[True],
        "refused_for": dict[str, Any],
        "in_lines": bool,
        "lists": list[str],
        "damages": list[list[int]],
        "open_marks": list[list[int]],
    },
    total=False,
)
"""What reading found out about a file, without a cell's value.

* `headers`, `unknown_columns`, `absent_columns`: all headers, headers without a field, and fields without a header.
* `dates`, `delimiter`, `encoding`: how cells were read; `otherwise` is the encoding of lines that are not UTF-8.
* `encodings`: where the encoding is unsure, the used one and those that are as likely.
* `run`, `from`, `to`: days in ISO format, from the file's name: of the export, and the range that it covers.
* `total_entries`: the count that the file itself gives.
* `rows_seen`, `columns`, `pages`: the size of a file whose kind nobody knows, or of a folder of pages.
* `candidates`: the kinds that a file of an ambiguous kind may be.
* `answered`: the mark of the clinic's answer about this file; `left_out`: the answer was to leave it out.
* `copy_of`: the path of a file with the same bytes.
* `refused_for`: details of the problem for which the file was refused.
* `in_lines`, `lists`: a JSON file with one object on each line; the names of a JSON file's lists.
* `damages`: first byte, end and rows of each damaged stretch; `open_marks`: the open quotation marks.
"""
