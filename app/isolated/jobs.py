"""The jobs of a limited process: one function for each, from a request to the frames of its answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app.isolated import wire
from app.isolated.describe_job import DescribeRequest, describe_files
from app.isolated.link_job import LinkRequest, inspect_link
from app.isolated.preview_job import PreviewRequest, preview_file
from app.isolated.row_job import RowRequest, read_source_row
from app.sources import SOURCES

Announce = Callable[[str], None]
"""Called with each file's key before its bytes are read."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job: the type of its request, and the function that makes its answers."""

    request: type[Any]
    answers: Callable[[Any, Announce], Iterator[object]]


JOBS = {
    "preview": Job(PreviewRequest, preview_file),
    "describe": Job(DescribeRequest, describe_files),
    "row": Job(RowRequest, read_source_row),
    "link": Job(LinkRequest, inspect_link),
}


def run_job(name: str, request: bytes, announce: Announce) -> Iterator[bytes]:
    """The answers of a job, packed for frames. Raises KeyError for an unknown job and Malformed for a bad request."""
    job = JOBS[name]
    for answer in job.answers(wire.unpack(job.request, request), announce):
        yield wire.pack(answer)


def warm_up() -> None:
    """Imports and computes once what every job needs, before the server forks."""
    for source in SOURCES.values():
        for kind in source.kinds:
            kind.columns  # noqa: B018 - computed once and cached
