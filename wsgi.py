"""The doors for servers: `app` (WSGI) and `celery` (worker, beat)."""

from __future__ import annotations

import config
from outreach.app import build_services, create_app
from outreach.core import log
from outreach.engines.celery import build

settings = config.load()
log.configure(level=settings.log_level, as_json=settings.log_json)
app = create_app(build_services(settings), trusted_proxies=settings.trusted_proxies)
celery = build(settings.broker_url, lambda: build_services(settings))
