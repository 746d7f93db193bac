"""Over SMTP each letter has a return path of its own, by which its bounce mail is known."""

from __future__ import annotations

from pathlib import Path

from outreach.mail.plan import Plan
from outreach.mail.provider import Fate
from outreach.mail.verp import ReturnPaths
from outreach.providers.build import build
from tests.providers.conftest import MakeRecipient
from tests.standins.smtp import SmtpStandIn


def test_each_letter_has_a_return_path_of_its_own(
    plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    paths = ReturnPaths("a secret for tests", "bounces@act.harbour.example")
    with SmtpStandIn() as relay:
        sender = build("smtp", data_dir=tmp_path, smtp_port=relay.port, return_path=paths.maker())
        outcomes = sender.send(plan, [person(number) for number in range(1, 21)])
        sender.close()
    assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
    assert {paths.read(letter.sender): letter.recipient for letter in relay.letters} == {
        number: f"person{number}@mail.example" for number in range(1, 21)
    }
