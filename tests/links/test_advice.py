"""A clinic is told, of each provider, what to press; never in general where its own screen has words for it."""

import tomllib
from pathlib import Path

from app import links
from app.links.advice import advice_for, advices, change_for
from app.links.providers import PROVIDERS
from app.links.providers.https import STORAGE
from app.problems import Who, catalogue

FOLDER = Path(links.__file__).parent
PASSES = {
    "link_quota",
    "provider_rate_limited",
    "provider_down",
}  # what waiting mends has its words on the progress page


def tables() -> dict[str, set[str]]:
    """The problems that a provider's own tables can name."""
    found = {}
    for provider in PROVIDERS:
        path = FOLDER / "providers" / f"{provider.name}.toml"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        rows = [row for table in tomllib.loads(text).values() if isinstance(table, list) for row in table]
        found[provider.name] = {row["problem"] for row in rows if isinstance(row, dict) and "problem" in row}
    return found


def test_every_provider_has_its_help() -> None:
    assert {advice.provider for advice in advices()} == {provider.name for provider in PROVIDERS}
    for advice in advices():
        assert advice.make, advice.provider


def test_what_a_provider_refuses_has_its_own_steps_where_the_clinic_can_mend_it() -> None:
    without = [
        (provider, code)
        for provider, codes in tables().items()
        for code in codes
        if catalogue()[code].who is Who.CLINIC and code not in PASSES and code not in advice_for(provider).on
    ]
    assert sum(len(codes) for codes in tables().values()) > 30
    assert not without


def test_advice_speaks_of_problems_that_there_are() -> None:
    unknown = [(advice.provider, code) for advice in advices() for code in advice.on if code not in catalogue()]
    assert not unknown


def test_every_step_marks_the_words_of_the_screen_in_pairs() -> None:
    for advice in advices():
        for line in (*advice.make, *(step for change in advice.on.values() for step in change.steps)):
            assert line.count("*") % 2 == 0, f"{advice.provider}: {line}"
            assert "http" not in line or advice.provider == "https"


def test_a_link_of_nobody_we_know_has_the_words_for_any_link() -> None:
    assert change_for("", "link_malformed") is not None
    assert change_for("google_drive", "unsafe_address") == change_for("https", "unsafe_address")
    assert change_for("google_drive", "provider_changed") is None, "nothing that a clinic could change"


def test_the_help_for_a_direct_link_names_every_storage_service_whose_links_we_collect() -> None:
    words = " ".join(advice_for("https").make)
    assert [label for label, _ in STORAGE if label not in words] == []


def test_no_refusal_of_a_link_says_that_we_accept_every_https_address() -> None:
    todo = catalogue()["link_not_recognised"].todo
    assert "direct links of storage services such as Amazon S3" in todo
    assert "direct https links" not in todo
