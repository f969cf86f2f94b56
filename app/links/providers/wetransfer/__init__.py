"""WeTransfer: links are recognised and refused without a request, because the terms forbid automated downloads."""

from app.links.provider_folder import load_provider_data
from app.links.unsupported_provider import UnsupportedProvider


class WeTransfer(UnsupportedProvider):
    def __init__(self) -> None:
        super().__init__("wetransfer", load_provider_data(__file__))
