"""An address is read among the characters that programs leave around it, and never shortened to another address."""

import pytest

from app.mapping.emails import is_email, read_email

ADDRESSES = ("ann.lee+clinic@mail.example", "o'brien@my-clinic.example", "a&b@mail.example", "ann@b\u00fccher.example")
PAIRS = (
    *(("<", ">"), ("&lt;", "&gt;"), ("&amp;lt;", "&amp;gt;"), ("&#60;", "&#x3E;"), ("%3C", "%3E"), ("%3c", "%3e")),
    *(('"', '"'), ("&quot;", "&quot;"), ("%22", "%22"), ("'", "'"), ("&#39;", "&#39;"), ("\u201c", "\u201d")),
    *(("\u2018", "\u2019"), ("\u00ab", "\u00bb"), ("&laquo;", "&raquo;"), ("`", "`"), ("(", ")"), ("[", "]")),
    *(("{", "}"), ("%28", "%29"), ("%5B", "%5D"), ("", "%20"), ("%20", ""), ("&nbsp;", "&nbsp;"), ("", "%0D%0A")),
    *(("", "%C2%A0"), ("", "&#8203;"), ("mailto:", ""), ("mailto:", "?subject=Hi"), ("", ";"), ("", "&#44;")),
)
"""What may be in front of an address and behind it, and says nothing."""
BROKEN = ("&lt", "&gt", "&", "%", "%20b", "_", "&eacut;", "%ZZ", "\\", "^", "=", "*", "~", "#", "+", "!", "$")
"""Signs of which no domain ends with any."""
GLUED = (",", ";", "|", '"', "&foo;", "%20", "%22", "&quot;", "&#44;", "&#59;")
"""Signs between two parts of an address, of which the second one alone may be another person's address."""


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_read_without_its_surrounding_characters(address: str) -> None:
    for begins, ends in PAIRS:
        read = read_email(f"{begins}{address}{ends}")
        assert read == (address, False, False), (begins, ends)


def test_nested_brackets_without_an_address_have_no_address() -> None:
    for begins, ends in PAIRS[:20]:
        for more_begins, more_ends in PAIRS[:20]:
            read = read_email(f"{more_begins}{begins}ann@mail.example{ends}{more_ends}")
            assert read.address == "ann@mail.example", (more_begins, begins)


@pytest.mark.parametrize("ends", BROKEN)
def test_a_domain_with_an_invalid_character_is_no_address(ends: str) -> None:
    for cell in (f"ann@mail.example{ends}", f"ann@mail{ends}.example", f"Ann <ann@mail{ends}.example>"):
        read = read_email(cell)
        assert read.address is None, cell
        assert read.is_bad, cell


@pytest.mark.parametrize("sign", GLUED)
def test_the_rest_of_a_broken_address_is_no_address(sign: str) -> None:
    read = read_email(f"ann{sign}lee@mail.example")
    assert read.address is None
    assert read.is_bad


@pytest.mark.parametrize("apart", [", ", "; ", ",", ";", "/", " | ", "&#44; ", " &amp; ", "\n"])
def test_the_first_of_two_addresses_is_taken(apart: str) -> None:
    read = read_email(f"ann@mail.example{apart}lee@mail.example")
    assert read.address == "ann@mail.example"
    assert read.has_more


def test_labels_of_a_domain_have_letters_at_both_ends() -> None:
    assert not any(
        map(is_email, ("a@-b.example", "a@b-.example", "a@b_c.example", "a@b.e", "a@.example", "Home:a@b.example"))
    )
    assert all(map(is_email, ("a@b-c.example", "a@b--c.example", "a@b.xn--p1ai", "a@1.example", "\u00e4@b.example")))
