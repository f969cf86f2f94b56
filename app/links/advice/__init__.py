"""What a clinic is told of each provider: how to make a link that opens, and what to change when one does not.

One data file for each provider, named like it. `*Words*` in a step stand on the provider's screen.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.links.providers import PROVIDERS

ANYWHERE = "https"  # its words also serve where no provider is known


@dataclass(frozen=True, slots=True)
class Change:
    """What is in the way, in one sentence, and the steps on the provider's screen that mend it."""

    change: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """A provider's help. `absent` is for those who do not find the setting; `place` is what can be shared."""

    provider: str
    title: str
    small: str
    place: str
    make: tuple[str, ...]
    absent: str
    on: Mapping[str, Change]


@cache
def advices() -> tuple[Advice, ...]:
    """Every provider's help, in the order in which links are recognised; those that only take an upload are last."""
    found = [_read(provider.name) for provider in PROVIDERS]
    return tuple(sorted(found, key=lambda advice: advice.place == "upload"))


def advice_for(provider: str) -> Advice:
    """The help of one provider; that for any link where the provider is not known."""
    known = {advice.provider: advice for advice in advices()}
    return known.get(provider) or known[ANYWHERE]


def change_for(provider: str, code: str) -> Change | None:
    """The steps against one problem, as this provider's own screens say them; None where nothing can be changed."""
    return advice_for(provider).on.get(code) or advice_for(ANYWHERE).on.get(code)


def _read(name: str) -> Advice:
    told = tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))
    on = {code: Change(one["change"], tuple(one["steps"])) for code, one in told.get("on", {}).items()}
    return Advice(name, told["title"], told["small"], told["place"], tuple(told["make"]), told.get("absent", ""), on)
