"""A petition in other languages: offered while it says what the original says."""

from __future__ import annotations

import pytest

from outreach.core.errors import FormErrors, NotFound
from outreach.petitions import queries, signing, translations
from outreach.petitions.models import Petition
from outreach.petitions.saying import Said
from outreach.petitions.translations import Translated
from outreach.supporters.models import Supporter
from tests.petitions.worlds import World, revised

SPANISH = Translated(
    headline="Westhaven: que sigan los autobuses",
    targets=("la Junta",),
    statement="Que sigan todos.[^1]",
    body="Lo quieren suprimir.[^2] Ya lo intentaron[^3] y no.[^3] Turnos.[^4]",
)


def translated(world: World, given: Translated = SPANISH, language: str = "es") -> None:
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        translations.save(session, petition, language, given, by="mara")


def offered(world: World) -> list[str]:
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        return translations.offered(session, petition, queries.current_version(session, petition))


def test_a_translation_is_offered_until_the_wording_changes(world: World) -> None:
    translated(world)
    assert offered(world) == ["en", "es"]
    with world.db.transaction() as session:
        revised(session, session.get_one(Petition, world.petition.id), statement="All of them.[^1]")
    assert offered(world) == ["en"]
    translated(world)
    assert offered(world) == ["en", "es"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"headline": ""}, ["headline"]),
        ({"statement": "Que sigan."}, ["statement"]),
        ({"body": SPANISH.body + "[^9]"}, ["body"]),
    ],
)
def test_a_translation_leads_to_the_same_notes(
    world: World, changes: dict[str, str], fields: list[str]
) -> None:
    words = {name: getattr(SPANISH, name) for name in translations.PARTS}
    with pytest.raises(FormErrors) as refused:
        translated(world, Translated(**{**words, **changes}))
    assert [name for name, _ in refused.value.faults] == fields
    assert offered(world) == ["en"]


@pytest.mark.parametrize("language", ["en", "klingon!", ""])
def test_it_is_into_another_language_that_is_known(world: World, language: str) -> None:
    with pytest.raises(FormErrors) as refused:
        translated(world, language=language)
    assert "language" in [name for name, _ in refused.value.faults]


def test_a_signature_keeps_the_translation_that_was_signed(world: World) -> None:
    translated(world)
    jane = world.supporter()
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        reading = next(
            one for one in translations.in_force(session, petition).values() if one.language == "es"
        )
        person = session.get_one(Supporter, jane.id)
        signed = signing.sign_recognised(session, petition, person, said=Said(reading=reading))
    words = {name: getattr(SPANISH, name) for name in translations.PARTS}
    translated(world, Translated(**{**words, "statement": "Otra cosa.[^1]"}))
    with world.db.transaction() as session:
        told = translations.signed(session, signed)
        assert (signed.language, told.statement) == ("es", "Que sigan todos.[^1]")
        petition = session.get_one(Petition, world.petition.id)
        found = translations.latest(session, petition, "es")
        assert found is not None and found.statement == "Otra cosa.[^1]"
        translations.remove(session, petition, "es", by="mara")
        assert translations.signed(session, signed).statement == "Que sigan todos.[^1]"
    assert offered(world) == ["en"]
    with world.db.transaction() as session, pytest.raises(NotFound):
        petition = session.get_one(Petition, world.petition.id)
        translations.remove(session, petition, "ar", by="mara")
