"""The few objects that every door and every job works with, built in app.py from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from outreach.analytics.deliverability.sender_readings import Sending
from outreach.blasts.pause_limits import Limits
from outreach.blasts.progress import Lookout
from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.mail.dkim import Signer
from outreach.mail.flight import FlightRecorder
from outreach.mail.provider import Provider
from outreach.mail.verp import ReturnPaths
from outreach.tracking import spool
from outreach.tracking.bounce_imap import Account
from outreach.tracking.writer import Writer

ALIVE_EVERY_S = 5.0  # how often a worker gives a sign of life


@dataclass(frozen=True)
class Services:
    """What the doors hand to the domain. `base_url` has no trailing slash."""

    db: Database
    tokens: Tokens
    provider: Provider
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
    return_paths: ReturnPaths | None = None  # None: bounce mail goes to the sender’s address
    bounce_maildir: Path | None = None
    bounce_imap: Account | None = None
    dkim: Signer | None = None  # what signs letters here; None: nothing does
    pause_limits: Limits = Limits()  # noqa: RUF009  frozen
    events_keep_months: int = 0  # after their own; 0: for ever
    limits_url: str = "memory://"  # where what was counted is kept, for all processes or each
    sign_per_minute: int = 30  # signatures by form from one visitor; 0: as many as come
    digest_hour: int = 8  # on Mondays, in an organisation’s time zone
    pages_keep_s: float = 0.0  # so long a petition’s page is shown as it was; 0: made for each view
    sources_days: int = 0  # after which a source is looked at again; 0: not by itself
    sources_loopback: bool = False  # tests let sources be on this machine
    metrics_token: str = ""  # who has it may read the metrics; empty: nobody

    @property
    def metrics_folder(self) -> Path:
        """Where the processes of this machine count."""
        return self.data_dir / "metrics"

    @cached_property
    def flights(self) -> FlightRecorder:
        """How far each letter got that this process sends."""
        return FlightRecorder(self.data_dir / "flights")

    @cached_property
    def lookout(self) -> Lookout:
        """Who looks at blasts that move, for everybody who watches them through this process."""
        return Lookout()

    @cached_property
    def event_writer(self) -> Writer:
        """Who stores the clicks and opens of this process."""
        return Writer(self.db, spool.path_in(self.data_dir))

    @property
    def sending(self) -> Sending:
        """How letters leave, for who looks up what the DNS has to say of it."""
        back = self.return_paths.domain if self.return_paths else ""
        return Sending(self.provider.name, self.dkim, back)

    @property
    def alive_file(self) -> Path:
        """The file that the worker process touches every ALIVE_EVERY_S seconds."""
        return self.data_dir / "worker.alive"
