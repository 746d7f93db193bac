"""Letters whose template asks for `supporter`, to loop over what is known of a person.

They can't be compiled: each person's letter is rendered from sources and texts that were kept when
the blast was frozen, and becomes a form of its own in a plan for its part. From there it goes the
way of all letters: a few hundred a second on one core.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from outreach.core import log
from outreach.core.errors import BadInput
from outreach.mail.draft import Draft
from outreach.mail.models import Delivery
from outreach.mail.plan import Form, Plan, Recipient
from outreach.mail.render import PERSON, kept, render_parts
from outreach.petitions.models import Petition, Signature
from outreach.supporters.models import ListMember, Supporter, SupporterList, SupporterTag, Tag

NOT_RENDERED = "not_rendered"  # why a person was skipped
Contexts = tuple[dict[str, Any], dict[str, Any]]  # of the HTML, and of subject and text
_log = log.get(__name__)


class Known(dict[str, str]):
    """Custom fields; what is not known is empty."""

    def __missing__(self, name: str) -> str:
        return ""


@dataclass(frozen=True)
class Person:
    """What a template may ask of its reader: `supporter.tags`, `supporter.fields.city` …

    `signed` holds headline, slug and the day of each signature that counts, the newest first.
    """

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    postal_code: str = ""
    region: str = ""
    country: str = ""
    language: str = ""
    fields: Mapping[str, str] = field(default_factory=Known)
    lists: Sequence[str] = ()
    tags: Sequence[str] = ()
    signed: Sequence[Mapping[str, str]] = ()


UNKNOWN: dict[str, Any] = {PERSON: Person()}


def rendering(
    draft: Draft, template: str, sources: Mapping[str, str], contexts: Sequence[Contexts]
) -> dict[str, Any]:
    """What is kept with a plan to render its letters from later, as JSON values."""
    return {
        "nonce": draft.nonce,
        "template": template,
        "sources": sorted(sources.items()),
        "contexts": [list(pair) for pair in contexts],
    }


def render_each(
    plan: Plan, recipients: Sequence[Recipient], person: Callable[[Recipient], Person]
) -> tuple[Plan, list[Recipient]]:
    """A plan with a form for each of these people, and the people with its number.

    Who is left out could not be rendered: one person's data must not stop the others.
    """
    kept_with: dict[str, Any] = plan.rendering or {}
    environment = kept(tuple((name, source) for name, source in kept_with["sources"]))
    draft = Draft(nonce=kept_with["nonce"])
    forms: list[Form] = []
    rendered = []
    for recipient in recipients:
        html, text = kept_with["contexts"][recipient.outcome]
        reader = {PERSON: person(recipient)}
        try:
            letter = render_parts(
                kept_with["template"],
                html=html | reader | {"body": Markup(html["body"])},
                text=text | reader | {"body": Markup(text["body"])},
                environment=environment,
            )
        except (BadInput, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as e:
            _log.warning(
                "letter.not_rendered", delivery=recipient.delivery_id, fault=type(e).__name__
            )
            continue
        forms.append(draft.form(plan, (letter.subject, letter.html, letter.text), {}))
        rendered.append(recipient._replace(outcome=len(forms)))
    return replace(plan, others=tuple(forms)), rendered


def render_part(
    session: Session, plan: Plan, recipients: Sequence[Recipient]
) -> tuple[Plan, list[Recipient], list[tuple[int, str]]]:
    """The same for recipients of deliveries; who is left out comes last, with the reason."""
    people = people_by_delivery(session, [one.delivery_id for one in recipients])
    plan, rendered = render_each(
        plan, recipients, lambda one: people.get(one.delivery_id, Person())
    )
    told = {one.delivery_id for one in rendered}
    left = [one.delivery_id for one in recipients if one.delivery_id not in told]
    return plan, rendered, [(delivery_id, NOT_RENDERED) for delivery_id in left]


def people_by_delivery(session: Session, delivery_ids: Sequence[int]) -> dict[int, Person]:
    """What is known of the people of these deliveries."""
    supporter_of = dict(
        session.execute(
            select(Delivery.id, Delivery.supporter_id).where(Delivery.id.in_(delivery_ids))
        ).all()
    )
    people = people_by_id(session, [i for i in supporter_of.values() if i is not None])
    return {
        delivery: people[supporter]
        for delivery, supporter in supporter_of.items()
        if supporter in people
    }


def people_by_id(session: Session, ids: Sequence[int]) -> dict[int, Person]:
    """What is known of these supporters, in four statements."""
    lists = _grouped(
        session,
        select(ListMember.supporter_id, SupporterList.name)
        .join(SupporterList, SupporterList.id == ListMember.list_id)
        .where(ListMember.supporter_id.in_(ids))
        .order_by(SupporterList.name),
    )
    tags = _grouped(
        session,
        select(SupporterTag.supporter_id, Tag.name)
        .join(Tag, Tag.id == SupporterTag.tag_id)
        .where(SupporterTag.supporter_id.in_(ids))
        .order_by(Tag.name),
    )
    signed: dict[int, list[Mapping[str, str]]] = {}
    for supporter_id, headline, slug, at in session.execute(
        select(Signature.supporter_id, Petition.headline, Petition.slug, Signature.verified_at)
        .join(Petition, Petition.id == Signature.petition_id)
        .where(Signature.supporter_id.in_(ids), Signature.state == "verified")
        .order_by(Signature.verified_at.desc())
    ):
        one = {"headline": headline, "slug": slug, "on": str(at)[:10]}
        signed.setdefault(supporter_id, []).append(one)
    return {
        one.id: Person(
            first_name=one.first_name,
            last_name=one.last_name,
            email=one.email,
            postal_code=one.postal_code,
            region=one.region,
            country=one.country,
            language=one.language,
            fields=Known(one.fields),
            lists=lists.get(one.id, ()),
            tags=tags.get(one.id, ()),
            signed=signed.get(one.id, ()),
        )
        for one in session.scalars(select(Supporter).where(Supporter.id.in_(ids)))
    }


def _grouped(session: Session, query: Select[int, str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for supporter_id, name in session.execute(query):
        found.setdefault(supporter_id, []).append(name)
    return found
