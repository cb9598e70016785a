"""The demo: the change of September 2021 replayed with made-up people, in a folder of its own, on a clock
that is moved by hand.

Stands above everything else, as the command line does: it may import every layer, and nothing imports it but
`cli` and `web.demo`.
"""
