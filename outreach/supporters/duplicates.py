"""Addresses that a file had before, in bounded memory however many rows it has."""

from __future__ import annotations

import sqlite3
from typing import Self

CACHE_KB = 32_000  # beyond it SQLite moves pages to a temporary file of its own


class FirstLines:
    """On which line each address stood first. A set in memory would take 150 bytes a row."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._store = self._connection.cursor()
        self._store.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        self._store.execute("PRAGMA journal_mode = OFF")
        self._store.execute("CREATE TABLE seen (address TEXT PRIMARY KEY, line INT) WITHOUT ROWID")
        self._store.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def earlier(self, address: str, line: int) -> int | None:
        """The line that had this address before; None, and `line` is kept, where none had."""
        stored = self._store.execute(
            "INSERT INTO seen VALUES (?, ?) ON CONFLICT DO NOTHING", (address, line)
        )
        if stored.rowcount:
            return None
        found: tuple[int] = self._store.execute(
            "SELECT line FROM seen WHERE address = ?", (address,)
        ).fetchone()
        return found[0]
