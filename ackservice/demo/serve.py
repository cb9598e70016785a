"""Serves the demo: everything on one port, and what runs beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ackservice import create_app
from ackservice.demo.replay import Demo, prepare
from ackservice.web import server


def run(
    *,
    root: Path,
    port: int,
    host: str = "127.0.0.1",
    folder: Path | None = None,
    say: Callable[[str], None],
) -> None:
    """Prepare the demo in `var/demo` and serve it until interrupted; `say` is given what to show.

    Raises SettingsError when the port is taken.
    """
    listener = server.listen(host, port)
    try:
        port = listener.getsockname()[1]
        shown_host = "127.0.0.1" if host in ("", "0.0.0.0", "::") else host
        say("Making the demo: building the handbook, giving notice to everyone …")
        demo = prepare(folder or root / "var" / "demo", port, root, shown_host)
        app = create_app(
            demo.service.settings, clock=demo.clock, service=demo.service, site=demo.site, demo=demo
        )
        ready = server.serve(app, listener=listener)
    except BaseException:
        listener.close()
        raise
    say(where_to_look(demo))
    server.run_server(ready, demo.keep_going)


def where_to_look(demo: Demo) -> str:
    """The addresses to open first, one a line."""
    base = demo.service.settings.base_url
    lines = [
        ("The demo", f"{base}/demo/"),
        ("The handbook", f"{base}/"),
        ("The e-mails", f"{base}/demo/outbox/"),
        ("A personal link", demo.first_link()),
        ("The desk", f"{base}/ack/desk/"),
    ]
    return "\n".join(f"  {name + ':':<17} {address}" for name, address in lines) + "\nStop it with Ctrl-C."
