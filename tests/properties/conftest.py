"""How much is drawn: a little by default; `--hypothesis-profile contract-lives` for 10^5 lives."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "contract-lives",
    max_examples=100_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
