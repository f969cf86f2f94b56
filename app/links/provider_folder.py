"""What a provider's folder must hold, checked when the registry of providers is imported.

A folder `app/links/providers/NAME/` is whole with four parts:

    code      `__init__.py` with the provider's class, whose `name` is NAME, and an entry in PROVIDERS
    patterns  `provider.toml` with `hosts` (or `[[storage]]` patterns); every regular expression compiles
    words     `label` in `provider.toml`, and a table in `app/problems.toml` for every problem code in the folder
    help      `help.toml` with `title`, `small`, `place`, `make`, and `[on.CODE]` for each problem a clinic can fix
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.links.link_problems import PASSING
from app.links.provider import Provider
from app.links.provider_help import HELP_FIELDS, HELP_FILE, ProviderHelp, load_help
from app.links.share_link import ShareLink, WebAddress
from app.problems import Who, catalogue

DATA_FILE = "provider.toml"
PATTERN_KEYS = frozenset({"path", "pattern"})
_ANY_LINK = ShareLink(WebAddress("any.invalid", "/"))


class IncompleteProvider(Exception):
    """A provider's folder lacks a part. The message names the file, and what to add to the file."""


def load_provider_data(module_file: str) -> Mapping[str, Any]:
    """The provider's `provider.toml`, beside the given module.

    Raises IncompleteProvider where the file is missing, or lacks the label, the hosts or a correct pattern.
    """
    path = Path(module_file).with_name(DATA_FILE)
    if not path.is_file():
        raise IncompleteProvider(
            f"{_place(path.parent)}: add {DATA_FILE} with label, hosts and the failure tables of the provider"
        )
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    if gaps := [*_label_gaps(data), *_pattern_gaps(data)]:
        raise IncompleteProvider("\n".join(f"{_place(path.parent)}: {gap}" for gap in gaps))
    return data


def require_value(provider: str, data: Mapping[str, Any], key: str, meaning: str) -> Any:
    """A value that `provider.toml` must have. Raises IncompleteProvider with the meaning where the value is missing."""
    if key not in data:
        raise IncompleteProvider(f"app/links/providers/{provider}: add `{key}` to {DATA_FILE}: {meaning}")
    return data[key]


def require_whole_providers(root: Path, providers: Sequence[Provider]) -> Mapping[str, ProviderHelp]:
    """Every provider's help, by the provider's name.

    Raises IncompleteProvider with a line for each missing part. `root` is the folder that holds the providers' folders.
    """
    gaps, helps = [*_unlisted(root, providers), *_misplaced(root, providers)], {}
    for provider in providers:
        known = _load_help(root / provider.name)
        gaps += _find_gaps(root, provider, known)
        if known is not None:
            helps[provider.name] = known
    if gaps:
        raise IncompleteProvider("\n".join(gaps))
    return helps


def find_gaps(root: Path, provider: Provider) -> list[str]:
    """The missing parts of a provider's folder, each as a sentence that names what to add. Empty for a whole folder."""
    return _find_gaps(root, provider, _load_help(root / provider.name))


def _find_gaps(root: Path, provider: Provider, known: ProviderHelp | None) -> list[str]:
    folder = root / provider.name
    if not (folder / "__init__.py").is_file():
        return [f"{_place(folder)}: add a folder with this name, or correct `name` of {type(provider).__name__}"]
    if not (folder / DATA_FILE).is_file():
        return [f"{_place(folder)}: add {DATA_FILE} with label, hosts and the failure tables of the provider"]
    data = tomllib.loads((folder / DATA_FILE).read_text(encoding="utf-8"))
    gaps = [*_label_gaps(data), *_pattern_gaps(data), *_word_gaps(data), *_help_gaps(known, data)]
    return [f"{_place(folder)}: {gap}" for gap in gaps]


def problem_codes(data: Mapping[str, Any]) -> frozenset[str]:
    """The problem codes that a provider's data can lead to."""
    return frozenset(str(value) for key, value in _leaves(data) if key == "problem")


def _unlisted(root: Path, providers: Sequence[Provider]) -> Iterator[str]:
    listed = [provider.name for provider in providers]
    for folder in sorted(path.parent for path in root.glob("*/__init__.py")):
        if folder.name not in listed:
            yield f"{_place(folder)}: add the provider to PROVIDERS in app/links/provider_registry.py"
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        yield f"{_place(root / name)}: remove the second provider with this name from PROVIDERS"


def _misplaced(root: Path, providers: Sequence[Provider]) -> Iterator[str]:
    for provider in providers[:-1]:
        if provider.recognise(_ANY_LINK):
            yield f"{_place(root / provider.name)}: move the provider to the end of PROVIDERS: every link matches"


def _pattern_gaps(data: Mapping[str, Any]) -> Iterator[str]:
    if not data.get("hosts") and not data.get("storage"):
        yield f"add `hosts` to {DATA_FILE}: the host names of the provider's links"
    for key, value in _leaves(data):
        if key in PATTERN_KEYS:
            try:
                re.compile(str(value))
            except re.error as error:
                yield f"correct the pattern {value!r} in {DATA_FILE}: {error}"


def _label_gaps(data: Mapping[str, Any]) -> Iterator[str]:
    if not data.get("label"):
        yield f"add `label` to {DATA_FILE}: the provider's name as people write the name"


def _word_gaps(data: Mapping[str, Any]) -> Iterator[str]:
    for code in sorted(problem_codes(data) - catalogue().keys()):
        yield f"add [{code}] to app/problems.toml: {DATA_FILE} names this problem"


def _load_help(folder: Path) -> ProviderHelp | None:
    return load_help(folder) if (folder / HELP_FILE).is_file() else None


def _help_gaps(known: ProviderHelp | None, data: Mapping[str, Any]) -> Iterator[str]:
    if known is None:
        yield (
            f"add {HELP_FILE} with title, small, place, make (the steps that make a link), "
            "and [on.CODE] with change and steps for each problem that a clinic can fix"
        )
        return
    for name in HELP_FIELDS:
        if not getattr(known, name):
            yield f"add `{name}` to {HELP_FILE}"
    if not known.make:
        yield f"add `make` to {HELP_FILE}: the steps that make a link"
    for code in sorted(code for code in problem_codes(data) - known.on.keys() if _can_clinic_fix(code)):
        yield f"add [on.{code}] with change and steps to {HELP_FILE}: a clinic can fix this problem"
    for code, remedy in known.on.items():
        if code not in catalogue():
            yield f"correct [on.{code}] in {HELP_FILE}: app/problems.toml has no such problem"
        if not remedy.change or not remedy.steps:
            yield f"add change and steps to [on.{code}] in {HELP_FILE}"
    for step in (*known.make, *(step for remedy in known.on.values() for step in remedy.steps)):
        if step.count("*") % 2:
            yield f"mark the words of the screen with a pair of * in {HELP_FILE}: {step}"


def _can_clinic_fix(code: str) -> bool:
    """Whether a clinic has steps to take. Problems that pass by waiting have no steps."""
    return code in catalogue() and catalogue()[code].who is Who.CLINIC and code not in PASSING


def _leaves(data: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a nested structure with the key above the value."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from _leaves(value, str(name))
    elif isinstance(data, list):
        for value in data:
            yield from _leaves(value, key)
    else:
        yield key, data


def _place(folder: Path) -> str:
    return f"app/links/providers/{folder.name}"
