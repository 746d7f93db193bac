"""A compiled letter, filled, equals the slow way: the template rendered for that person."""

from __future__ import annotations

import string
from html import escape

from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from outreach.mail.fields import Field, parse
from outreach.mail.plan import Context, Draft, Envelope, Plan

ENVELOPE = Envelope("Mara", "mara@harbour.example", "https://act.example")
NAMES = ("first_name", "last_name", "field.park")


def words(excluded: str, size: int) -> st.SearchStrategy[str]:
    """Text without control characters, surrogates and these."""
    allowed = st.characters(
        exclude_characters=excluded, exclude_categories=["Cs", "Cc", "Zl", "Zp"]
    )
    return st.text(allowed, max_size=size)


FIELD = st.builds(
    lambda name, fallback: f'{{{{ {name} or "{fallback}" }}}}',
    st.sampled_from(NAMES),
    words('"\\{}', 8),  # Jinja2 knows backslash escapes, our grammar doesn't
)
TEMPLATE = st.lists(st.one_of(words("{}%#", 30), FIELD), max_size=6).map("".join)
KNOWN = st.fixed_dictionaries(dict.fromkeys(NAMES, words("", 12)))


def compiled(template: str) -> Plan:
    """The template in all three places of a letter."""
    draft = Draft()

    def woven(context: Context) -> str:
        return "".join(
            draft.merge(piece, context) if isinstance(piece, Field) else piece
            for piece in parse(template, where="body")
        )

    html = "".join(
        draft.merge(piece, Context.HTML) if isinstance(piece, Field) else escape(piece)
        for piece in parse(template, where="body")
    )
    return draft.compile(
        ENVELOPE,
        subject=woven(Context.HEADER),
        html=f'<p title="{html}">{html}</p>{draft.link(8)}',
        text=woven(Context.PLAIN) + draft.link(8),
        blast_id=3,
    )


@given(TEMPLATE, KNOWN)
def test_filled_equals_rendered(template: str, known: dict[str, str]) -> None:
    plan = compiled(template)
    tokens = ("HEAD", *(f"TAG{link}" for link in plan.links))
    values = plan.values_of([known[name] for name in plan.fields], tokens)
    person = {"first_name": known["first_name"], "last_name": known["last_name"],
              "field": {"park": known["field.park"]}}  # fmt: skip
    slow = Environment(keep_trailing_newline=True).from_string(template).render(person)
    assert plan.filled(plan.text, values) == slow + "08HEADTAG8"
    assert (
        plan.filled(plan.html, values) == f'<p title="{escape(slow)}">{escape(slow)}</p>08HEADTAG8'
    )
    assert plan.filled(plan.subject, values).split() == slow.split()


@given(TEMPLATE)
def test_a_plan_survives_being_stored(template: str) -> None:
    plan = compiled(template)
    assert Plan.from_json(plan.to_json()) == plan


@given(st.text(max_size=40))
def test_nothing_personal_breaks_a_line(name: str) -> None:
    plan = compiled("Hello {{ first_name }}")
    values = plan.values_of([name])
    subject = plan.filled(plan.subject, values)
    assert not any(character in subject for character in "\r\n\0\u2028\u2029\x85")


def test_markers_are_plain_enough_for_every_tool() -> None:
    marker = Draft().merge(Field("first_name"), Context.HTML)
    assert set(marker) <= set(string.ascii_lowercase + string.digits)
