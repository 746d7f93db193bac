"""What a view reaches the domain with."""

from __future__ import annotations

from typing import cast

from flask import current_app

from outreach.services import Services


def services() -> Services:
    """Services of the running app."""
    return cast(Services, current_app.extensions["outreach"])
