"""Plays a contract on a calendar: no database, no hub, no clock but the scenario's.

`reading` turns YAML into text trees, `scenario` and `steps` check them,
`player` moves the clock and asks the domain, `output` words what happened,
`expectations` compares it with what a scenario says should happen. The domain
is the service's own: same functions, same refusals.
"""
