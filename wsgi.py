"""The doors for servers: `app` (WSGI) and `celery` (worker, beat)."""

from __future__ import annotations

import gc

import config
from outreach.app import build_services, create_app
from outreach.core import log, metrics
from outreach.engines.celery import build
from outreach.web.public.upkeep import Upkeep

settings = config.load()
log.configure(level=settings.log_level, as_json=settings.log_json)
_services = build_services(settings)
if _services.metrics_token:
    metrics.begin(_services.metrics_folder)
app = create_app(
    _services,
    trusted_proxies=settings.trusted_proxies,
    pages_at_a_time=settings.web_threads,
)
Upkeep(_services).begin_with(app)
celery = build(
    settings.broker_url,
    lambda: build_services(settings),
    watched_at=(settings.host, settings.metrics_port) if settings.metrics_port else None,
)
# What is here now stays as long as the process: the garbage collector need not look at it again.
gc.freeze()
