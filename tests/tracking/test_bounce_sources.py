"""Bounce mail out of a Maildir and over IMAP: each message once, none lost."""

from __future__ import annotations

import threading
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy.exc import OperationalError

from outreach.core.errors import TryLater
from outreach.tracking import bounce_imap, bounce_maildir
from outreach.tracking.bounces import Verdict
from tests.providers.test_smtp_opening import certificate, server_context
from tests.standins.imap import ImapStandIn

GO_ON = threading.Event()


class Taker:
    """Takes messages; `away` of them fail first, as with the database away."""

    def __init__(self, away: int = 0) -> None:
        self.away = away
        self.taken: list[bytes] = []

    def __call__(self, source: bytes) -> Verdict:
        if self.away:
            self.away -= 1
            raise OperationalError("", None, Exception("away"))
        self.taken.append(source)
        return Verdict.UNCLEAR if b"odd" in source else Verdict.STORED


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "bounces" / name).mkdir(parents=True)
    for number, text in enumerate((b"first", b"odd", b"third")):
        (tmp_path / "bounces" / "new" / f"{number}.host").write_bytes(text)
    return tmp_path / "bounces"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_new_message_is_taken_and_kept_as_seen(maildir: Path) -> None:
    take = Taker()
    assert bounce_maildir.read(maildir, take, GO_ON) == 3
    assert take.taken == [b"first", b"odd", b"third"]
    assert names(maildir / "new") == []
    assert names(maildir / "cur") == ["0.host:2,S", "1.host:2,FS", "2.host:2,S"]
    assert bounce_maildir.read(maildir, take, GO_ON) == 0


def test_with_the_database_away_messages_stay_new(maildir: Path) -> None:
    take = Taker(away=1)
    with pytest.raises(OperationalError):
        bounce_maildir.read(maildir, take, GO_ON)
    assert len(names(maildir / "new")) == 3
    assert bounce_maildir.read(maildir, take, GO_ON) == 3


def test_a_file_that_cannot_be_read_holds_up_nobody(maildir: Path) -> None:
    (maildir / "new" / "0.a-folder").mkdir()
    assert bounce_maildir.read(maildir, Taker(), GO_ON) == 3
    assert names(maildir / "new") == ["0.a-folder"]


def test_stopping_leaves_the_rest_for_the_next_time(maildir: Path) -> None:
    stop = threading.Event()

    def take(source: bytes) -> Verdict:
        stop.set()
        return Verdict.STORED

    assert bounce_maildir.read(maildir, take, stop) == 1
    assert len(names(maildir / "new")) == 2


def test_a_missing_maildir_is_named(tmp_path: Path) -> None:
    with pytest.raises(TryLater, match="no Maildir at"):
        bounce_maildir.read(tmp_path / "nowhere", Taker(), GO_ON)


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImapStandIn:
    path = certificate(tmp_path, x509.IPAddress(ip_address("127.0.0.1")))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return ImapStandIn(server_context(path), [b"first\r\n", b"odd\r\n", b"third\r\n"], "right")


def account(
    box: ImapStandIn, password: str = "right", folder: str = "Bounces"
) -> bounce_imap.Account:
    return bounce_imap.Account("127.0.0.1", box.port, "us", password, folder, timeout_s=5)


def test_unseen_messages_are_taken_and_marked(box: ImapStandIn) -> None:
    take = Taker()
    with box:
        assert bounce_imap.read(account(box), take, GO_ON) == 3
        assert bounce_imap.read(account(box), take, GO_ON) == 0
    assert take.taken == [b"first\r\n", b"odd\r\n", b"third\r\n"]
    assert box.flags == {1: {"\\Seen"}, 2: {"\\Seen", "\\Flagged"}, 3: {"\\Seen"}}


def test_a_message_is_marked_only_after_it_was_stored(box: ImapStandIn) -> None:
    take = Taker(away=1)
    with box:
        with pytest.raises(OperationalError):
            bounce_imap.read(account(box), take, GO_ON)
        assert box.flags[1] == set()
        assert bounce_imap.read(account(box), take, GO_ON) == 3
    assert box.fetched == [1, 1, 2, 3]


def test_what_keeps_a_mailbox_from_being_read_is_said(box: ImapStandIn) -> None:
    with box:
        with pytest.raises(TryLater, match="AUTHENTICATIONFAILED"):
            bounce_imap.read(account(box, password="wrong"), Taker(), GO_ON)
        with pytest.raises(TryLater, match="no such folder"):
            bounce_imap.read(account(box, folder="Elsewhere"), Taker(), GO_ON)
    with pytest.raises(TryLater, match="refused"):
        bounce_imap.read(account(box), Taker(), GO_ON)


def test_a_mailbox_that_nobody_vouches_for_is_not_trusted(
    box: ImapStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with box, pytest.raises(TryLater, match="certificate"):
        bounce_imap.read(account(box), Taker(), GO_ON)
