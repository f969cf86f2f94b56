"""Links are recognised by exact hosts and shapes. Other links are refused without a request."""

from urllib.parse import quote

import pytest

from app.errors import Stop
from app.links.link_settings import LinkSettings
from app.links.normalise import normalise
from app.links.provider_registry import PROVIDERS, provider_of
from app.links.providers.https import FAILURES, STORAGE
from app.links.share_link import host_matches
from app.problems import catalogue
from tests.links.conftest import Downloader

GOOD = [
    ("google_drive", "https://drive.google.com/file/d/1abcdefghijk/view?usp=sharing"),
    ("google_drive", "https://drive.google.com/file/d/1abcdefghijk/edit"),
    ("google_drive", "https://drive.google.com/file/u/1/d/1abcdefghijk/preview"),
    ("google_drive", "https://drive.google.com/file/d/1abcdefghijk"),
    ("google_drive", "https://drive.google.com/file/d/1abcdefghijk/view?usp=drive_link&resourcekey=0-abcDEF"),
    ("google_drive", "https://drive.google.com/a/clinic.example/file/d/1abcdefghijk/view"),
    ("google_drive", "https://drive.google.com/open?id=1abcdefghijk"),
    ("google_drive", "https://drive.google.com/uc?export=download&id=1abcdefghijk"),
    ("google_drive", "https://drive.google.com/download?id=1abcdefghijk"),
    ("google_drive", "https://drive.google.com/thumbnail?id=1abcdefghijk"),
    ("google_drive", "https://drive.google.com/drive/folders/1abcdefghijk?usp=sharing"),
    ("google_drive", "https://drive.google.com/drive/u/0/folders/1abcdefghijk"),
    ("google_drive", "https://drive.google.com/drive/mobile/u/0/folders/1abcdefghijk"),
    ("google_drive", "https://drive.google.com/folderview?id=1abcdefghijk&resourceKey=0-abc"),
    ("google_drive", "https://drive.google.com/embeddedfolderview?id=1abcdefghijk#list"),
    ("google_drive", "https://drive.usercontent.google.com/download?id=1abcdefghijk&export=download&confirm=t"),
    ("dropbox", "https://www.dropbox.com/scl/fi/k3y/export.zip?rlkey=x&st=y&dl=0"),
    ("dropbox", "https://www.dropbox.com/e/scl/fi/k3y/export.zip?rlkey=x"),
    ("dropbox", "https://dropbox.com/s/abcdefghijklmno/export.zip?dl=0"),
    ("dropbox", "https://dl.dropbox.com/s/abcdefghijklmno/export.zip"),
    ("dropbox", "https://www.dropbox.com/scl/fo/k3y/h?rlkey=x&dl=0"),
    ("dropbox", "https://www.dropbox.com/scl/fo/k3y/AHash/Sub/Folder?rlkey=x"),
    ("dropbox", "https://www.dropbox.com/scl/fo/k3y/h?preview=a.csv&rlkey=x"),
    ("dropbox", "https://www.dropbox.com/sh/abcdefghijklmno/AHash?dl=0"),
    ("dropbox", "https://www.dropbox.com/l/scl/AAAA"),
    ("dropbox", "https://db.tt/abc"),
    ("onedrive", "https://1drv.ms/u/s!Atj71Lw5QEdsrQnTRHMj?e=hOB5gO"),
    ("onedrive", "https://1drv.ms/f/c/0123456789abcdef/EtokenToken?e=abc"),
    ("onedrive", "https://onedrive.live.com/?cid=1&id=1%21123&authkey=%21A"),
    ("onedrive", "https://onedrive.live.com/redir?resid=1%21123&authkey=%21A"),
    ("onedrive", "https://onedrive.live.com/embed?resid=1%21123"),
    ("onedrive", "https://onedrive.live.com/download?resid=1%21123&authkey=%21A"),
    ("onedrive", "https://onedrive.live.com/personal/x?redeem=aHR0cHM6&migratedtospo=true"),
    ("onedrive", "https://photos.onedrive.com/share/x"),
    ("sharepoint", "https://clinic-my.sharepoint.com/:u:/g/personal/a_clinic/EToken?e=x"),
    ("sharepoint", "https://clinic.sharepoint.com/:f:/s/Exports/EToken"),
    ("sharepoint", "https://clinic.sharepoint.com/:x:/t/Team/EToken?e=x"),
    ("sharepoint", "https://clinic.sharepoint.us/:b:/g/EToken"),
    ("sharepoint", "https://clinic.sharepoint.cn/:u:/p/a/EToken"),
    ("sharepoint", "https://clinic.sharepoint.com/sites/a/_layouts/15/guestaccess.aspx?share=EToken"),
    ("sharepoint", "https://clinic-my.sharepoint.com/personal/a/_layouts/15/download.aspx?share=EToken"),
    ("https", "https://bucket.s3.amazonaws.com/export.zip?X-Amz-Signature=x"),
    ("https", "https://storage.googleapis.com/bucket/export.zip?X-Goog-Signature=x"),
    ("https", "https://clinic.blob.core.windows.net/x/export.zip?sig=x&se=2036-01-01"),
]
LINKS = [
    ("https://drive.google.com/drive/u/0/my-drive", "google_drive", "link_needs_share_link"),
    ("https://drive.google.com/drive/shared-with-me", "google_drive", "link_needs_share_link"),
    ("https://drive.google.com/", "google_drive", "link_needs_share_link"),
    ("https://doc-08.googleusercontent.com/docs/securesc/x", "google_drive", "link_needs_share_link"),
    ("https://docs.google.com/spreadsheets/d/1abcdefghijk/edit", "google_drive", "native_document"),
    ("https://docs.google.com/document/u/1/d/1abcdefghijk/edit", "google_drive", "native_document"),
    ("https://docs.google.com/forms/d/e/2PACX-1v/viewform", "google_drive", "native_document"),
    ("https://drive.google.com/file/d/short/view", "google_drive", "link_malformed"),
    ("https://drive.google.com/open?id=", "google_drive", "link_malformed"),
    ("https://drive.google.com/something/else", "google_drive", "link_not_recognised"),
    ("https://www.dropbox.com/home/Exports", "dropbox", "link_needs_share_link"),
    ("https://www.dropbox.com/request/abc", "dropbox", "link_needs_share_link"),
    ("https://www.dropbox.com/transfer/AAA", "dropbox", "link_needs_share_link"),
    ("https://www.dropbox.com/t/AAA", "dropbox", "link_needs_share_link"),
    ("https://www.dropbox.com/paper/doc", "dropbox", "link_needs_share_link"),
    ("https://uc12.dl.dropboxusercontent.com/cd/0/get/x", "dropbox", "link_needs_share_link"),
    ("https://www.dropbox.com/something", "dropbox", "link_not_recognised"),
    ("https://onedrive.live.com/", "onedrive", "link_needs_share_link"),
    ("https://public.bn.files.1drv.com/y4m", "onedrive", "link_needs_share_link"),
    ("https://1drv.ms/", "onedrive", "link_malformed"),
    ("https://clinic.sharepoint.com/:f:/r/sites/a/TOKEN", "sharepoint", "link_private"),
    (
        "https://clinic-my.sharepoint.com/personal/a/_layouts/15/onedrive.aspx?id=%2Fx",
        "sharepoint",
        "link_needs_share_link",
    ),
    ("https://clinic.sharepoint.com/sites/a/Docs/Forms/AllItems.aspx", "sharepoint", "link_needs_share_link"),
    ("https://clinic.sharepoint.com/sites/a/export.zip", "sharepoint", "link_needs_share_link"),
    ("https://clinic.sharepoint.com/:li:/s/a/TOKEN", "sharepoint", "native_document"),
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


def test_there_are_enough_good_links() -> None:
    assert len({link for _, link in GOOD}) >= 40
    assert {name for name, _ in GOOD} == {p.name for p in PROVIDERS if p.routes(LinkSettings())}


@pytest.mark.parametrize(("provider", "link"), GOOD)
def test_a_good_link_is_accepted_in_every_wrapping(provider: str, link: str) -> None:
    safe = f"https://eur02.safelinks.protection.outlook.com/?url={quote(link, safe='')}&data=05"
    wrapped = (link, f"<{link}>", f" {link}. ", link.replace("https", "http"), safe)
    for pasted in wrapped:
        tidy = normalise(pasted)
        matched = provider_of(tidy)
        matched.check(tidy, LinkSettings())
        assert matched.name == provider
        assert tidy.address.secret_url == link.partition("#")[0]


@pytest.mark.parametrize(("link", "provider", "code"), LINKS)
def test_a_refused_link_of_a_known_provider_is_not_requested(
    downloader: Downloader, link: str, provider: str, code: str
) -> None:
    with pytest.raises(Stop) as caught:
        downloader.probe(link)
    assert provider_of(normalise(link)).name == provider
    assert caught.value.problem.code == code
    assert caught.value.problem.details["provider"] == provider_of(normalise(link)).label(normalise(link))
    assert downloader.net.log == []


@pytest.mark.parametrize("link", STRANGERS)
def test_a_host_that_resembles_a_provider_is_not_recognised(downloader: Downloader, link: str) -> None:
    assert provider_of(normalise(link)).name == "https"
    with pytest.raises(Stop) as caught:
        downloader.probe(link)
    assert caught.value.problem.code == "link_not_recognised"


@pytest.mark.parametrize("host", STORED)
def test_storage_hosts_are_recognised(host: str) -> None:
    assert any(pattern.search(host) for _, pattern in STORAGE)


def test_a_suffix_begins_at_a_dot() -> None:
    assert host_matches("a.example", (".example",))
    assert not host_matches(".example", (".example",))
    assert not host_matches("aexample", (".example", "example"))


def test_provider_names_are_unique_and_https_is_last() -> None:
    names = [p.name for p in PROVIDERS]
    assert len(set(names)) == len(names)
    assert names[-1] == "https"


def test_every_row_of_the_failure_table_has_words() -> None:
    assert {row.problem for row in FAILURES.rows} <= set(catalogue())
