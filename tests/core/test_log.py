"""The log: events with fields, and nobody in them, whatever went wrong."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from outreach.consent.models import Suppression
from outreach.core import log
from outreach.core.clock import now
from outreach.core.db import Database


def test_fields_that_could_name_a_person_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(level="INFO")
    log.get("test").info("seen", email="jane@example.org", supporter_id=7)
    line = json.loads(capsys.readouterr().err)
    assert (line["email"], line["supporter_id"]) == ("[left out]", 7)


def test_an_error_of_the_database_is_logged_without_the_row(
    db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"address": "jane@example.org", "reason": "asked", "source": "Jane said", "at": now()}
    log.configure(level="INFO")
    try:
        with db.transaction() as session:
            for _ in range(2):
                session.execute(insert(Suppression).values(row))
    except IntegrityError:
        log.get("test").exception("failed")
    written = json.loads(capsys.readouterr().err)["exception"]
    assert "IntegrityError" in written and "test_log.py" in written
    assert "jane@" not in written and "Jane said" not in written
