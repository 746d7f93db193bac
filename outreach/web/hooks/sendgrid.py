"""SendGrid's Event Webhook: verified, stored, and only then answered.

SendGrid repeats for 24 hours what was not answered with 2xx: so a request that is stored twice
changes nothing, and one that can't be stored now (503) loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from outreach.core import log
from outreach.core.errors import NotAllowed, TryLater
from outreach.mail.feedback import Feedback
from outreach.providers.sendgrid_events import feedback
from outreach.providers.sendgrid_signature import SIGNATURE, TIMESTAMP, is_genuine
from outreach.tracking.feedback import take
from outreach.web.context import services

blueprint = Blueprint("hooks_sendgrid", __name__)

_log = log.get(__name__)
NOT_GENUINE = "sendgrid.webhook_not_genuine"
STORED_ANEW = "sendgrid.webhook_stored_anew"
_ATTEMPTS = 3
# SendGrid posts at 768 kB, measured before the last event.
MAX_BYTES = 1_000_000


@blueprint.post("/hooks/sendgrid")
def events() -> ResponseReturnValue:
    """Take a list of events; 403 without a signature of a known key, 413 above MAX_BYTES, 400 with
    the place where it is no list of events."""
    request.max_content_length = MAX_BYTES
    body = request.get_data(cache=False)
    keys = services().sendgrid_webhook_keys
    signature, signed_at = request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, "")
    if not is_genuine(keys, signature=signature, timestamp=signed_at, body=body):
        _log.warning(NOT_GENUINE, bytes=len(body), keys=len(keys))
        raise NotAllowed(
            "This is not signed by SendGrid. Nothing was stored."
            if keys
            else "No key of SendGrid’s Event Webhook is known here. Nothing was stored.",
            hint="See OUTREACH_SENDGRID_WEBHOOK_KEYS.",
        )
    reports = feedback(body, signed_at)
    _store(reports)
    return "", 204


def _store(reports: Sequence[Feedback]) -> None:
    """All of them, or none: TryLater. A person may be erased between two steps; from the start
    again, their letter has nobody's name."""
    for _ in range(_ATTEMPTS):
        try:
            with services().db.transaction() as session:
                take(session, reports)
        except IntegrityError:
            _log.warning(STORED_ANEW, reports=len(reports))
        else:
            return
    raise TryLater("Something that these events are about is changing now. Nothing was stored.")
