"""Public pages: what supporters see, without cookies and without scripts that anything needs."""

from __future__ import annotations

from outreach.web.public import digest, leave, letters, petitions, reading, thanks

BLUEPRINTS = [
    petitions.blueprint,
    reading.blueprint,
    thanks.blueprint,
    letters.blueprint,
    leave.blueprint,
    digest.blueprint,
]
