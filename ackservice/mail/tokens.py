"""Where the short-lived tokens of OAuth come from: Microsoft (client credentials) and Google (service
account)."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Protocol

import requests

from ackservice.mail.errors import BadMailSetting, CannotConnect, CertificateRefused, LoginRefused
from ackservice.mail.https import SafeSession

GOOGLE_MAIL = "https://mail.google.com/"


class TokenSource(Protocol):
    """Gives tokens, kept until shortly before they expire; safe to share between threads."""

    secret_expires_on: date | None

    def token(self, *, renew: bool = False) -> str:
        """A token that holds for the next minutes; with `renew`, one that was not used before."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""


class MicrosoftTokens:
    """Tokens of Microsoft Entra for an application with a client secret, through msal.

    `authority` is the login address with the tenant; `scope` names the service, such as
    `https://outlook.office365.com/.default`.
    """

    def __init__(
        self,
        *,
        authority: str,
        client: str,
        secret: str,
        scope: str,
        session: SafeSession,
        secret_expires_on: date | None = None,
    ):
        self.secret_expires_on = secret_expires_on
        self._authority, self._client, self._secret, self._scope = authority, client, secret, scope
        self._session = session
        self._lock = threading.Lock()
        self._app = None

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self._secret,)

    def token(self, *, renew: bool = False) -> str:
        with self._lock, _network_errors(self._authority):
            app = self._application()
            if renew:
                app.remove_tokens_for_client()
            return self._granted(app.acquire_token_for_client(scopes=[self._scope]))

    def _application(self):
        if self._app is None:
            import msal  # type: ignore[import-untyped]  # it has none

            try:
                self._app = msal.ConfidentialClientApplication(
                    self._client,
                    client_credential=self._secret,
                    authority=self._authority,
                    http_client=self._session,
                    instance_discovery=False,
                )
            except (ValueError, KeyError) as error:
                raise LoginRefused(
                    f"Microsoft does not know the tenant, or {self._authority} is not its login address. "
                    "Check tenant= in ACK_MAIL."
                ) from error
        return self._app

    def _granted(self, answer: Mapping[str, object]) -> str:
        if "access_token" in answer:
            return str(answer["access_token"])
        said = str(answer.get("error_description") or answer.get("error") or "no reason given")
        raise LoginRefused(_microsoft_words(" ".join(said.replace(self._secret, "[hidden]").split())[:300]))


class GoogleTokens:
    """Tokens of a Google service account that acts for one mailbox (domain-wide delegation), through
    google-auth."""

    secret_expires_on: date | None = None

    def __init__(
        self, *, key: Mapping[str, str], mailbox: str, session: SafeSession, scope: str = GOOGLE_MAIL
    ):
        from google.auth.transport.requests import Request
        from google.oauth2.service_account import Credentials

        try:
            self._credentials = Credentials.from_service_account_info(key, scopes=[scope], subject=mailbox)
        except (ValueError, KeyError) as error:
            raise BadMailSetting("The Google key is not the JSON file of a service account's key.") from error
        self._secret = key["private_key"]
        self._where = str(key["token_uri"])
        self._request = Request(session)
        self._lock = threading.Lock()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self._secret,)

    def token(self, *, renew: bool = False) -> str:
        from google.auth.exceptions import RefreshError, TransportError

        with self._lock, _network_errors(self._where):
            try:
                if renew or not self._credentials.valid:
                    self._credentials.refresh(self._request)
            except RefreshError as error:
                raise LoginRefused(_google_words(error)) from error
            except TransportError as error:
                cause = error.args[0] if error.args else None
                raise cause if isinstance(cause, Exception) else requests.ConnectionError() from error
            return self._credentials.token


def google_key(text_or_path: str) -> Mapping[str, str]:
    """The service account's key, given as the JSON itself or as the path of its file; raises
    BadMailSetting."""
    try:
        text = (
            text_or_path
            if text_or_path.lstrip().startswith("{")
            else Path(text_or_path).read_text(encoding="utf-8")
        )
        key = json.loads(text)
    except OSError as error:
        raise BadMailSetting(
            f"The Google key file {text_or_path} cannot be read: {error.strerror}."
        ) from error
    except ValueError as error:
        raise BadMailSetting("The Google key is not JSON.") from error
    if not isinstance(key, dict) or not all(
        key.get(name) for name in ("client_email", "private_key", "token_uri")
    ):
        raise BadMailSetting("The Google key is not the JSON file of a service account's key.")
    return key


class _network_errors:
    """Turns what requests raises into our errors."""

    def __init__(self, where: str):
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, requests.exceptions.SSLError):
            raise CertificateRefused(
                f"The certificate of {self._where} is not to be trusted. Nothing was sent there."
            ) from error
        if isinstance(error, requests.Timeout):
            raise CannotConnect(f"{self._where} did not answer in time; no token for sending.") from error
        if isinstance(error, (requests.RequestException, RuntimeError)):
            raise CannotConnect(
                f"{self._where} cannot be reached, or answers wrongly; no token for sending."
            ) from error


def _microsoft_words(said: str) -> str:
    if "AADSTS7000222" in said:
        return (
            "The client secret has expired: make a new one in Microsoft Entra and put it in the settings. "
            f"({said})"
        )
    if "AADSTS7000215" in said:
        return f"The client secret is wrong; take care to copy its value, not its id. ({said})"
    if "AADSTS700016" in said:
        return f"Microsoft knows no application of that client id in this tenant. ({said})"
    return f"Microsoft gives no token for sending mail: {said}"


def _google_words(error: Exception) -> str:
    said = str(error.args[0] if error.args else error)[:300]
    if "unauthorized_client" in said:
        return (
            "Google does not let this service account act for the mailbox: the Admin console must allow "
            f"its client id the scope {GOOGLE_MAIL} "
            f"(domain-wide delegation). ({said})"
        )
    if "invalid_grant" in said:
        return (
            "Google refuses the service account: check that the mailbox exists, and this machine's clock. "
            f"({said})"
        )
    return f"Google gives no token for sending mail: {said}"
