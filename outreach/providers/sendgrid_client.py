"""The official package, and which of its failures leave a doubt."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from time import time
from typing import Any
from urllib.error import URLError

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from outreach.mail.provider import ProviderDown, ProviderRefuses
from outreach.mail.reasons import reason

DEFAULT_WAIT_S, LONGEST_WAIT_S = 30.0, 3600.0
Query = Mapping[str, str | int]
_ENDINGS = {
    TimeoutError: "did not answer in time",
    ConnectionResetError: "closed the connection without an answer",
}


class Unanswered(Exception):
    """The whole request was sent and no whole answer came: it may have been done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What SendGrid said."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def errors(self) -> tuple[tuple[str, str], ...]:
        """What it found wrong, as (field, message)."""
        try:
            listed = json.loads(self.body)["errors"]
            return tuple((str(e.get("field") or ""), str(e.get("message") or "")) for e in listed)
        except (ValueError, KeyError, TypeError, AttributeError):
            return ()

    @property
    def said(self) -> str:
        """The same as one line without personal data."""
        return "; ".join(reason(message) for _, message in self.errors)


def failure(answer: Answer) -> ProviderDown | ProviderRefuses:
    """What an answer means after which certainly nothing was done."""
    if answer.status in (408, 425, 429) or answer.status // 100 == 5:
        return ProviderDown(
            f"SendGrid asks for patience ({answer.status}). {answer.said}".strip(),
            wait_s=_wait_s(answer.headers),
        )
    return ProviderRefuses(f"SendGrid does not take this ({answer.status}): {answer.said}")


def _wait_s(headers: Mapping[str, str]) -> float:
    """Seconds to wait, from X-RateLimit-Reset (an instant) or Retry-After (a duration)."""
    reset = headers.get("X-RateLimit-Reset") or ""
    after = headers.get("Retry-After") or ""
    if reset.isdecimal():
        wait_s = float(reset) - time()
    elif after.isdecimal():
        wait_s = float(after)
    else:
        return DEFAULT_WAIT_S
    return min(max(1.0, wait_s), LONGEST_WAIT_S)


class Body(bytes):
    """A finished JSON body, as the package takes it.

    It would write JSON itself (six times as slowly), and formats every body for its debug log,
    which takes longer than sending it and shows people.
    """

    def encode(self, _encoding: str) -> bytes:
        """Called by the package where a text is to become bytes."""
        return self

    def __format__(self, _spec: str) -> str:
        return f"{len(self):,} bytes"


class Client:
    """Calls SendGrid. The package's client is not safe for several threads: each has its own."""

    def __init__(self, api_key: str, url: str, timeout_s: float) -> None:
        self._api_key = api_key
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._local = threading.local()

    def send(self, request: bytes) -> Answer:
        """Hand over a request of Mail Send."""
        return self.call("post", "mail/send", body=request)

    def call(
        self, verb: str, path: str, *, body: bytes | None = None, query: Query | None = None
    ) -> Answer:
        """SendGrid's answer, whatever its status; `path` follows /v3/.

        Raises ProviderDown or ProviderRefuses when the request certainly did not arrive whole,
        and Unanswered.
        """
        try:
            response = getattr(self._mine().client._(path), verb)(
                request_body=None if body is None else Body(body), query_params=query
            )
        except HTTPError as error:
            return Answer(error.status_code, error.headers or {}, error.body or b"")
        except URLError as error:
            # urllib wraps what goes wrong while connecting and sending, and nothing later.
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                why = error.reason.verify_message.rstrip(".")
                raise ProviderRefuses(f"SendGrid’s certificate is not valid: {why}.") from None
            raise ProviderDown(f"SendGrid can’t be reached: {_why(error.reason)}.") from None
        except (OSError, HTTPException) as error:
            raise Unanswered(f"SendGrid {_ending(error)}.") from None
        return Answer(response.status_code, response.headers, response.body)

    def _mine(self) -> Any:
        if not hasattr(self._local, "client"):
            client = SendGridAPIClient(self._api_key, host=self._url)
            client.client.timeout = self._timeout_s
            # As the C# package of SendGrid says it; "application/json" alone has no use for Body.
            client.client.request_headers["Content-Type"] = "application/json; charset=utf-8"
            self._local.client = client
        return self._local.client


def _why(reason: object) -> object:
    return getattr(reason, "strerror", None) or reason


def _ending(error: Exception) -> str:
    return next(
        (words for kind, words in _ENDINGS.items() if isinstance(error, kind)),
        "did not answer as a whole",
    )
