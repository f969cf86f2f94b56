"""Inspects a link in a limited process, because the provider's responses are untrusted."""

from app.isolated.link_job import LinkRequest
from app.isolated.reader import ReaderBusy, ReaderFailed, ReaderLimits, reader
from app.links.inspection import Findings
from app.links.link_settings import SETTINGS
from app.links.share_link import ShareLink
from app.migration.models import Migration
from app.problems import Problem
from app.settings import environment
from app.worker.runtime import Runtime

PROCESSES, WAITING = 4, 8
_MORE = ("ENVIRONMENT", "LINKS_TEST_NETWORK")


def inspect_in_reader(runtime: Runtime, migration: Migration, link: ShareLink, *, with_room: bool = False) -> Findings:
    """The findings of `app.links.inspection.inspect`. `with_room` compares the export with the free storage.

    Never raises for a provider's response: a response that ends the process is the problem `provider_down`.
    """
    known = environment()
    request = LinkRequest(
        link,
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
