"""What billing does with a contract's rules: decides, writes, publishes, tells the hub.

`Billing` (in `contracts`) is synchronous and runs on one worker thread, given
by `worker`; `scheduler` and `people` are the two jobs that run beside it on
the service's loop. None of them knows HTTP but `hub_client`, the adapter of
the `HubAdministration` port.
"""
