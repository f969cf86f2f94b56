"""What a limited process can do: one function for each job, from a request to the frames of its answer."""

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
    """The type of its request, and what makes answers of it."""

    request: type[Any]
    answers: Callable[[Any, Announce], Iterator[object]]


JOBS = {
    "preview": Job(PreviewRequest, preview_file),
    "describe": Job(DescribeRequest, describe_files),
    "row": Job(RowRequest, read_source_row),
    "link": Job(LinkRequest, inspect_link),
}


def run_job(name: str, request: bytes, announce: Announce) -> Iterator[bytes]:
    """The answers of a job, as the bodies of frames. Raises KeyError for a job that is not known."""
    job = JOBS[name]
    for answer in job.answers(wire.unpack(job.request, request), announce):
        yield wire.pack(answer)


def warm_up() -> None:
    """Imports what jobs need, once, so that a process need not."""
    for source in SOURCES.values():
        for kind in source.kinds:
            kind.columns  # noqa: B018 - worked out once and kept
