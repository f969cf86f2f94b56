"""The invented clinic of a source: its workspace in Caspen and its export, for development and for tests.

A source's folder may have `demo_workspace.py` with `DEMO_WORKSPACE`, and `sample/` with `write_sample`. Both are
imported by name when a function needs them, so that the product does not load the sample generator.
"""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol, cast

from app.sources import package_of

Role = Literal["practitioner_admin", "practitioner", "practice_manager", "receptionist", "accountant"]
Invite = Literal["accepted", "invited", "not_invited"]


@dataclass(frozen=True)
class DemoLocation:
    """A location of the demo workspace."""

    name: str
    archived: bool = False


@dataclass(frozen=True)
class DemoUser:
    """A user of the demo workspace; `email` is None for a user without an address."""

    name: str
    email: str | None
    role: Role
    invite: Invite = "accepted"
    active: bool = True


@dataclass(frozen=True)
class DemoService:
    """A service of the demo workspace; `duration` is in minutes."""

    name: str
    kind: Literal["appointment", "activity"]
    duration: int


@dataclass(frozen=True)
class DemoWorkspace:
    """The workspace that the demo clinic has set up in Caspen. `timezone` is an IANA name."""

    name: str
    timezone: str
    locations: tuple[DemoLocation, ...]
    users: tuple[DemoUser, ...]
    services: tuple[DemoService, ...]


class WriteSample(Protocol):
    """Write one zip. The same arguments make the same bytes. Raises OSError where the file cannot be written."""

    def __call__(self, out: Path, *, size: str, seed: int, dialect: str) -> object: ...


def demo_workspace(source: str) -> DemoWorkspace:
    """The workspace of the demo clinic. Raises ModuleNotFoundError for a source without one."""
    return cast("DemoWorkspace", import_module(f"{package_of(source)}.demo_workspace").DEMO_WORKSPACE)


def sample_writer(source: str) -> WriteSample | None:
    """The generator of invented exports, or None for a source without one."""
    name = f"{package_of(source)}.sample"
    return cast("WriteSample", import_module(name).write_sample) if find_spec(name) else None
