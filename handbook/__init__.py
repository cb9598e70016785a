"""The handbook: policy texts in, a static searchable site out.

Imports go down only: hooks and commands, `site`, `pages`, `redline` and `policy`, never `ackservice`. The
handbook installs and builds without the service.
"""
