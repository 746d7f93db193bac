"""What a web process does beside answering: it looks after the files for when the database is away.

Web processes may run on machines without a worker. So each of them keeps the links of its machine
fresh and stores what was kept there; several on one machine don't get in each other's way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from outreach.core import log
from outreach.services import Services
from outreach.tracking import link_copy, spool
from outreach.tracking.door import Environ, StartResponse
from outreach.web.errors import DATABASE_AWAY

_log = log.get(__name__)
UPKEEP_FAILED = "upkeep.failed"

EVERY_S = 2.0


class Upkeep:
    """The duties of one web process, each in a thread of its own: none waits for another."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._links_through = 0
        self._begun = threading.Lock()

    def begin_with(self, app: Flask) -> None:
        """Start with the first request: a server may fork after it has loaded the application."""
        begun_with = app.wsgi_app

        def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            self._begin()
            return begun_with(environ, start_response)

        app.wsgi_app = application  # type: ignore[method-assign]

    def store_leavings(self) -> None:
        """Take those off the lists who left while the database was away."""
        spool.replay(self._services.db, spool.leavings_in(self._services.data_dir))

    def store_events(self) -> None:
        """Store the clicks, opens and views of that time."""
        spool.replay(self._services.db, spool.path_in(self._services.data_dir))

    def copy_links(self) -> None:
        """Copy the links that are not here yet."""
        folder = link_copy.folder_in(self._services.data_dir)
        self._links_through = link_copy.refresh(self._services.db, folder, self._links_through)

    def _begin(self) -> None:
        if not self._begun.acquire(blocking=False):
            return
        for duty in (self.store_leavings, self.store_events, self.copy_links):
            threading.Thread(
                target=_repeat, args=(duty,), name=f"upkeep-{duty.__name__}", daemon=True
            ).start()


def _repeat(duty: Callable[[], None]) -> None:
    while True:
        try:
            duty()
        except DATABASE_AWAY:
            pass  # every request that notices says so; what is kept stays for the next turn
        except (SQLAlchemyError, OSError, ValueError):
            _log.exception(UPKEEP_FAILED, duty=duty.__name__)
        time.sleep(EVERY_S)
