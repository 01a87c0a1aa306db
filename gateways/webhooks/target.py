"""The address of a webhook: read once, strictly, so that nobody else reads it in another way."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

MAX_URL = 1000

_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:(?P<name>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)|\[(?P<literal>[0-9A-Fa-f:.]{2,45})\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    # RFC 3986 paths and queries: no fragment, no backslash, nothing outside ASCII.
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?",
    re.ASCII,
)


class TargetInvalid(ValueError):
    """The address cannot be a webhook's; says why without quoting it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to post: by whom it is asked for (``host``, checked against the certificate) and what."""

    encrypted: bool
    host: str
    port: int
    path: str
    literal: IPv4Address | IPv6Address | None
    """The host, where it is an address."""

    @property
    def authority(self) -> str:
        """What the Host header says."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == (443 if self.encrypted else 80) else f"{shown}:{self.port}"


def read_target(url: str) -> Target:
    """Read an absolute http or https address. Raises TargetInvalid."""
    if len(url) > MAX_URL:
        raise TargetInvalid(f"The address is longer than {MAX_URL} characters.")
    match = _URL.fullmatch(url)
    if match is None:
        raise TargetInvalid(
            "The address is https://host[:port]/path in ASCII, without user, password or fragment."
        )
    encrypted = match["scheme"] == "https"
    port = int(match["port"]) if match["port"] else (443 if encrypted else 80)
    if not 1 <= port <= 65535:
        raise TargetInvalid("The port lies between 1 and 65535.")
    host = (match["name"] or match["literal"]).lower()
    try:
        literal = ip_address(host)
    except ValueError:
        literal = None
    if literal is None and match["literal"]:
        raise TargetInvalid("The address in brackets is not an IPv6 address.")
    return Target(encrypted, host, port, (match["path"] or "/") + (match["query"] or ""), literal)
