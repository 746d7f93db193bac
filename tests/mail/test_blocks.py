"""Blocks and snippets: what a campaigner writes, which letters come of it, what is at fault."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from outreach.core.errors import BadInput
from outreach.mail.blocks import MAX_OUTCOMES, Letter, Nodes, chosen, fields, outcomes

SNIPPETS = {
    "thanks": "Thank you, {{ first_name or 'friend' }}.",
    "nested": '{% if a %}{% snippet "thanks" %}{% endif %}',
    "circle": 'x {% snippet "round" %}',
    "round": '\n{% snippet "circle" %}',
}


class Rules:
    """Rules are single words; `not` makes the opposite, and `?` can't be understood."""

    def __init__(self) -> None:
        self.known: list[str] = []

    def ask(self, rule: str) -> tuple[int, bool]:
        word = rule.removeprefix("not ")
        if not word or "?" in word:
            raise BadInput("Expected a word.", hint="Say a, b or c.")
        if word not in self.known:
            self.known.append(word)
        return self.known.index(word), word != rule


def snippet(name: str) -> str:
    try:
        return SNIPPETS[name]
    except KeyError:
        raise BadInput(f"There is no snippet “{name}”.", hint="Known: thanks.") from None


def read(text: str) -> tuple[Letter, Rules, Nodes]:
    rules = Rules()
    letter = Letter({"petition.headline": "Count"}, rules.ask, snippet)
    return letter, rules, letter.read(text, "Body")


def written(text: str, holding: str = "") -> str:
    """What somebody of whom these rules hold gets."""
    letter, rules, nodes = read(text)
    assert not letter.faults
    answers = {n: rule in holding.split() for n, rule in enumerate(rules.known)}
    return "".join(
        piece if isinstance(piece, str) else f"<{piece.name}>" for piece in chosen(nodes, answers)
    )


@pytest.mark.parametrize(
    ("text", "holding", "expected"),
    [
        ("x{% if a %}A{% endif %}y", "a", "xAy"),
        ("x{% if a %}A{% endif %}y", "", "xy"),
        ("{% if a %}A{% else %}B{% endif %}", "", "B"),
        ("{% if not a %}A{% else %}B{% endif %}", "", "A"),
        ("{% if a %}A{% elif b %}B{% elif c %}C{% else %}D{% endif %}", "c", "C"),
        ("{% if a %}A{% elif b %}B{% elif c %}C{% else %}D{% endif %}", "a c", "A"),
        ("{% if a %}{% if b %}AB{% else %}A{% endif %}{% endif %}", "a", "A"),
        ("{%if a%}A{%-endif-%}", "a", "A"),
        ('{% snippet "thanks" %}', "", "Thank you, <first_name>."),
        ("{% snippet 'nested' %}!", "a", "Thank you, <first_name>.!"),
        ("{{ petition.headline }}", "", "Count"),
        # A tag alone on its line takes the line with it.
        ("x\n\n{% if a %}\nA\n{% else %}\nB\n{% endif %}\n\ny", "a", "x\n\nA\n\ny"),
        ("x\n  {% if a %}  \nA\n{% endif %}", "a", "x\nA\n"),
        ("x {% if a %}\nA{% endif %}\ny", "a", "x \nA\ny"),
        ('x\n{% snippet "thanks" %}\ny', "", "x\nThank you, <first_name>.\ny"),
    ],
)
def test_a_person_gets_what_holds_for_them(text: str, holding: str, expected: str) -> None:
    assert written(text, holding) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n\n{% if ? %}A{% endif %}", "Body, line 3: in “{% if ? %}”: expected a word."),
        ("{% if a %}\n{{ frist_name }}{% endif %}",
         "Body, line 2: there is no merge field “frist_name”."),
        ("x\n{% if a %}A", "Body, line 2: this block is not ended."),
        ("\n{% endif %}", "Body, line 2: “{% endif %}” belongs to no “{% if … %}”."),
        ("{% if a %}A{% else %}B{% else %}C{% endif %}",
         "Body, line 1: “{% else %}” can’t follow “{% else %}”."),
        ("{% for x in y %}", "Body, line 1: there is no block “{% for %}”."),
        ("{% if a", "Body, line 1: “{%” is not closed."),
        ("\n{{ first_name", "Body, line 2: “{{” is not closed."),
        ("\n{% snippet \"none\" %}", "Body, line 2: there is no snippet “none”."),
        ("{% snippet thanks %}", "Body, line 1: “snippet thanks” can’t be read."),
        ('{% snippet "circle" %}', "Snippet “round”, line 2: snippets use each other in a circle: "
         "“circle” → “round” → “circle”."),
    ],
)  # fmt: skip
def test_faults_name_the_place(text: str, said: str) -> None:
    assert [fault.message for fault in read(text)[0].faults] == [said]


def test_every_fault_is_found_at_once() -> None:
    letter, _, _ = read("{{ a }}\n{% if ? %}{{ b }}{% endif %}\n{% else %}")
    assert len(letter.faults) == 4


def differing(*texts: str, usual: Mapping[int, bool] | None = None) -> list[dict[int, bool]]:
    rules = Rules()
    letter = Letter({}, rules.ask, snippet)
    parts = [letter.read(text, "Body") for text in texts]
    usual = usual or {}
    return outcomes(parts, [usual.get(n, False) for n in range(len(rules.known))])


def test_only_letters_that_differ_are_counted() -> None:
    assert differing("nothing asked") == [{}]
    assert differing("{% if a %}A{% endif %}", "{% if a %}B{% endif %}") == [{0: False}, {0: True}]
    chain = "{% if a %}A{% elif b %}B{% elif c %}C{% endif %}"
    assert len(differing(chain)) == 4
    assert len(differing(chain, chain)) == 4
    assert len(differing("{% if a %}{% if not a %}never{% endif %}{% endif %}")) == 2


def test_the_letter_of_somebody_unknown_comes_first() -> None:
    found = differing("{% if a %}A{% endif %}{% if b %}B{% endif %}", usual={1: True})
    assert found[0] == {0: False, 1: True}
    assert len(found) == 4


def test_more_letters_than_can_be_made_are_refused() -> None:
    six = "".join(f"{{% if q{n} %}}x{{% endif %}}" for n in range(6))
    assert len(differing(six)) == MAX_OUTCOMES
    with pytest.raises(BadInput, match="more than 64 different letters"):
        differing(six + "{% if more %}x{% endif %}")


def test_fields_of_every_outcome_are_known() -> None:
    nodes = read("{{ email }}{% if a %}{{ first_name }}{% else %}{{ region }}{% endif %}")[2]
    assert [field.name for field in fields(nodes)] == ["email", "first_name", "region"]
