"""The help for clinics: steps of each provider's own screens, and words for a link of an unknown provider."""

from app.links import providers
from app.links.link_problems import PASSING
from app.links.provider_folder import load_provider_data, problem_codes
from app.links.provider_registry import PROVIDERS, all_provider_help, help_for, remedy_for
from app.links.providers.https import STORAGE
from app.problems import Who, catalogue


def test_every_problem_that_a_clinic_can_fix_has_steps() -> None:
    codes = {
        provider.name: problem_codes(load_provider_data(f"{providers.__path__[0]}/{provider.name}/__init__.py"))
        for provider in PROVIDERS
    }
    missing = [
        (provider, code)
        for provider, known in codes.items()
        for code in known
        if catalogue()[code].who is Who.CLINIC and code not in PASSING and remedy_for(provider, code) is None
    ]
    assert sum(map(len, codes.values())) > 30
    assert not missing


def test_only_the_help_for_direct_links_contains_addresses() -> None:
    for known in all_provider_help():
        for step in (*known.make, *(step for remedy in known.on.values() for step in remedy.steps)):
            assert "http" not in step or known.provider == "https"


def test_upload_only_providers_are_last() -> None:
    places = [known.place == "upload" for known in all_provider_help()]
    assert places == sorted(places)
    assert len(places) == len(PROVIDERS)


def test_a_link_of_an_unknown_provider_has_the_help_for_any_link() -> None:
    assert remedy_for("", "link_malformed") is not None
    assert remedy_for("google_drive", "unsafe_address") == remedy_for("https", "unsafe_address")
    assert remedy_for("google_drive", "provider_changed") is None, "a clinic can change nothing"


def test_the_help_for_direct_links_names_every_storage_service() -> None:
    words = " ".join(help_for("https").make)
    assert [label for label, _ in STORAGE if label not in words] == []


def test_the_refusal_of_a_link_does_not_promise_every_https_address() -> None:
    todo = catalogue()["link_not_recognised"].todo
    assert "direct links of storage services such as Amazon S3" in todo
    assert "direct https links" not in todo
