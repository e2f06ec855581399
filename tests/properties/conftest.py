"""How much is drawn: a little by default; `make fuzz` draws 10^5 lives and 10^4 scenarios."""

import os

from hypothesis import HealthCheck, settings

_PATIENT = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], print_blob=True
)
_LIVES = int(os.environ.get("WEBVISIO_FUZZ_LIVES", "100000"))
"""`make fuzz` cut in several processes of their own seeds draws fewer in each."""
settings.register_profile("contract-lives", _PATIENT, max_examples=_LIVES)
settings.register_profile("contract-scenarios", _PATIENT, max_examples=10_000)
