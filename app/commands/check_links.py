"""`caspen-import check-links`: tries real links by hand, writes down what was answered, and forgets what opens them.

It is run by an operator with links of our own test files, never with a clinic's, and never by a machine.
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
from app.links.providers import provider_of
from app.links.recording import Recorder
from app.links.share_link import ShareLink
from app.schema.trees import LEDGER
from app.schema.upgrade import upgrade_tree
from app.settings import Settings, environment


def check(lines: Iterable[str], settings: Settings, fixtures: Path) -> Iterator[dict[str, Any]]:
    """One answer per line that holds a link, and a password after it where it needs one; lines that begin with # are
    notes. A link is named by its fingerprint. What was answered is written into `fixtures`, for review."""
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
        tidy = normalise(pasted)
    except Stop as stop:
        return {"code": stop.problem.code, "exchanges": []}
    link = ShareLink(tidy.address, tidy.upgraded, password)
    provider, recorder = provider_of(link).name, Recorder(link)
    told: dict[str, Any] = {"link": link.fingerprint, "provider": provider}
    try:
        told |= {"code": None, **_found(check_link(link, links, recorder.traffic))}
    except Stop as stop:
        told |= {"code": stop.problem.code, "retryable": stop.retryable, "retry_after": stop.retry_after}
    if links.test_network is None:  # what fakes answer verifies nothing
        with ledger.write() as session:
            record_check(session, provider, told["code"])
    exchanges = [exchange.as_dict() for exchange in recorder.exchanges]
    _write(fixtures / f"{provider}-{link.fingerprint}.json", told, exchanges)
    shown = [{name: value for name, value in each.items() if name != "body"} for each in exchanges]
    return {**told, "exchanges": shown}


def _found(tried: LinkCheckResult) -> dict[str, Any]:
    """The contents of the link without names, because a test file's name may be a person's name."""
    found = tried.contents
    return {
        "route": tried.route,
        "size": found.size,
        "first_kind": found.first_kind,
        "folder": found.folder,
        "files": len(found.files),
        "validators": sorted({file.validator.kind for file in found.files}),
        "checksums": sorted({name for file in found.files for name in file.checksums}),
        "ranges": all(file.ranges for file in found.files),
        "resumes": tried.resumes,
    }


def _write(path: Path, told: dict[str, Any], exchanges: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    taken = {"taken_at": datetime.now(UTC).isoformat(timespec="seconds")}
    path.write_text(json.dumps({**told, **taken, "exchanges": exchanges}, indent=1, ensure_ascii=False) + "\n")
