"""Who sends, and what it works with."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.mail.flight import FlightRecorder
from outreach.mail.provider import Provider


@dataclass(frozen=True)
class Sender:
    """Who sends, and what it works with. `name`: of the process (core.process.own_name)."""

    name: str
    db: Database
    tokens: Tokens
    provider: Provider
    flights: FlightRecorder
    base_url: str
    lease_s: int
