"""The handbook: policy texts in, a static searchable site out.

Nothing here may import from `ackservice`; the handbook installs and builds without the service.
"""
