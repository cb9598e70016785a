"""The rules of notices, windows, statuses and reminders.

Pure: no SQL, no Flask, no file, no clock. May import `handbook.policy`, and nothing else of this project but
its errors.
"""
