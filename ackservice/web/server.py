"""Serves the application with waitress, on every platform; work in the background runs beside it in the same
process."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable

import waitress
from flask import Flask

from ackservice.errors import SettingsError

THREADS = 16  # so that acknowledgements sent at the same moment can share a commit (storage/group_commit.py)
LARGEST_BODY = 32 * 1024**2  # bytes; beyond it waitress itself answers 413, below it our own page does


def serve(app: Flask, host: str = "127.0.0.1", port: int = 8080, listener: socket.socket | None = None):
    """A server that listens already and answers once its `run()` is called; port 0 takes any free one.

    Nothing of X-Forwarded-* is trusted. Raises SettingsError when the port cannot be had.
    """
    logging.getLogger("waitress.queue").setLevel(
        logging.ERROR
    )  # else a warning for each request that waits its turn
    return waitress.create_server(
        app,
        sockets=[listener or listen(host, port)],
        threads=THREADS,
        ident=None,
        max_request_body_size=LARGEST_BODY,
        connection_limit=500,
        clear_untrusted_proxy_headers=True,
    )


def run(
    app: Flask,
    host: str = "127.0.0.1",
    port: int = 8080,
    background: Callable[[threading.Event], None] | None = None,
) -> None:
    """Serve until interrupted. `background` runs in a thread of its own and ends when the event it is given
    is set."""
    run_server(serve(app, host, port), background)


def run_server(server, background: Callable[[threading.Event], None] | None = None) -> None:
    """As `run`, for a server that listens already."""
    stop = threading.Event()
    worker = threading.Thread(target=background, args=(stop,), name="due work") if background else None
    if worker:
        worker.start()
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        stop.set()
        server.close()
        if worker:
            worker.join(timeout=30)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SettingsError when the port cannot be had, another program listening there
    among it."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # on Windows this would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"cannot listen on {host} port {port}: {reason}; choose another with --port"
        ) from error
    return listener
