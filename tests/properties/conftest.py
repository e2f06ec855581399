"""How much is drawn: a little by default; `make fuzz` draws 10^5 lives and 10^4 scenarios."""

from hypothesis import HealthCheck, settings

_PATIENT = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], print_blob=True
)
settings.register_profile("contract-lives", _PATIENT, max_examples=100_000)
settings.register_profile("contract-scenarios", _PATIENT, max_examples=10_000)
