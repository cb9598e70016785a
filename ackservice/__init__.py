"""The acknowledgement service.

Imports go down only: web, cli -> service -> storage, mail, links, ledger -> domain -> handbook.policy.
"""
