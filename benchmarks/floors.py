"""The floors under everything: sign, verify, seal, open; and nats-py alone with the same bytes."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from benchmarks.children import child
from benchmarks.world import Broker, founded, running_broker
from bus.protocol.frame import MIN_FRAME_BYTES
from bus.protocol.seal_header import SealHeader, split_sealed
from bus.protocol.sealing import SealPrivateKey, open_sealed, seal
from bus.protocol.signing import PrivateSigningKey
from bus.protocol.suites import SEAL_1, SEAL_2
from schemas.header import Mode
from schemas.wire import Lane

SIGN_SUITES = ("standard", "hybrid", "cnsa2")
FULL_FRAME = 128 * 1024
"""The frame of a full bundle: 64 deliveries of one kilobyte."""
_SECONDS_EACH = 0.15
_ROUNDS = 5
_SIGNED_BYTES = 400
"""About what a signed root is."""


@dataclass(frozen=True)
class Crypto:
    """Microseconds of processor time an operation takes, by suite and, for seal and open, by frame size."""

    sign: dict[str, float]
    verify: dict[str, float]
    seal: dict[str, float]
    open: dict[str, float]


@dataclass(frozen=True)
class RawNats:
    """nats-py alone: publish, fetch and ack of ``size`` bytes, a publisher and a fetcher process."""

    size: int
    count: int
    per_second: float
    idle_p50: float
    idle_p99: float


def crypto() -> Crypto:
    """Time every operation, for about two seconds in all."""
    message = os.urandom(_SIGNED_BYTES)
    sign, verify = {}, {}
    for suite in SIGN_SUITES:
        key = PrivateSigningKey.generate(suite)
        public, signatures = key.verify_key(), key.sign(message)
        sign[suite] = _microseconds(lambda key=key: key.sign(message))  # type: ignore[misc]
        verify[suite] = _microseconds(
            lambda public=public, signatures=signatures: public.verify(message, signatures)  # type: ignore[misc]
        )
    sealed, opened = {}, {}
    for seal_suite in (SEAL_1, SEAL_2):
        private = SealPrivateKey.generate(seal_suite.suite_id)
        public_key = private.public_key()
        header = _header(seal_suite.suite_id, private.kid)
        for size in (MIN_FRAME_BYTES, FULL_FRAME):
            frame = os.urandom(size)
            _, rest = split_sealed(seal(header, public_key, frame))
            name = f"{seal_suite.name}, {size // 1024} KiB"
            sealed[name] = _microseconds(
                lambda key=public_key, header=header, frame=frame: seal(header, key, frame)  # type: ignore[misc]
            )
            opened[name] = _microseconds(
                lambda key=private, header=header, rest=rest: open_sealed(header, key, rest)  # type: ignore[misc]
            )
    return Crypto(sign, verify, sealed, opened)


async def raw_nats(sizes: tuple[int, ...], counts: tuple[int, ...], idle: int) -> tuple[RawNats, ...]:
    """Raw JetStream round trips: one file stream, sync always, a window of 64, fetches of 64."""
    with founded(2) as (state, _):
        async with running_broker(state) as broker:
            return tuple(
                [
                    await _raw_nats(broker, size, count, idle)
                    for size, count in zip(sizes, counts, strict=True)
                ]
            )


async def _raw_nats(broker: Broker, size: int, count: int, idle: int) -> RawNats:
    settings = {"url": broker.url, "seed": broker.admin_seed, "stream": f"FLOOR{size}", "size": size}
    async with (
        child("benchmarks.raw_nats", **settings) as publisher,
        child("benchmarks.raw_nats", **settings) as fetcher,
    ):
        await publisher.ask("create")
        await fetcher.ask("bind")
        rates = []
        for _ in range(3):
            began = (await publisher.ask("publish", count=count, window=64))["began"]
            rates.append(count / ((await fetcher.ask("fetch", count=count))["ended"] - began))
        times: list[float] = []
        for _ in range(idle):
            began = (await publisher.ask("publish", count=1, window=1))["began"]
            times.append((await fetcher.ask("arrived"))["at"] - began)
        times.sort()
        return RawNats(size, count, median(rates), times[len(times) // 2], times[int(0.99 * len(times))])


def _header(suite_id: int, kid: bytes) -> bytes:
    return SealHeader(
        suite=suite_id,
        mode=Mode.EXERCISE,
        lane=Lane.NORMAL,
        realm=bytes(32),
        originator="XAA",
        recipient="XAB",
        seal_kid=kid,
        bundle_id=bytes(16),
    ).encode()


def _microseconds(operation: Callable[[], object]) -> float:
    """Median over rounds of the mean processor time of one operation."""
    operation()
    means = []
    for _ in range(_ROUNDS):
        done, began = 0, time.process_time()
        while (spent := time.process_time() - began) < _SECONDS_EACH / _ROUNDS:
            operation()
            done += 1
        means.append(1e6 * spent / done)
    return median(means)
