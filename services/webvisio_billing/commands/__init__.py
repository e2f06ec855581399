"""The subcommands of `webvisio-billing`, one module each.

A module has `NAME`, `HELP`, `configure(parser)` and `run(arguments) -> int`
(the exit status); `webvisio_billing.cli` lists them.
"""
