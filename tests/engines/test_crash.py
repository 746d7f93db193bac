"""The crash trial of benchmarks/crash.py, shorter: real worker processes, killed with SIGKILL."""

from __future__ import annotations

from typing import Literal

import pytest

from benchmarks import crash
from tests.conftest import postgres_database


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("provider", "recipients", "kills"), [("smtp", 4_000, 4), ("sendgrid", 12_000, 3)]
)
def test_killed_again_and_again_nobody_gets_two_letters_or_is_forgotten(
    provider: Literal["smtp", "sendgrid"],
    recipients: int,
    kills: int,
    database: Literal["sqlite", "postgresql"],
) -> None:
    if database == "postgresql":
        with postgres_database():  # says so where there is none
            pass
    result = crash.run(provider, recipients, kills, database)
    assert result["kills"] == kills
    assert (result["duplicates"], result["missing"]) == (0, 0)
    assert result["accepted"] + result["unknown"] == recipients * result["blasts"]
    assert result["unknown"] <= result["in_flight"]
    if provider == "smtp":  # of a letter on the wire nobody knows; of 20 connections, 20 letters
        assert result["unknown"] <= 20 * result["kills"]
