"""iCloud Drive: links are recognised and refused without a request, because downloads are not built."""

from app.links.provider_folder import load_provider_data
from app.links.unsupported_provider import UnsupportedProvider


class ICloud(UnsupportedProvider):
    def __init__(self) -> None:
        super().__init__("icloud", load_provider_data(__file__))
