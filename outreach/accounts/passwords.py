"""Passwords: argon2id (RFC 9106), in the library's parameters of today."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from outreach.core.errors import BadInput

MIN_LENGTH = 12
MAX_LENGTH = 1_000  # more is no password, but a way to keep the server busy

_hasher = PasswordHasher()


def hashed(password: str, *, field: str = "password") -> str:
    """The hash to store. Raises BadInput for a password that is too short or far too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise BadInput(
            f"A password has at least {MIN_LENGTH} characters. Nothing was changed.",
            hint="Several words in a row are easy to remember and hard to guess.",
            field=field,
        )
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether a password belongs to a stored hash; None takes as long and matches nothing."""
    try:
        _hasher.verify(_nobodys() if stored is None else stored, password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None and len(password) <= MAX_LENGTH


def outdated(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than those of today."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe())
