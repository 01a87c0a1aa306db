"""Where a webhook may lead: an attack table of addresses, hosts and addresses inside addresses."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.webhooks.addresses import TargetPolicy, innermost, public, read_networks
from gateways.webhooks.target import TargetInvalid, read_target

STRICT = TargetPolicy()
INSIDE = TargetPolicy(read_networks("10.20.0.0/16, fd00:20::/32"))
PLAIN = TargetPolicy(read_networks("10.20.0.0/16"), plain_http=True)

REFUSED = {
    "loopback": "127.0.0.1",
    "the far end of loopback": "127.255.255.254",
    "IPv6 loopback": "::1",
    "unspecified": "0.0.0.0",
    "this network": "0.1.2.3",
    "IPv6 unspecified": "::",
    "private, ten": "10.0.0.1",
    "private, the last of the sixteen": "172.31.255.255",
    "private, the office's": "192.168.1.1",
    "a carrier's customers": "100.64.0.1",
    "the last of a carrier's customers": "100.127.255.255",
    "link-local": "169.254.10.10",
    "a cloud's metadata": "169.254.169.254",
    "a cloud's metadata over IPv6": "fd00:ec2::254",
    "protocol assignments": "192.0.0.170",
    "documentation": "192.0.2.1",
    "benchmarks": "198.19.255.255",
    "documentation, third": "203.0.113.9",
    "a 6to4 relay": "192.88.99.1",
    "multicast": "224.0.0.251",
    "multicast, the last": "239.255.255.255",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 unique local": "fd12:3456:789a::1",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local with its interface": "fe80::1%eth0",
    "public IPv6 with an interface": "2a00:1450::1%eth0",
    "IPv6 site-local of old": "fec0::1",
    "IPv6 multicast": "ff02::1",
    "IPv6 documentation": "2001:db8::1",
    "IPv6 documentation, new": "3fff::1",
    "IPv6 discard": "100::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "ORCHID": "2001:20::1",
    "loopback, mapped": "::ffff:127.0.0.1",
    "private, mapped": "::ffff:10.0.0.1",
    "metadata, mapped in hexadecimal": "::ffff:a9fe:a9fe",
    "loopback, compatible": "::127.0.0.1",
    "loopback by 6to4": "2002:7f00:1::",
    "public by 6to4": "2002:808:808::",
    "private by NAT64": "64:ff9b::10.0.0.1",
    "loopback by NAT64": "64:ff9b::7f00:1",
    "multicast by NAT64": "64:ff9b::224.0.0.1",
    "a network's own NAT64": "64:ff9b:1::8.8.8.8",
    "loopback by SIIT": "::ffff:0:127.0.0.1",
    "never given out": "4000::1",
}
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::8", "2606:4700::1111",
          "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_public_is_not_posted_to(address: str) -> None:
    assert not STRICT.permits(ip_address(address), encrypted=True)
    assert not STRICT.permits(ip_address(address), encrypted=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_posted_to_encrypted_only(address: str) -> None:
    assert STRICT.permits(ip_address(address), encrypted=True)
    for policy in (STRICT, INSIDE, PLAIN):
        assert not policy.permits(ip_address(address), encrypted=False)


@pytest.mark.parametrize(
    ("policy", "address", "encrypted", "permitted"),
    [
        pytest.param(INSIDE, "10.20.3.4", True, True, id="in a network that policy names"),
        pytest.param(INSIDE, "10.21.0.1", True, False, id="beside it"),
        pytest.param(INSIDE, "::ffff:10.20.3.4", True, True, id="in it, mapped"),
        pytest.param(INSIDE, "fd00:20::5", True, True, id="in its IPv6 network"),
        pytest.param(INSIDE, "10.20.3.4", False, False, id="in it, in the clear"),
        pytest.param(PLAIN, "10.20.3.4", False, True, id="in it, in the clear, where policy allows that"),
        pytest.param(PLAIN, "10.21.0.1", False, False, id="in the clear beside it"),
        pytest.param(INSIDE, "127.0.0.1", True, False, id="loopback all the same"),
    ],
)
def test_policy_opens_the_networks_that_it_names(
    policy: TargetPolicy, address: str, encrypted: bool, permitted: bool
) -> None:
    assert policy.permits(ip_address(address), encrypted=encrypted) is permitted


@pytest.mark.parametrize("address", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1",
                                     "::ffff:224.0.0.1", "64:ff9b::224.0.0.1"])  # fmt: skip
def test_no_policy_opens_what_is_nobodys_or_everybodys(address: str) -> None:
    everything = TargetPolicy(read_networks("0.0.0.0/0,::/0"), plain_http=True)
    assert not everything.permits(ip_address(address), encrypted=True)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_is_taken_for_public_that_python_calls_local(address: IPv4Address | IPv6Address) -> None:
    inner = innermost(address)
    if public(inner):
        assert inner.is_global
        assert not any((inner.is_multicast, inner.is_loopback, inner.is_link_local, inner.is_private))
        if isinstance(inner, IPv6Address):
            assert inner.ipv4_mapped is None
            assert inner.sixtofour is None
            assert inner.teredo is None


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_alike(address: IPv4Address) -> None:
    for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert STRICT.permits(ip_address(wrapped), encrypted=True) is STRICT.permits(address, encrypted=True)


URLS = {
    "another scheme": "ftp://example.org/",
    "a file": "file:///etc/passwd",
    "gopher": "gopher://example.org/",
    "no scheme": "//example.org/",
    "no host": "https:///path",
    "a user": "https://user@example.org/",
    "a user and a password": "https://user:word@example.org/",
    "a fragment": "https://example.org/#part",
    "a backslash": "https://example.org\\@127.0.0.1/",
    "a backslash in the path": "https://example.org/\\x",
    "a line break": "https://example.org/\r\nHost: inside",
    "a space": "https://example.org/a b",
    "a tab": "https://exa\tmple.org/",
    "a zero octet": "https://example.org/\x00",
    "letters outside ASCII": "https://exämple.org/",
    "digits outside ASCII": "https://example.org:４４３/",
    "a full-width dot": "https://127。0。0。1/",
    "port zero": "https://example.org:0/",
    "a port too high": "https://example.org:65536/",
    "a port that is no number": "https://example.org:x/",
    "an empty port": "https://example.org:/",
    "a trailing dot": "https://example.org./",
    "an underscore at the beginning": "https://_x/",
    "a percent in the host": "https://127.0.0.1%2f@example.org/",
    "brackets without an address": "https://[example.org]/",
    "an interface": "https://[fe80::1%25eth0]/",
    "brackets left open": "https://[::1/",
    "too long": "https://example.org/" + "a" * 1000,
    "leading space": " https://example.org/",
    "a trailing line break": "https://example.org/\n",
    "upper-case scheme": "HTTPS://example.org/",
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS.keys())
def test_an_address_that_somebody_may_read_otherwise_is_refused(url: str) -> None:
    with pytest.raises(TargetInvalid) as refused:
        read_target(url)
    assert url not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Example.org", ("example.org", 443, "/", "example.org")),
        (
            "https://example.org:8443/a/b?c=d&e=%20",
            ("example.org", 8443, "/a/b?c=d&e=%20", "example.org:8443"),
        ),
        ("http://example.org:80?x", ("example.org", 80, "/?x", "example.org")),
        ("https://[2a00::1]:444/", ("2a00::1", 444, "/", "[2a00::1]:444")),
        ("https://203.0.113.9/", ("203.0.113.9", 443, "/", "203.0.113.9")),
    ],
)
def test_a_plain_address_is_taken_apart(url: str, expected: tuple[str, int, str, str]) -> None:
    target = read_target(url)
    assert (target.host, target.port, target.path, target.authority) == expected


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://", "https://["]))
def test_reading_an_address_never_fails_in_another_way(text: str, scheme: str) -> None:
    try:
        target = read_target(scheme + text)
    except TargetInvalid:
        return
    assert 1 <= target.port <= 65535
    assert target.path.startswith("/")
    assert not set(target.host + target.path) & set("\r\n\t @#\\")
