"""The pages of the service: what people see behind their links, and the built handbook beside them.

Turns requests into calls of `ackservice.service` and answers into pages; no rule and no SQL here. With the
command line, the only layer that reads the clock. GET and HEAD never change anything.
"""
