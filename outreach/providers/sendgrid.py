"""Letters to SendGrid by its official package: up to 1,000 people a request.

What an answer means for the letters of its request:

    202                     accepted; queued under X-Message-Id
    400 naming people       those are refused, the others are sent again without them
    413                     nothing was taken; sent again in halves
    401, 403, other 4xx     nothing was taken; a person has to look (ProviderRefuses)
    429, 503                nothing was taken: not available now, or not to us (ProviderDown)
    500, 502, 504           unknown: something behind the door failed, perhaps after taking them
    no or half an answer    unknown: there is no key by which SendGrid would know a repetition
    not sent to its end     nothing was taken (ProviderDown)
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from outreach.core import log
from outreach.mail.flight import Flight
from outreach.mail.headers import Unsendable
from outreach.mail.plan import Plan, Recipient
from outreach.mail.provider import Fate, Outcome, ProviderDown, ProviderRefuses
from outreach.mail.reasons import reason
from outreach.providers.letters import require_sender
from outreach.providers.sendgrid_client import Answer, Client, Unanswered, failure
from outreach.providers.sendgrid_holding import LAST_WORD, Holding, batch_of, reference
from outreach.providers.sendgrid_request import MAX_PEOPLE, Json, RequestMaker
from outreach.providers.sendgrid_suppressions import SendGridLists

LOG = log.get(__name__)
REQUEST_FAILED = "sendgrid.request_failed"
MAX_REQUEST_BYTES = 30_000_000
MAX_TRIES = 6  # of a request, each time without the people whom SendGrid named
_person_named = re.compile(r"personalizations(?:\.|\[)(\d+)").match


@dataclass(frozen=True, slots=True)
class Request:
    """People whose letters go together, with their personalizations."""

    people: Sequence[tuple[Recipient, bytes]]
    tries: int = 1

    def halves(self) -> list[Request]:
        """Two requests of half as many people."""
        middle = len(self.people) // 2
        return [Request(self.people[:middle]), Request(self.people[middle:])]

    def all(self, fate: Fate, why: str = "", ref: str = "") -> list[Outcome]:
        """The same outcome for everyone."""
        return [Outcome(one.delivery_id, fate, why, ref) for one, _ in self.people]

    def note(self, stage: Callable[[int], None]) -> None:
        """Tell a flight how far everyone's letter got."""
        for one, _ in self.people:
            stage(one.delivery_id)


class SendGridProvider:
    """Hands people over in requests; the answer to a request is the outcome of its letters."""

    name = "sendgrid"
    part_size = MAX_PEOPLE
    follows_letters = True

    def __init__(
        self,
        api_key: str,
        *,
        url: str = "https://api.sendgrid.com",
        timeout_s: float = 30.0,
        connections: int = 4,
        hold_minutes: int = 0,
    ) -> None:
        self._client = Client(api_key, url, timeout_s)
        self._holding = Holding(self._client, hold_minutes)
        self.held_for, self.last_word = self._holding.lasts, LAST_WORD
        self._timeout_s = timeout_s
        self.lanes = connections
        self._patience_until = 0.0  # of `time.monotonic`

    def send(
        self, plan: Plan, recipients: Sequence[Recipient], flight: Flight | None = None
    ) -> list[Outcome]:
        """Hand over a part in as few requests as the limits allow. Ends within about two
        time-outs: what could not be begun in one is for later."""
        require_sender(plan.envelope)
        flight = flight or Flight([recipient.delivery_id for recipient in recipients])
        outcomes: list[Outcome] = []
        try:
            maker = RequestMaker(plan)
        except Unsendable as error:
            return [Outcome(one.delivery_id, Fate.REFUSED, error.message) for one in recipients]
        more = self._holding.fields(plan.blast_id)
        waiting = deque(_requests(maker, recipients, outcomes))
        ends_at = monotonic() + self._timeout_s
        handed = False
        while waiting and not flight.stopped:
            request = waiting.popleft()
            try:
                if monotonic() > ends_at:
                    raise ProviderDown("SendGrid was too slow for all letters of this part.")
                settled, again = self._hand_over(maker, request, more, flight)
            except (ProviderDown, ProviderRefuses) as failed:
                if not handed:
                    raise
                for left in (request, *waiting):
                    outcomes += left.all(Fate.LATER, str(failed))
                break
            handed = handed or any(one.fate in (Fate.ACCEPTED, Fate.UNKNOWN) for one in settled)
            outcomes += settled
            waiting.extendleft(reversed(again))
        return outcomes

    def sign_in(self) -> str:
        """Ask whether the API key may send, sending nothing; says with whom.

        Raises ProviderDown and ProviderRefuses.
        """
        try:
            answer = self._client.call("get", "scopes")
        except Unanswered as error:
            raise ProviderDown(str(error)) from None
        if answer.status != 200:
            raise failure(answer)
        if b'"mail.send"' not in answer.body:
            raise ProviderRefuses("The SendGrid API key may not send: it lacks “Mail Send”.")
        return "SendGrid"

    def settle(self, delivery_ids: Sequence[int]) -> list[Outcome]:
        """Nothing: only SendGrid's events tell what became of a request."""
        return []

    def holds(self, ref: str) -> bool:
        """Whether the letters of this reference were given to be sent later."""
        return bool(batch_of(ref))

    def move_held(self, verb: str, refs: Collection[str]) -> None:
        """Pause, cancel or resume letters that were handed over and have not left."""
        self._holding.move(verb, refs)

    def suppression_lists(self) -> SendGridLists:
        """The account's own lists of addresses that it will not send to."""
        return SendGridLists(self._client)

    def close(self) -> None:
        """Nothing is held: each request has its own connection."""

    def _hand_over(
        self, maker: RequestMaker, request: Request, more: Json, flight: Flight
    ) -> tuple[list[Outcome], list[Request]]:
        """Outcomes of one request, and what to send in its place."""
        if (wait_s := self._patience_until - monotonic()) > 0:  # another part was asked to wait
            raise ProviderDown("SendGrid asked for patience.", wait_s=wait_s)
        outcome = request.people[0][0].outcome  # the same for all of them
        body = maker.request([person for _, person in request.people], more, outcome)
        if len(body) >= MAX_REQUEST_BYTES:
            return _smaller(request)
        request.note(flight.leaving)
        try:
            answer = self._client.send(body)
        except Unanswered as doubt:
            LOG.warning(REQUEST_FAILED, letters=len(request.people), reason=str(doubt))
            return request.all(Fate.UNKNOWN, f"{doubt} It may have taken this letter."), []
        except (ProviderDown, ProviderRefuses):
            request.note(flight.back)
            raise
        if answer.status == 202:
            request.note(flight.taken)
            ref = reference(answer.headers.get("X-Message-Id") or "", more.get("batch_id", ""))
            return request.all(Fate.ACCEPTED, ref=ref), []
        LOG.warning(
            REQUEST_FAILED,
            letters=len(request.people),
            status=answer.status,
            reason=answer.said,
        )
        if answer.status != 503 and answer.status // 100 != 4:
            why = f"SendGrid answered {answer.status}; it may have taken this letter. {answer.said}"
            return request.all(Fate.UNKNOWN, why.strip()), []
        request.note(flight.back)
        if answer.status == 413:
            return _smaller(request)
        if answer.status == 400 and (named := _people_named(answer, len(request.people))):
            return _without(request, named)
        failed = failure(answer)
        if isinstance(failed, ProviderDown):
            self._patience_until = monotonic() + failed.wait_s
        raise failed


def _requests(
    maker: RequestMaker, recipients: Sequence[Recipient], outcomes: list[Outcome]
) -> Iterator[Request]:
    """Requests of one outcome each, in which no address stands twice; people who can't be written
    to are refused."""
    by_outcome: dict[int, list[tuple[Recipient, bytes]]] = {}
    for person in _written(maker, recipients, outcomes):
        by_outcome.setdefault(person[0].outcome, []).append(person)
    for left in by_outcome.values():
        while left:
            chosen: dict[str, tuple[Recipient, bytes]] = {}
            repeated = []
            for person in left:
                address = person[0].address.casefold()
                if address in chosen or len(chosen) == MAX_PEOPLE:
                    repeated.append(person)
                else:
                    chosen[address] = person
            yield Request(list(chosen.values()))
            left = repeated


def _written(
    maker: RequestMaker, recipients: Sequence[Recipient], outcomes: list[Outcome]
) -> Iterable[tuple[Recipient, bytes]]:
    """Everyone's personalization; all at once, and one by one where somebody can't be written
    to."""
    try:
        return list(zip(recipients, maker.personalizations(recipients), strict=True))
    except Unsendable:
        written: list[tuple[Recipient, bytes]] = []
    for recipient in recipients:
        try:
            written += zip([recipient], maker.personalizations([recipient]), strict=True)
        except Unsendable as error:
            outcomes.append(Outcome(recipient.delivery_id, Fate.REFUSED, error.message))
    return written


def _smaller(request: Request) -> tuple[list[Outcome], list[Request]]:
    if len(request.people) == 1:
        return request.all(Fate.REFUSED, "The letter is too large for SendGrid."), []
    return [], request.halves()


def _people_named(answer: Answer, people: int) -> dict[int, str]:
    """Positions of people whom the errors name, with the reasons."""
    named = {}
    for field, message in answer.errors:
        found = _person_named(field)
        if found and int(found[1]) < people:
            named[int(found[1])] = message
    return named


def _without(request: Request, named: dict[int, str]) -> tuple[list[Outcome], list[Request]]:
    outcomes = []
    left = []
    for position, (recipient, person) in enumerate(request.people):
        if position in named:
            why = f"SendGrid: {reason(named[position], recipient.address)}"
            outcomes.append(Outcome(recipient.delivery_id, Fate.REFUSED, why))
        else:
            left.append((recipient, person))
    again = Request(left, request.tries + 1)
    if not left:
        return outcomes, []
    if request.tries == MAX_TRIES:
        return outcomes + again.all(Fate.LATER, "SendGrid refused others of this request."), []
    return outcomes, [again]
