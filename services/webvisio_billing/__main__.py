"""`python -m webvisio_billing`: the service, or one of its commands."""

from webvisio_billing.service import main

main()
