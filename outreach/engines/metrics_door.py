"""/metrics on a machine that runs workers and no web server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from outreach import gauges
from outreach.core import log, metrics
from outreach.services import Services

_log = log.get(__name__)


def open_door(host: str, port: int, services: Callable[[], Services]) -> None:
    """Answer Prometheus from a thread, as the web server does, until the process ends.

    Several workers on one machine count together, so it does if one of them has the port.
    """

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here = services()
            if self.path != "/metrics":
                self.send_error(404)
            elif not metrics.allowed(here.metrics_token, self.headers.get("Authorization", "")):
                self.send_error(401)
            else:
                page = gauges.page(here)
                here.db.close()  # Celery forks this process again when a child of it dies
                self.send_response(200)
                self.send_header("Content-Type", metrics.CONTENT_TYPE)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are not logged."""

    try:
        server = ThreadingHTTPServer((host, port), Door)
    except OSError as error:
        _log.warning("metrics.port_taken", port=port, error=error.strerror)
        return
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
