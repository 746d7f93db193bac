"""outreach accounts, as typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import config
from outreach.accounts import queries
from outreach.accounts.models import AuditEntry
from outreach.accounts.sign_ins import sign_in
from outreach.analytics.digest import digest
from outreach.cli.accounts import accounts
from outreach.cli.context import Context
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, FormErrors, NotAllowed, OutreachError

Typed = Callable[..., str]

PASSWORD = "four lanterns on the quay"
FIRST = (
    "create", "--email", "mara@harbour.example", "--name", "Mara", "--organisation", "Harbour",
    "--postal-address", "4 Quay Street", "--sender-name", "Mara", "--sender-address",
    "mara@harbour.example", "--password-stdin",
)  # fmt: skip


@pytest.fixture
def typed(db: Database, tmp_path: Path) -> Iterator[Typed]:
    """A terminal on the database, with words on its standard input."""
    url = db.url.render_as_string(hide_password=False)
    context = Context(config.Settings(database_url=url, data_dir=tmp_path / "data"))
    vars(context)["services"] = context.services_on_any_schema  # its tables are made already

    def type_(*words: str, password: str = PASSWORD) -> str:
        result = CliRunner().invoke(accounts, words, obj=context, input=f"{password}\n")
        if isinstance(result.exception, OutreachError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    yield type_
    context.services.db.close()


def test_the_first_account_makes_the_organisation(typed: Typed, db: Database) -> None:
    assert typed("list") == "No account yet. Make one: outreach accounts create\n"
    assert typed(*FIRST, "--timezone", "Europe/Lisbon").splitlines() == [
        "mara@harbour.example may sign in as owner of Harbour.",
        "The console: http://127.0.0.1:8000/console/, while `outreach serve` runs.",
    ]
    with db.transaction() as session:
        assert queries.the_organisation(session).postal_address == "4 Quay Street"
        assert queries.the_organisation(session).timezone == "Europe/Lisbon"
        assert queries.the_organisation(session).sender_name == "Mara"
    sign_in(db, email="mara@harbour.example", password=PASSWORD)
    typed("create", "--email", "ines@harbour.example", "--name", "Inês", "--role", "analyst",
          "--password-stdin")  # fmt: skip
    listed = json.loads(typed("list", "--json"))
    assert [(each["email"], each["role"]) for each in listed] == [
        ("ines@harbour.example", "analyst"), ("mara@harbour.example", "owner"),
    ]  # fmt: skip


def test_the_organisation_is_shown_and_edited(typed: Typed, db: Database) -> None:
    typed(*FIRST)
    assert typed("organisation", "show").splitlines() == [
        "Name:             Harbour",
        "Postal address:   4 Quay Street",
        "Sender’s name:    Mara",
        "Sender’s address: mara@harbour.example",
        "Replies go to:    the sender’s address",
        "Time zone:        UTC",
        "Language:         en",
        "Country:          not said",
        "Quiet hours:      none",
    ]
    said = typed("organisation", "edit", "--postal-address", "5 Quay Street\nWesthaven",
                 "--reply-to", "Desk@harbour.example", "--sender-name", "Mara Quist")  # fmt: skip
    assert said.splitlines() == [
        "Changed: postal address, sender’s name, replies go to.",
        "Blasts that are drafted already keep the sender that stands in them.",
    ]
    shown = json.loads(typed("organisation", "show", "--json"))
    assert (shown["postal_address"], shown["reply_to"], shown["name"]) == (
        "5 Quay Street\nWesthaven", "desk@harbour.example", "Harbour",
    )  # fmt: skip
    assert "nothing changed" in typed("organisation", "edit", "--language", "en")
    typed("organisation", "edit", "--reply-to", "")
    with db.reading() as session:
        assert queries.the_organisation(session).reply_to is None
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [e.detail for e in entries if e.action == "organisation.edit"] == [
        {"changed": ["postal_address", "sender_name", "reply_to"]}, {"changed": ["reply_to"]},
    ]  # fmt: skip
    with pytest.raises(BadInput, match="Nothing to change"):
        typed("organisation", "edit")
    with pytest.raises(FormErrors, match="one line"):
        typed("organisation", "edit", "--sender-name", "Mara\r\nBcc: all@example.org")


def test_nothing_is_half_stored(typed: Typed, db: Database) -> None:
    with pytest.raises(BadInput, match="12 characters"):
        typed(*FIRST, password="short")
    with pytest.raises(BadInput, match="--sender-address is missing"):
        typed(*FIRST[:-3], "--password-stdin")
    with pytest.raises(BadInput, match="password is missing"):
        typed(*FIRST[:-1])
    with db.reading() as session:
        assert queries.all_accounts(session) == []
    assert "No account yet" in typed("list")


def test_another_password_and_the_end(typed: Typed, db: Database) -> None:
    typed(*FIRST)
    new = "a fifth lantern by the door"
    typed("password", "Mara@harbour.example", "--password-stdin", password=new)
    with pytest.raises(NotAllowed):
        sign_in(db, email="mara@harbour.example", password=PASSWORD)
    sign_in(db, email="mara@harbour.example", password=new)
    with pytest.raises(Conflict, match="last owner"):
        typed("disable", "mara@harbour.example")
    typed("create", "--email", "ines@harbour.example", "--name", "Inês", "--password-stdin")
    assert typed("disable", "mara@harbour.example").endswith("may not sign in any more.\n")
    assert "mara@harbour.example  Mara  (disabled)" in typed("list")


def test_the_digest_is_asked_for_and_ended(typed: Typed, db: Database) -> None:
    typed(*FIRST)
    said = typed("digest", "Mara@Harbour.example")
    assert said == "mara@harbour.example gets the weekly digest from next Monday on.\n"
    with db.reading() as session:
        account = queries.account_by_email(session, "mara@harbour.example")
        assert digest.wants(session, account.id)
    assert "no weekly digest" in typed("digest", "mara@harbour.example", "--off")
    with db.reading() as session:
        assert not digest.wants(session, account.id)
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[-2:] == ["digest.start", "digest.stop"]


def test_a_closed_account_gets_no_digest(typed: Typed) -> None:
    typed(*FIRST)
    typed("create", "--email", "ben@harbour.example", "--name", "Ben", "--password-stdin")
    typed("disable", "ben@harbour.example")
    with pytest.raises(Conflict, match="closed"):
        typed("digest", "ben@harbour.example")
