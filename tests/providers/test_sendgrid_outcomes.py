"""A letter with blocks at SendGrid: each request holds one outcome's texts and its people."""

from __future__ import annotations

import orjson

from outreach.mail.draft import Draft
from outreach.mail.fields import Field
from outreach.mail.plan import Context, Envelope, Recipient
from outreach.mail.provider import Outcome
from outreach.providers.sendgrid import _requests
from outreach.providers.sendgrid_request import RequestMaker


def test_people_are_grouped_by_the_outcome_of_their_letter() -> None:
    draft = Draft()
    name = draft.merge(Field("first_name"), Context.PLAIN)
    plan = draft.compile(
        Envelope("Mara", "mara@harbour.example", "https://act.example"),
        subject="Away",
        html="<p>Away</p>",
        text="Away",
        conditions=["region = NY"],
        others=[(("Home", "<p>Home</p>", f"Home, {name}"), {0: True})],
    )
    people = [
        Recipient(n, f"p{n}@mail.example", "", plan.values_of([f"Pat{n}"]), plan.outcome(n % 2))
        for n in range(6)
    ]
    refused: list[Outcome] = []
    maker = RequestMaker(plan)
    sent = {}
    for request in _requests(maker, people, refused):
        outcome = request.people[0][0].outcome
        body = orjson.loads(maker.request([one for _, one in request.people], {}, outcome))
        sent[body["subject"]] = [one["to"][0]["email"] for one in body["personalizations"]]
        assert all(part["value"].count(body["subject"]) == 1 for part in body["content"])
    assert not refused
    assert sent == {
        "Away": [f"p{n}@mail.example" for n in (0, 2, 4)],
        "Home": [f"p{n}@mail.example" for n in (1, 3, 5)],
    }
