"""For machines that watch us: is the process alive, can it serve, what does it do."""

from __future__ import annotations

import time

from flask import Blueprint, Flask, Response, abort, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from outreach import gauges
from outreach.core import metrics, migrations
from outreach.services import ALIVE_EVERY_S, Services
from outreach.web.context import services

blueprint = Blueprint("health", __name__)
_METHODS = frozenset(("GET", "HEAD", "POST"))


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """Database, schema and worker are as they must be; 503 with the reason where not."""
    here = services()
    checks = {"database": _database(here), "worker": _worker(here)}
    good = all(word == "ok" for word in checks.values())
    return jsonify(status="ok" if good else "not ready", **checks), 200 if good else 503


@blueprint.get("/metrics")
def figures() -> ResponseReturnValue:
    """What Prometheus reads; there is no such page without OUTREACH_METRICS_TOKEN."""
    here = services()
    if not here.metrics_token:
        abort(404)
    if not metrics.allowed(here.metrics_token, request.headers.get("Authorization", "")):
        return Response("401 The bearer token is OUTREACH_METRICS_TOKEN.\n", 401)
    return Response(gauges.page(here), content_type=metrics.CONTENT_TYPE)


def register(app: Flask, *, timed: bool) -> None:
    """Open these doors; `timed`: count how long every door takes."""
    app.register_blueprint(blueprint)
    if not timed:
        return

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        if "began" in g:  # by the door’s name: addresses of pages may carry tokens
            door = request.endpoint or "none"
            method = request.method if request.method in _METHODS else "other"
            took = time.perf_counter() - g.began
            metrics.observe(metrics.REQUESTS, took, door, method, str(response.status_code))
        return response


def _database(here: Services) -> str:
    try:
        if not here.db.takes_writes():
            return "takes no writes"
        return "ok" if migrations.is_current(here.db) else "schema is old: outreach db upgrade"
    except SQLAlchemyError:
        return "does not answer"


def _worker(here: Services) -> str:
    if not here.watches_worker:
        return "ok"
    try:
        age = time.time() - here.alive_file.stat().st_mtime
    except FileNotFoundError:
        return "not running: outreach worker"
    return "ok" if age < 4 * ALIVE_EVERY_S else f"silent for {age:.0f} s"
