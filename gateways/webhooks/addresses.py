"""Which addresses a gateway posts to: public ones, and networks that the nation's policy names. Pure.

The lists are those of the IANA special-purpose address registries (RFC 6890 and what was added since). An
address that carries another one inside is judged by the one inside, where the traffic would end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NEVER = tuple(map(ip_network, ("0.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "::/128", "ff00::/8")))
"""Nobody's address, or everybody's: no policy opens them."""

_NOT_PUBLIC_4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by a carrier's customers
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local; where clouds keep their metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
_PUBLIC_6 = ip_network("2000::/3")
"""All of global unicast that has been given out; everything else (local, mapped, reserved) is not public."""
_NOT_PUBLIC_6 = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address inside, by way of anybody's relay
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class TargetPolicy:
    """What the nation's policy opens beyond public addresses over HTTPS."""

    networks: tuple[Network, ...] = ()
    """Networks that webhooks may reach though they are not public."""
    plain_http: bool = False
    """Whether http:// may be used, into these networks only: what is posted is labelled."""

    def permits(self, address: Address, *, encrypted: bool) -> bool:
        """Whether something may be posted to this address."""
        inner = innermost(address)
        if any(_within(each, network) for each in (address, inner) for network in _NEVER):
            return False
        if any(_within(inner, network) for network in self.networks):
            return encrypted or self.plain_http
        return encrypted and public(inner)


def innermost(address: Address) -> Address:
    """The IPv4 address inside a mapped or translated (NAT64) IPv6 address; any other address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.scope_id is None and address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def public(address: Address) -> bool:
    """Whether the address is one of the public Internet, and carries no other."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if address.scope_id is not None:
        return False
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def read_networks(text: str) -> tuple[Network, ...]:
    """Networks in CIDR notation, separated by commas. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def read_addresses(found: Sequence[str]) -> tuple[Address, ...]:
    """What a resolver answered. Raises ValueError."""
    return tuple(map(ip_address, found))


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
