"""What the service does: each act of the school as one function over the store and the rules.

Time is an argument of every function; no Flask and no SQL here.
"""
