"""`ack serve`, `ack demo`: the web service."""

from __future__ import annotations

from pathlib import Path

import click

from ackservice.commands.app import App
from ackservice.demo.serve import run as serve_demo
from ackservice.web.embedded import serve_all


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.pass_obj
def serve(app: App, port: int, host: str) -> None:
    """Run the service: the pages, and the due work beside them. Builds the handbook and serves it at / as
    well.

    \b
    Example: ack serve --port 8000
    """
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
    serve_demo(root=Path("."), port=port, host=host, say=click.echo)
