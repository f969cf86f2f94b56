"""What the registry of sources demands: a source that lacks a part is refused in one line that names the part."""

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import pytest

from app.mapping.columns import Column
from app.mapping.export_guide import ExportGuide
from app.mapping.kind import Kind, Source, UsedFeature
from app.mapping.kind_roles import KindRole
from app.mapping.text import string
from app.mapping.traits import Identity, Names
from app.mapping.verified_kinds import OverridingKind, RowRule, words
from app.sources import SOURCES, UnusableSource, further_packages, package_of, register_sources
from app.sources.invented import sample_writer
from app.sources.required_parts import missing_parts
from app.worker.installation import CannotStart
from app.worker.runtime import open_runtime
from tests.harness.clinic import settings_in
from tests.toy_source.journey import PACKAGE
from tests.toy_source.tidewater.source import DECKHANDS, LOGBOOKS, OFFERINGS, PAPERS, SAILINGS, SOULS, SOURCE


@dataclass(frozen=True)
class Nameless:
    """A row with one column, which is no key."""

    colour: Annotated[str | None, Column(string, "Colour")] = None


def with_kind(old: Kind[Any], **more: Any) -> Source:
    """The source with one kind changed."""
    return replace(SOURCE, kinds=tuple(replace(kind, **more) if kind is old else kind for kind in SOURCE.kinds))


def without(*kinds: Kind[Any]) -> Source:
    return replace(SOURCE, kinds=tuple(kind for kind in SOURCE.kinds if kind not in kinds))


def with_verified(**more: Any) -> Source:
    """The source with one verified kind changed."""
    first, *others = SOURCE.verified_kinds
    return replace(SOURCE, verified_kinds=(replace(first, **more), *others))


LACKING: dict[str, tuple[Source, str]] = {
    "a name": (replace(SOURCE, name="Tide water"), "its name must be of small letters, digits and _"),
    "a label": (replace(SOURCE, label=" "), "it has no label"),
    "names of their own": (replace(SOURCE, kinds=(*SOURCE.kinds, SOULS)), "2 kinds have the name souls"),
    "one kind of a role": (
        with_kind(SAILINGS, role=KindRole.NOTE),
        "2 kinds have the role NOTE",
    ),
    "clients": (with_kind(SOULS, role=None), "no kind has the role CLIENT"),
    "uses": (replace(SOURCE, uses=()), "uses is empty, and a clinic is asked which of them it uses"),
    "counts": (replace(SOURCE, counts=()), "counts is empty, and a clinic is asked for these numbers"),
    "steps": (replace(SOURCE, export_guide=ExportGuide()), "export_guide has no steps"),
    "questions": (replace(SOURCE, fields_of=None), "a kind has the role FIELD, and fields_of is missing"),
    "the kind of a use": (
        replace(SOURCE, uses=(UsedFeature("nets", "Nets", ("nets",)),)),
        "uses names the kind nets, which is missing",
    ),
    "a kind of files": (with_kind(PAPERS, filing=None), "layout names folders of files, and no kind has filing"),
    "a kind of pages": (with_kind(LOGBOOKS, pages=None), "layout names folders of notes, and no kind has pages"),
    "the target of a link": (
        without(OFFERINGS),
        "kind sailings: as_offered refers to the kind offerings, which is missing",
    ),
    "tables": (with_kind(SOULS, tables=()), "kind souls: it has no tables"),
    "a table": (with_kind(SOULS, tables=("nets",)), "kind souls: Caspen has no table nets"),
    "a key": (
        with_kind(LOGBOOKS, row=Nameless, pages=None, identity=Identity()),
        "kind logbooks: no column of its row is the key",
    ),
    "names to match": (
        with_kind(DECKHANDS, names=Names()),
        "kind deckhands: it has the role PRACTITIONER and no names.name_of",
    ),
    "times": (with_kind(SAILINGS, row=Nameless), "kind sailings: its row has no starts_at"),
    "columns of a file": (
        with_kind(PAPERS, row=Nameless),
        "kind ship_papers: its row has no found_key, which filing needs",
    ),
    "the attribute of a verified column": (
        with_verified(columns=(words("first_name", "nickname"),)),
        "verified_kinds names the attribute nickname of the kind souls, which has no such column",
    ),
    "the attribute of a rule": (
        with_verified(columns=(words("first_name", "given", pick=RowRule(lambda nickname: str(nickname))),)),
        "verified_kinds names the attribute nickname of the kind souls, which has no such column",
    ),
    "the attribute of the id": (
        with_verified(key="id"),
        "verified_kinds names the attribute id of the kind souls, which has no such column",
    ),
    "a required attribute": (
        with_verified(required=("family|nickname",)),
        "verified_kinds names the attribute nickname of the kind souls, which has no such column",
    ),
    "the attribute of an overriding kind": (
        with_verified(overridden_by=OverridingKind("sailings", "crew", frozenset())),
        "verified_kinds names the attribute crew of the kind sailings, which has no such column",
    ),
    "an excluded header that is of no column": (
        with_verified(excluded_headers=("GIVEN",)),
        "verified_kinds excludes the header GIVEN, which the kind souls has",
    ),
    "columns of a page": (
        with_kind(LOGBOOKS, row=Nameless),
        "kind logbooks: pages.title is headline, which its row does not have",
    ),
}


@pytest.mark.parametrize("part", LACKING)
def test_a_source_without_a_part_is_told_which(part: str) -> None:
    source, expected = LACKING[part]
    assert expected in missing_parts(source)


def test_a_whole_source_lacks_nothing() -> None:
    assert {name: missing_parts(source) for name, source in SOURCES.items()} == {name: [] for name in SOURCES}
    assert list(SOURCES)[-1] == SOURCE.name, "further sources come after those of the product"


def package_with(monkeypatch: pytest.MonkeyPatch, source: object) -> str:
    """A package whose module `source` has this SOURCE."""
    module = ModuleType("coastal.source")
    module.SOURCE = source  # type: ignore[attr-defined]  # a module of the test
    package = ModuleType("coastal")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "coastal", package)
    monkeypatch.setitem(sys.modules, "coastal.source", module)
    return "coastal"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (None, "coastal.source has no SOURCE that is a Source of app.mapping.kind."),
        (SOURCE, "The sources of tests.toy_source.tidewater and of coastal have one name: tidewater."),
        (replace(SOURCE, name="coastal", uses=()), "coastal: uses is empty"),
    ],
    ids=["nothing", "another one's name", "a part is missing"],
)
def test_an_unusable_source_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: Source | None, words: str
) -> None:
    package, before = package_with(monkeypatch, source), dict(SOURCES)
    with pytest.raises(UnusableSource, match=re.escape(words)):
        register_sources(package)
    with pytest.raises(CannotStart) as refused:
        open_runtime(settings_in(tmp_path, source_packages=package))
    assert str(refused.value).startswith(f"SOURCE_PACKAGES cannot be used: {words}")
    assert len(str(refused.value).splitlines()) == 1
    assert dict(SOURCES) == before


def test_a_source_is_registered_once_and_knows_its_package() -> None:
    before = dict(SOURCES)
    register_sources(f" {PACKAGE}, ,{PACKAGE}")
    assert dict(SOURCES) == before
    assert further_packages() == PACKAGE == package_of(SOURCE.name)
    assert sample_writer(SOURCE.name) is None, "an invented clinic is no part that a source must have"
