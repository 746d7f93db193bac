"""Who brought whom: over generations, bounded, and what was taken off is no credit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import config
from outreach.cli.context import Context
from outreach.cli.petitions import petitions
from outreach.core.errors import NotFound
from outreach.petitions import queries, referrals, signing
from outreach.petitions.models import Petition, Signature
from outreach.petitions.signing import Credit
from outreach.supporters.models import Supporter
from tests.petitions.worlds import World, published


def signed(world: World, name: str, by: int | None = None) -> int:
    person = world.supporter(name)
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        stored = session.get_one(Supporter, person.id)
        credit = Credit(shared_by_id=by)
        return signing.sign_recognised(session, petition, stored, credit=credit).id


def test_sharers_stand_by_all_whom_they_brought_and_a_tree_is_bounded(world: World) -> None:
    ann = signed(world, "Ann Lee")
    bea = signed(world, "Bea Moss", ann)
    for i in range(referrals.CHILDREN + 3):
        signed(world, f"P{i} Oz", bea)
    off = signed(world, "Cem Oz", ann)
    signed(world, "Dee Pym", off)
    with world.db.transaction() as session:
        signing.invalidate(session, session.get_one(Signature, off), "asked")
    many = referrals.CHILDREN + 3
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        assert referrals.generations(session, petition) == [(1, 1), (2, many + 1)]
        page = referrals.most_effective(session, petition)
        assert [(one.name, one.directly, one.further) for one in page.rows] == [
            ("Ann Lee", 1, many + 1),
            ("Bea Moss", many, 0),
            ("Cem Oz", 1, 0),
        ]
        brought = queries.brought_by(session, session.get_one(Signature, ann))
        assert (brought.directly, brought.further) == (1, many + 1)
        tree = referrals.tree(session, petition, ann)
        assert [(one.name, one.counts) for one in tree.branches] == [
            ("Bea Moss", True),
            ("Cem Oz", False),
        ]
        assert len(tree.branches[0].branches) == referrals.CHILDREN
        assert tree.branches[0].more == 3
        [short] = referrals.tree(session, petition, ann, depth=1).branches[:1]
        assert (short.branches, short.more) == ([], many)


def test_a_long_line_ends(world: World) -> None:
    above = signed(world, "P0 Lee")
    for i in range(1, 8):
        above = signed(world, f"P{i} Lee", above)
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        assert [number for _, number in referrals.generations(session, petition)] == [1] * 7
        assert referrals.most_effective(session, petition).rows[0].total == 7


def test_a_signer_of_another_petition_has_no_tree_here(world: World) -> None:
    ann = signed(world, "Ann Lee")
    with world.db.transaction() as session:
        other = published(session, world.organisation, headline="Another")
    with world.db.reading() as session, pytest.raises(NotFound):
        referrals.tree(session, session.get_one(Petition, other.id), ann)


def test_the_command_names_nobody_in_full(world: World, tmp_path: Path) -> None:
    ann = signed(world, "Ann Lee")
    signed(world, "Bea Moss", ann)
    url = world.db.url.render_as_string(hide_password=False)
    context = Context(config.Settings(database_url=url, data_dir=tmp_path))

    def typed(*words: str) -> str:
        result = CliRunner().invoke(
            petitions, ["referrals", world.petition.slug, *words], obj=context
        )
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    assert f"Ann L. (signature {ann}): 1 directly, 0 further on" in typed()
    assert json.loads(typed("--json"))["generations"] == [{"generation": 1, "signatures": 1}]
    assert "  Bea M." in typed("--of", str(ann))
    assert "Moss" not in typed("--of", str(ann))
    context.close()
