"""Rows of the providers' failure tables, as tests tell them: what is answered where, and the code that it means."""

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
class Row:
    """`where` is part of host and target. `changes` are attributes of the fake or, after `node.`, of the file."""

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


def stopped(downloader: Downloader, case: RouteCase, row: Row, **given: Any) -> Stop:
    """What a look at the link ends with, by a fake that answers as the row says."""
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


def holds(downloader: Downloader, case: RouteCase, row: Row) -> None:
    """The row's code, in words that name the provider and end with another way, by those who can act."""
    reason = stopped(downloader, case, row)
    problem = reason.problem
    assert problem.code == row.code
    assert reason.retryable == (row.code in RETRIED)
    assert problem.details["provider"]
    for said in (problem.title, problem.todo):
        assert "{" not in said
        assert "…" not in said
    assert any(way in problem.todo for way in WAY_OUT)
    assert catalogue()[row.code].level.value == "stops"
