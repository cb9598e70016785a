"""Mail: what is written to people, how it is handed to a mail server, and what comes back from one.

Nothing here knows the database, requests of Flask or the clock: facts, addresses and times are arguments.
`mail` may import `ackservice.domain` and `handbook.policy`, never `storage`, `service`, `web` or `commands`.
`mailer.py` alone imports Flask and Flask-Mail, and is imported where something is sent.
"""
