"""Share links: what a clinic pasted, made into an export in encrypted storage, safely for us and for the clinic.

`inspect` says what is behind a link before it is handed over, `fetch` brings it here; see `findings` for how a page
uses both.
"""

from app.links.checkpoint import FileState
from app.links.download_observer import Conduct, Interruption, Paused
from app.links.findings import Findings, inspect
from app.links.normalise import normalise
from app.links.parallel_download import FetchedFile, export_sha256, fetch, probe
from app.links.provider import Found, RemoteFile
from app.links.provider_session import Places
from app.links.settings import LinkSettings
from app.links.slots import Slots

__all__ = [
    "Conduct",
    "FetchedFile",
    "FileState",
    "Findings",
    "Found",
    "Interruption",
    "LinkSettings",
    "Paused",
    "Places",
    "RemoteFile",
    "Slots",
    "export_sha256",
    "fetch",
    "inspect",
    "normalise",
    "probe",
]
