"""For machines that watch us: is the process alive, can it serve."""

from __future__ import annotations

import time

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from outreach.core import migrations
from outreach.services import ALIVE_EVERY_S, Services
from outreach.web.context import services

blueprint = Blueprint("health", __name__)


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


def _database(here: Services) -> str:
    try:
        with here.db.reading() as session:
            session.execute(text("SELECT 1"))
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
