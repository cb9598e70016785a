"""A process of test_crash_acknowledging.py: opens every link it is given, and acknowledges each."""

from __future__ import annotations

import json
import sys

from ackservice.config import settings_from
from ackservice.service.acknowledging import acknowledge
from ackservice.service.context import Service
from tests.conftest import MONDAY

if __name__ == "__main__":
    order = json.load(sys.stdin)
    service = Service.open(settings_from(order["environ"]))
    print(json.dumps([acknowledge(service, token, "Person", MONDAY) for token in order["tokens"]]))
