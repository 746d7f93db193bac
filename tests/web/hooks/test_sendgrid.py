"""SendGrid's webhook through the real door: signed, stored before it is answered, repeatable."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import config
from outreach.app import build_services, create_app
from outreach.blasts import queries
from outreach.blasts.delivery import send_all
from outreach.consent.models import ConsentEntry
from outreach.core.db import Database
from outreach.mail.feedback import Feedback
from outreach.mail.models import Delivery
from outreach.providers.sendgrid import SendGridProvider
from outreach.supporters.models import Supporter
from outreach.tracking.feedback import take
from outreach.tracking.models import Event
from outreach.web.hooks.sendgrid import MAX_BYTES
from tests.standins.sendgrid import Fault, SendGridStandIn
from tests.standins.sendgrid_events import Signer, as_posted, event
from tests.standins.world import World

PATH = "/hooks/sendgrid"


@pytest.fixture
def signer() -> Signer:
    """The account's present key."""
    return Signer()


@pytest.fixture
def sendgrid(world: World, signer: Signer, tmp_path: Path) -> FlaskClient:
    """SendGrid, posting to an app that knows its present and its next key; three got a letter."""
    world.add_people(3)
    world.start()
    world.send()
    keys = f"{Signer().public_key},{signer.public_key}"
    settings = config.load(_env_file=None, data_dir=tmp_path, sendgrid_webhook_keys=keys)
    services = replace(build_services(settings), db=world.db)
    return create_app(services).test_client()


def delivery(world: World, number: int) -> tuple[str, int]:
    address = f"p{number:04}@example.org"
    with world.db.reading() as session:
        found = session.scalars(
            select(Delivery.id)
            .join(Supporter, Supporter.id == Delivery.supporter_id)
            .where(Supporter.address == address)
        ).one()
    return address, found


def stored(world: World) -> int:
    with world.db.reading() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def test_events_move_letters_and_are_answered_after_they_are_stored(
    sendgrid: FlaskClient, signer: Signer, world: World
) -> None:
    body = as_posted(
        event("delivered", *delivery(world, 1)),
        event("bounce", *delivery(world, 2), type="bounce", reason="550 no such user"),
        event("spamreport", *delivery(world, 3)),
        event("open", *delivery(world, 1), sg_machine_open=True),
    )
    for _ in range(3):  # SendGrid repeats itself
        answer = sendgrid.post(PATH, data=body, headers=signer.headers(body))
        assert (answer.status_code, answer.data) == (204, b"")
        assert stored(world) == 4
    assert [state for _, (state, _) in sorted(world.states().items())] == [
        "delivered",
        "bounced",
        "complained",
    ]


def test_what_sendgrid_did_not_sign_is_refused_and_stores_nothing(
    sendgrid: FlaskClient, signer: Signer, world: World
) -> None:
    body = as_posted(event("spamreport", *delivery(world, 1)))
    good = signer.headers(body)
    name = "X-Twilio-Email-Event-Webhook-Signature"
    for headers in (
        {},
        Signer().headers(body),
        good | {name: "not base64!"},
        good | {name: "é"},
        {key: value for key, value in good.items() if "Timestamp" not in key},
    ):
        assert sendgrid.post(PATH, data=body, headers=headers).status_code == 403, headers
    assert sendgrid.post(PATH, data=body + b" ", headers=good).status_code == 403
    assert sendgrid.get(PATH).status_code == 405
    assert stored(world) == 0


def test_without_a_key_everything_is_refused(world: World, signer: Signer, tmp_path: Path) -> None:
    services = build_services(config.load(_env_file=None, data_dir=tmp_path))
    browser = create_app(replace(services, db=world.db)).test_client()
    body = as_posted(event("open", "a@mail.example"))
    answer = browser.post(PATH, data=body, headers=signer.headers(body))
    assert answer.status_code == 403


def test_a_large_batch_is_taken_and_a_larger_one_refused(
    sendgrid: FlaskClient, signer: Signer, world: World
) -> None:
    events = [event("delivered", *delivery(world, 1), note="x" * 400) for _ in range(1300)]
    body = as_posted(*events)
    assert 768_000 < len(body) < MAX_BYTES
    assert sendgrid.post(PATH, data=body, headers=signer.headers(body)).status_code == 204
    assert stored(world) == 1300
    body = b"[" + b" " * MAX_BYTES + b"]"
    assert sendgrid.post(PATH, data=body, headers=signer.headers(body)).status_code == 413


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'[{"event": "open"},\r\n {"event": }]\r\n', "line 2, column 12"),
        (b'[{"event": "open"', "line 1, column 18"),
        (b"", "line 1, column 1"),
        (b"{}", "line 1, column 1"),
        (b'[{"event": "\xff"}]', "byte 13"),
        (b"[" * 90_000, "line 1, column"),
    ],
)
def test_a_signed_request_that_is_no_list_is_a_400_with_the_place(
    sendgrid: FlaskClient, signer: Signer, world: World, body: bytes, place: str
) -> None:
    answer = sendgrid.post(PATH, data=body, headers=signer.headers(body))
    assert answer.status_code == 400
    assert place in answer.text
    assert "Nothing was stored" in answer.text
    assert stored(world) == 0


def test_no_element_of_a_list_is_left_out(
    sendgrid: FlaskClient, signer: Signer, world: World
) -> None:
    body = as_posted(event("delivered", *delivery(world, 1)), 7, None, "ada@mail.example", [], {})
    for _ in range(2):
        assert sendgrid.post(PATH, data=body, headers=signer.headers(body)).status_code == 204
    assert stored(world) == 6
    empty = as_posted()
    assert sendgrid.post(PATH, data=empty, headers=signer.headers(empty)).status_code == 204
    with world.db.reading() as session:
        kept = session.scalars(select(Event)).all()
    assert "ada" not in str([each.detail for each in kept])


def test_an_event_is_the_same_whatever_time_it_comes_with(
    sendgrid: FlaskClient, signer: Signer, world: World
) -> None:
    now = int(time.time())
    times = [now, now - 60, now + 5, "soon", None, -1, 10**15, "253402300799"]
    for number, told in enumerate(times):
        once = event("delivered", *delivery(world, 1), sg_event_id="e", timestamp=told)
        twice = event("delivered", *delivery(world, 2), sg_event_id=f"e{number}", timestamp=told)
        body = as_posted(once, twice, twice)
        for _ in range(2):
            assert sendgrid.post(PATH, data=body, headers=signer.headers(body)).status_code == 204
    assert stored(world) == 1 + len(times)


def test_two_who_post_the_same_events_at_once_store_them_once(
    sendgrid: FlaskClient, signer: Signer, world: World
) -> None:
    told = [
        event(kind, *delivery(world, number))
        for number in (1, 2, 3)
        for kind in ("processed", "delivered", "unsubscribe", "spamreport")
    ]
    told += [event("open", f"stranger{n}@mail.example") for n in range(200)]
    bodies = [as_posted(*random.Random(seed).sample(told, len(told))) for seed in (1, 1, 2, 3)]
    together = threading.Barrier(len(bodies))

    def post(body: bytes) -> int:
        browser = sendgrid.application.test_client()
        together.wait()
        return browser.post(PATH, data=body, headers=signer.headers(body)).status_code

    with ThreadPoolExecutor(len(bodies)) as pool:
        assert list(pool.map(post, bodies)) == [204] * len(bodies)
    assert stored(world) == len(told)
    assert {state for state, _ in world.states().values()} == {"complained"}
    with world.db.reading() as session:
        left = select(func.count()).where(ConsentEntry.status == "withdrawn")
        assert session.scalar(left) == 3


@pytest.mark.parametrize(("failures", "status", "kept"), [(1, 204, 1), (9, 503, 0)])
def test_events_about_somebody_who_is_erased_meanwhile_are_taken_anew(
    sendgrid: FlaskClient,
    signer: Signer,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    failures: int,
    status: int,
    kept: int,
) -> None:
    left = [failures]

    def erased(session: Session, reports: Sequence[Feedback]) -> int:
        new = take(session, reports)
        if left[0]:
            left[0] -= 1
            raise IntegrityError("INSERT", {}, Exception("no such supporter"))
        return new

    monkeypatch.setattr("outreach.web.hooks.sendgrid.take", erased)
    body = as_posted(event("delivered", *delivery(world, 1)))
    assert sendgrid.post(PATH, data=body, headers=signer.headers(body)).status_code == status
    assert stored(world) == kept


def test_with_the_database_away_sendgrid_is_asked_to_come_again(
    world: World, signer: Signer, tmp_path: Path
) -> None:
    settings = config.load(
        _env_file=None, data_dir=tmp_path, sendgrid_webhook_keys=signer.public_key
    )
    away = Database("postgresql://nobody@127.0.0.1:9/none")
    browser = create_app(replace(build_services(settings), db=away)).test_client()
    body = as_posted(event("open", "a@mail.example"))
    assert browser.post(PATH, data=body, headers=signer.headers(body)).status_code == 503


def test_what_nobody_knew_is_settled_by_events_and_silence_is_found(
    world: World, signer: Signer, tmp_path: Path
) -> None:
    with SendGridStandIn() as account:
        world.add_people(6)
        world.batch_size = 3
        world.start()
        # The first request is taken and never answered; SendGrid has its letters all the same.
        account.then(Fault(502, takes=True))
        provider = SendGridProvider(account.api_key, url=account.url, connections=1)
        send_all(replace(world.sender(), provider=provider), threading.Event())
        assert [state for _, (state, _) in sorted(world.states().items())] == [
            *["unknown"] * 3,
            *["accepted"] * 3,
        ]
        taken = account.deliveries
    settings = config.load(
        _env_file=None, data_dir=tmp_path, sendgrid_webhook_keys=signer.public_key
    )
    door = create_app(replace(build_services(settings), db=world.db)).test_client()
    events = [
        event(kind, *delivery(world, number))
        for number in (1, 2, 3, 4, 5)
        for kind in ("delivered", "processed")
    ]
    assert sorted(taken) == [str(delivery(world, number)[1]) for number in range(1, 7)]
    body = as_posted(*random.Random(7).sample(events, len(events)))
    assert door.post(PATH, data=body, headers=signer.headers(body)).status_code == 204

    states = [state for _, (state, _) in sorted(world.states().items())]
    assert states == [*["delivered"] * 5, "accepted"]
    with world.db.reading() as session:
        [silent] = queries.silent(session, world.blast(session), hours=0)
        assert silent.address == "p0006@example.org"
        assert silent.reason.endswith("UTC as message-2")
        assert queries.silent(session, world.blast(session), hours=1) == []
