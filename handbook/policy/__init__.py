"""What a policy version is, and every rule about it: parsed, checked, digested, staged by date.

Pure: text and dates in, values out. Only `library.py` touches files, and nothing here reads a clock.
Imports nothing else of this project.
"""
