"""Share links: inspects the link that a clinic pasted, and downloads the export behind the link.

`inspect` returns the contents and the problem of a link before the hand-over. `fetch` downloads the files into
encrypted storage.
"""

from app.links.checkpoint import FileState
from app.links.connection_slots import ConnectionSlots
from app.links.download_observer import DownloadObserver, Interruption, Paused
from app.links.inspection import Findings, inspect
from app.links.link_settings import LinkSettings
from app.links.normalise import normalise
from app.links.parallel_download import FetchedFile, export_sha256, fetch, probe
from app.links.provider import LinkContents, RemoteFile
from app.links.provider_session import SlotsByProvider
from app.links.share_link import ShareLink

__all__ = [
    "ConnectionSlots",
    "DownloadObserver",
    "FetchedFile",
    "FileState",
    "Findings",
    "Interruption",
    "LinkContents",
    "LinkSettings",
    "Paused",
    "RemoteFile",
    "ShareLink",
    "SlotsByProvider",
    "export_sha256",
    "fetch",
    "inspect",
    "normalise",
    "probe",
]
