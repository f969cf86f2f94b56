"""Pasted texts of clinics and attackers become a normalised link, or a refusal."""

import pytest

from app.errors import Stop
from app.links.normalise import normalise

GOOD = "https://bucket.s3.amazonaws.com/a/export.zip?X-Amz-Signature=aB%2fc%2B+d&x=1"


@pytest.mark.parametrize(
    "pasted",
    [
        GOOD,
        f"  {GOOD}\r\n",
        f"<{GOOD}>",
        f'"{GOOD}"',
        f"“{GOOD}”",
        f"{GOOD}.",
        f"({GOOD});".removeprefix("("),
        f"\u200b{GOOD}\ufeff",
        f"{GOOD}#page",
        GOOD.replace("bucket.s3", "BUCKET.S3"),
        GOOD.replace(".com/", ".com:443/"),
        GOOD.replace(".com/", ".com./"),
        GOOD.replace("https", "HTTPS"),
        "https://eur02.safelinks.protection.outlook.com/?url="
        + GOOD.replace("%", "%25").replace("&", "%26").replace("+", "%2B")
        + "&data=05",
        "https://www.google.com/url?sa=t&q=" + GOOD.replace("%", "%25").replace("&", "%26").replace("+", "%2B"),
        f"https://urldefense.com/v3/__{GOOD.replace('+', '*')}__;Kw!!abc!def$",
    ],
)
def test_every_wrapping_gives_the_same_link(pasted: str) -> None:
    assert normalise(pasted).address.secret_url == GOOD


def test_http_becomes_https_and_sets_upgraded() -> None:
    link = normalise(GOOD.replace("https", "http"))
    assert (link.address.secret_url, link.upgraded) == (GOOD, True)


def test_a_bracket_that_belongs_to_the_link_is_kept() -> None:
    assert normalise("https://a.example/export(1)").address.target == "/export(1)"


def test_letters_of_other_scripts_are_encoded() -> None:
    link = normalise("https://klinik-bücher。example/größe neu.zip")
    assert (link.address.host, link.address.target) == ("xn--klinik-bcher-klb.example", "/gr%C3%B6%C3%9Fe%20neu.zip")


def test_wrappers_are_unwrapped_twice_at_most() -> None:
    wrapped = (
        "https://www.google.com/url?q=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%253A%252F%252Fa.example%252Fx"
    )
    assert normalise(wrapped).address.host == "a.example"
    three = "https://www.google.com/url?q=" + wrapped.replace("%", "%25").replace(":", "%3A").replace("/", "%2F")
    assert normalise(three).address.host == "www.google.com"


@pytest.mark.parametrize("inner", ["http://169.254.169.254/", "file:///etc/passwd", "https://user@a.example/"])
def test_a_link_in_a_wrapper_is_validated(inner: str) -> None:
    with pytest.raises(Stop):
        normalise(f"https://www.google.com/url?q={inner}")


MALFORMED = [
    "",
    "export.zip",
    "ftp://a.example/x",
    "file:///etc/passwd",
    "gopher://a.example/_x",
    "dict://a.example:11211/stat",
    "jar:https://a.example!/x",
    "data:text/html,x",
    "javascript:alert(1)",
    "https:/a.example/x",
    "https:a.example/x",
    "https:///a.example/x",
    "https://",
    "https://user@a.example/x",
    "https://user:pass@a.example/x",
    "https://drive.google.com@evil.example/x",
    "https://drive.google.com\\@evil.example/x",
    "https://drive.google.com#\\@evil.example/x",
    "https://a.example\\x",
    "https://a.example:80/x",
    "https://a.example:8443/x",
    "https://127.0.0.1:6379/",
    "https://a.example:/x",
    "https://a.example:x/",
    "https://a%2eexample/x",
    "https://a.example%00.evil.example/x",
    "https://a.example%2f@evil.example/",
    "https://a..example/x",
    "https://-a.example/x",
    "https://a.exa mple/x",
    "https://a.example/x\r\nHost: evil",
    "https://a.example/\x00x",
    "https://a.exa\tmple/x",
    "https://a.example/\x1b[31m",
    "https://a.example/\u202egnp",
    "https://a.example\u2028/x",
    "https://" + "a" * 64 + ".example/",
    "https://a.example/" + "x" * 20_000,
    "https://[::1/",
    "https://[::1]:8080/",
]
UNSAFE = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://93.184.216.34/",
    "https://1.2.3.4./",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fd00:ec2::254]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2606:4700::1]:443/",
    "https://①②⑦.⓪.⓪.①/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://a.localhost/",
    "https://ⓛocalhost/",
    "https://redis/",
    "https://metadata/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://printer.local/",
    "https://a.example.0x7f/",
    "https://1.0.0.127.in-addr.arpa/",
    "http://169.254.169.254/",
]


@pytest.mark.parametrize("pasted", MALFORMED)
def test_an_incomplete_link_is_malformed(pasted: str) -> None:
    with pytest.raises(Stop) as caught:
        normalise(pasted)
    assert caught.value.problem.code == "link_malformed"


@pytest.mark.parametrize("pasted", UNSAFE)
def test_a_link_into_a_private_network_is_unsafe(pasted: str) -> None:
    with pytest.raises(Stop) as caught:
        normalise(pasted)
    assert caught.value.problem.code == "unsafe_address"
    assert caught.value.problem.details == {}


def test_the_representation_of_a_link_hides_the_link() -> None:
    link = normalise(GOOD)
    for shown in (repr(link), str(link), repr(link.address), f"{link}", f"{link.address}"):
        assert "aB%2fc" not in shown
        assert "bucket" not in shown
        assert link.fingerprint in shown
