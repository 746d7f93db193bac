"""Roles of the console's people, and what each may do."""

from __future__ import annotations

READ, DRAFT, SEND, MANAGE = "read", "draft", "send", "manage"

# read: see everything; draft: write petitions, lists, segments, blasts; send: schedule, pause,
# resume, cancel; manage: accounts and the organisation.
ALLOWED = {
    "owner": frozenset({READ, DRAFT, SEND, MANAGE}),
    "campaigner": frozenset({READ, DRAFT, SEND}),
    "approver": frozenset({READ, SEND}),
    "analyst": frozenset({READ}),
    "api": frozenset({READ, DRAFT}),
}
ROLES = tuple(ALLOWED)


def may(role: str, permission: str) -> bool:
    """Whether a role allows this; an unknown role allows nothing."""
    return permission in ALLOWED.get(role, frozenset())
