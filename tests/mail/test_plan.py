"""A compiled letter, filled, equals the slow way: Jinja2 for that person and email.message."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from outreach.core.tokens import Tokens
from outreach.mail.blocks import Letter, Nodes, chosen, outcomes
from outreach.mail.draft import Draft
from outreach.mail.fields import FILTERS, Field
from outreach.mail.mime import mime_letter, rfc2822_date
from outreach.mail.plan import CONTROL, Context, Envelope, Plan, Recipient

ENVELOPE = Envelope("Mara", "mara@harbour.example", "https://act.example")
TOKENS = Tokens("a secret for tests")
DATE = rfc2822_date(datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
NAMES = ("first_name", "last_name", "field.park")
JINJA = Environment(keep_trailing_newline=True)
for _name, _filter in FILTERS.items():
    JINJA.filters[_name] = lambda text, called=_filter: called(text, "en")


def words(excluded: str, size: int) -> st.SearchStrategy[str]:
    """Text without line ends, surrogates and these."""
    allowed = st.characters(
        exclude_characters=excluded + "\r\n", exclude_categories=["Cs", "Zl", "Zp"]
    )
    return st.text(allowed, max_size=size)


# Jinja2 knows backslash escapes and binds a filter closer than `or`; our grammar doesn't.
FIELD = st.builds(
    lambda name, fallback, filters: (
        f'{{{{ ({name} or "{fallback}"){"".join(f" | {one}" for one in filters)} }}}}'
    ),
    st.sampled_from(NAMES),
    words('"\\{}', 8).filter(str.isprintable),
    st.lists(st.sampled_from(sorted(FILTERS)), max_size=2),
)
RULE = st.recursive(
    st.one_of(
        st.sampled_from(NAMES),
        st.builds('{} == "{}"'.format, st.sampled_from(NAMES), st.sampled_from(["Ada", "é", "7"])),
    ),
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
    ),
    max_leaves=3,
)
TEMPLATE = st.recursive(
    st.lists(st.one_of(words("{}%#", 30), FIELD), max_size=4).map("".join),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("{{% if {} %}}{}{{% endif %}}".format, RULE, inner),
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, RULE, inner, inner),
        st.builds("{{% if {} %}}{}{{% elif {} %}}{}{{% endif %}}".format, RULE, inner, RULE, inner),
    ),
    max_leaves=3,
)
VALUE = st.one_of(
    st.text(max_size=12), st.sampled_from(["", "Ada", "é", "7", "2026-01-31", "12345.5"])
)
KNOWN = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUE))


class Compiled:
    """One template in all three places of a letter, compiled once."""

    def __init__(self, template: str) -> None:
        self.rules: list[str] = []
        letter = Letter({}, self._ask, str)
        # In our own grammar the fallback needs no brackets.
        ours = re.sub(r'\{\{ \(([a-z_.]+ or "[^"]*")\)', r"{{ \1", template)
        nodes = letter.read(ours, "body")
        assert not letter.faults
        nobody = dict.fromkeys(NAMES, "")
        usual, *others = outcomes([nodes], [holds(rule, nobody) for rule in self.rules])
        self._draft = Draft()
        subject, html, text = self._texts(nodes, usual)
        self.plan = self._draft.compile(
            ENVELOPE,
            subject=subject,
            html=html,
            text=text,
            blast_id=3,
            conditions=self.rules,
            others=[(self._texts(nodes, answers), answers) for answers in others],
        )

    def _ask(self, rule: str) -> tuple[int, bool]:
        if rule not in self.rules:
            self.rules.append(rule)
        return self.rules.index(rule), False

    def _texts(self, nodes: Nodes, answers: dict[int, bool]) -> tuple[str, str, str]:
        def woven(context: Context) -> str:
            return "".join(
                self._draft.merge(piece, context)
                if isinstance(piece, Field)
                else escape(piece)
                if context is Context.HTML
                else piece
                for piece in chosen(nodes, answers)
            )

        html, link = woven(Context.HTML), self._draft.link(8)
        return (
            woven(Context.HEADER),
            f'<p title="{html}">{html}</p>{link}',
            woven(Context.PLAIN) + link,
        )

    def recipient(self, known: dict[str, str], name: str = "Ada") -> Recipient:
        """The letter's values and outcome for one person."""
        tokens = TOKENS.letter_maker(3, self.plan.links)(77)
        holding = sum(1 << n for n, rule in enumerate(self.rules) if holds(rule, known))
        return Recipient(
            77,
            "ada@mail.example",
            name,
            self.plan.values_of([known[field] for field in self.plan.fields], tokens),
            self.plan.outcome(holding),
        )


def person(known: dict[str, str]) -> dict[str, object]:
    return {
        "first_name": known["first_name"],
        "last_name": known["last_name"],
        "field": {"park": known["field.park"]},
    }


def holds(rule: str, known: dict[str, str]) -> bool:
    return bool(JINJA.compile_expression(rule)(**person(known)))


def by_hand(template: str, known: dict[str, str]) -> tuple[EmailMessage, str]:
    """The letter as email.message writes it, and the text that Jinja2 rendered."""
    one_line = {name: CONTROL.sub(" ", value) for name, value in known.items()}
    slow = JINJA.from_string(template).render(person(one_line))
    (token,) = TOKENS.letter(77, 3, [8])
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = "Mara <mara@harbour.example>"
    message["To"] = "Ada <ada@mail.example>"
    message["Date"] = DATE
    message["Subject"] = CONTROL.sub(" ", slow).strip()
    message.set_content(slow + token)
    html = escape(slow)
    message.add_alternative(f'<p title="{html}">{html}</p>{token}', subtype="html")
    return message, slow


def part(message: EmailMessage, subtype: str) -> str:
    found = message.get_body((subtype,))
    assert found is not None
    payload = found.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8").removesuffix("\n").removesuffix("\r")


@settings(deadline=None, max_examples=200)
@given(TEMPLATE, KNOWN)
def test_a_filled_letter_equals_the_one_rendered_for_that_person(
    template: str, known: dict[str, str]
) -> None:
    compiled = Compiled(template)
    message, slow = by_hand(template, known)
    recipient = compiled.recipient(known)
    subject, html, text = compiled.plan.letter(recipient)
    assert text == part(message, "plain") or text == slow + TOKENS.letter(77, 3, [8])[0]
    assert html == part(message, "html")
    assert subject.split() == CONTROL.sub(" ", slow).split()

    letter = message_from_bytes(mime_letter(compiled.plan, recipient, DATE), policy=policy.default)
    assert isinstance(letter, EmailMessage)
    assert part(letter, "plain") == text
    assert part(letter, "html") == html
    assert str(letter["Subject"]) == subject
    for header in ("From", "To", "Date"):
        assert str(letter[header]).replace('"', "") == str(message[header]).replace('"', "")


@given(TEMPLATE)
def test_a_plan_survives_being_stored(template: str) -> None:
    plan = Compiled(template).plan
    assert Plan.from_json(plan.to_json()) == plan


@given(st.text(max_size=40))
def test_nothing_personal_breaks_a_line(name: str) -> None:
    plan = Compiled('Hello {{ (first_name or "") }}').plan
    subject = plan.filled(plan.subject, plan.values_of([name]))
    assert not any(character in subject for character in "\r\n\0\u2028\u2029\x85")


def test_markers_are_plain_enough_for_every_tool() -> None:
    marker = Draft().merge(Field("first_name"), Context.HTML)
    assert set(marker) <= set(string.ascii_lowercase + string.digits)


def test_a_place_leaves_nothing_behind() -> None:
    draft = Draft()
    text = f"a {draft.place(7)}b"
    assert draft.places(text) == (draft.place(7),)
    assert draft.without_markers(text) == "a b"
    plan = draft.compile(ENVELOPE, subject=text, html=text, text=text)
    assert "".join(map(str, plan.html)) == "a b"
