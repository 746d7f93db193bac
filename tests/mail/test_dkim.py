"""What we sign, a verifier of other people's making accepts, and nothing that was changed."""

from __future__ import annotations

from email import message_from_bytes

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.core.tokens import Slot, Tokens
from outreach.mail.dkim import SIGNED, Key, Signer
from outreach.mail.dkim_keys import dns_record
from outreach.mail.draft import Draft
from outreach.mail.fields import Field
from outreach.mail.mime import mime_letter
from outreach.mail.plan import Context, Envelope, Plan, Recipient

DATE = "Sun, 01 Mar 2026 09:30:00 +0000"
RSA = Key("s2026", generate_private_key(65537, 2048))
ED = Key("s2026e", Ed25519PrivateKey.generate())
FAST, BOTH = Signer("harbour.example", [ED]), Signer("harbour.example", [RSA, ED])
ENVELOPE = Envelope(
    sender_name="Mara, Harbour Lights",
    sender_address="mara@harbour.example",
    base_url="https://act.harbour.example",
    list_id="petitions.harbour.example",
    feedback_id="b3:o1:outreach",
    reply_to="hello@harbour.example",
)
anything = st.one_of(st.text(), st.text(alphabet='a  ."=\t\r\n:é🐟', max_size=200))


def a_plan(subject: str = "Save the harbour, ", text: str = "Dear ") -> Plan:
    draft, name = Draft(), Field("first_name", "friend")
    return draft.compile(
        ENVELOPE,
        subject=subject + draft.merge(name, Context.HEADER),
        html=f"<p>  Dear  {draft.merge(name, Context.HTML)} ,  </p>\n\n\n",
        text=f"{text}{draft.merge(name, Context.PLAIN)}\n\n  {draft.link(Slot.UNSUBSCRIBE)}\n\n",
        blast_id=3,
    )


def a_letter(plan: Plan, first_name: str = "Zoë", address: str = "zoe@mail.example") -> bytes:
    tokens = Tokens("a secret for tests").letter_maker(3, plan.links)(7)
    values = plan.values_of([first_name], tokens)
    return mime_letter(plan, Recipient(7, address, f"{first_name} Smith", values), DATE)


def holds(signer: Signer, letter: bytes) -> list[bool]:
    """Whether each signature of a letter is good, with the keys as they stand in the DNS."""
    records = dict(dns_record(signer, key) for key in signer.keys)

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        return records[name.decode().rstrip(".")].encode()

    verdicts = []
    for index in range(len(signer.keys)):
        try:
            verdicts.append(bool(dkim.DKIM(letter).verify(index, dnsfunc=look_up)))
        except dkim.DKIMException:
            verdicts.append(False)
    return verdicts


@pytest.mark.parametrize("keys", [[RSA], [ED], [RSA, ED]], ids=["rsa", "ed25519", "both"])
def test_a_verifier_accepts_each_signature(keys: list[Key]) -> None:
    signer = Signer("harbour.example", keys)
    signed = signer.sign(a_letter(a_plan()))
    assert holds(signer, signed) == [True] * len(keys)


def test_the_letter_itself_stays_as_it_is_and_no_line_is_too_long() -> None:
    letter = a_letter(a_plan())
    signed = BOTH.sign(letter)
    assert signed.endswith(b"\r\n" + letter)
    signatures = signed.removesuffix(letter).removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, signatures)) < 250
    assert not any(line.startswith(b".") for line in signatures)


def test_all_that_matters_is_covered_and_the_sender_twice() -> None:
    message = message_from_bytes(FAST.sign(a_letter(a_plan())))
    tags = dict(tag.strip().split("=", 1) for tag in message["DKIM-Signature"].split(";"))
    assert tags["h"].split(":") == ["from", *SIGNED]
    assert (tags["a"], tags["c"], tags["d"]) == (
        "ed25519-sha256",
        "relaxed/relaxed",
        "harbour.example",
    )


def test_a_second_sender_breaks_the_signature() -> None:
    signed = FAST.sign(a_letter(a_plan()))
    assert holds(FAST, b"From: somebody@else.example\r\n" + signed) == [False]


@given(subject=anything, name=anything, text=anything)
@settings(deadline=None, max_examples=150)
def test_any_name_subject_and_text_can_be_signed(subject: str, name: str, text: str) -> None:
    assert holds(FAST, FAST.sign(a_letter(a_plan(subject, text), name))) == [True]


def test_an_address_beyond_ascii_can_be_signed() -> None:
    assert holds(BOTH, BOTH.sign(a_letter(a_plan(), address="zoë@mail.example"))) == [True] * 2


_LETTER = a_letter(a_plan())
_SIGNED = BOTH.sign(_LETTER)


@given(place=st.integers(len(_SIGNED) - len(_LETTER), len(_SIGNED) - 1))
@settings(deadline=None, max_examples=150)
def test_a_changed_byte_fails(place: int) -> None:
    other = b"!" if _SIGNED[place : place + 1] == b"~" else b"~"
    assert holds(BOTH, _SIGNED[:place] + other + _SIGNED[place + 1 :]) == [False, False]


@pytest.mark.parametrize("signer", [FAST, BOTH], ids=["as asked for", "ahead in threads"])
def test_many_letters_stay_in_order(signer: Signer) -> None:
    plan = a_plan()
    tokens = Tokens("a secret for tests").letter_maker(3, plan.links)
    people = [
        Recipient(n, f"p{n}@mail.example", "", plan.values_of(["Zoë"], tokens(n)))
        for n in range(1, 101)
    ]
    letters = [(person, mime_letter(plan, person, DATE)) for person in people]
    signed = list(signer.sign_all(iter(letters)))
    assert [person for person, _ in signed] == people
    for (_, letter), (_, after) in zip(letters, signed, strict=True):
        assert after.endswith(letter)
    assert holds(signer, signed[-1][1]) == [True] * len(signer.keys)
