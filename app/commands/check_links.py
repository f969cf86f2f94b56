"""`caspen-import check-links`: tries real links by hand, and records the providers' responses without secrets.

An operator runs it with links of our own test files, never with a clinic's links and never automatically.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from app.db import Database
from app.errors import Stop
from app.fetch.link_providers import record_check
from app.links.link_check import LinkCheckResult, check_link
from app.links.link_settings import LinkSettings
from app.links.normalise import normalise
from app.links.provider_registry import provider_of
from app.links.recording import ExchangeHead, ExchangeJson, Recorder
from app.schema.trees import LEDGER
from app.schema.upgrade import upgrade_tree
from app.settings import Settings, environment


class LinkResult(TypedDict, total=False):
    """The result of a link's check. A link that cannot be parsed has a `code` only.

    * `link`, `provider`: the fingerprint of the link, and the name of its provider.
    * `code`, `retryable`, `retry_after`: the problem, or None.
    * `route`, `size`, `first_kind`, `folder`, `files`, `ranges`, `resumes`: the contents.
    * `validators`, `checksums`: what the provider gives for the files.
    """

    link: str
    provider: str
    code: str | None
    retryable: bool
    retry_after: float | None
    route: str
    size: int | None
    first_kind: str
    folder: bool
    files: int
    validators: list[str]
    checksums: list[str]
    ranges: bool
    resumes: bool | None


class LinkLine(LinkResult):
    """A link's line of the output."""

    exchanges: list[ExchangeHead]


class LinkFixture(LinkResult):
    """A link's file of fixtures, with the time in ISO format."""

    taken_at: str
    exchanges: list[ExchangeJson]


def check(lines: Iterable[str], settings: Settings, fixtures: Path) -> Iterator[LinkLine]:
    """Yields one result per line of `lines`: a link, and a password when the link needs one. Lines with # are comments.

    A link is named by its fingerprint. The responses are written into `fixtures`, for review.
    """
    links = LinkSettings.from_environment(environment())
    ledger = Database(settings.ledger_url)
    try:
        upgrade_tree(LEDGER, ledger.engine)
        for line in lines:
            pasted, _, password = line.strip().partition(" ")
            if pasted and not pasted.startswith("#"):
                yield _checked(pasted, password.strip(), links, ledger, fixtures)
    finally:
        ledger.dispose()


def _checked(pasted: str, password: str, links: LinkSettings, ledger: Database, fixtures: Path) -> LinkLine:
    try:
        link = normalise(pasted, password)
    except Stop as stop:
        return {"code": stop.problem.code, "exchanges": []}
    provider, recorder = provider_of(link).name, Recorder(link)
    result: LinkResult = {"link": link.fingerprint, "provider": provider}
    try:
        result |= {"code": None, **_describe(check_link(link, links, recorder.traffic))}
    except Stop as stop:
        result |= {"code": stop.problem.code, "retryable": stop.retryable, "retry_after": stop.retry_after}
    if links.test_network is None:  # responses of fake providers verify nothing
        with ledger.write() as session:
            record_check(session, provider, result["code"])
    _write(fixtures / f"{provider}-{link.fingerprint}.json", result, recorder)
    return {**result, "exchanges": [exchange.head() for exchange in recorder.exchanges]}


def _describe(checked: LinkCheckResult) -> LinkResult:
    """The contents of a link, without names: a test file's name may be a person's."""
    target = checked.contents
    return {
        "route": checked.route,
        "size": target.size,
        "first_kind": target.first_kind,
        "folder": target.folder,
        "files": len(target.files),
        "validators": sorted({file.validator.kind for file in target.files}),
        "checksums": sorted({name for file in target.files for name in file.checksums}),
        "ranges": all(file.ranges for file in target.files),
        "resumes": checked.resumes,
    }


def _write(path: Path, result: LinkResult, recorder: Recorder) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fixture: LinkFixture = {
        **result,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "exchanges": [exchange.to_json() for exchange in recorder.exchanges],
    }
    path.write_text(json.dumps(fixture, indent=1, ensure_ascii=False) + "\n")
