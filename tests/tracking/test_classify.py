"""The evidence, on letters of many requests. Labelled ones: test_request_log.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outreach.tracking import agents, origins, signs
from outreach.tracking.classify import (
    EVIDENCE,
    Facts,
    Request,
    Verdict,
    judge,
    weigh,
)
from outreach.tracking.rules import Rules

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
DELIVERED = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)


def _at(seconds: float, **more: Any) -> Request:
    given = {"kind": "clicked", "agent": CHROME, "network": "home", "place": "link:1"} | more
    return Request(at=DELIVERED + timedelta(seconds=seconds), **given)


def _judged(*requests: Request, links: int = 5) -> list[str]:
    return [v.verdict for v in judge(requests, delivered_at=DELIVERED, links=links)]


def test_one_click_eight_seconds_after_delivery_is_a_person() -> None:
    assert _judged(_at(8)) == ["human"]


def test_a_click_at_once_is_left_open() -> None:
    [verdict] = judge([_at(1)], delivered_at=DELIVERED)
    assert verdict == Verdict("unknown", ("early",))


def test_an_image_fetched_at_once_was_not_looked_at() -> None:
    assert _judged(_at(1, kind="opened", place="")) == ["machine_open"]
    assert _judged(_at(60, kind="opened", place="")) == ["human"]


def test_a_scanner_is_found_out_by_its_burst_and_the_person_after_it_is_not_lost() -> None:
    scan = [_at(5 + i, network="scanner", place=f"link:{i}") for i in range(4)]
    person = _at(7200, place="link:1")
    assert _judged(*scan, person) == ["machine"] * 4 + ["human"]


def test_a_scanner_that_spreads_over_networks_and_agents_is_one_burst() -> None:
    scan = [
        _at(4 + i, network=f"net{i}", agent=f"{CHROME}{i}", place=f"link:{i}") for i in range(3)
    ]
    assert _judged(*scan) == ["machine"] * 3


def test_two_links_in_ten_seconds_are_no_burst_and_twice_the_same_is_none() -> None:
    assert _judged(_at(60), _at(62, place="link:2"), _at(65), _at(66)) == ["human"] * 4


def test_a_slow_scanner_gives_itself_away_by_the_hidden_link() -> None:
    scan = [_at(7200 + 150 * i, place=f"link:{i}") for i in range(4)]
    trap = _at(7800, place="link:9", hidden=True)
    assert _judged(*scan, trap) == ["machine"] * 5


def test_a_slow_scanner_without_hidden_link_follows_everything() -> None:
    scan = [_at(7200 + 150 * i, place=f"link:{i}") for i in range(5)]
    assert _judged(*scan) == ["machine"] * 5
    assert _judged(*scan, links=9) == ["human"] * 5


def test_head_tells_on_the_get_behind_it_but_not_on_another_visitor() -> None:
    head = _at(900, method="HEAD", network="scanner")
    get = _at(901, network="scanner")
    reader = _at(902, network="home", agent=IPHONE)
    assert _judged(head, get, reader) == ["machine", "machine", "human"]


def test_a_signature_speaks_for_the_click_that_led_to_it() -> None:
    scan = [_at(300 + i, place=f"link:{i}") for i in range(4)]
    click = _at(330, place="link:1")
    signed = _at(390, kind="signed", method="POST", place="")
    before = _judged(*scan, click)
    after = _judged(*scan, click, signed)
    assert before == ["machine"] * 5
    assert after == ["machine"] * 4 + ["human"] * 2


def test_a_signature_never_speaks_for_head_or_the_hidden_link() -> None:
    head = _at(300, method="HEAD")
    trap = _at(310, hidden=True)
    signed = _at(320, kind="signed", method="POST", place="")
    assert _judged(head, trap, signed) == ["machine", "machine", "human"]


def test_the_mailbox_providers_own_one_click_request_is_a_persons_word() -> None:
    request = _at(4000, kind="unsubscribed", method="POST", agent="Mozilla/5.0 (compatible; X)")
    blank = _at(4000, kind="unsubscribed", method="POST", agent="")
    assert _judged(request) == _judged(blank) == ["human"]


def test_what_checks_a_press_from_elsewhere_is_its_shadow() -> None:
    click = _at(2400, agent=IPHONE)
    shadow = _at(2412, network="cloud")
    assert _judged(click, shadow) == ["human", "machine"]
    assert _judged(click, _at(2470, network="cloud")) == ["human", "human"]
    assert _judged(click, _at(2412)) == ["human", "human"]  # another machine of the household
    assert _judged(click, _at(2412, network="cloud", agent=IPHONE)) == ["human", "human"]
    assert _judged(click, _at(2412, network="cloud", place="link:2")) == ["human", "human"]


def test_two_who_share_a_letter_are_both_people_once_they_act() -> None:
    first, second = _at(2400, agent=IPHONE), _at(2412, network="office")
    signed = _at(2450, kind="signed", method="POST", place="", network="office")
    assert _judged(first, second, signed) == ["human"] * 3


def test_a_scanner_casts_no_shadow_on_the_person_behind_it() -> None:
    check, person = _at(2400, method="HEAD", network="cloud"), _at(2403, agent=IPHONE)
    assert _judged(check, person) == ["machine", "human"]


def test_weak_evidence_adds_up_and_none_alone_costs_a_person() -> None:
    weak = [each for each in EVIDENCE if each.weight == 1]
    assert len(weak) >= 4
    hosted = {"noted": {"origin": origins.HOSTING}}
    assert _judged(_at(3600, **hosted)) == ["human"]
    assert _judged(_at(6)) == ["human"]
    assert _judged(_at(6, **hosted)) == ["machine"]


def test_who_touches_the_page_is_a_person_unless_much_speaks_against_it() -> None:
    read = _at(5, kind="read", place="", method="POST", noted={"touched": True})
    assert _judged(_at(1), read) == ["human", "human"]
    hosted = _at(4, noted={"origin": origins.HOSTING})
    assert _judged(hosted, read) == ["human", "human"]
    assert _judged(_at(1), _at(5, kind="read", place="", network="x", noted=read.noted)) == [
        "unknown",
        "human",
    ]
    assert _judged(_at(6, hidden=True), read) == ["machine", "machine"]


def test_what_is_noted_with_an_event_is_weighed() -> None:
    assert _judged(_at(900, noted={"signs": [signs.PREFETCH]})) == ["machine"]
    assert _judged(_at(900, noted={"origin": origins.SECURITY})) == ["machine"]
    opened = {"kind": "opened", "place": ""}
    assert _judged(_at(900, noted={"machine_open": True}, **opened)) == ["machine_open"]
    assert _judged(_at(900, noted={"origin": origins.APPLE}, **opened)) == ["human"]


def test_apples_relay_makes_apples_mail_program_a_proxy() -> None:
    mail = (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    )
    relay = {"kind": "opened", "place": "", "noted": {"origin": origins.APPLE}}
    assert _judged(_at(900, agent=mail, **relay)) == ["machine_open"]
    assert _judged(_at(900, agent=mail, kind="opened", place="")) == ["human"]
    assert _judged(_at(900, agent=f"{mail} Version/17.4 Safari/605.1.15", **relay)) == ["human"]


def test_an_organisations_own_rules_go_before_the_table() -> None:
    mine = Rules(weights={"head": 0}, machine_agents=["chrome/136"], networks=frozenset(["lab"]))
    requests = [_at(900, method="HEAD", agent=IPHONE), _at(9000), _at(99000, agent=IPHONE)]
    requests += [_at(199000, agent=IPHONE, network="lab")]
    verdicts = judge(requests, delivered_at=DELIVERED, rules=mine)
    assert [v.verdict for v in verdicts] == ["human", "machine", "human", "machine"]
    reader = Rules(reader_agents=["acmephone"])
    [verdict] = judge([_at(900, agent="AcmePhone/1")], delivered_at=DELIVERED, rules=reader)
    assert verdict == Verdict("human", ("program_agent", "own_reader"))
    assert verdict.as_json()[1] == {"name": "own_reader", "weight": -4}


def test_verdicts_do_not_depend_on_the_order_of_arrival() -> None:
    requests = [_at(5 + i, place=f"link:{i}") for i in range(4)]
    requests += [_at(400), _at(430, kind="signed", method="POST", place="")]
    forward = judge(requests, delivered_at=DELIVERED, links=5)
    backward = judge(requests[::-1], delivered_at=DELIVERED, links=5)
    assert backward[::-1] == forward


def test_a_flag_is_for_the_open_nearest_to_it() -> None:
    opens = [_at(seconds, kind="opened", place="") for seconds in (560, 590, 630, 900)]
    told = [DELIVERED + timedelta(seconds=seconds) for seconds in (600, 800)]
    verdicts = judge([*opens, _at(600)], delivered_at=DELIVERED, told=told)
    assert [v.verdict for v in verdicts] == ["human", "machine_open", "human", "human", "human"]


@pytest.mark.parametrize(
    ("agent", "proxy"),
    [
        ("Mozilla/5.0", "apple"),
        (
            "Mozilla/5.0 (Windows NT 5.1) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "google",
        ),
        ("YahooMailProxy; https://help.yahoo.com/", "yahoo"),
        (CHROME, ""),
        ("", ""),
    ],
)
def test_privacy_proxies_are_their_own_class(agent: str, proxy: str) -> None:
    assert agents.privacy_proxy(agent) == proxy
    verdict = weigh(Facts(kind="opened", agent=agent, delay_s=3600)).verdict
    assert (verdict in ("proxy_open", "machine_open")) == (bool(proxy) or agent == "")
    assert not (proxy and (agents.is_crawler(agent) or agents.is_program(agent)))


@pytest.mark.parametrize(
    "agent",
    [
        CHROME,
        IPHONE,
        "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0",
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.5134)",
        "Outlook-iOS/711.2620504.prod.iphone (4.2.1)",
        "Airmail/5.0 CFNetwork/1410 Darwin/22.6.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:138.0) Gecko/20100101 Firefox/138.0",
        "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
        "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
        "Opera/9.80 (Windows NT 6.1; U; en) Presto/2.8.131 Version/11.11",
        "Lynx/2.9.0 libwww-FM/2.14",
        "BlackBerry8520/4.6.1 Profile/MIDP-2.0 Configuration/CLDC-1.1",
        "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/96.0.4664.45 Mobile Safari/537.36",
    ],
)
def test_readers_are_on_no_list(agent: str) -> None:
    assert not agents.is_crawler(agent)
    assert not agents.is_scanner(agent)
    assert not agents.is_program(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "okhttp/4.10.0",
        "Go-http-client/2.0",
        "AHC/2.1",
        "Python/3.11 aiohttp/3.9.1",
        "HubSpot Connect",
        "Dalvik/2.1.0 (Linux; U; Android 12; SM-G970U)",
        "node-fetch/1.0",
        "Mozilla/5.0 ()",
        "axios/1.6",
    ],
)
def test_programs_are_known_without_a_list_of_them(agent: str) -> None:
    assert agents.is_program(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
        "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; Trident/6.0)",
        "Mozilla/5.0 (Windows NT 5.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari",
    ],
)
def test_browsers_that_cannot_be_are_known(agent: str) -> None:
    assert agents.is_impossible(agent)
    newest = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C)"
    assert not agents.is_impossible(newest)  # Internet Explorer 11 that shows an old page


def test_a_phone_in_hand_is_faster_than_a_desk() -> None:
    facts = Facts(kind="clicked", agent=IPHONE, delay_s=1.2, ran_script=True)
    assert weigh(facts).verdict == "human"
    assert weigh(facts._replace(agent=CHROME)).verdict == "unknown"
    assert weigh(facts._replace(ran_script=False)).verdict == "machine"


def test_evidence_has_names_and_reasons_of_its_own() -> None:
    assert len({evidence.name for evidence in EVIDENCE}) == len(EVIDENCE)
    assert all(evidence.why.endswith(".") and evidence.weight for evidence in EVIDENCE)
