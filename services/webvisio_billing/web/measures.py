"""The service's Prometheus metrics; none carries a name."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Measures:
    """A registry of its own, so that two services in one process (tests) do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.refusals = Counter(
            "webvisio_billing_refusals", "Requests refused, by code.", ["code"], registry=self.registry
        )
        self.actions = Counter(
            "webvisio_billing_actions", "Contract commands carried out.", ["action"], registry=self.registry
        )
        self.requests = Histogram(
            "webvisio_billing_request_seconds",
            "Time to answer, without streams.",
            ["method", "status"],
            registry=self.registry,
        )
        self.readers = Gauge(
            "webvisio_billing_stream_readers", "Open entitlement streams.", registry=self.registry
        )
        self.version = Gauge(
            "webvisio_billing_entitlement_version", "The newest version published.", registry=self.registry
        )
        self.documents_waiting = Gauge(
            "webvisio_billing_documents_waiting",
            "Documents that are numbered and not made yet.",
            registry=self.registry,
        )
        self.people_settled = Gauge(
            "webvisio_billing_people_settled",
            "1 when the hub's groups are as the contracts want them.",
            registry=self.registry,
        )
