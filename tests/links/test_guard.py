"""Untrusted addresses: no connection to an address that is not public, by any way."""

import json
from pathlib import Path

import pytest

from app.errors import Stop
from app.links.guard import is_public
from app.links.link_settings import LinkSettings
from tests.harness.waiting import patience
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.network import PUBLIC, FakeInternet
from tests.links.replies import Fault

LINK = "https://clinic.s3.amazonaws.com/export.zip"
FORBIDDEN = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:168.63.129.16",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:53aa:64c::",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdff::1",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "feff::1",
    "ff02::1",
    "ff0e::1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "localhost",
    "nonsense",
]
ALLOWED = ["93.184.216.34", "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8"]


def words(caught: pytest.ExceptionInfo[Stop]) -> tuple[str, str, str]:
    problem = caught.value.problem
    return problem.code, problem.title, problem.todo


def test_there_are_enough_hostile_addresses() -> None:
    assert len(set(FORBIDDEN)) >= 60


@pytest.mark.parametrize("address", ALLOWED)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_every_forbidden_address_is_refused_with_the_same_words(downloader: Downloader, address: str) -> None:
    assert not is_public(address)
    downloader.net.serve(LINK, ServedFile())
    refusals = set()
    for answers in ([address], [PUBLIC, address], [address, PUBLIC]):
        downloader.net.names("clinic.s3.amazonaws.com", *answers)
        with pytest.raises(Stop) as caught:
            downloader.probe(LINK)
        refusals.add(words(caught))
    assert {code for code, _, _ in refusals} == {"unsafe_address"}
    assert len(refusals) == 1
    assert downloader.connected == []
    assert downloader.net.log == []


def test_an_unlisted_private_host_is_unsafe_and_a_public_host_not_recognised(
    downloader: Downloader,
) -> None:
    downloader.net.names("inside.example", "10.0.0.5")
    downloader.net.names("outside.example", PUBLIC)
    for host, code in (("inside.example", "unsafe_address"), ("outside.example", "link_not_recognised")):
        with pytest.raises(Stop) as caught:
            downloader.probe(f"https://{host}/x")
        assert caught.value.problem.code == code
    assert downloader.connected == []


def test_every_name_that_leads_inside_is_refused_after_the_same_time(downloader: Downloader) -> None:
    downloader.limits(refusal_seconds=60.0)  # of the fast clock, so that the work of a busy machine is little beside it
    took = []
    for number, inside in enumerate(("10.0.0.5", "127.0.0.1", "169.254.169.254", "fd00::5")):
        downloader.net.names(f"inside-{number}.example", inside)
        before = downloader.clock.monotonic()
        with pytest.raises(Stop):
            downloader.probe(f"https://inside-{number}.example/")
        took.append(downloader.clock.monotonic() - before)
    assert min(took) >= 60
    assert max(took) - min(took) < patience(5)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "printer.internal"])
def test_an_address_that_is_private_by_its_text_is_refused_without_the_network(
    downloader: Downloader, host: str
) -> None:
    with pytest.raises(Stop) as caught:
        downloader.probe(f"https://{host}/")
    assert caught.value.problem.code == "unsafe_address"
    assert downloader.connected == []


@pytest.mark.parametrize("turn", range(20))
def test_a_host_whose_address_changes_between_two_hops_is_refused(downloader: Downloader, turn: int) -> None:
    first = "https://first.s3.amazonaws.com/x"
    downloader.net.serve(LINK, ServedFile())
    downloader.net.serve(first, None, Fault("redirect", value=LINK, times=None, on="any"))
    downloader.net.names("clinic.s3.amazonaws.com", *([PUBLIC] * (turn % 3)), "127.0.0.1")
    with pytest.raises(Stop) as caught:
        downloader.probe(first)
    assert caught.value.problem.code == "unsafe_address"
    assert downloader.connected == [("first.s3.amazonaws.com", PUBLIC, 443)]


def test_a_host_whose_address_changes_after_the_check_is_refused(downloader: Downloader) -> None:
    downloader.net.serve(LINK, ServedFile())
    downloader.probe(LINK)
    downloader.net.names("clinic.s3.amazonaws.com", "169.254.169.254")
    with pytest.raises(Stop) as caught:
        downloader.fetch(LINK)
    assert caught.value.problem.code == "unsafe_address"


HOSTILE_REDIRECTS = [
    "http://169.254.169.254/latest/",
    "https://169.254.169.254/",
    "https://[::1]/",
    "https://10.0.0.1/",
    "https://localhost/",
    "https://127.0.0.1:443/",
    "https://clinic.s3.amazonaws.com:8443/",
    "http://clinic.s3.amazonaws.com/export.zip",
    "file:///etc/passwd",
    "gopher://clinic.s3.amazonaws.com/",
    "https://user@clinic.s3.amazonaws.com/",
    "https://clinic.s3.amazonaws.com\\@evil.example/",
    "\\\\evil.example\\x",
    "//evil.example/x",
    "https://evil.example/",
    "https://evil-s3.amazonaws.com.evil.example/",
    "https://ⓛocalhost/",
    "https://2130706433/",
]


@pytest.mark.parametrize("location", HOSTILE_REDIRECTS)
def test_a_redirect_to_a_forbidden_address_is_refused(downloader: Downloader, location: str) -> None:
    downloader.net.names("evil.example", PUBLIC)
    downloader.net.serve(LINK, None, Fault("redirect", value=location.encode().decode("latin-1"), times=None, on="any"))
    with pytest.raises(Stop) as caught:
        downloader.probe(LINK)
    assert caught.value.problem.code == "unsafe_address"
    assert downloader.connected == [("clinic.s3.amazonaws.com", PUBLIC, 443)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["https://other.s3.amazonaws.com/b.zip", "//other.s3.amazonaws.com/b.zip"])
def test_a_redirect_to_another_storage_host_is_followed(downloader: Downloader, status: int, where: str) -> None:
    file = ServedFile()
    downloader.net.serve(LINK, None, Fault("redirect", at=status, value=where, times=None, on="any"))
    downloader.net.serve("https://other.s3.amazonaws.com/b.zip", file)
    assert downloader.fetch(LINK)[0].sha256 == file.sha256


def chain(net: FakeInternet, hops: int) -> str:
    for n in range(hops):
        net.serve(f"{LINK}/{n}", None, Fault("redirect", value=f"/export.zip/{n + 1}", times=None, on="any"))
    net.serve(f"{LINK}/{hops}", ServedFile())
    return f"{LINK}/0"


def test_ten_redirects_are_followed_and_eleven_are_refused(downloader: Downloader) -> None:
    assert downloader.probe(chain(downloader.net, 10)).first_kind == "zip"
    with pytest.raises(Stop) as caught:
        downloader.probe(chain(downloader.net, 11))
    assert caught.value.problem.code == "provider_changed"


def test_a_loop_of_redirects_is_refused(downloader: Downloader) -> None:
    downloader.net.serve(LINK, None, Fault("redirect", value=LINK, times=None, on="any"))
    with pytest.raises(Stop) as caught:
        downloader.probe(LINK)
    assert caught.value.problem.code == "provider_changed"
    assert len(downloader.net.log) == 11


def test_cookies_are_sent_to_their_own_host_only(downloader: Downloader) -> None:
    away = Fault(
        "redirect",
        value="https://other.s3.amazonaws.com/b.zip",
        headers={"Set-Cookie": "FedAuth=canary; Path=/"},
        times=None,
        on="any",
    )
    downloader.net.serve(LINK, None, away)
    downloader.net.serve("https://other.s3.amazonaws.com/b.zip", ServedFile())
    downloader.fetch(LINK)
    with_cookie = {r.host for r in downloader.net.log if "cookie" in r.headers}
    assert with_cookie == {"clinic.s3.amazonaws.com"}


def test_a_host_with_a_wrong_certificate_gets_no_request(downloader: Downloader) -> None:
    downloader.net.serve(LINK, ServedFile())
    downloader.net._contexts["clinic.s3.amazonaws.com"] = downloader.net._default_context
    with pytest.raises(Stop) as caught:
        downloader.probe(LINK)
    assert caught.value.problem.code == "provider_down"
    assert downloader.net.log == []


def test_a_proxy_in_the_environment_is_not_used(downloader: Downloader, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    downloader.net.serve(LINK, ServedFile())
    assert downloader.probe(LINK).first_kind == "zip"


@pytest.mark.parametrize("environment", ["", "development", "production", "TEST"])
def test_a_simulated_network_needs_the_test_environment(downloader: Downloader, environment: str) -> None:
    given = {"LINKS_TEST_NETWORK": str(downloader.net.file)} | ({"ENVIRONMENT": environment} if environment else {})
    with pytest.raises(ValueError, match="LINKS_TEST_NETWORK"):
        LinkSettings.from_environment(given)
    accepted = LinkSettings.from_environment({"LINKS_TEST_NETWORK": str(downloader.net.file), "ENVIRONMENT": "test"})
    assert accepted.test_network == downloader.net.file


@pytest.mark.parametrize("target", ["10.0.0.1:443", "localhost:443", "127.0.0.2:443", "127.0.0.1", "[::1]:443"])
def test_a_simulated_network_dials_this_machine_only(downloader: Downloader, tmp_path: Path, target: str) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"resolve": {}, "dial": {f"{PUBLIC}:443": target}, "ca_file": "x.pem"}))
    with pytest.raises(ValueError, match="LINKS_TEST_NETWORK"):
        LinkSettings.from_environment({"LINKS_TEST_NETWORK": str(path), "ENVIRONMENT": "test"})


def test_an_unlisted_address_refuses_the_connection(downloader: Downloader) -> None:
    downloader.net.serve(LINK, ServedFile())
    downloader.net.names("clinic.s3.amazonaws.com", "8.8.8.8")
    with pytest.raises(Stop) as caught:
        downloader.probe(LINK)
    assert caught.value.problem.code == "provider_down"


def test_a_refusal_sends_no_request(downloader: Downloader) -> None:
    with pytest.raises(Stop):
        downloader.probe("https://169.254.169.254/")
    assert downloader.connected == []
