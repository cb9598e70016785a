"""`ack serve`, `ack demo`: the web service."""

from __future__ import annotations

import click


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.pass_obj
def serve(app, port: int, host: str) -> None:
    """Run the service: the pages, and the due work beside them. Builds the handbook and serves it at / as
    well.

    \b
    Example: ack serve --port 8000
    """
    from ackservice.web.embedded import serve_all

    serve_all(app, host=host, port=port)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
def demo(port: int, host: str) -> None:
    """Replay the change of September 2021 with made-up people, on one port. Everything is made afresh in
    var/demo.

    \b
    Example: ack demo --port 8000
    """
    from pathlib import Path

    from ackservice.demo.replay import run

    run(root=Path("."), port=port, host=host)


def register(main: click.Group) -> None:
    main.add_command(serve)
    main.add_command(demo)
