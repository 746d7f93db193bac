"""Every error of the web in one place: a page for people, JSON for programs.

JSON shape: {"error": {"status", "title", "message", "hint", "fields": [{"field", "message"}]}}.
"""

from __future__ import annotations

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from outreach.core import log
from outreach.core.db import AWAY
from outreach.core.errors import BadInput, FormErrors, NotFound, OutreachError, TryLater
from outreach.core.languages import N_

_log = log.get(__name__)

DATABASE_AWAY = AWAY

# A zero byte (PostgreSQL) or a number beyond 64 bits: nothing that is stored can be meant.
NOT_STORABLE = (DataError, OverflowError)


def register(app: Flask) -> None:
    """Answer all failures of the app from here."""

    @app.errorhandler(OutreachError)
    def known(error: OutreachError) -> ResponseReturnValue:
        return _answer(error, error.status)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400:
            return error.get_response()
        if status == 404:
            return _answer(_NOT_FOUND, status)
        said = OutreachError(error.description or error.name)
        said.title = error.name
        return _answer(said, status)

    def away(_error: Exception) -> ResponseReturnValue:
        _log.error("database.away", rule=request.url_rule.rule if request.url_rule else "")
        return _answer(_DATABASE_AWAY, 503)

    def not_storable(_error: Exception) -> ResponseReturnValue:
        _log.warning("request.not_storable", rule=request.url_rule.rule if request.url_rule else "")
        return _answer(_NOT_STORABLE, 400)

    for error in DATABASE_AWAY:
        app.register_error_handler(error, away)
    for unfit in NOT_STORABLE:
        app.register_error_handler(unfit, not_storable)

    @app.errorhandler(Exception)
    def unexpected(_error: Exception) -> ResponseReturnValue:
        # The rule, not the path: paths hold tokens.
        _log.exception("request.failed", rule=request.url_rule.rule if request.url_rule else "")
        return _answer(_UNEXPECTED, 500)


_NOT_FOUND = NotFound(
    N_("There is nothing at this address."),
    hint=N_("Check it, or open the link in the letter again."),
)
_NOT_STORABLE = BadInput(
    N_("This holds a number or a character that nothing here can have. Nothing was changed."),
    hint=N_("Check the address, or type it again."),
)
_DATABASE_AWAY = TryLater(
    N_("The database does not answer. Nothing was changed."), hint=N_("Try again in a minute.")
)
_UNEXPECTED = OutreachError(
    N_("This did not work, because of a fault of ours. It has been written down."),
    hint=N_("Try again; if it stays, tell the people who run this site."),
)


def wants_json() -> bool:
    """Whether the caller is a program."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path.startswith("/api/") or best == "application/json"


def _answer(error: OutreachError, status: int) -> ResponseReturnValue:
    if wants_json():
        faults = error.faults if isinstance(error, FormErrors) else ()
        body = {
            "status": status,
            "title": error.title,
            "message": error.message,
            "hint": error.hint,
            "fields": [{"field": field, "message": sentence} for field, sentence in faults],
        }
        return jsonify(error=body), status
    template = "console/error.html" if request.path.startswith("/console") else "public/error.html"
    return render_template(template, error=error, status=status), status
