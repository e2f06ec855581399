"""Random lives of a contract: whatever is asked, and whenever, the rules' invariants hold.

One drawn life is checked against all of `contract_invariants`. `make fuzz`
(`--hypothesis-profile contract-lives`) plays 10^5 of them.
"""

from contract_invariants import INVARIANTS
from contract_lives import Life, lives
from hypothesis import HealthCheck, given, settings


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(lives)
def test_every_invariant_holds_in_every_life(life: Life) -> None:
    for invariant in INVARIANTS:
        invariant(life)
