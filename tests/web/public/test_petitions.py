"""The petition's page: who it knows, what a press does, what a GET never does."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from outreach.core.clock import now
from outreach.petitions import operations, queries, signing, tally
from outreach.petitions.models import Petition
from outreach.supporters.models import Supporter
from outreach.tracking.record import Observation, observe
from tests.petitions.worlds import published, revised
from tests.web.public.conftest import BASE, ROOT, Public
from tests.web.public.visits import (
    confirm,
    everything,
    hidden,
    mangled,
    signatures,
    signed_events,
    typed_in,
)


def test_the_letter_s_link_knows_the_person_and_shows_them_only_masked(public: Public) -> None:
    jane = public.supporter()
    answer = public.browser.get(
        public.path, query_string={"letter": public.recognise(public.letter_to(jane))}
    )
    assert answer.status_code == 200
    assert "Welcome back, Jane" in answer.text
    assert "Not Jane? Click here." in answer.text
    assert "as Jane R., j•••@example.org" in answer.text
    assert "jane@example.org" not in answer.text and "Rivera" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_one_press_signs_thanks_and_credits_the_letter(public: Public) -> None:
    delivery = public.letter_to(public.supporter())
    page = public.browser.get(public.path, query_string={"letter": public.recognise(delivery)}).text
    answer = public.browser.post(
        f"{public.path}/sign", data={**hidden(page), "partner": "Lantern Project"}
    )
    assert answer.status_code == 303
    thanks = public.browser.get(answer.location.removeprefix(BASE))
    assert "Thank you, Jane." in thanks.text and "number 1</b>" in thanks.text
    (signature,) = signatures(public)
    assert signature.state == "verified" and signature.partners == ["Lantern Project"]
    assert signature.first_delivery_id == signature.last_delivery_id == delivery.id
    (event,) = signed_events(public)
    assert (event.delivery_id, event.blast_id, event.supporter_id) == (
        delivery.id,
        delivery.blast_id,
        delivery.supporter_id,
    )


def test_a_second_press_is_thanked_and_counted_once(public: Public) -> None:
    token = public.recognise(public.letter_to(public.supporter()))
    for _ in range(2):
        answer = public.browser.post(f"{public.path}/sign", data={"letter": token})
        assert answer.status_code == 303 and "/thanks?s=" in answer.location
    assert len(signatures(public)) == 1 and len(signed_events(public)) == 1
    page = public.browser.get(public.path, query_string={"letter": token}).text
    assert "You have signed, Jane" in page and '<form class="card"' not in page
    with public.db.reading() as session:
        assert tally.count(session, public.petition.id) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(public: Public, method: str) -> None:
    jane, bea = public.supporter(), public.supporter("Bea Lund")
    letter = public.recognise(public.letter_to(jane))
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        signed = signing.sign_recognised(session, petition, session.get_one(Supporter, bea.id))
    pending = typed_in(public)
    before = everything(public)
    seal = public.tokens.seal
    for path in (
        "/",
        "/privacy",
        f"{public.path}?letter={letter}",
        f"{public.path}?from={seal('credit', 1)}&share={seal('share', signed.id)}",
        f"{public.path}/sign?letter={letter}",
        f"{public.path}/thanks?s={seal('thanks', signed.id)}",
        f"{public.path}/check-mail?s={seal('check-mail', pending.id)}",
        f"/confirm/{seal('confirm', pending.id)}",
        f"/r/{seal('share', signed.id)}",
    ):
        answer = public.browser.open(path, method=method)
        assert answer.status_code in (200, 302, 405), path
        assert "Set-Cookie" not in answer.headers
    assert everything(public) == before


def test_not_me_forgets_the_person_and_keeps_the_credit(public: Public) -> None:
    delivery = public.letter_to(public.supporter())
    page = public.browser.get(public.path, query_string={"letter": public.recognise(delivery)}).text
    found = re.search(r'<a href="([^"]+)">Not Jane\? Click here\.</a>', page)
    assert found is not None
    page = public.browser.get(html.unescape(found[1])).text
    assert "Jane" not in page and 'name="email"' in page
    fields = hidden(page)
    assert set(fields) == {"wording", "lang", "shown", "from"}
    answer = public.browser.post(
        f"{public.path}/sign", data={**fields, "name": "Bea Lund", "email": "bea@example.org"}
    )
    assert "/check-mail?s=" in answer.location
    (signature,) = signatures(public)
    assert signature.last_delivery_id == delivery.id and signed_events(public) == []
    confirm(public, signature)
    (event,) = signed_events(public)
    assert event.delivery_id == delivery.id
    assert event.supporter_id == signature.supporter_id != delivery.supporter_id


def test_a_person_of_whom_no_name_is_known_may_say_not_you(public: Public) -> None:
    with public.db.transaction() as session:
        person = Supporter(address="x@example.org", email="x@example.org")
        session.add(person)
    token = public.recognise(public.letter_to(person))
    page = public.browser.get(public.path, query_string={"letter": token}).text
    assert "Welcome back</b>" in page and "Not you? Click here." in page
    assert "as x•••@example.org" in page


def test_mangled_links_show_the_page_to_a_stranger_and_record_nothing(public: Public) -> None:
    token = public.recognise(public.letter_to(public.supporter()))
    foreign = public.tokens.seal("thanks", 1)
    before = everything(public)
    for name in ("letter", "from", "share"):
        for bad in [*mangled(token), foreign, ""]:
            answer = public.browser.get(public.path, query_string={name: bad})
            assert answer.status_code == 200
            assert 'name="email"' in answer.text
            assert set(hidden(answer.text)) == {"wording", "lang", "shown"}
            assert "older than" not in answer.text
    answer = public.browser.post(f"{public.path}/sign", data={"letter": token[:-1]})
    assert answer.status_code == 400
    assert everything(public) == before


def test_an_old_letter_shows_the_form_and_keeps_its_credit(public: Public) -> None:
    delivery = public.letter_to(public.supporter())
    token = public.recognise(delivery, now() - timedelta(days=1))
    page = public.browser.get(public.path, query_string={"letter": token}).text
    assert "Jane" not in page and "older than" in page
    assert public.tokens.unseal("credit", hidden(page)["from"]) == (delivery.id,)
    answer = public.browser.post(f"{public.path}/sign", data={"letter": token})
    assert answer.status_code == 400 and "older than" in answer.text
    assert signatures(public) == []


def test_a_letter_for_another_petition_knows_the_person_but_earns_no_credit(
    public: Public,
) -> None:
    with public.db.transaction() as session:
        other = published(session, public.organisation)
    token = public.recognise(public.letter_to(public.supporter(), other))
    public.browser.post(f"{public.path}/sign", data={"letter": token})
    (signature,) = signatures(public)
    assert signature.last_delivery_id is None and signed_events(public) == []


def test_the_first_letter_that_was_followed_is_credited_too(public: Public) -> None:
    jane = public.supporter()
    first = public.letter_to(jane)
    with public.db.transaction() as session:
        observe(
            session,
            Observation(
                kind="clicked",
                at=now() - timedelta(days=2),
                delivery_id=first.id,
                agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            ),
        )
    second = public.letter_to(jane)
    public.browser.post(f"{public.path}/sign", data={"letter": public.recognise(second)})
    (signature,) = signatures(public)
    assert (signature.first_delivery_id, signature.last_delivery_id) == (first.id, second.id)


def test_a_shared_link_credits_the_share_and_knows_nobody(public: Public) -> None:
    first = typed_in(public)
    confirm(public, first)
    thanks = public.browser.get(
        f"{public.path}/thanks?s={public.tokens.seal('thanks', first.id)}"
    ).text
    own = re.search(r'id="own" readonly value="([^"]+)"', thanks)
    assert own is not None and own[1].startswith(f"{BASE}/r/")
    answer = public.browser.get(own[1].removeprefix(BASE))
    assert answer.status_code == 302
    page = public.browser.get(answer.location.removeprefix(BASE)).text
    assert "Bea" not in page.split("Signed last")[0]
    second = typed_in(public, "cy@example.org", **hidden(page))
    assert second.shared_by_id == first.id
    confirm(public, second)
    thanks = public.browser.get(
        f"{public.path}/thanks?s={public.tokens.seal('thanks', first.id)}"
    ).text
    assert "Your link has brought 1 person" in thanks


@pytest.mark.parametrize(
    ("move", "sentence"),
    [
        (operations.pause, "This petition is paused"),
        (operations.close, "with 1 signature."),
    ],
)
def test_an_ended_petition_says_so_and_takes_no_signature(
    public: Public, move: Callable[..., None], sentence: str
) -> None:
    jane = public.supporter()
    token = public.recognise(public.letter_to(jane))
    confirm(public, typed_in(public))
    with public.db.transaction() as session:
        move(session, session.get_one(Petition, public.petition.id))
    page = public.browser.get(public.path, query_string={"letter": token})
    assert page.status_code == 200 and sentence in page.text
    assert '<form class="card"' not in page.text and 'class="bar"' not in page.text
    answer = public.browser.post(f"{public.path}/sign", data={"letter": token})
    assert answer.status_code == 409 and sentence in answer.text
    assert len(signatures(public)) == 1


def test_a_draft_is_not_found(public: Public) -> None:
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        petition.state = "draft"
    for path in (public.path, "/petitions/none"):
        assert public.browser.get(path).status_code == 404
    assert public.browser.post(f"{public.path}/sign").status_code == 404
    assert "night buses" not in public.browser.get("/").text


def test_an_address_that_no_database_can_look_for_is_a_page_not_a_fault(public: Public) -> None:
    answer = public.browser.get("/petitions/night%00buses")
    assert answer.status_code in (400, 404)
    assert "fault of ours" not in answer.text


def test_the_page_shows_goal_notes_and_the_way_back(public: Public) -> None:
    page = public.browser.get(public.path).text
    assert "Be the first" in page and "Our goal is 100." in page
    for number, places in ((1, 1), (2, 1), (3, 2), (4, 1)):
        assert f'<li id="n{number}"' in page
        assert page.count(f'href="#n{number}" id="r{number}-') == places
    for place in ("r1-1", "r3-1", "r3-2"):
        assert page.count(f'href="#{place}"') == 1 and page.count(f'id="{place}"') == 1
    assert "Back to text: first" in page
    assert '(<a href="#n3">note 3</a>)' in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_reworded_statement_says_what_changed(public: Public) -> None:
    typed_in(public)
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        revised(session, petition, statement="Keep them all.", reason="The board met.")
        assert queries.current_version(session, petition).number == 2
    page = public.browser.get(public.path).text
    assert "Version 2 of" in page and "What changed" in page
    assert "The board met." in page
    runs = re.findall(r"<(del|ins)>(.*?)</", page)
    assert runs == [("del", "every night bus that runs today."), ("ins", "them all.")]


def test_who_signed_an_earlier_version_reads_which_one(public: Public) -> None:
    jane = public.supporter()
    token = public.recognise(public.letter_to(jane))
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        signing.sign_recognised(session, petition, session.get_one(Supporter, jane.id))
    letter = {"letter": token}
    assert "Your name stays" not in public.browser.get(public.path, query_string=letter).text
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        body = "The board wants to end all buses.[^2] It tried before.[^3] Shifts start then.[^4]"
        assert revised(session, petition, body=body).is_new_version
    page = public.browser.get(public.path, query_string=letter).text
    assert "Your name stays under" in page and ">version 1</a>, as you signed it." in page
    assert "The statement is the same, word for word." in page
    assert "Your name stays" not in public.browser.get(public.path).text


@pytest.mark.parametrize("signed_before", [False, True])
def test_nobody_signs_words_that_changed_under_their_eyes(
    public: Public, signed_before: bool
) -> None:
    if signed_before:
        typed_in(public, "ana@example.org")
    token = public.recognise(public.letter_to(public.supporter()))
    page = public.browser.get(public.path, query_string={"letter": token}).text
    with public.db.transaction() as session:
        petition = session.get_one(Petition, public.petition.id)
        revised(session, petition, statement="End every night bus.[^1]")
    answer = public.browser.post(f"{public.path}/sign", data=hidden(page))
    assert answer.status_code == 400
    assert "The wording was changed while you read it." in answer.text
    assert "End every night bus." in answer.text and "Welcome back, Jane" in answer.text
    assert [s.state for s in signatures(public)] == ["pending"] * signed_before
    answer = public.browser.post(f"{public.path}/sign", data=hidden(answer.text))
    assert answer.status_code == 303 and signatures(public)[-1].state == "verified"


def test_the_page_is_light_and_asks_for_nothing_inline(public: Public) -> None:
    page = public.browser.get(public.path)
    sheets = [(ROOT / "static" / name).read_bytes() for name in ("tokens.css", "public.css")]
    size = sum(len(gzip.compress(part)) for part in [page.data, *sheets])
    assert size < 15_000
    assert sum(len(part) for part in [page.data, *sheets]) < 40_000
    assert "style=" not in page.text and "<style" not in page.text
    assert not re.search(r"<script(?![^>]*src=)", page.text) and " onclick" not in page.text
    for header in ("Content-Security-Policy", "Referrer-Policy"):
        assert header in page.headers


def test_home_lists_what_can_be_signed(public: Public) -> None:
    page = public.browser.get("/").text
    assert f'href="{public.path}"' in page and "Be the first to sign." in page
    confirm(public, typed_in(public))
    assert "1 person has signed." in public.browser.get("/").text


def test_a_recognised_signature_is_thanked_by_letter_once(public: Public) -> None:
    token = public.recognise(public.letter_to(public.supporter()))
    for _ in range(2):
        public.browser.post(f"{public.path}/sign", data={"letter": token})
    assert everything(public)["single_letters"] == 1
