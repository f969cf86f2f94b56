"""Help for clinics: how to make a share link at a provider, and how to fix a link that fails.

Each provider's help is `help.toml` in the provider's folder. `*Words*` in a step are words on the provider's screen.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HELP_FILE = "help.toml"
HELP_FIELDS = ("title", "small", "place")


@dataclass(frozen=True, slots=True)
class Remedy:
    """Fix for one problem: the cause in one sentence, and the steps on the provider's screen."""

    change: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProviderHelp:
    """Help for one provider. `make` are the steps that make a link, `place` is what can be shared (`upload`: nothing).

    `absent` helps a clinic that cannot find the setting. `on` has the remedies by problem code.
    """

    provider: str
    title: str
    small: str
    place: str
    make: tuple[str, ...]
    absent: str
    on: Mapping[str, Remedy]


def load_help(folder: Path) -> ProviderHelp:
    """Reads the help of the provider whose folder is given. Missing texts are empty."""
    data = tomllib.loads((folder / HELP_FILE).read_text(encoding="utf-8"))
    remedies = {
        code: Remedy(remedy.get("change", ""), tuple(remedy.get("steps", ())))
        for code, remedy in data.get("on", {}).items()
    }
    title, small, place = (str(data.get(name, "")) for name in HELP_FIELDS)
    return ProviderHelp(
        folder.name, title, small, place, tuple(data.get("make", ())), str(data.get("absent", "")), remedies
    )
