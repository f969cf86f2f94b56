"""Share links: what a clinic pasted, made into an export in encrypted storage, safely for us and for the clinic."""

from app.links.checkpoint import FileState
from app.links.conduct import Conduct, Interruption, Paused
from app.links.fetch import FetchedFile, export_sha256, fetch, probe
from app.links.normalise import normalise
from app.links.provider import Found, RemoteFile
from app.links.settings import LinkSettings

__all__ = [
    "Conduct",
    "FetchedFile",
    "FileState",
    "Found",
    "Interruption",
    "LinkSettings",
    "Paused",
    "RemoteFile",
    "export_sha256",
    "fetch",
    "normalise",
    "probe",
]
