"""A requests session for token endpoints and Microsoft Graph: verified, timed, and never led elsewhere."""

from __future__ import annotations

import requests

from ackservice.mail.errors import CannotConnect


class SafeSession(requests.Session):
    """Every request has a time limit, a verified certificate, no redirect (it would carry credentials along)
    and no `.netrc`."""

    def __init__(self, timeout_seconds: float, ca: str = ""):
        super().__init__()
        self._timeout_seconds = timeout_seconds
        self._ca = ca
        self.auth = _as_it_is  # else requests puts a password from .netrc in place of our token

    def request(self, method, url, **kwargs):
        if not str(url).startswith("https://"):
            raise CannotConnect("Tokens and passwords are sent over https only.")
        kwargs["timeout"] = self._timeout_seconds
        kwargs["allow_redirects"] = False
        if self._ca:
            kwargs["verify"] = self._ca
        return super().request(method, url, **kwargs)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
