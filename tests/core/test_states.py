"""State machines: named moves, harmless repeats, errors that say what is possible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.blasts.models import BLAST_STATES
from outreach.core.errors import Conflict
from outreach.core.states import StateMachine
from outreach.mail.models import BATCH_STATES, DELIVERY_STATES
from outreach.petitions.models import PETITION_STATES, SIGNATURE_STATES
from outreach.supporters.models import IMPORT_STATES

MACHINES = [
    BLAST_STATES,
    BATCH_STATES,
    DELIVERY_STATES,
    PETITION_STATES,
    SIGNATURE_STATES,
    IMPORT_STATES,
]


@given(st.sampled_from(MACHINES), st.data())
def test_a_move_leads_to_its_target_or_is_refused(
    machine: StateMachine, data: st.DataObject
) -> None:
    state = data.draw(st.sampled_from(sorted(machine.states)))
    verb = data.draw(st.sampled_from(sorted(machine.moves)))
    if machine.allows(state, verb) or state == machine.moves[verb].target:
        target = machine.after(state, verb)
        assert target == machine.moves[verb].target
        assert machine.after(target, verb) == target  # a repeat changes nothing
    else:
        with pytest.raises(Conflict, match=state):
            machine.after(state, verb)


def test_what_has_ended_never_starts_again_but_for_letters_that_a_person_sends_again() -> None:
    for verb in BLAST_STATES.moves:
        for ended in ("finished", "cancelled", "failed"):
            again = (ended, verb) == ("finished", "go_on")
            assert BLAST_STATES.allows(ended, verb) is again


def test_the_error_says_what_is_possible() -> None:
    with pytest.raises(Conflict) as refused:
        BLAST_STATES.after("draft", "pause")
    assert refused.value.hint == "Possible: cancel, schedule."


def test_the_error_offers_nothing_that_only_we_do() -> None:
    for state, possible in (("scheduled", "cancel, pause, unschedule"), ("finished", "nothing")):
        with pytest.raises(Conflict) as refused:
            BLAST_STATES.after(state, "resume")
        assert refused.value.hint == f"Possible: {possible}."
