"""Test cases for the rows of the providers' failure tables: a reply, and the problem code that the reply means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.errors import Stop
from app.links.link_problems import RETRIED
from app.problems import catalogue
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.route_case import RouteCase

BIG = ServedFile(size=300_077)
WAY_OUT = ("upload", "presigned link")


@dataclass(frozen=True)
class RefusalCase:
    """`where` is a part of host and target. `changes` are attributes of the fake, or of the file after `node.`."""

    code: str
    where: str = ""
    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    password: str = ""

    def __str__(self) -> str:
        return f"{self.code}-{self.status}-{self.where[-20:]}"


def page(title: str, body: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>".encode()


def stop_of(downloader: Downloader, case: RouteCase, row: RefusalCase, **given: Any) -> Stop:
    """The Stop that ends an inspection, where the fake provider replies as the case orders."""
    downloader.limits(**case.settings)
    fake = case.build(downloader.net)
    node = fake.add("export.zip", BIG)
    for name, value in row.changes.items():
        setattr(node if name.startswith("node.") else fake, name.removeprefix("node."), value)
    link = fake.share(node)
    if row.where:
        fake.order(row.where, row.status, row.body, row.headers)
    with pytest.raises(Stop) as caught:
        downloader.probe(link, password=row.password, **given)
    return caught.value


def assert_refused(downloader: Downloader, case: RouteCase, row: RefusalCase) -> None:
    """Asserts the code of a case, and words that name the provider and another way to bring the export."""
    reason = stop_of(downloader, case, row)
    problem = reason.problem
    assert problem.code == row.code
    assert reason.retryable == (row.code in RETRIED)
    assert problem.details["provider"]
    for text in (problem.title, problem.todo):
        assert "{" not in text
        assert "…" not in text
    assert any(way in problem.todo for way in WAY_OUT)
    assert catalogue()[row.code].level.value == "stops"
