"""Money from outside: bank statements, their matching with what is owed, and payment gateways.

`statements`, `camt`, `bank_csv` and `matching` are pure: bytes and facts go in,
values come out. `gateway` is the port of an online payment, `paypal` its
adapter. What is done with any of it is decided in `application`.
"""
