"""Blocks, fields and snippets in a real blast: who gets what, with which numbers and links."""

from __future__ import annotations

import re
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.audiences import operations as segments
from outreach.blasts import preflight
from outreach.blasts.compose import Unreadable, compose, preview
from outreach.core.tokens import TOKEN_CHARS
from outreach.mail import render
from outreach.petitions.queries import by_slug
from outreach.supporters import lists
from outreach.supporters.models import Supporter
from outreach.supporters.operations import tag
from tests.blasts.test_compose import body_of
from tests.standins.world import BASE_URL, World

SLUG = "tell-the-harbour-board-count-every-letter"


def change(world: World, number: int, **values: object) -> None:
    """What is known of the person with this number."""
    with world.db.transaction() as session:
        one = person(session, number)
        for name, value in values.items():
            setattr(one, name, value)


def person(session: Session, number: int) -> Supporter:
    """The one with this number."""
    return session.scalars(
        select(Supporter).where(Supporter.address == f"p{number:04}@example.org")
    ).one()


def texts(world: World) -> list[str]:
    """The plain text for each person, by address, as it was sent."""
    world.start()
    world.send()
    return [letter for _, letter in sorted(world.provider.letters.items())]


def shown(world: World, number: int | None, part: str = "text") -> str:
    """A part of the preview as this person."""
    with world.db.reading() as session:
        blast = world.blast(session)
        like = person(session, number) if number else None
        return str(getattr(preview(session, blast, blast.variants[0], like, BASE_URL), part))


def faults(world: World) -> list[str]:
    with world.db.reading() as session, pytest.raises(Unreadable) as refused:
        blast = world.blast(session)
        compose(session, blast, blast.variants[0], BASE_URL)
    return [str(fault) for fault in refused.value.faults]


def test_each_person_gets_the_letter_of_what_holds_for_them(world: World) -> None:
    world.add_people(4)
    change(world, 1, region="NY")
    change(world, 2, region="CA", fields={"role": "steward"})
    with world.db.transaction() as session:
        tag(session, person(session, 3), "volunteer")
        change_first = person(session, 4)
        change_first.first_name = ""
    body_of(
        world,
        '{% if region == "NY" %}\nEmpire\n{% elif field.role = steward and not tag volunteer %}\n'
        "Steward\n{% else %}\nElsewhere\n{% endif %}\n\n"
        '{% if tag volunteer or list "Nowhere" %}Volunteer{% endif %}\n\n[[Sign]]',
        subject="Hello{% if first_name %}, {{ first_name }}{% endif %}!",
        preheader="{% if tag volunteer %}For volunteers{% else %}For everyone{% endif %}",
    )
    with world.db.transaction() as session:
        organisation = session.get_one(Organisation, world.organisation.id)
        lists.find_or_create(session, organisation, "Nowhere")
    empire, steward, volunteer, nameless = texts(world)
    words = ("Empire", "Steward", "Elsewhere", "Volunteer")

    def said(letter: str) -> list[str]:
        return [word for word in words if f"\n{word}" in letter]

    assert said(empire) == ["Empire"] and "Subject: Hello, Pat1!" in empire
    assert said(steward) == ["Steward"]
    assert said(volunteer) == ["Elsewhere", "Volunteer"]
    assert "For volunteers" in volunteer and "For everyone" not in volunteer
    assert said(nameless) == ["Elsewhere"] and "Subject: Hello!" in nameless


@pytest.mark.parametrize("number", [1, 2, None])
def test_a_preview_is_what_that_person_gets(world: World, number: int | None) -> None:
    world.add_people(2)
    change(world, 1, region="NY")
    body_of(
        world,
        "{% if region = NY %}Home{% else %}Away{% endif %}[^1]\n\n[[Sign]]",
        preheader="{% if not region %}Where are you?{% endif %}",
    )
    assert ("Home" in shown(world, number)) == (number == 1)
    assert ("Home" in shown(world, number, "html")) == (number == 1)
    assert ("Home" in shown(world, number, "source")) == (number == 1)
    assert shown(world, number, "preheader") == ("" if number == 1 else "Where are you?")


def test_a_note_has_the_page_s_number_and_is_listed_only_for_those_who_see_its_marker(
    world: World,
) -> None:
    world.add_people(2)
    change(world, 1, region="NY")
    body_of(
        world,
        "{% if region = NY %}\nOnly here.[^1]\n{% endif %}\n\nEverywhere.[^2]\n\n[[Sign]]",
    )
    home, away = shown(world, 1, "html"), shown(world, 2, "html")
    assert re.findall(r'aria-label="Note (\d)"', home) == ["1", "2"]
    assert re.findall(r'<li value="(\d)"', home) == ["1", "2"]
    assert re.findall(r'aria-label="Note (\d)"', away) == ["2"]
    assert re.findall(r'<li value="(\d)"', away) == ["2"]
    assert "Letters, counted once" not in away
    assert "Everywhere.[2]" in shown(world, 1) and "Everywhere.[2]" in shown(world, 2)
    assert "[1] Harbour" in shown(world, 1) and "[1] Harbour" not in shown(world, 2)
    with world.db.reading() as session:
        blast = world.blast(session)
        composed = compose(session, blast, blast.variants[0], BASE_URL)
    assert set(composed.cited) == {"1", "2"}


def test_a_link_keeps_its_slot_whichever_blocks_stand_before_it(world: World) -> None:
    world.add_people(2)
    change(world, 1, region="NY")
    body_of(
        world,
        "{% if region = NY %}\n[[Sign]]\n\n[here](https://a.example/)[^2]\n{% endif %}\n\n"
        "Both.[^1] [here](https://a.example/)\n\n[[Sign]]\n",
    )
    slots = {}
    for number, letter in enumerate(texts(world), 1):
        html = message_from_string(letter, policy=default).get_body(("html",)).get_content()
        found = re.findall(rf"/c/([\w-]{{{TOKEN_CHARS}}})", html)
        slots[number] = {world.tokens.read_letter(token).slot for token in found}
    assert slots[2] < slots[1]  # the second button and link are the same ones for both
    with world.db.reading() as session:
        blast = world.blast(session)
        links = compose(session, blast, blast.variants[0], BASE_URL).links
    assert sum(link.kind == "ask" for link in links) == 2
    assert [link.label for link in links].count("here") == 2


def test_a_saved_segment_is_asked_as_it_was_when_the_letter_was_frozen(world: World) -> None:
    world.add_people(2)
    change(world, 1, region="NY")
    with world.db.transaction() as session:
        organisation = session.get_one(Organisation, world.organisation.id)
        segments.save(session, organisation, name="Home", rules="region = NY")
    body_of(world, "{% if segment Home %}Home{% else %}Away{% endif %}\n\n[[Sign]]")
    world.start()
    with world.db.transaction() as session:
        segments.save(session, organisation, name="Home", rules="region = CA")
    world.send()
    home, away = (letter for _, letter in sorted(world.provider.letters.items()))
    assert "Home" in home and "Away" in away


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("x\n\n{% if tag nobody %}x{% endif %}",
         "Body, line 3: in “{% if tag nobody %}”: there is no tag “nobody”. Make a tag first."),
        ("{% if region = 'NY' %}x{% endif %}", "names and values stand in double quotes."),
        ("{% if everyone sample 5 %}x{% endif %}", "a letter can’t draw a sample."),
        ("{% if %}x{% endif %}", "nothing is asked. Ask as in a segment: first_name, "),
        ('{% if signed "none" %}x{% endif %}', "there is no petition “none”"),
        ("{% if fist_name %}x{% endif %}", "Did you mean “first_name”?"),
        ('{% snippet "thank" %}', "there is no snippet “thank”. Known: thanks."),
        ("".join(f"{{% if field.f{n} %}}x{{% endif %}}" for n in range(7)),
         "The blocks of this letter make more than 64 different letters."),
    ],
)  # fmt: skip
def test_what_a_block_can_not_ask_is_said(world: World, body: str, said: str) -> None:
    body_of(world, f"{body}\n\n[[Sign]]")
    assert any(said in fault for fault in faults(world)), faults(world)


def test_sixty_four_letters_are_sent(world: World) -> None:
    world.add_people(3)
    change(world, 1, fields={f"f{n}": "x" for n in range(6)})
    change(world, 2, fields={"f3": "x"})
    asked = "".join(f"{{% if field.f{n} %}}-{n}{{% endif %}}" for n in range(6))
    body_of(world, f"Codes:{asked}.\n\n[[Sign]]")
    every, one, none = texts(world)
    assert "Codes:-0-1-2-3-4-5." in every
    assert "Codes:-3." in one
    assert "Codes:." in none


def test_the_organisation_s_and_the_petition_s_words_are_no_markdown(world: World) -> None:
    with world.db.transaction() as session:
        by_slug(session, SLUG).headline = "Count *every* [letter](x) _now_ & <then>!"
    body_of(
        world,
        "{{ petition.headline }} by {{ organisation.name | upper }}, see "
        '[the page]({{ petition.url }}).\n\n{% snippet "thanks" %}\n\n[[Sign]]',
        subject="{{ petition.headline }}",
    )
    assert "Count *every* [letter](x) _now_ & <then>! by " in shown(world, None)
    assert world.organisation.name.upper() in shown(world, None)
    assert "Count *every* [letter](x) _now_ &amp; &lt;then&gt;!" in shown(world, None, "html")
    assert f'href="{BASE_URL}/petitions/{SLUG}"' in shown(world, None, "html")
    assert "With thanks,\n" in shown(world, None)
    assert shown(world, None, "subject").startswith("Count *every*")


def test_snippets_bring_their_own_blocks_fields_and_notes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kept in render.FOLDER.iterdir():
        (tmp_path / kept.name).symlink_to(kept)
    (tmp_path / "_snippets").unlink()
    (tmp_path / "_snippets").mkdir()
    (tmp_path / "_snippets" / "why.md").write_text(
        "{% if region = NY %}\nDear neighbour {{ first_name }}.[^2]\n{% endif %}\n[[Sign here]]\n"
    )
    monkeypatch.setattr(render, "FOLDER", tmp_path)
    world.add_people(2)
    change(world, 1, region="NY")
    body_of(world, 'A\n\n{% snippet "why" %}\n\nB\n\n{% snippet "why" %}\n')
    assert shown(world, 1).count("Dear neighbour Pat1.[2]") == 2
    assert "neighbour" not in shown(world, 2)
    with world.db.reading() as session:
        blast = world.blast(session)
        links = compose(session, blast, blast.variants[0], BASE_URL).links
    assert sum(link.kind == "ask" for link in links) == 2


def test_preflight_tells_what_the_blocks_do(world: World) -> None:
    world.add_people(2)
    change(world, 1, region="NY", fields={"due": "2026-01-31", "gift": "12.5"})
    change(world, 2, fields={"due": "soon", "gift": "twelve"})
    body_of(
        world,
        "{% if region = NY %}\n[[Sign]]\n{% endif %}\n\n"
        '{{ field.due or "later" | date }} {{ field.gift or "none" | number }} '
        '{{ joined or "a while" | date }}',
    )
    with world.db.reading() as session:
        found = {f.key: f for f in preflight.run(session, world.blast(session), BASE_URL)}
    assert found["ask"].title == "Nothing leads to the petition in 1 of 2 letters"
    assert found["outcomes"].title == "The blocks make 2 different letters"
    assert found["dates"].title == "Values of field.due that are no dates: 1"
    assert found["numbers"].title == "Values of field.gift that are no numbers: 1"
    assert re.search(r"31 January 2026 12.5 \d+ \w+ 20\d\d", shown(world, 1))
    assert "soon twelve " in shown(world, 2)


WORDS = st.sampled_from(["", "NY", "é", "Ada", "a b", "zz"])
QUESTION = st.one_of(
    st.sampled_from(["first_name", "region", "field.role"]),
    st.builds('{} == "{}"'.format, st.sampled_from(["first_name", "region", "field.role"]), WORDS),
    st.builds('{} != "{}"'.format, st.sampled_from(["region", "field.role"]), WORDS),
)
RULE = st.recursive(
    QUESTION,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
    ),
    max_leaves=4,
)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rules=st.tuples(RULE, RULE), first_name=WORDS, region=WORDS, role=WORDS)
def test_the_database_answers_as_jinja_would(
    world: World, rules: tuple[str, str], first_name: str, region: str, role: str
) -> None:
    if not hasattr(world, "_peopled"):
        world.add_people(1)
        world._peopled = True  # type: ignore[attr-defined]
    change(world, 1, first_name=first_name, region=region, fields={"role": role})
    source = "<{% if " + rules[0] + " %}A{% elif " + rules[1] + " %}B{% else %}C{% endif %}>"
    body_of(world, "[[Sign]]", subject=source)
    known = {"first_name": first_name, "region": region, "field": {"role": role}}
    nobody = {"first_name": "", "region": "", "field": {"role": ""}}
    template = Environment().from_string(source)
    assert shown(world, 1, "subject") == template.render(known)
    assert shown(world, None, "subject") == template.render(nobody)
