"""`/ack/health`: 200 while acknowledgements can be taken, 503 when not; warnings in its body."""

from __future__ import annotations

import shutil

from flask import Blueprint, Response, jsonify

from ackservice.errors import StorageError
from ackservice.service import warnings
from ackservice.web.context import Web, web

LEAST_BYTES = 10 * 1024**2
FEW_BYTES = 500 * 1024**2

pages = Blueprint("health", __name__)


@pages.get("/ack/health")
def health() -> tuple[Response, int]:
    """Proves that a write transaction can begin, without writing anything."""
    faults, warned = look(web())
    body = {"status": "fault" if faults else "ok", "faults": faults, "warnings": warned}
    return jsonify(body), 503 if faults else 200


def look(web: Web) -> tuple[list[str], list[str]]:
    """What keeps acknowledgements from being taken, and what soon may."""
    database = web.settings.database
    if not database.exists():
        return ["the database is missing"], []
    try:
        web.service.check_writable(web.now())
        free = shutil.disk_usage(database.parent).free
    except StorageError:
        return ["the database cannot be written to; run ack doctor on the server"], []
    except OSError:
        return ["the database's folder cannot be read"], []
    if free < LEAST_BYTES:
        return [f"the disk is full: {free // 1024**2} MB free"], []
    few = [f"the disk is nearly full: {free // 1024**2} MB free"] if free < FEW_BYTES else []
    return [], few + warnings.of_handbook_now(web.service, web.now())
