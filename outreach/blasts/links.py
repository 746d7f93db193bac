"""The links of one letter: each gets a slot of the letter's tokens, the same in all its forms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from outreach.core.errors import BadInput
from outreach.core.tokens import MAX_SLOT, Slot
from outreach.mail.draft import Draft
from outreach.petitions.citations import Note
from outreach.tracking.links import NewLink

# Where a button or a link begins in Markdown; merge fields and blocks are passed over.
_BEGINNING = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})|\[\[(?=[\w{])|\[(?=[\w{][^\[\]]*\]\()", re.DOTALL)


@dataclass
class LinkBook:
    """A mail.markdown.Weaver that notes every link it hands out.

    A letter is rendered as HTML and as text for each outcome of its conditions, each time after
    `begin`. A link is known again by its place in the source (`mark`), or else by what it says and
    how often that was said before. Untracked (previews, test letters), links lead straight to
    their place.
    """

    draft: Draft
    base_url: str
    petition_url: str
    notes: Mapping[str, Note]  # by label
    tracked: bool = True
    links: list[NewLink] = field(default_factory=list)
    cited: dict[str, Note] = field(default_factory=dict)  # in any outcome
    shown: dict[str, Note] = field(default_factory=dict)  # since `begin`
    unresolved: list[str] = field(default_factory=list)
    faults: list[BadInput] = field(default_factory=list)  # of links that lead nowhere, and so on
    written: str = ""  # of the body, to find the line of a fault in
    known: Sequence[NewLink] = ()  # of the blast's other variants: the same link is one slot
    _slots: dict[tuple[object, ...], int] = field(default_factory=dict)
    _said: Counter[tuple[object, ...]] = field(default_factory=Counter)
    _places: int = 0

    def mark(self, text: str) -> str:
        """The Markdown with a marker wherever a link begins."""

        def marked(found: re.Match[str]) -> str:
            if found[1]:
                return found[1]
            self._places += 1
            return found[0] + self.draft.place(self._places)

        return _BEGINNING.sub(marked, text)

    @property
    def slots(self) -> list[int]:
        """Every slot that a letter with these links may need."""
        return [*map(int, Slot), *self._slots.values()] if self.tracked else []

    def begin(self) -> None:
        """Start a part of the letter for one outcome."""
        self._said.clear()
        self.shown = {}

    def link(self, url: str, label: str) -> str:
        """A link that the campaigner wrote; one to the petition's page is an ask."""
        if self.draft.without_markers(url) != url:
            shown = self.draft.without_markers(label)
            self._fault(
                url,
                f"the link “{shown}” has a merge field in its address.",
                "Addresses are logged wherever they lead: leave people out of them.",
            )
            return self.petition_url
        parts = urlsplit(url)
        if parts.scheme in ("mailto", "tel"):
            return url
        if parts.scheme not in ("http", "https") or not parts.netloc:
            self._fault(url, f"the link “{url}” leads nowhere.", "Start it with https://")
            return self.petition_url
        is_ask = url.split("#")[0].split("?")[0].rstrip("/") == self.petition_url
        return self._place("ask" if is_ask else "link", url, label)

    def button(self, label: str) -> str:
        """An ask button; each is counted on its own."""
        return self._place("ask", self.petition_url, label)

    def marker(self, label: str) -> tuple[str, str]:
        """A note's number, leading to the note on the petition's page (anchors in letters fail)."""
        note = self.notes.get(label)
        if note is None:
            self.unresolved.append(label)
            return "?", self.petition_url
        self.cited[label] = self.shown[label] = note
        url = f"{self.petition_url}#n{note.number}"
        return str(note.number), self._place("citation", url, f"note {note.number}")

    def source(self, note: Note, url: str) -> str:
        """The own address of one of a note's sources, for the list of notes."""
        return self._place("citation", url, f"source {note.number}")

    def trap(self) -> str:
        """The hidden link that only machines follow."""
        if not self.tracked:
            return ""
        if all(known.slot != Slot.TRAP for known in self.links):
            self.links.append(NewLink(Slot.TRAP, "trap", self.petition_url, "hidden link"))
        return self.address("c", Slot.TRAP)

    def address(self, door: str, slot: int) -> str:
        """The address of one of the letter's own doors, with a marker for the token."""
        return f"{self.base_url}/{door}/{self.draft.link(slot)}"

    def _fault(self, url: str, sentence: str, hint: str) -> None:
        start, _, _ = self.draft.without_markers(url).partition("…")
        at = self.written.find(f"]({start}")
        place = f"Body, line {self.written.count(chr(10), 0, at) + 1}" if at >= 0 else "Body"
        self.faults.append(BadInput(f"{place}: {sentence}", hint=hint, field="body"))

    def _place(self, kind: str, url: str, label: str) -> str:
        if not self.tracked:
            return url
        said = self.draft.without_markers(label)[:400]
        link = (kind, url, self.draft.places(label) or said)
        self._said[link] += 1
        key = (*link, self._said[link])
        slot = self._slots.get(key) or self._free_slot(kind, url, said)
        self._slots[key] = slot
        if slot > MAX_SLOT:
            raise BadInput(f"Body: more than {MAX_SLOT - Slot.FIRST_LINK} links.", field="body")
        if not any(known.slot == slot for known in self.links):
            self.links.append(NewLink(slot, kind, url, said))
        return self.address("c", slot)

    def _free_slot(self, kind: str, url: str, said: str) -> int:
        """That of the same link in another variant, or else one that no link of the blast has."""
        taken = set(self._slots.values())
        for other in self.known:
            if (other.kind, other.url, other.label) == (kind, url, said) and (
                other.slot not in taken
            ):
                return other.slot
        return max((Slot.FIRST_LINK - 1, *taken, *(other.slot for other in self.known))) + 1
