"""The contract as code: pure decisions and folds, one module a group of clauses.

Start at `contract`: `handle` decides a command, `advance` says what fell due,
`evolve` folds an event, `act` does the three in order. Nothing in here reads
a clock, a file, a database or a float.
"""
