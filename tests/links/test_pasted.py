"""Texts that people paste: sentences, e-mails, chat messages, wrapped lines, and links of mail gateways."""

import base64
from collections.abc import Callable
from urllib.parse import quote

import pytest

from app.commands.private import export_given
from app.errors import Stop
from app.links.normalise import normalise
from app.links.provider_registry import provider_of

LINKS = {
    "google": "https://drive.google.com/file/d/1AbCdEfGhIjKlMnOpQrStUvWxYz012345/view?usp=sharing",
    "sharepoint": "https://clinic-my.sharepoint.com/:u:/g/personal/megan_clinic/EaBcD_eF-gH?e=Xy12Z&download=1",
    "dropbox": "https://www.dropbox.com/scl/fi/abc123def456/export.zip?rlkey=k3y_-value&st=a1&dl=0",
    "onedrive": "https://1drv.ms/u/s!AbCdEfGhIjKl",
    "presigned": "https://bucket.s3.amazonaws.com/a/export.zip?X-Amz-Date=1&X-Amz-Signature=aB%2fc%2B",
}


def wrapped(link: str) -> str:
    """The link with a line break where a mail program breaks lines: after a digit, after a sign, or inside a name."""
    return f"{link[:44]}\n{link[44:]}"


AROUND: dict[str, Callable[[str], str]] = {
    "sentence": lambda link: f"Hi Megan, our export is here: {link} and it is from Friday.",
    "end of a sentence": lambda link: f"Please use {link}.",
    "question": lambda link: f"Can you open {link}?",
    "colon without a space": lambda link: f"Export:{link}",
    "angle brackets": lambda link: f"Cliniko export <{link}>",
    "round brackets": lambda link: f"Our export ({link})",
    "square brackets": lambda link: f"[{link}]",
    "markdown": lambda link: f"[Cliniko export]({link})",
    "html": lambda link: f'<a href="{link}">{link}</a>',
    "html with entities": lambda link: f'<a href="{link.replace("&", "&amp;")}">Cliniko export</a>',
    "the same link twice": lambda link: f"{link} <{link}>",
    "entities": lambda link: link.replace("&", "&amp;"),
    "quotes": lambda link: f"the file “{link}”",
    "password on the next line": lambda link: f"{link}\nPassword: Harbour2026",
    "greeting below": lambda link: f"{link}\r\n\r\nThanks,\r\nMegan",
    "name below": lambda link: f"{link}\nMegan",
    "lines above": lambda link: f"Hello,\n\nhere is the export\n{link}\n",
    "quoted mail": lambda link: f"> here is the export\n> {link}\n> Megan",
    "wrapped line": wrapped,
    "wrapped line of a quoted mail": lambda link: "> " + wrapped(link).replace("\n", "\n> "),
    "wrapped line and a greeting": lambda link: f"{wrapped(link)}\n\nKind regards",
    "invisible marks": lambda link: f"\u200e{link}\ufeff",
    "no-break space": lambda link: f"Export:\u00a0{link}\u00a0from Friday",
    "no scheme": lambda link: link.removeprefix("https://"),
    "no scheme in a sentence": lambda link: f"It is at {link.removeprefix('https://')}, thanks",
    "capital scheme": lambda link: link.replace("https", "HTTPS"),
}


def outlook(link: str) -> str:
    return f"https://aus01.safelinks.protection.outlook.com/?url={quote(link, safe='')}&data=05%7C02&reserved=0"


def outlook_with_entities(link: str) -> str:
    return outlook(link).replace("&", "&amp;")


def proofpoint_2(link: str) -> str:
    coded = "".join(c if c.isalnum() or c == "." else "_" if c == "/" else f"-{ord(c):02X}" for c in link)
    return f"https://urldefense.proofpoint.com/v2/url?u={coded}&d=DwMFaQ&c=x&r=y&m=z&s=s&e="


def proofpoint_3(link: str) -> str:
    signs = "".join(c for c in link if c in "!*$'()+,;=")
    body = "".join("*" if c in "!*$'()+,;=" else c for c in link)
    return f"https://urldefense.com/v3/__{body}__;{base64.urlsafe_b64encode(signs.encode()).decode()}!!abc!def$"


GATEWAYS: dict[str, Callable[[str], str]] = {
    "Outlook": outlook,
    "Outlook with entities": outlook_with_entities,
    "Proofpoint 2": proofpoint_2,
    "Proofpoint 3": proofpoint_3,
    "Barracuda": lambda link: f"https://linkprotect.cudasvc.com/url?a={quote(link, safe='')}&c=E,1,abc&typo=1",
    "Mimecast with the link": lambda link: f"https://protect-au.mimecast.com/s/x?url={quote(link, safe='')}",
    "Cisco": lambda link: f"https://secure-web.cisco.com/1AbC-dEf/{quote(link, safe='')}",
    "Trend": lambda link: (
        "https://imsva91-ctp.trendmicro.com/wis/clicktime/v1/query?url=" + quote(link, safe="") + "&umid=A&auth=b"
    ),
    "Trend of a region": lambda link: (
        "https://ca-1234.au.wrs.trendmicro.com:443/wis/clicktime/v1/query?url=" + quote(link, safe="") + "&umid=A"
    ),
    "Symantec": lambda link: f"https://clicktime.symantec.com/15siX?h=abc&u={quote(link, safe='')}",
    "Trellix": lambda link: f"https://protect2.fireeye.com/v1/url?k=a&q=1&e=b&u={quote(link, safe='')}",
    "Sophos": lambda link: (
        "https://eu-west-1.protection.sophos.com/?d=example.com&u="
        + quote(base64.b64encode(link.encode()).decode(), safe="")
        + "&i=x"
    ),
    "Google": lambda link: f"https://www.google.com/url?q={quote(link, safe='')}&sa=D",
}


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
@pytest.mark.parametrize("around", AROUND)
def test_the_link_is_found_in_surrounding_text(around: str, link: str) -> None:
    assert normalise(AROUND[around](link)).address.secret_url == link


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
@pytest.mark.parametrize("gateway", GATEWAYS)
def test_the_link_is_unwrapped_from_a_mail_gateways_address(gateway: str, link: str) -> None:
    assert normalise(GATEWAYS[gateway](link)).address.secret_url == link
    assert normalise(f"Our export: <{GATEWAYS[gateway](link)}>, from Friday").address.secret_url == link


def test_a_gateways_address_without_a_link_is_link_wrapped() -> None:
    with pytest.raises(Stop) as caught:
        normalise("https://protect-au.mimecast.com/s/abcDEF123?domain=drive.google.com")
    assert (caught.value.problem.code, caught.value.problem.details) == ("link_wrapped", {"gateway": "Mimecast"})


@pytest.mark.parametrize("between", [" ", "\n", ", ", " and ", "\n\n", " <x> "])
def test_two_different_links_are_ambiguous(between: str) -> None:
    with pytest.raises(Stop) as caught:
        normalise(LINKS["google"] + between + LINKS["dropbox"])
    assert (caught.value.problem.code, caught.value.problem.details) == ("link_ambiguous", {"count": "2"})


def test_a_link_with_its_wrapped_form_is_a_single_link() -> None:
    link = LINKS["dropbox"]
    assert normalise(f"{link} <{outlook(link)}>").address.secret_url == link


def test_an_office_file_that_is_open_in_the_browser_is_a_file() -> None:
    link = normalise(
        "https://docs.google.com/spreadsheets/d/1AbCdEfGhIjKlMnOp/edit?usp=sharing&ouid=1&rtpof=true&sd=true"
    )
    from app.links.link_settings import LinkSettings

    provider_of(link).check(link, LinkSettings())
    native = normalise("https://docs.google.com/spreadsheets/d/1AbCdEfGhIjKlMnOp/edit?usp=sharing")
    with pytest.raises(Stop) as caught:
        provider_of(native).check(native, LinkSettings())
    assert caught.value.problem.code == "native_document"


@pytest.mark.parametrize("around", AROUND)
def test_the_command_line_recognises_a_link_in_a_sentence(around: str) -> None:
    assert export_given(AROUND[around](LINKS["google"])) == normalise(LINKS["google"])


@pytest.mark.parametrize(
    "path", ["export.zip", "exports/clinic.data/export.zip", "clinic.data/export.zip", "x" * 5000, "a\0b"]
)
def test_a_path_is_not_a_link(path: str) -> None:
    with pytest.raises(Stop) as caught:
        export_given(path)
    assert caught.value.problem.code == "export_not_found"
