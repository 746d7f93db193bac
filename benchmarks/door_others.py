"""What the door is measured against, on the same server: nothing at all, and the obvious way."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import create_engine, text

_INSERT = text(
    "INSERT INTO events (key, kind, at, delivery_id, method, agent, network, detail)"
    " VALUES (:key, 'clicked', :at, 1, :method, :agent, '', '{}')"
)


def empty(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The limit: a redirect of which nobody takes note."""
    location = ("Location", "https://act.example/petitions/night-buses")
    start_response("302 Found", [location, ("Content-Length", "0")])
    return [b""]


def plain() -> Flask:
    """A Flask view with one INSERT and one commit for each click."""
    app = Flask("plain")
    engine = create_engine(os.environ["OUTREACH_DATABASE_URL"], pool_size=64)

    @app.get("/c/<token>")
    def follow(token: str) -> ResponseReturnValue:
        row = {
            "key": uuid.uuid4().hex,
            "at": datetime.now(UTC),
            "method": request.method,
            "agent": request.user_agent.string,
        }
        with engine.begin() as connection:
            connection.execute(_INSERT, row)
        return redirect("https://act.example/petitions/night-buses")

    return app
