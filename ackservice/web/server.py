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
from waitress.channel import HTTPChannel

from ackservice.errors import SettingsError

THREADS = 16  # acknowledgements that wait at once share one commit (storage/together.py): 860 a second with 4, 1050 with 16
SHORT = 64 * 1024  # bytes still to be sent of an answer
LARGEST_BODY = 32 * 1024**2  # bytes; beyond it waitress itself answers 413, below it our own page does


class Channel(HTTPChannel):
    """A connection that leaves the answer to the thread that is writing it.

    waitress' loop asks at once whether an answer could go out while a thread is sending it already, is told
    to wait, and asks again: dozens of times for each answer, with the interpreter taken from the very thread
    it waits for. Whoever writes wakes the loop at the end. Only with long answers, which wait for the
    reader, the loop has to help.
    """

    def writable(self) -> bool:
        return bool(super().writable()) and not self._is_nearly_written()

    def _is_nearly_written(self) -> bool:
        if not self.requests or self.total_outbufs_len > SHORT:
            return False
        if not self.outbuf_lock.acquire(blocking=False):
            return True
        self.outbuf_lock.release()
        return False


def serve(app: Flask, host: str = "127.0.0.1", port: int = 8080, listener: socket.socket | None = None):
    """A server that listens already and answers once its `run()` is called; port 0 takes any free one.

    Nothing of X-Forwarded-* is trusted. Raises SettingsError when the port cannot be had.
    """
    logging.getLogger("waitress.queue").setLevel(
        logging.ERROR
    )  # else a warning for each request that waits its turn
    server = waitress.create_server(
        app,
        sockets=[listener or listen(host, port)],
        threads=THREADS,
        ident=None,
        max_request_body_size=LARGEST_BODY,
        connection_limit=500,
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = Channel
    return server


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
