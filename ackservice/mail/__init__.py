"""Mail: what is written to people, how it is handed to a mail server, and what comes back from one.

Nothing here knows the database, Flask's requests or the clock: facts, addresses and times are arguments.
`mail` may import `ackservice.domain` and `handbook.policy`, never `storage`, `service`, `web` or `cli`
(`sender.py` is given the store it records in). `flaskmail.py` alone imports Flask-Mail.
"""
