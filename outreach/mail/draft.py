"""A letter on its way to its plan: rendered with markers, then cut at them.

Wherever something personal will stand, the template gets a marker (lower-case letters and digits,
so that Markdown, the CSS inliner and HTML escaping leave it alone).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from outreach.core.tokens import Slot
from outreach.mail.fields import Field
from outreach.mail.plan import CONTROL, Context, Envelope, Form, MergeSlot, Piece, Plan, Texts


@dataclass
class Draft:
    """Hands out markers while templates are rendered, then compiles the rendered texts."""

    nonce: str = field(default_factory=lambda: secrets.token_hex(4))
    _merges: list[MergeSlot] = field(default_factory=list)

    def merge(self, merged: Field, context: Context) -> str:
        """A marker for a merge field; the same field in the same context is one slot."""
        slot = MergeSlot(merged, context)
        if slot not in self._merges:
            self._merges.append(slot)
        return self._marker("m", self._merges.index(slot))

    def link(self, slot: int) -> str:
        """A marker for the token of a slot of the letter."""
        return self._marker("t", slot)

    def place(self, number: int) -> str:
        """A marker that tells one place of a source from another; nothing of it is printed."""
        return self._marker("p", number)

    def places(self, text: str) -> tuple[str, ...]:
        """The markers of places in a text."""
        return tuple(found[0] for found in re.finditer(self._pattern, text) if found[1] == "p")

    def without_markers(self, text: str) -> str:
        """The text with an ellipsis wherever something personal will stand."""
        return re.sub(self._pattern, lambda found: "" if found[1] == "p" else "…", text)

    def _marker(self, kind: str, number: int) -> str:
        return f"zq{self.nonce}{kind}{number:04d}qz"

    @property
    def _pattern(self) -> str:
        return rf"zq{self.nonce}([mtp])(\d{{4}})qz"

    def compile(
        self,
        envelope: Envelope,
        *,
        subject: str,
        html: str,
        text: str,
        blast_id: int = 0,
        conditions: Sequence[str] = (),
        others: Sequence[tuple[Texts, Mapping[int, bool]]] = (),
        links: Iterable[int] = (),
    ) -> Plan:
        """The plan of texts that were rendered with this draft's markers.

        `others`: subject, HTML and text for each further outcome, with the answers that lead to it;
        `links`: slots that the letter may need beside those in the texts.
        """
        usual: Texts = (subject, html, text)
        used = {
            int(number)
            for texts in (usual, *(texts for texts, _ in others))
            for one in texts
            for kind, number in re.findall(self._pattern, one)
            if kind == "t"
        }
        plan = Plan(
            envelope=envelope,
            merges=tuple(self._merges),
            links=tuple(sorted(used | {Slot.UNSUBSCRIBE, *links})),
            subject=(),
            html=(),
            text=(),
            blast_id=blast_id,
            conditions=tuple(conditions),
        )
        first = self.form(plan, usual, {})
        forms = tuple(self.form(plan, texts, answers) for texts, answers in others)
        return replace(plan, subject=first.subject, html=first.html, text=first.text, others=forms)

    def form(self, plan: Plan, texts: Texts, answers: Mapping[int, bool]) -> Form:
        """Rendered texts cut at their markers, with the places of a plan's values."""
        subject, html, text = texts
        return Form(
            tuple(self._cut(plan, CONTROL.sub(" ", subject).strip())),
            tuple(self._cut(plan, html)),
            tuple(self._cut(plan, text)),
            yes=sum(1 << number for number, holds in answers.items() if holds),
            no=sum(1 << number for number, holds in answers.items() if not holds),
        )

    def _cut(self, plan: Plan, rendered: str) -> Iterator[Piece]:
        parts = iter(re.split(self._pattern, rendered))
        for static in parts:
            if static:
                yield static
            kind, number = next(parts, ""), int(next(parts, 0))
            if kind == "m":
                yield number
            elif kind == "t":
                yield from plan.token(number)
