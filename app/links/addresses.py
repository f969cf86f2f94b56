"""Which network addresses we may reach for somebody else: public ones, and nothing of our own network."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What Python's own tables take for public, or take for private in some versions only.
REFUSED = tuple(
    ipaddress.ip_network(n)
    for n in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


def is_public(text: str) -> bool:
    """Whether an answer of the name service may be connected to. What is no address at all may not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return _judged(address)


def _judged(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _judged(address.ipv4_mapped)
        if address.scope_id is not None or address.sixtofour is not None or address.teredo is not None:
            return False
    if any(address.version == net.version and address in net for net in REFUSED):
        return False
    return not (
        not address.is_global
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
