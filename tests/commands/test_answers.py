"""The fields of the command line's answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.caspen.workspace_snapshot import WorkspaceDetails, WorkspaceSnapshot
from app.commands.input_files import answered
from app.mapping.plan import Choice, Plan
from tests.harness.clinic import runtime_in
from tests.register.story import DIARY, Desk, Tried, export

FILE = {"path", "kind", "dialect", "encoding", "rows", "parts", "sha256", "refused"}
PROBLEM = {"code", "level", "kind", "file", "line", "source_id", "column", "count"}
OUTCOMES = ("created", "updated", "unchanged", "left_out", "skipped", "held", "refused")
LEVELS = {"stops", "refused", "held", "skipped", "warning", "info"}


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    files = export(*DIARY, "appointments", patients=[{"email": "a@@b"}, {"id": "12", "email": "c@@d"}])
    files |= {"Communications.csv": "\r\n", "Recipes.csv": "Cake,Sugar\nApple,200 g\n"}
    with runtime_in(tmp_path_factory.mktemp("answers")) as runtime:
        yield Desk(runtime).tried(files)


def test_a_trial_s_answer_has_these_fields(tried: Tried) -> None:
    top = {"export", "inventory", "references", "problems", "kinds", "balanced", "digest", "seconds", "peak_rss_mb"}
    assert set(tried.answer) == top
    assert set(tried.answer["export"]) == {"sha256", "files"}
    assert set(tried.answer["seconds"]) == {"read", "trial", "reconcile"}
    assert len(tried.answer["export"]["sha256"] or "") == 64


def test_refused_and_unknown_files_have_no_kind(tried: Tried) -> None:
    for file in tried.answer["export"]["files"]:
        assert set(file) == FILE
    kinds = {f["path"]: (f["kind"], f["refused"]) for f in tried.answer["export"]["files"]}
    assert kinds["Communications.csv"] == (None, "file_empty")
    assert kinds["Recipes.csv"] == (None, None)
    assert kinds["patients.csv"] == ("patients", None)


def test_the_answer_has_counts_per_kind_and_references(tried: Tried) -> None:
    assert tried.answer["inventory"]["patients"] == {"rows": 2, "ids": 2, "duplicates": 0, "first": None, "last": None}
    assert tried.answer["inventory"]["appointments"]["first"] == "2026-03-31T22:00:00Z"
    visits = {"active": True, "appointments": 1, "notes": 0}
    assert tried.answer["references"] == {
        "businesses": [{"id": "3", "name": "Harbour Street", **visits}],
        "practitioners": [{"id": "7", "name": "Dr Sam Lee", **visits}],
        "appointment_types": [{"id": "9", "name": "Initial consult", **visits}],
    }


def test_a_problem_is_one_entry_for_code_kind_file_and_column(tried: Tried) -> None:
    places: list[Any] = []
    for problem in tried.answer["problems"]:
        assert set(problem) == PROBLEM
        assert problem["level"] in LEVELS
        places.append((problem["code"], problem["kind"], problem["file"], problem["column"]))
    assert len(places) == len(set(places))
    [mails] = tried.problems("bad_email", "patients")
    assert (mails["count"], mails["line"], mails["source_id"]) == (2, 2, "11")


def test_every_row_of_a_kind_has_one_outcome(tried: Tried) -> None:
    counted = {"kind", "read", *OUTCOMES, "records", "source_digest", "caspen_digest"}
    kinds: list[dict[str, Any]] = [{**kind} for kind in tried.answer["kinds"]]
    for kind in kinds:
        assert set(kind) == counted
        assert kind["read"] == sum(kind[outcome] for outcome in OUTCOMES)
    assert tried.answer["balanced"]


def test_an_answer_file_can_match_a_client(tmp_path: Path) -> None:
    answers = tmp_path / "plan.yaml"
    answers.write_text(
        "clients:\n  11: create\n  12: {to: match, id: cli_1}\nfields:\n  f1: create\n", encoding="utf-8"
    )
    facts = WorkspaceSnapshot(WorkspaceDetails("wsp_demo", "Demo", "Australia/Sydney", "AU"))
    plan = answered(Plan(), answers, facts)
    assert plan.clients == {"11": Choice(to="create"), "12": Choice(to="match", id="cli_1")}
    assert plan.fields == {"f1": Choice(to="create")}
