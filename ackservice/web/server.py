"""Serves the application with waitress, on every platform; work in the background runs beside it in the same process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import waitress
from flask import Flask

from ackservice.errors import SettingsError

THREADS = 8
LARGEST_BODY = 32 * 1024**2  # bytes; beyond it waitress itself answers 413, below it our own page does


def serve(app: Flask, host: str = "127.0.0.1", port: int = 8080):
    """A server that listens already and answers once its `run()` is called; port 0 takes any free one.

    Nothing of X-Forwarded-* is trusted. Raises SettingsError when the port cannot be had.
    """
    try:
        return waitress.create_server(
            app,
            sockets=[_listening(host, port)],
            threads=THREADS,
            ident=None,
            max_request_body_size=LARGEST_BODY,
            connection_limit=500,
            clear_untrusted_proxy_headers=True,
        )
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"cannot listen on {host} port {port}: {reason}. Choose another with --port") from error


def run(app: Flask, host: str = "127.0.0.1", port: int = 8080, background: Callable[[threading.Event], None] | None = None) -> None:
    """Serve until interrupted. `background` runs in a thread of its own and ends when the event it is given is set."""
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


def _listening(host: str, port: int) -> socket.socket:
    """A listening socket, which fails where another program listens (waitress would share the port)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_REUSEADDR") and socket.has_ipv6 is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except BaseException:
        listener.close()
        raise
    return listener
