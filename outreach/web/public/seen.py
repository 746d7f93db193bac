"""What a request to a letter's door says of itself, and where that is kept without a database."""

from __future__ import annotations

from typing import Any

from flask import request

from outreach.accounts.models import Organisation
from outreach.core import log
from outreach.core.clock import now
from outreach.petitions.grades import Press
from outreach.tracking import classify, leaving, rules, signs, spool
from outreach.tracking.classify import MACHINE, OPENED, SIGNED, UNSUBSCRIBED, VIEWED, Request
from outreach.tracking.evidence import READ
from outreach.tracking.network import network_hash
from outreach.tracking.record import Observation
from outreach.web.context import services

_log = log.get(__name__)
NOT_SPOOLED = "tracking.not_spooled"


def observation(kind: str, delivery_id: int, **more: Any) -> Observation:
    """This request as an observation of a letter; `more`: further fields of Observation."""
    address = request.remote_addr if services().keep_networks else None
    agent = request.user_agent.string
    noted = signs.noted(dict(request.headers), agent, address, part=kind in (OPENED, READ))
    more["detail"] = noted | more.get("detail", {})
    return Observation(
        kind=kind,
        at=now(),
        delivery_id=delivery_id,
        method=request.method,
        agent=agent,
        network=network_hash(address, services().secret),
        **more,
    )


def signing_request() -> Request:
    """What is known of this request as one that signs."""
    return _look(part=False)


def signed(look: Request, delivery_id: int) -> Observation:
    """The same request as what a letter led to."""
    return Observation(
        kind=SIGNED,
        at=look.at,
        delivery_id=delivery_id,
        method=request.method,
        agent=look.agent,
        network=look.network,
        detail=dict(look.noted),
    )


def reading_request() -> Request:
    """What is known of this request as one by which a page's script tells of somebody there."""
    seen = _look(part=True)
    return seen._replace(noted={**seen.noted, "touched": True})


def _look(*, part: bool) -> Request:
    address = request.remote_addr if services().keep_networks else None
    agent = request.user_agent.string
    noted = signs.noted(dict(request.headers), agent, address, part=part)
    network = network_hash(address, services().secret)
    return Request(VIEWED, now(), agent=agent, network=network, noted=noted)


def judged(organisation: Organisation, seen: Request) -> Press:
    """A request that signs, weighed like the look at a page."""
    [verdict] = classify.judge([seen], rules=rules.of_organisation(organisation))
    return Press(verdict.as_json(), seen.network)


def is_machine(organisation: Organisation, seen: Request) -> bool:
    """Whether this one request, with nothing else known, is held to be a machine's."""
    [verdict] = classify.judge([seen], rules=rules.of_organisation(organisation))
    return verdict.verdict == MACHINE


def press(delivery_id: int, *, one_click: bool) -> Observation:
    """This request as the wish of a letter's reader to leave; one for each letter is counted."""
    basis = leaving.BY_ONE_CLICK if one_click else leaving.ON_THE_PAGE
    key = f"unsubscribe:{delivery_id}"
    return observation(UNSUBSCRIBED, delivery_id, key=key, detail={"basis": basis})


def keep_leaving(wish: Observation) -> bool:
    """Keep it on this machine's disk; False where that failed, and nobody may say that it is."""
    try:
        spool.append(spool.leavings_in(services().data_dir), wish)
    except OSError as error:
        _log.error(NOT_SPOOLED, kind=wish.kind, delivery_id=wish.delivery_id, errno=error.errno)
        return False
    return True


def keep_for_later(seen: Observation) -> None:
    """Keep an observation in the spool; whoever asked gets an answer even with the disk full."""
    try:
        spool.append(spool.path_in(services().data_dir), seen)
    except OSError as error:
        _log.error(NOT_SPOOLED, kind=seen.kind, delivery_id=seen.delivery_id, errno=error.errno)
