"""What public pages say in Spanish and Arabic: all of it, and nothing past gettext."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from outreach.core import languages

ROOT = Path(__file__).parents[2]
WORDS = {"gettext": None, "ngettext": (1, 2), "_": None, "N_": None}
FROM = [
    ("templates/public/**.html", "jinja2"),
    ("templates/emails/confirmation/**", "jinja2"),
    ("templates/emails/thanks/**", "jinja2"),
    *((f"outreach/{room}/**.py", "python") for room in ("petitions", "web", "core")),
]
TEMPLATES = sorted((ROOT / "templates" / "public").glob("*.html"))


@pytest.fixture(scope="module")
def said() -> set[str]:
    """Every word of ours on a public page, of a plural the singular."""
    found = extract_from_dir(
        ROOT,
        method_map=FROM,
        options_map={"templates/public/**.html": {"trimmed": "true", "silent": "false"}},
        keywords=WORDS,
    )
    return {one[2] if isinstance(one[2], str) else one[2][0] for one in found}


def catalogue(language: str) -> Catalog:
    with (languages.FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(message: Message) -> list[str]:
    """What it says in the language; of a plural each form."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


@pytest.mark.parametrize("language", ["es", "ar"])
def test_nothing_is_missing_and_nothing_is_left_over(said: set[str], language: str) -> None:
    known = {
        message.id if isinstance(message.id, str) else message.id[0]: message
        for message in catalogue(language)
        if message.id
    }
    assert len(said) > 200
    assert said - set(known) == set()
    assert set(known) - said == set()
    assert [name for name, message in known.items() if not all(texts(message))] == []
    assert [name for name, message in known.items() if message.fuzzy] == []


@pytest.mark.parametrize("language", [tag for tag in languages.spoken() if tag != "en"])
def test_a_translation_names_the_values_that_the_english_words_have(language: str) -> None:
    value = re.compile(r"%\((\w+)\)s")
    for message in filter(lambda each: each.id, catalogue(language)):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        allowed = {name for words in ids for name in value.findall(words)}
        for text in filter(None, texts(message)):
            assert set(value.findall(text)) <= allowed, text
            assert "%" not in value.sub("", text), text
            if isinstance(message.id, str):
                assert set(value.findall(text)) == allowed, text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_past_gettext(template: Path) -> None:
    text = template.read_text("utf-8")
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    text = re.sub(r"\{%-? trans.*?endtrans -?%\}", "", text, flags=re.S)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.S)
    shown = re.sub(r"<[^>]*>|\w+=\"\"", "\n", text)
    titles = re.findall(r'(?:aria-label|title|alt)="([^"]*)"', text)
    assert re.findall(r"[A-Za-z]{2,}[^\n]*", shown) == []
    assert [words for words in titles if re.search("[A-Za-z]", words)] == []


def test_words_follow_the_language_and_fall_back_to_english() -> None:
    with languages.speaking("es-MX"):
        assert languages.gettext("Notes") == "Notas"
        assert languages.ngettext("%(number)s person", "%(number)s people", 2).endswith("personas")
        assert languages.number(18426) == "18,426"  # as Mexico writes it
    with languages.speaking("es"):
        assert languages.number(18426) == "18.426"
        assert languages.listed(["Ana", "Ben", "Cleo"]) == "Ana, Ben y Cleo"
    with languages.speaking("fi"):
        assert languages.gettext("Notes") == "Notes"


@pytest.mark.parametrize(
    ("wanted", "offered", "found"),
    [
        (["es-MX", "en"], ["en", "es"], "es"),
        (["pt"], ["pt-BR", "en"], "pt-BR"),
        (["de", "ar"], ["en", "es", "ar"], "ar"),
        (["", "de"], ["en", "es"], None),
        (["EN-us"], ["en", "es"], "en"),
    ],
)
def test_the_first_wanted_language_that_is_there(
    wanted: list[str], offered: list[str], found: str | None
) -> None:
    assert languages.negotiated(wanted, offered) == found
