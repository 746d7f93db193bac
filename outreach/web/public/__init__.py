"""Public pages: what supporters see, without cookies and without scripts that anything needs."""

from __future__ import annotations

from outreach.web.public import (
    comments,
    digest,
    embed,
    leave,
    letters,
    names,
    petitions,
    printed,
    reading,
    thanks,
)

BLUEPRINTS = [
    petitions.blueprint,
    comments.blueprint,
    embed.blueprint,
    reading.blueprint,
    thanks.blueprint,
    names.blueprint,
    printed.blueprint,
    letters.blueprint,
    leave.blueprint,
    digest.blueprint,
]
