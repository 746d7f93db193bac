"""Accounts: made, signed in, out, given other passwords, closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from outreach.accounts import operations, queries, sign_ins
from outreach.accounts.models import Account, AuditEntry, Organisation
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, FormErrors, NotAllowed, NotFound

PASSWORD = "four lanterns on the quay"


@pytest.fixture
def mara(db: Database, organisation: Organisation) -> Account:
    """An owner who may sign in with PASSWORD."""
    with db.transaction() as session:
        return operations.create_account(
            session,
            organisation=session.merge(organisation),
            email="Mara@Harbour.example",
            name="Mara Okafor",
            role="owner",
            password=PASSWORD,
        )


def signed_in(db: Database, password: str = PASSWORD, email: str = "mara@harbour.example") -> str:
    return sign_ins.sign_in(db, email=email, password=password)[1]


def whose(db: Database, cookie: str) -> str | None:
    with db.reading() as session:
        account = queries.account_of(session, cookie)
    return account and f"{account.name}, {account.organisation.name}"


def test_a_cookie_stands_for_its_account(db: Database, mara: Account) -> None:
    assert mara.email == "mara@harbour.example"
    assert mara.password_hash.startswith("$argon2id$")
    cookie = signed_in(db, email=" MARA@harbour.example")
    assert whose(db, cookie) == "Mara Okafor, Harbour Lights Action"
    assert whose(db, cookie + "x") is None
    with db.reading() as session:
        (kept,) = queries.open_sign_ins(session, mara.id)
        assert cookie not in kept.digest
        assert timedelta(days=13, hours=23) < kept.expires_at - now() <= timedelta(days=14)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("mara@harbour.example", "four lanterns on the quai"),
        ("nobody@harbour.example", PASSWORD),
        ("no address", PASSWORD),
        ("mara@harbour.example", ""),
    ],
)
def test_every_failure_sounds_the_same(
    db: Database, mara: Account, email: str, password: str
) -> None:
    with pytest.raises(NotAllowed) as caught:
        signed_in(db, password, email)
    assert caught.value.message == "This address and this password do not belong together."


def test_an_unknown_account_costs_a_hash_too(
    db: Database, mara: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = []
    verify = sign_ins.passwords._hasher.verify

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            verified.append(stored)
            return verify(stored, password)

        hash = staticmethod(sign_ins.passwords._hasher.hash)

    monkeypatch.setattr(sign_ins.passwords, "_hasher", Counting())
    with pytest.raises(NotAllowed):
        signed_in(db, PASSWORD, "nobody@harbour.example")
    assert len(verified) == 1 and verified[0].startswith("$argon2id$")


def test_a_stolen_hash_is_dear_to_try(real_hasher: PasswordHasher) -> None:
    # The second recommended option of RFC 9106, section 4: three passes over 64 MiB in four lanes.
    _, kind, _, costs, _, _ = real_hasher.hash(PASSWORD).split("$")
    assert (kind, costs) == ("argon2id", "m=65536,t=3,p=4")
    assert real_hasher.check_needs_rehash(sign_ins.passwords.hashed(PASSWORD))  # of the tests


def test_nobody_waits_for_a_password_to_be_checked(
    db: Database, mara: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ones = []

    class Watching:
        def __getattr__(self, name: str) -> object:
            open_ones.append(db.engine.pool.checkedout())
            return getattr(hasher, name)

    hasher = sign_ins.passwords._hasher
    monkeypatch.setattr(sign_ins.passwords, "_hasher", Watching())
    signed_in(db)
    new = "a fifth lantern by the door"
    sign_ins.change_password(db, account_id=mara.id, old=PASSWORD, new=new)
    assert len(open_ones) >= 4 and set(open_ones) == {0}


def test_what_changes_while_the_password_is_checked_counts(
    db: Database, mara: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = sign_ins.passwords.matches

    def meanwhile(stored: str | None, password: str) -> bool:
        with db.transaction() as session:
            queries.account_by_email(session, mara.email).password_hash = "another"
        return matches(stored, password)

    monkeypatch.setattr(sign_ins.passwords, "matches", meanwhile)
    with pytest.raises(NotAllowed):
        signed_in(db)


def test_signing_out_ends_it(db: Database, mara: Account) -> None:
    cookie, other = signed_in(db), signed_in(db)
    with db.transaction() as session:
        sign_ins.sign_out(session, cookie)
        sign_ins.sign_out(session, "never given")
    assert whose(db, cookie) is None
    assert whose(db, other) is not None


def test_an_expired_sign_in_opens_nothing(db: Database, mara: Account) -> None:
    cookie = signed_in(db)
    with db.transaction() as session:
        kept = queries.sign_in_of(session, cookie)
        assert kept is not None
        kept.expires_at = now() - timedelta(seconds=1)
    assert whose(db, cookie) is None


def test_another_password_signs_every_other_browser_out(db: Database, mara: Account) -> None:
    here, elsewhere = signed_in(db), signed_in(db)
    new = "a fifth lantern by the door"
    sign_ins.change_password(db, account_id=mara.id, old=PASSWORD, new=new, keep=here)
    assert whose(db, here) is not None
    assert whose(db, elsewhere) is None
    with db.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action) == ("mara@harbour.example", "password.change")
    with pytest.raises(NotAllowed):
        signed_in(db)
    assert whose(db, signed_in(db, new)) is not None


def test_a_wrong_old_or_a_short_new_password_changes_nothing(db: Database, mara: Account) -> None:
    for old, new, field in (("wrong", "long enough, surely", "old"), (PASSWORD, "short", "new")):
        with pytest.raises(BadInput) as caught:
            sign_ins.change_password(db, account_id=mara.id, old=old, new=new)
        assert caught.value.field == field
    assert whose(db, signed_in(db)) is not None


def test_only_ones_own_sign_ins_are_revoked(
    db: Database, mara: Account, organisation: Organisation
) -> None:
    cookie = signed_in(db)
    with db.transaction() as session:
        other = operations.create_account(
            session,
            organisation=session.merge(organisation),
            email="ines@harbour.example",
            name="Inês",
            role="analyst",
            password=PASSWORD,
        )
        kept = queries.sign_in_of(session, cookie)
        assert kept is not None
        with pytest.raises(NotFound):
            sign_ins.revoke(session, account_id=other.id, sign_in_id=kept.id)
        assert queries.account_of(session, cookie) is not None
        sign_ins.revoke(session, account_id=mara.id, sign_in_id=kept.id)
    assert whose(db, cookie) is None


def test_a_disabled_account_is_shut_out_but_the_last_owner_stays(
    db: Database, mara: Account, organisation: Organisation
) -> None:
    with pytest.raises(Conflict, match="last owner"), db.transaction() as session:
        operations.disable(session, session.merge(mara))
    with db.transaction() as session:
        operations.create_account(
            session,
            organisation=session.merge(organisation),
            email="ines@harbour.example",
            name="Inês",
            role="owner",
            password=PASSWORD,
        )
    cookie = signed_in(db)
    with db.transaction() as session:
        operations.disable(session, session.merge(mara))
    assert whose(db, cookie) is None
    with pytest.raises(NotAllowed):
        signed_in(db)


def test_every_field_at_fault_is_named(db: Database, organisation: Organisation) -> None:
    with pytest.raises(FormErrors) as caught, db.transaction() as session:
        operations.create_account(
            session,
            organisation=session.merge(organisation),
            email="nobody",
            name="Ann\r\nBcc: all@example.org",
            role="boss",
            password=PASSWORD,
        )
    assert [field for field, _ in caught.value.faults] == ["email", "name", "role"]
    with pytest.raises(FormErrors) as caught, db.transaction() as session:
        operations.create_organisation(
            session,
            name="",
            postal_address=" ",
            sender_name="A\nB",
            sender_address="x",
            reply_to="y",
            timezone="Mars/Base",
            language="english please",
        )
    assert [field for field, _ in caught.value.faults] == [
        "name", "sender_name", "postal_address", "sender_address", "reply_to", "timezone",
        "language",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Harbour\nBcc: all@example.org"),
        ("postal_address", "4 Quay Street\x00"),
        ("sender_name", "Mara\r\nBcc: all@example.org"),
        ("sender_address", "mara@harbour.example\nBcc: all@example.org"),
        ("reply_to", "mara@harbour.example\r\nBcc: all@example.org"),
        ("timezone", "../../etc/passwd"),
        ("language", 'en" onload="'),
    ],
)
def test_a_field_that_could_forge_a_header_changes_nothing(
    db: Database, organisation: Organisation, field: str, value: str
) -> None:
    with pytest.raises(FormErrors) as caught, db.transaction() as session:
        stored = queries.the_organisation(session)
        changes = {"postal_address": "5 Quay Street", field: value}
        operations.edit_organisation(session, stored, changes, actor="mara")
    assert [name for name, _ in caught.value.faults] == [field]
    with db.reading() as session:
        assert queries.the_organisation(session).postal_address.startswith("4 Quay")
        assert session.scalars(select(AuditEntry)).all() == []


def test_a_name_of_another_organisation_is_taken(db: Database, organisation: Organisation) -> None:
    with db.transaction() as session:
        values = operations.organisation_values(organisation) | {"name": "Quay Watch"}
        operations.create_organisation(session, **values)
    with pytest.raises(Conflict), db.transaction() as session:
        stored = queries.the_organisation(session)
        operations.edit_organisation(session, stored, {"name": "Quay Watch"}, actor="mara")


def test_an_address_has_one_account(db: Database, mara: Account) -> None:
    with pytest.raises(Conflict), db.transaction() as session:
        operations.create_account(
            session,
            organisation=queries.the_organisation(session),
            email="MARA@harbour.example",
            name="Mara",
            role="owner",
            password=PASSWORD,
        )


def test_before_there_is_an_organisation(db: Database) -> None:
    with db.reading() as session, pytest.raises(NotFound) as caught:
        queries.the_organisation(session)
    assert "outreach accounts create" in caught.value.hint
