"""The policy library: what a policy version is, and every rule about it.

Pure: text and dates in, values out. Only `library.py` touches the file system, and nothing here reads a
clock.
"""
