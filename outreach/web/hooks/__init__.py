"""Doors for other machines: they sign what they send, and have no cookie and no form."""

from __future__ import annotations

from outreach.web.hooks import sendgrid

BLUEPRINTS = [sendgrid.blueprint]
