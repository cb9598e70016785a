"""The database: the only place with SQL.

Facts are append-only rows, each written in one transaction with its ledger line; queues may be changed. No
rule lives here and no clock: every time is an argument.
"""
