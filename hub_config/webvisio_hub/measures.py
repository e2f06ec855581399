"""What the hub's `/hub/metrics` says of contracts, beside JupyterHub's own figures."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from webvisio_entitlements.source import EntitlementSource


class Measures:
    """The figures of one authenticator."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._is_connected = Gauge(
            "webvisio_hub_entitlements_connected",
            "1 while the hub hears billing; 0 while it goes on with what it knows",
            registry=registry,
        )
        self._version = Gauge(
            "webvisio_hub_entitlements_version",
            "Version of the entitlements the hub decides by; -1 before the first",
            registry=registry,
        )
        self.refusals = Counter(
            "webvisio_hub_refusals",
            "Logins and server starts refused by a contract, by reason",
            ["code"],
            registry=registry,
        )
        self.stopped_servers = Counter(
            "webvisio_hub_stopped_servers",
            "Servers stopped because their owner's contract was cut",
            registry=registry,
        )

    def watch(self, source: EntitlementSource) -> None:
        """Read the gauges off `source` from now on."""
        self._is_connected.set_function(lambda: float(source.health.is_connected))
        self._version.set_function(lambda: float(source.health.version))
