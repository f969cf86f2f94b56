"""`caspen-import check-links`: tries real links by hand, and records the providers' responses without secrets.

An operator runs it with links of our own test files, never with a clinic's links and never automatically.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.db import Database
from app.errors import Stop
from app.fetch.link_providers import record_check
from app.links import LinkSettings, normalise
from app.links.link_check import LinkCheckResult, check_link
from app.links.provider_registry import provider_of
from app.links.recording import Recorder
from app.schema.trees import LEDGER
from app.schema.upgrade import upgrade_tree
from app.settings import Settings, environment


def check(lines: Iterable[str], settings: Settings, fixtures: Path) -> Iterator[dict[str, Any]]:
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


def _checked(pasted: str, password: str, links: LinkSettings, ledger: Database, fixtures: Path) -> dict[str, Any]:
    try:
        link = normalise(pasted, password)
    except Stop as stop:
        return {"code": stop.problem.code, "exchanges": []}
    provider, recorder = provider_of(link).name, Recorder(link)
    result: dict[str, Any] = {"link": link.fingerprint, "provider": provider}
    try:
        result |= {"code": None, **_describe(check_link(link, links, recorder.traffic))}
    except Stop as stop:
        result |= {"code": stop.problem.code, "retryable": stop.retryable, "retry_after": stop.retry_after}
    if links.test_network is None:  # responses of fake providers verify nothing
        with ledger.write() as session:
            record_check(session, provider, result["code"])
    exchanges = [exchange.as_dict() for exchange in recorder.exchanges]
    _write(fixtures / f"{provider}-{link.fingerprint}.json", result, exchanges)
    shown = [{name: value for name, value in each.items() if name != "body"} for each in exchanges]
    return {**result, "exchanges": shown}


def _describe(checked: LinkCheckResult) -> dict[str, Any]:
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


def _write(path: Path, result: dict[str, Any], exchanges: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    taken = {"taken_at": datetime.now(UTC).isoformat(timespec="seconds")}
    path.write_text(json.dumps({**result, **taken, "exchanges": exchanges}, indent=1, ensure_ascii=False) + "\n")
