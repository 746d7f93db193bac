"""A petition's page tells that somebody is at it: a POST that adds an observation, and no more."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from outreach.core.clock import now
from outreach.petitions.models import Signature
from outreach.tracking.catch_up import catch_up
from outreach.tracking.models import Event, Judgement, PageVisit
from outreach.tracking.record import Observation, observe
from tests.web.public.conftest import Public
from tests.web.public.visits import mangled, typed_in

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0"

# As browsers send what a page's script tells by sendBeacon.
BEACON = {"User-Agent": AGENT, "Accept": "*/*", "Sec-Fetch-Mode": "no-cors"}


def _token(public: Public, **query: str) -> str:
    page = public.browser.get(public.path, query_string=query).text
    found = re.search(r'data-reading="([^"]+)" data-from="([^"]+)"', page)
    if found is None:
        return ""
    assert found[1] == f"{public.path}/reading"
    return found[2]


def _tell(public: Public, token: str) -> None:
    answer = public.browser.post(f"{public.path}/reading", data={"from": token}, headers=BEACON)
    assert (answer.status_code, answer.data) == (204, b"")


def _verdicts(public: Public) -> list[tuple[str, str]]:
    catch_up(public.db)
    with public.db.reading() as session:
        rows = session.execute(
            select(Event.kind, Judgement.verdict)
            .join(Judgement, Judgement.event_id == Event.id)
            .order_by(Event.id)
        )
        return [(kind, verdict) for kind, verdict in rows]


def test_who_is_at_the_page_was_the_one_who_clicked(public: Public) -> None:
    delivery = public.letter_to(public.supporter())
    click = Observation(
        "clicked", now(), delivery.id, agent=AGENT, detail={"signs": ["any_answer"]}
    )
    with public.db.transaction() as session:
        observe(session, click)
    assert _verdicts(public) == [("clicked", "unknown")]
    _tell(public, _token(public, letter=public.recognise(delivery)))
    assert _verdicts(public) == [("clicked", "human"), ("read", "human")]


def test_it_is_kept_once_an_hour_for_each_visitor_and_letter(public: Public) -> None:
    first, second = (public.letter_to(public.supporter(name)) for name in ("Jane", "Bo"))
    for delivery in (first, first, second):
        _tell(public, _token(public, letter=public.recognise(delivery)))
    assert [kind for kind, _ in _verdicts(public)] == ["read", "read"]


def test_what_is_mangled_or_no_letter_s_records_nothing(public: Public) -> None:
    known = public.recognise(public.letter_to(public.supporter()))
    credit = _token(public, letter=known)
    for token in ("", known, *mangled(credit)):
        _tell(public, token)
    with public.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 0


def test_a_stranger_s_page_tells_nothing(public: Public) -> None:
    assert _token(public) == ""


def test_a_get_of_it_is_no_page(public: Public) -> None:
    assert public.browser.get(f"{public.path}/reading").status_code == 405


def _visits(public: Public) -> list[tuple[str, bool, bool]]:
    with public.db.reading() as session:
        rows = session.scalars(select(PageVisit).order_by(PageVisit.id)).all()
    return [(one.source, one.by_machine, one.signature_id is not None) for one in rows]


def _look(public: Public, visit: str, agent: str = AGENT, **more: str) -> None:
    sent = {"visit": visit, **more}
    public.browser.post(f"{public.path}/reading", data=sent, headers=BEACON | {"User-Agent": agent})


def test_each_visit_is_kept_once_by_what_led_there(public: Public) -> None:
    with public.db.transaction() as session:
        sharer = typed_in(public, "sharer@example.org")
        session.get_one(Signature, sharer.id).state = "verified"
    share = public.tokens.seal("share", sharer.id)
    letter = public.letter_to(public.supporter())
    for _ in range(2):
        _look(public, "a" * 32)
        _look(public, "b" * 32, share=share)
        credit = _token(public, letter=public.recognise(letter))
        _look(public, "c" * 32, **{"from": credit})
        _look(public, "d" * 32, **{"from": credit})  # the same letter again: one visit
    _look(public, "e" * 32, agent="curl/8.5")
    _look(public, "not a number")
    assert _visits(public) == [
        ("page", False, False),
        ("share", False, False),
        ("letter", False, False),
        ("page", True, False),
    ]


def test_a_signature_is_tied_to_the_visit_that_it_came_of(public: Public) -> None:
    _look(public, "a" * 32)
    _look(public, "b" * 32)
    public.browser.post(f"{public.path}/sign", data={"name": "", "visit": "a" * 32})
    again = public.browser.post(f"{public.path}/sign", data={"name": "", "visit": "a" * 32}).text
    assert f'data-visit="{"a" * 32}"' in again  # what was put right is the same visit
    typed_in(public, visit="a" * 32)
    typed_in(public, "other@example.org", visit="x")
    assert _visits(public) == [("page", False, True), ("page", False, False)]
