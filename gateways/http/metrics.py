"""Metrics in Prometheus text format: what the flows count, and the HTTP requests. One registry per app."""

from collections.abc import Callable, Iterator
from dataclasses import fields

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gateways.counters import Counters

_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class HttpMetrics:
    """Requests by method, route template and status, and their duration. Addresses never become labels."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "entente_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "entente_http_request_seconds",
            "Time until a request was answered; an inbox stream counts until it ended.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.streams = 0
        """Gauge: open inbox streams."""
        self.audit_suppressed = 0
        """Refusals of access that were counted into a later audit record instead of having one each."""

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered; status 0 means the client went away first."""
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        """Everything in the registry, in text format 0.0.4."""
        return generate_latest(self.registry)

    def export(self, counters: Callable[[], Counters | None]) -> None:
        """Let the flows' counters be part of what ``render`` gives."""
        self.registry.register(_FlowCollector(counters, self))


class _FlowCollector(Collector):
    def __init__(self, counters: Callable[[], Counters | None], http: HttpMetrics) -> None:
        self._counters = counters
        self._http = http

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("entente_inbox_streams", "Open streams.", value=self._http.streams)
        yield CounterMetricFamily(
            "entente_audit_suppressed",
            "Refusals of access counted into a later audit record.",
            value=self._http.audit_suppressed,
        )
        counters = self._counters()
        if counters is None:
            return
        for field in fields(counters):
            value, name = getattr(counters, field.name), f"entente_{field.name}"
            words = field.metadata["meaning"]
            if isinstance(value, dict):
                family = GaugeMetricFamily if field.metadata.get("gauge") else CounterMetricFamily
                labelled = family(name, words, labels=field.metadata.get("labels", ("code",)))
                for key, count in value.items():
                    labelled.add_metric((key,) if isinstance(key, str) else key, count)
                yield labelled
            elif field.metadata.get("gauge"):
                yield GaugeMetricFamily(name, words, value=value)
            else:
                yield CounterMetricFamily(name, words, value=value)
