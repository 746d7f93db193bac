"""The text form: what it says, that it survives a round trip, and what it answers to mistakes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.audiences import terms
from outreach.audiences.rules import parse, to_text
from outreach.audiences.terms import (
    And,
    Compare,
    Everyone,
    InSegment,
    Joined,
    Letter,
    Not,
    OnList,
    Or,
    Rule,
    Sample,
    Signed,
    Tagged,
    When,
)
from outreach.core.errors import BadInput

CASES: dict[str, Rule] = {
    "everyone": Everyone(),
    'list "Westhaven" and not signed "night-buses"': And(
        (OnList("Westhaven"), Not(Signed("night-buses")))
    ),
    'tag volunteer or tag "phone bank"': Or((Tagged("volunteer"), Tagged("phone bank"))),
    'field.city = "Mill Lane"': Compare("field.city", "=", ("Mill Lane",)),
    "field.age>=18": Compare("field.age", ">=", ("18",)),
    "country = US": Compare("country", "=", ("US",)),
    'postal_code starts "042"': Compare("postal_code", "starts", ("042",)),
    'region in ("CA", NY)': Compare("region", "in", ("CA", "NY")),
    "language <> en": Compare("language", "!=", ("en",)),
    "field.city known": Compare("field.city", "known"),
    "signed any since 2026-01-01": Signed(None, When("since", date(2026, 1, 1))),
    "signed": Signed(),
    "signed night-buses within 1 day": Signed("night-buses", When("within", days=1)),
    'got "First ask"': Letter("got", "First ask"),
    'missed "First ask" or unknown Later': Or(
        (Letter("missed", "First ask"), Letter("unknown", "Later"))
    ),
    "opened": Letter("opened"),
    "Opened WITHIN 30 Days": Letter("opened", None, When("within", days=30)),
    "clicked “First ask” before 2026-05-01": Letter(
        "clicked", "First ask", When("before", date(2026, 5, 1))
    ),
    "joined since 2026-01-01": Joined(When("since", date(2026, 1, 1))),
    "joined within 30 days": Joined(When("within", days=30)),
    'segment "Active"': InSegment("Active"),
    "everyone sample 500": Sample(Everyone(), size=500),
    "tag a and tag b sample 500 seed 7": Sample(And((Tagged("a"), Tagged("b"))), 500, None, 7),
    "everyone sample 2.5%": Sample(Everyone(), percent=2.5),
    "tag a or tag b and not tag c": Or((Tagged("a"), And((Tagged("b"), Not(Tagged("c")))))),
    "(tag a or tag b) and tag c": And((Or((Tagged("a"), Tagged("b"))), Tagged("c"))),
    'signed "any"': Signed("any"),
    r'tag "say \"aye\" \\ no"': Tagged('say "aye" \\ no'),
}


@pytest.mark.parametrize("text", CASES)
def test_texts_mean_what_they_say(text: str) -> None:
    assert parse(text) == CASES[text]


words = st.text(min_size=1, max_size=12) | st.sampled_from(sorted(terms.RESERVED))
whens = st.one_of(
    st.builds(When, st.sampled_from(["since", "before"]), st.dates()),
    st.builds(When, st.just("within"), st.none(), st.integers(0, 36_500)),
)
maybe = st.none() | words
attributes = st.sampled_from(terms.ATTRIBUTES) | st.from_regex(
    r"field\.[A-Za-z0-9_]{1,8}", fullmatch=True
)
one_value = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "starts"])
questions = st.one_of(
    st.just(Everyone()),
    st.builds(OnList, words),
    st.builds(Tagged, words),
    st.builds(InSegment, words),
    st.builds(Compare, attributes, one_value, st.tuples(words)),
    st.builds(Compare, attributes, st.just("in"), st.lists(words, min_size=1).map(tuple)),
    st.builds(Compare, attributes, st.just("known")),
    st.builds(Signed, maybe, st.none() | whens),
    st.builds(Letter, st.sampled_from(["got", "opened", "clicked"]), maybe, st.none() | whens),
    st.builds(Joined, whens),
)
several = st.deferred(lambda: st.lists(rules, min_size=2, max_size=4).map(tuple))
rules: st.SearchStrategy[Rule] = st.deferred(
    lambda: questions | st.builds(Not, rules) | st.builds(And, several) | st.builds(Or, several)
)
percents = st.integers(0, 10_000).map(lambda hundredths: hundredths / 100)
seeds = st.integers(0, 10**9)
samples = st.one_of(
    st.builds(Sample, rules, st.integers(0, 10**9), st.none(), seeds),
    st.builds(Sample, rules, st.none(), percents, seeds),
)


@given(rules | samples)
def test_text_and_rule_are_the_same_thing(rule: Rule) -> None:
    assert parse(to_text(rule)) == rule


@given(st.text(max_size=60) | st.lists(st.sampled_from(sorted(CASES)), max_size=4).map(" ".join))
def test_any_text_gets_a_rule_or_a_sentence(text: str) -> None:
    try:
        assert parse(to_text(parse(text))) == parse(text)
    except BadInput as error:
        assert error.field == "rules"
        assert error.message.endswith(".")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "The rules are empty.", "Write “everyone” to mean all supporters."),
        ("lists Westhaven", "At character 1: expected a question", "Did you mean “list”?"),
        ("tag a an tag b", "At character 7: expected “and”, “or”", "Did you mean “and”?"),
        ("tag a and", "At character 10: expected a question, such as list, tag", ""),
        ("tag", "At character 4: expected a tag, found the end.", ""),
        ("tag or", "At character 5: expected a tag (in quotes if it is a word of the rules)", ""),
        ('list "Westhaven', "At character 6: this quotation mark is not closed.", ""),
        ("(tag a", "At character 7: expected “)”, “and” or “or”, found the end.", ""),
        ("tag a)", "At character 6: expected “and”, “or”, “sample”, or the end, found “)”.", ""),
        ("country US", "At character 9: expected one of = != <", ""),
        ("region in CA", "At character 11: expected values in brackets", ""),
        ("joined", "At character 7: expected “since”, “before” or “within”", ""),
        ("joined since 2026-02-30", "At character 14: expected a day, such as 2026-01-31", ""),
        ("joined since 20260228", "At character 14: expected a day, such as 2026-01-31", ""),
        ("joined within 3 weeks", "At character 17: expected “days”", ""),
        ("everyone sample 101%", "At character 17: expected a share between 0 and 100", ""),
        ("everyone sample many", "At character 17: expected a number of people", ""),
        ("(everyone sample 5) and tag a", "At character 11: expected “)”", ""),
        ("everyone ! tag", "At character 10: “!” can’t stand here.", ""),
        ("field.home-town = x", "At character 1: expected a question", ""),
        ("(" * 5000 + "tag a", "more than 40 brackets or nots within each other.", ""),
        ("not " * 100 + "tag a", "more than 40 brackets or nots within each other.", ""),
        (" and ".join(["tag a"] * 201), "more than 200 questions in one rule.", ""),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, message: str, hint: str) -> None:
    with pytest.raises(BadInput) as raised:
        parse(text)
    assert message in raised.value.message
    assert raised.value.message.startswith(("At character", "The rules"))
    assert hint in raised.value.hint
    if hint:
        assert raised.value.hint


def test_a_bracketed_rule_is_nested_as_it_was_written() -> None:
    assert parse("(tag a and tag b) and tag c") == And(
        (And((Tagged("a"), Tagged("b"))), Tagged("c"))
    )
