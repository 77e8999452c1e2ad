"""Where a request comes from, as far as limits need to know it, and never kept as it is."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from fastapi import Request

# What one household or office usually has.
IPV4_PREFIX, IPV6_PREFIX = 24, 56
# Nobody reaches us from these over the internet: it is a proxy, which doesn't say for whom it asks.
INSIDE = tuple(
    map(
        ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
            *("fc00::/7", "fe80::/10"),
        ),
    )
)


def network_of(request: Request) -> str | None:
    """The network of whoever asks; None where that can't be told."""
    address = _address(request)
    if address is None or address.is_loopback:
        return None
    if any(address in network for network in INSIDE if network.version == address.version):
        return None
    prefix = IPV4_PREFIX if address.version == 4 else IPV6_PREFIX  # noqa: PLR2004
    return str(ip_network((address, prefix), strict=False))


def is_on_this_machine(request: Request) -> bool:
    address = _address(request)
    return address is not None and address.is_loopback


def _address(request: Request) -> IPv4Address | IPv6Address | None:
    """A proxy's word for it only where the proxy is trusted: the server has seen to that."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
