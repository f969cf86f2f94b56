"""Looks at a link from a limited process: what a provider answers is parsed there, whatever it is."""

from app.isolated import ReaderBusy, ReaderFailed, ReaderLimits, reader
from app.isolated.linked import LinkRequest
from app.links import Findings
from app.links.settings import SETTINGS
from app.migration.models import Migration
from app.problems import Problem
from app.settings import environment
from app.worker.runtime import Runtime

PROCESSES, WAITING = 4, 8
_MORE = ("ENVIRONMENT", "LINKS_TEST_NETWORK")


def inspect_for(
    runtime: Runtime, migration: Migration, link: str, *, password: str = "", with_room: bool = False
) -> Findings:
    """What is behind a link, as `app.links.inspect` finds it. `with_room` judges the room in storage, too.

    Never raises for what a provider does: an answer that ends its reader is the problem `provider_down`.
    """
    known = environment()
    request = LinkRequest(
        link,
        password,
        {name: known[name] for name in (*SETTINGS.values(), *_MORE) if name in known},
        str(runtime.objects.root) if with_room else "",
        str(runtime.locks),
        migration.workspace_id,
        runtime.settings.killer_marker,
    )
    settings = runtime.settings
    limits = ReaderLimits(settings.reader_memory_mb, settings.link_look_seconds, PROCESSES, WAITING, "links")
    try:
        return reader().answer("link", request, Findings, limits, migration.id)
    except (ReaderBusy, ReaderFailed):
        return Findings(problem=Problem("provider_down", details={"provider": "The provider"}))
