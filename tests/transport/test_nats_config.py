"""The generated configuration: exact services, and no value that can add configuration of its own."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.broker_keys import broker_key, broker_key_from_seed
from bus.embedded import EmbeddedServer
from bus.nats_config import BrokerConfig, BrokerConfigError, BrokerNation, nation_services, quote, render

ADMIN, AUDITOR, FIRST, SECOND = (broker_key(bytes([i]) * 32) for i in range(4))


def config(**changes: object) -> BrokerConfig:
    values: dict[str, object] = {
        "store_dir": "/srv/store",
        "admin_public_nkey": ADMIN.public,
        "auditor_public_nkey": AUDITOR.public,
        "nations": (BrokerNation("XAA", FIRST.public), BrokerNation("XBB", SECOND.public)),
        **changes,
    }
    return BrokerConfig(**values)  # type: ignore[arg-type]


def test_a_nation_may_ask_for_its_own_subjects_and_nothing_else() -> None:
    subjects = {subject for subject, _ in nation_services("XAA")}
    assert subjects == {
        "out.XAA.*.*.*",
        *(f"$JS.API.CONSUMER.MSG.NEXT.DELIVERY.XAA-{lane}" for lane in ("urgent", "normal", "control")),
        *(f"$JS.API.CONSUMER.RESET.DELIVERY.XAA-{lane}" for lane in ("urgent", "normal", "control")),
        *(f"$JS.ACK.DELIVERY.XAA-{lane}.>" for lane in ("urgent", "normal", "control")),
    }


def test_every_export_is_for_one_account_and_every_account_imports_its_own_only() -> None:
    text = render(config())
    exports = re.findall(r'\{service: "(\S+)", response: \w+, accounts: \[(\w+)\]\}', text)
    assert len(exports) == 2 * 10 + 2
    for subject, account in exports:
        owner = account.removeprefix("N_")
        assert (".AUDIT" in subject) if account == "AUDITOR" else (owner in subject)
    for nation in ("XAA", "XBB"):
        account_text = re.search(rf"^  N_{nation}: \{{$.*?^  \}}$", text, re.MULTILINE | re.DOTALL)
        assert account_text is not None
        assert account_text.group().count("{service: {account: HUB") == 10
        other = "XBB" if nation == "XAA" else "XAA"
        assert other not in account_text.group()


def test_durability_limits_and_silence_are_configured() -> None:
    text = render(config())
    assert "sync_interval: always" in text
    assert "max_payload: 1048576" in text
    assert 'host: "127.0.0.1"' in text
    assert "http" not in text


BAD_VALUES: dict[str, dict[str, object]] = {
    "a path with a line break": {"store_dir": '/srv"\nport: 1'},
    "an empty path": {"store_dir": ""},
    "an account's key in place of a user's": {"admin_public_nkey": "A" + ADMIN.public[1:]},
    "a secret seed in place of a public key": {"admin_public_nkey": ADMIN.seed},
    "a key with configuration behind it": {"auditor_public_nkey": AUDITOR.public + "}]"},
    "a port out of range": {"port": 65536},
    "port zero, which nats-server takes for its default": {"port": 0},
    "a host with a space": {"host": "127.0.0.1 x"},
    "a domain with a dot": {"domain": "hub.x"},
    "a server name with a quote": {"server_name": 'a"b'},
    "no room at all": {"max_file_bytes": 0},
    "a nation twice": {"nations": (BrokerNation("XAA", FIRST.public), BrokerNation("XAA", SECOND.public))},
    "a key twice": {"nations": (BrokerNation("XAA", FIRST.public), BrokerNation("XBB", FIRST.public))},
    "the admin's key for a nation": {"nations": (BrokerNation("XAA", ADMIN.public),)},
}


@pytest.mark.parametrize("changes", BAD_VALUES.values(), ids=BAD_VALUES.keys())
def test_configuration_is_refused_for(changes: dict[str, object]) -> None:
    with pytest.raises(BrokerConfigError):
        config(**changes)


@pytest.mark.parametrize("code", ["", "XA", "XAAA", "xaa", "X.A", "X*A", "XA>", "XA\n", "ÄAA", "X A", "XA1"])
def test_a_nation_code_is_refused_unless_it_is_three_capital_letters(code: str) -> None:
    with pytest.raises(BrokerConfigError):
        BrokerNation(code, FIRST.public)


@given(st.text(min_size=1))
def test_a_quoted_value_stays_inside_its_quotes_or_is_refused(value: str) -> None:
    try:
        quoted = quote("value", value)
    except BrokerConfigError:
        assert not value.isprintable()
        return
    assert re.fullmatch(r'"(?:[^"\\]|\\["\\])*"', quoted)
    assert re.sub(r"\\(.)", r"\1", quoted[1:-1]) == value


async def test_the_server_reads_an_awkward_path_exactly_as_it_was_meant(tmp_path: Path) -> None:
    store = tmp_path / 'quote " brace } hash # dollar $HOME back\\slash ünïcode'
    server = EmbeddedServer(config(store_dir=str(store)), tmp_path / "server")
    await server.start()
    await server.stop()
    assert (store / "jetstream").is_dir()
    assert sorted(os.listdir(tmp_path)) == sorted([store.name, "server"])  # noqa: PTH208 (async test)


def test_a_broker_key_comes_back_from_its_seed_and_hides_it() -> None:
    assert broker_key_from_seed(FIRST.seed + "\n") == FIRST
    assert FIRST.seed not in repr(FIRST)


WRONG_SEEDS = [
    pytest.param(FIRST.seed[:-4] + ("AAAA" if FIRST.seed[-4:] != "AAAA" else "BBBB"), id="a wrong checksum"),
    pytest.param(
        FIRST.seed[:20] + ("A" if FIRST.seed[20] != "A" else "B") + FIRST.seed[21:], id="one letter"
    ),
]


@pytest.mark.parametrize(
    "seed", ["", "SU", FIRST.public, FIRST.seed[:-1], "SA" + FIRST.seed[2:], "é" * 58, *WRONG_SEEDS]
)
def test_what_is_no_user_seed_is_refused(seed: str) -> None:
    with pytest.raises(ValueError, match="not a user nkey seed"):
        broker_key_from_seed(seed)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_broker_key_takes_exactly_32_random_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        broker_key(bytes(length))
