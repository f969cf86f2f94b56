"""A provider's folder is whole: the registry rejects a folder without help, data, words or patterns at import."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app import links
from app.links.link_settings import LinkSettings
from app.links.provider import Provider
from app.links.provider_folder import IncompleteProvider, find_gaps, load_provider_data, require_whole_providers
from app.links.provider_registry import PROVIDERS, UNSUPPORTED
from tests.links.cases import load_cases

APP = Path(links.__file__).parents[1]
FOLDERS = APP / "links" / "providers"
Change = Callable[[str], str]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the providers' folders."""
    return Path(shutil.copytree(FOLDERS, tmp_path / "providers"))


def without(pattern: str) -> Change:
    return lambda text: re.sub(pattern, "", text, count=1, flags=re.MULTILINE | re.DOTALL)


def adding(lines: str) -> Change:
    return lambda text: f"{text}\n{lines}\n"


DAMAGES: dict[str, tuple[str, Change, str]] = {
    "no title": ("help.toml", without(r"^title = .*?$"), "add `title` to help.toml"),
    "no small": ("help.toml", without(r"^small = .*?$"), "add `small` to help.toml"),
    "no place": ("help.toml", without(r"^place = .*?$"), "add `place` to help.toml"),
    "no make": ("help.toml", without(r"^make = \[.*?^\]$"), "add `make` to help.toml"),
    "no steps": ("help.toml", without(r"^steps = \[.*?^\]$"), "add change and steps to [on."),
    "no change": ("help.toml", without(r"^change = .*?$"), "add change and steps to [on."),
    "unpaired mark": ("help.toml", lambda text: text.replace("steps = [", 'steps = ["*Share",'), "mark the words"),
    "help for an unknown problem": (
        "help.toml",
        adding('[on.no_such_problem]\nchange = "x"\nsteps = ["x"]'),
        "correct [on.no_such_problem]",
    ),
    "no label": ("provider.toml", without(r"^label = .*?$"), "add `label` to provider.toml"),
    "problem without words": (
        "provider.toml",
        adding('[[failure]]\nproblem = "no_such_problem"'),
        "add [no_such_problem] to app/problems.toml",
    ),
    "problem without help": (
        "provider.toml",
        adding('[[failure]]\nproblem = "zip_damaged"'),
        "add [on.zip_damaged] with change and steps to help.toml",
    ),
    "broken pattern": ("provider.toml", adding('[[shape]]\npath = "("'), "correct the pattern '('"),
}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_every_folder_is_whole_and_each_missing_part_is_named(copy: Path, provider: Provider) -> None:
    assert find_gaps(copy, provider) == []
    for name, (file, damage, message) in DAMAGES.items():
        path = copy / provider.name / file
        text = path.read_text(encoding="utf-8")
        path.write_text(damage(text), encoding="utf-8")
        gaps = "\n".join(find_gaps(copy, provider))
        assert message in gaps, name
        assert f"app/links/providers/{provider.name}: " in gaps, name
        path.write_text(text, encoding="utf-8")
    data = copy / provider.name / "provider.toml"
    data.write_text(without(r"^hosts = \[.*?\]$")(data.read_text(encoding="utf-8")).replace("[[storage]]", "[[other]]"))
    assert "add `hosts` to provider.toml" in "\n".join(find_gaps(copy, provider))


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
@pytest.mark.parametrize("file", ["help.toml", "provider.toml", "__init__.py"])
def test_a_provider_without_a_file_is_incomplete(copy: Path, provider: Provider, file: str) -> None:
    (copy / provider.name / file).unlink()
    with pytest.raises(IncompleteProvider, match=rf"^app/links/providers/{provider.name}: add "):
        require_whole_providers(copy, PROVIDERS)


def test_a_folder_outside_the_registry_is_incomplete(copy: Path) -> None:
    shutil.copytree(copy / "box", copy / "new_provider")
    with pytest.raises(IncompleteProvider, match="new_provider: add the provider to PROVIDERS"):
        require_whole_providers(copy, PROVIDERS)
    with pytest.raises(IncompleteProvider, match="remove the second provider"):
        require_whole_providers(copy, (*PROVIDERS, PROVIDERS[0]))


def test_a_provider_listed_after_https_is_misplaced() -> None:
    with pytest.raises(IncompleteProvider, match="providers/https: move the provider to the end of PROVIDERS"):
        require_whole_providers(FOLDERS, (PROVIDERS[-1], *PROVIDERS[:-1]))


def test_a_provider_module_without_data_fails(tmp_path: Path) -> None:
    with pytest.raises(IncompleteProvider, match=r"add provider\.toml"):
        load_provider_data(str(tmp_path / "__init__.py"))


def test_the_import_fails_for_a_provider_without_help(tmp_path: Path) -> None:
    """A copy of the product, where only `links/providers` is copied and the other files are links."""
    for original, kept in ((APP, "links"), (APP / "links", "providers")):
        target = tmp_path / original.relative_to(APP.parent)
        target.mkdir()
        for path in original.iterdir():
            if path.name not in (kept, "__pycache__"):
                (target / path.name).symlink_to(path)
    copied = shutil.copytree(FOLDERS, tmp_path / "app" / "links" / "providers")
    (copied / "dropbox" / "help.toml").unlink()
    code = "import app, sys; print(app.__path__[0]); import app.links.provider_registry"
    run = subprocess.run([sys.executable, "-B", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == str(tmp_path / "app")
    assert run.returncode == 1
    assert "IncompleteProvider: app/links/providers/dropbox: add help.toml with title, small, place, make" in run.stderr


def test_every_provider_with_routes_has_a_fake_and_cases() -> None:
    full = LinkSettings(google_drive_api_key="x", dropbox_app_key="x", dropbox_app_secret="x")
    for provider in PROVIDERS:
        assert bool(provider.routes(full)) == (provider.name not in UNSUPPORTED)
        if provider.name not in UNSUPPORTED:
            assert {case.provider for case in load_cases(provider.name)} == {provider.name}
    with pytest.raises(AssertionError, match="add tests/links/providers/new_provider/"):
        load_cases("new_provider")
