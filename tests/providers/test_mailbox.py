"""The local mailbox keeps each letter once, whole, readable, and knows for certain what it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.core.errors import NotFound
from outreach.mail.plan import Plan
from outreach.mail.provider import Fate, Outcome, ProviderDown
from outreach.providers.mailbox import Mailbox, MailboxProvider
from tests.providers.conftest import MakeRecipient


def fates(outcomes: list[Outcome]) -> dict[int, Fate]:
    return {outcome.delivery_id: outcome.fate for outcome in outcomes}


def test_a_stored_letter_can_be_read_in_all_its_parts(
    plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    outcomes = MailboxProvider(tmp_path).send(plan, [person(1007, "zoe@mail.example", "zoë")])

    assert fates(outcomes) == {1007: Fate.ACCEPTED}
    letter = Mailbox(tmp_path).letter("1007")
    assert (letter.id, letter.delivery_id) == ("1007", 1007)
    assert letter.subject == "Zoë, save the harbour"
    assert letter.to == "zoë Smith <zoe@mail.example>"
    assert letter.sender == '"Mara, Harbour Lights" <mara@harbour.example>'
    assert letter.html.startswith("<p>Dear Zoë,</p>")
    assert letter.text.startswith("Dear Zoë,\n.\nhttps://act.harbour.example/c/")
    assert dict(letter.headers)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter.source.startswith("From: ")


def test_pages_show_the_latest_delivery_first_over_all_folders(
    plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    numbers = [*range(990, 1010), 2500, 31]
    MailboxProvider(tmp_path).send(plan, [person(number) for number in numbers])
    mailbox = Mailbox(tmp_path)

    latest = sorted(numbers, reverse=True)
    first, third = mailbox.letters(size=9), mailbox.letters(page=3, size=9)
    assert [letter.delivery_id for letter in first.rows] == latest[:9]
    assert [letter.delivery_id for letter in third.rows] == latest[18:]
    assert (first.total, first.last) == (22, 3)
    assert mailbox.letters(page=99, size=9).rows == third.rows
    assert Mailbox(tmp_path / "nothing here").letters().rows == []


def test_search_looks_at_recipient_and_subject(
    plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    MailboxProvider(tmp_path).send(
        plan, [person(1, "ana@mail.example", "ana"), person(2, "bo@mail.example", "ÉMILE")]
    )
    mailbox = Mailbox(tmp_path)

    assert [found.id for found in mailbox.letters("ANA@mail").rows] == ["1"]
    assert [found.id for found in mailbox.letters("émile, save").rows] == ["2"]
    assert mailbox.letters("harbour").total == 2
    assert mailbox.letters("nobody").rows == []


def test_what_a_kill_kept_from_the_index_is_read_from_the_letters(
    plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    MailboxProvider(tmp_path).send(plan, [person(i, first_name="zoë") for i in (1, 2, 3)])
    index = tmp_path / "0" / "index"
    whole = Mailbox(tmp_path).letters().rows
    index.write_bytes(index.read_bytes()[:-40])  # the last line is torn
    MailboxProvider(tmp_path).send(plan, [person(4, first_name="zoë")])  # and another glued to it

    rows = Mailbox(tmp_path).letters().rows
    assert [row.id for row in rows] == ["4", "3", "2", "1"]
    assert {(row.to, row.subject) for row in rows[2:]} == {
        (row.to, row.subject) for row in whole[1:]
    }
    assert rows[0].subject == rows[1].subject == "Zoë, save the harbour"
    index.unlink()
    assert [row.subject for row in Mailbox(tmp_path).letters("zoë").rows] == [rows[0].subject] * 4


def test_a_letter_sent_twice_is_seen_twice(
    plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    provider = MailboxProvider(tmp_path)
    provider.send(plan, [person(5)])
    provider.send(plan, [person(5)])

    assert [letter.id for letter in Mailbox(tmp_path).letters().rows] == ["5-2", "5"]
    assert Mailbox(tmp_path).letter("5-2").delivery_id == 5


def test_settle_knows_for_certain(plan: Plan, person: MakeRecipient, tmp_path: Path) -> None:
    provider = MailboxProvider(tmp_path)
    provider.send(plan, [person(1), person(2)])
    (tmp_path / "tmp" / "unfinished").write_bytes(b"From: half a letter")

    assert fates(provider.settle([1, 2, 3])) == {
        1: Fate.ACCEPTED,
        2: Fate.ACCEPTED,
        3: Fate.LATER,
    }


@pytest.mark.parametrize("letter_id", ["7", "../0/1", "1/../1", "", "x", "1-1-1", "9" * 40])
def test_an_unknown_letter_is_not_found(letter_id: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Mailbox(tmp_path).letter(letter_id)


def test_one_letter_that_cannot_be_sent_does_not_stop_the_others(
    plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    outcomes = MailboxProvider(tmp_path).send(plan, [person(1, "a b@mail.example"), person(2)])
    assert fates(outcomes) == {1: Fate.REFUSED, 2: Fate.ACCEPTED}
    assert "mail.example" not in outcomes[0].reason


def test_a_folder_that_cannot_be_written_takes_nothing(
    plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    (tmp_path / "mailbox").write_text("a file stands where the folder should be")
    with pytest.raises(ProviderDown, match="can’t be written"):
        MailboxProvider(tmp_path / "mailbox").send(plan, [person(1)])


def test_a_disk_that_fills_keeps_what_was_stored(
    plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    (tmp_path / "1").write_text("no folder can be made for the second thousand")
    outcomes = MailboxProvider(tmp_path).send(plan, [person(1), person(1001), person(1002)])
    assert fates(outcomes) == {1: Fate.ACCEPTED, 1001: Fate.LATER, 1002: Fate.LATER}
