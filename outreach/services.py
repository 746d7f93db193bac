"""The few objects that every door and every job works with, built in app.py from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.mail.flight import FlightRecorder
from outreach.mail.provider import Provider

ALIVE_EVERY_S = 5.0  # how often a worker gives a sign of life


@dataclass(frozen=True)
class Services:
    """What the doors hand to the domain. `base_url` has no trailing slash."""

    db: Database
    tokens: Tokens
    provider: Provider
    flights: FlightRecorder
    base_url: str
    data_dir: Path
    secret: str
    batch_size: int
    lease_s: int
    late_limit_s: int
    recognise_days: int
    keep_networks: bool
    test_sends_to: str
    watches_worker: bool  # one worker process beside the web, whose sign of life /readyz reads
    sendgrid_webhook_keys: tuple[str, ...] = ()

    @property
    def alive_file(self) -> Path:
        """The file that the worker process touches every ALIVE_EVERY_S seconds."""
        return self.data_dir / "worker.alive"
