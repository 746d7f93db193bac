"""Every kind of provider in the settings can be built, and the silent one counts what it writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

import config
from outreach.mail.plan import Plan
from outreach.mail.provider import Fate, Provider, ProviderRefuses
from outreach.providers.build import Kind, build
from outreach.providers.null import NullProvider
from tests.providers.conftest import MakeRecipient


def test_every_kind_in_the_settings_is_known() -> None:
    field = config.Settings.model_fields["provider"]
    assert get_args(field.annotation) == get_args(Kind)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_building_connects_to_nothing(kind: Kind, tmp_path: Path) -> None:
    provider: Provider = build(kind, data_dir=tmp_path, sendgrid_api_key="SG.test")
    assert provider.name == kind
    assert provider.part_size >= 1
    assert list(tmp_path.iterdir()) == []
    provider.close()


def test_the_mailbox_lies_in_the_data_folder(
    plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    build("mailbox", data_dir=tmp_path).send(plan, [person(1)])
    assert (tmp_path / "mailbox" / "0" / "1.eml").exists()


def test_the_silent_provider_writes_and_counts(plan: Plan, person: MakeRecipient) -> None:
    provider = NullProvider()
    outcomes = provider.send(plan, [person(1), person(2, "no address"), person(3)])
    assert {outcome.delivery_id: outcome.fate for outcome in outcomes} == {
        1: Fate.ACCEPTED,
        2: Fate.REFUSED,
        3: Fate.ACCEPTED,
    }
    assert provider.letters == 2
    assert provider.bytes > 2 * sum(len(piece) for piece in plan.html if isinstance(piece, str))
    assert provider.settle([1]) == []


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_sender_without_usable_address_refuses_nobody(
    kind: Kind, plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    with_list = replace(plan.envelope, reply_to="a@mail.example, b@mail.example")
    provider = build(kind, data_dir=tmp_path, sendgrid_api_key="SG.test", smtp_port=9)
    with pytest.raises(ProviderRefuses, match="sender of this letter"):
        provider.send(replace(plan, envelope=with_list), [person(1)])
    provider.close()
