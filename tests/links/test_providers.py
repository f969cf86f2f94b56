"""Links of providers that are not built yet: known by their exact hosts, answered in words, and never requested."""

import pytest

from app.errors import Stop
from app.links import normalise
from app.links.link import host_matches
from app.links.providers import PROVIDERS, provider_of
from app.links.providers.https import FAILURES, STORAGE
from app.problems import catalogue
from tests.links.conftest import Desk

LINKS = [
    ("https://drive.google.com/file/d/1abcdefghijk/view?usp=sharing", "google_drive", "provider_off"),
    ("https://drive.google.com/drive/folders/1abcdefghijk", "google_drive", "provider_off"),
    ("https://drive.google.com/drive/u/0/my-drive", "google_drive", "link_needs_share_link"),
    ("https://drive.google.com/drive/shared-with-me", "google_drive", "link_needs_share_link"),
    ("https://doc-08.googleusercontent.com/docs/securesc/x", "google_drive", "link_needs_share_link"),
    ("https://docs.google.com/spreadsheets/d/1abcdefghijk/edit", "google_drive", "provider_off"),
    ("https://www.dropbox.com/scl/fi/k/export.zip?rlkey=x&dl=0", "dropbox", "provider_off"),
    ("https://www.dropbox.com/home/Exports", "dropbox", "link_needs_share_link"),
    ("https://www.dropbox.com/request/abc", "dropbox", "link_needs_share_link"),
    ("https://db.tt/abc", "dropbox", "provider_off"),
    ("https://1drv.ms/u/s!Atj71Lw5QEdsrQnTRHMj?e=hOB5gO", "onedrive", "provider_off"),
    ("https://onedrive.live.com/?cid=1&id=2&authkey=3", "onedrive", "provider_off"),
    ("https://clinic-my.sharepoint.com/:u:/g/personal/a/TOKEN?e=x", "sharepoint", "provider_off"),
    ("https://clinic.sharepoint.com/:f:/r/sites/a/TOKEN", "sharepoint", "link_private"),
    (
        "https://clinic-my.sharepoint.com/personal/a/_layouts/15/onedrive.aspx?id=%2Fx",
        "sharepoint",
        "link_needs_share_link",
    ),
    ("https://app.box.com/s/abc", "box", "credentials_missing"),
    ("https://www.icloud.com/iclouddrive/TOKEN#Name", "icloud", "provider_off"),
    ("https://we.tl/t-abc", "wetransfer", "link_provider_refused"),
    ("https://wetransfer.com/downloads/abc", "wetransfer", "link_provider_refused"),
]
STRANGERS = [
    "https://drive.google.com.evil.example/file/d/1",
    "https://evildrive.google.com/file/d/1",
    "https://notsharepoint.com/x",
    "https://sharepoint.com.evil.example/x",
    "https://evil.example/drive.google.com/file",
    "https://evil.example/?u=https://www.dropbox.com/s/x",
    "https://xn--drpbox-cva.com/s/x",
    "https://ec2-1-2-3-4.compute.amazonaws.com/x",
    "https://evils3.amazonaws.com.evil.example/x",
    "https://xs3.amazonaws.com/x",
    "https://storage.googleapis.com.evil.example/x",
    "https://blob.core.windows.net.evil.example/x",
]
STORED = [
    "bucket.s3.amazonaws.com",
    "my_bucket.s3.eu-west-1.amazonaws.com",
    "s3.eu-west-1.amazonaws.com",
    "bucket.s3-accelerate.amazonaws.com",
    "bucket.s3.dualstack.us-east-2.amazonaws.com",
    "s3.cn-north-1.amazonaws.com.cn",
    "storage.googleapis.com",
    "bucket.storage.googleapis.com",
    "clinic.blob.core.windows.net",
    "d111.cloudfront.net",
    "id.r2.cloudflarestorage.com",
    "f001.backblazeb2.com",
    "s3.ap-southeast-2.wasabisys.com",
]


@pytest.mark.parametrize(("link", "provider", "code"), LINKS)
def test_a_known_provider_is_told_apart_and_not_requested(desk: Desk, link: str, provider: str, code: str) -> None:
    with pytest.raises(Stop) as caught:
        desk.probe(link)
    assert provider_of(normalise(link)).name == provider
    assert caught.value.problem.code == code
    assert caught.value.problem.details["provider"] == provider_of(normalise(link)).label(normalise(link))
    assert desk.net.log == []


@pytest.mark.parametrize("link", STRANGERS)
def test_a_host_that_only_looks_like_a_provider_is_a_stranger(desk: Desk, link: str) -> None:
    assert provider_of(normalise(link)).name == "https"
    with pytest.raises(Stop) as caught:
        desk.probe(link)
    assert caught.value.problem.code == "link_not_recognised"


@pytest.mark.parametrize("host", STORED)
def test_storage_hosts_are_known(host: str) -> None:
    assert any(pattern.search(host) for _, pattern in STORAGE)


def test_a_suffix_begins_at_a_dot() -> None:
    assert host_matches("a.example", (".example",))
    assert not host_matches(".example", (".example",))
    assert not host_matches("aexample", (".example", "example"))


def test_every_provider_has_a_name_of_its_own_and_plain_https_comes_last() -> None:
    names = [p.name for p in PROVIDERS]
    assert len(set(names)) == len(names)
    assert names[-1] == "https"


def test_every_row_of_the_failure_table_has_words() -> None:
    assert {row.problem for row in FAILURES.rows} <= set(catalogue())
