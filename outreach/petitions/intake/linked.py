"""Notes that a page's own links lead to, taken out of its blocks and numbered by first call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from outreach.petitions.intake.runs import Run, as_markdown

_LABEL = re.compile(
    r"^[\s\[(]*(?:[0-9]{1,4}|[ivxlc]{1,7}|[a-z]|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4}|[*†‡§¶#]{1,4})[\s.\])]*$", re.I
)
_BACK = re.compile(
    r"^[\s\[(]*(?:[↑↩⏎^⤴\ufe0e\ufe0f]|back(?: to (?:text|content|top))?)+[\s\])]*$", re.I
)
_REMARK = re.compile(r"^#_?(?:cmnt|msocom)", re.I)  # what colleagues said about the draft
_LEAD = re.compile(r"^[\[(]?(?:[0-9]{1,4}|[ivxlc]{1,7}|[*†‡§¶]{1,4}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})[\]).:]*\s+")


@dataclass(slots=True)
class Block:
    """One paragraph of a page: its runs, what it is, the ids at its start, the elements around."""

    runs: list[Run] = field(default_factory=list)
    heading: int = 0
    prefix: str = ""
    quoted: bool = False
    rule: bool = False
    ids: list[str] = field(default_factory=list)
    path: tuple[int, ...] = ()


def with_notes_apart(blocks: Sequence[Block]) -> tuple[list[Block], list[tuple[int, str]]]:
    """The blocks with `call`s where they called a note, and the notes by number.

    A link is a call where its label is a number or sign and it leads down the page, to the start
    of another block. Remarks of a word processor are called in the same way, and left out.
    """
    start_of: dict[str, int] = {}
    for at, block in enumerate(blocks):
        for name in block.ids:
            start_of.setdefault(name, at)
    calls: dict[int, int] = {}  # the block where a note starts: its number
    called_in: set[int] = set()
    following = 1
    for at, block in enumerate(blocks):
        for spot, run in enumerate(block.runs):
            leads_to = start_of.get(run.href[1:], -1) if run.href.startswith("#") else -1
            remark = _REMARK.match(run.href)
            if leads_to > at and (remark or _LABEL.match(run.text)) and at not in calls:
                number = 0 if remark else calls.get(leads_to, following)
                calls[leads_to] = number
                following += number == following
                same = spot and block.runs[spot - 1].call == number
                block.runs[spot] = Run("", call=0 if same else number)
                called_in.add(at)
    taken = _extents(blocks, calls, called_in)
    notes = [
        (number, _words([blocks[i] for i in taken[start]]))
        for start, number in calls.items()
        if number
    ]
    gone = {i for rows in taken.values() for i in rows}
    return [block for i, block in enumerate(blocks) if i not in gone], notes


def _extents(
    blocks: Sequence[Block], calls: dict[int, int], called_in: set[int]
) -> dict[int, list[int]]:
    """For each note the blocks that are its words: those in the element that is its alone."""
    foreign: dict[int, int] = {}  # how many starts of notes and calls an element holds
    for at in {*calls, *called_in}:
        for serial in blocks[at].path:
            foreign[serial] = foreign.get(serial, 0) + 1
    members: dict[int, list[int]] = {}
    for at, block in enumerate(blocks):
        for serial in block.path:
            members.setdefault(serial, []).append(at)
    taken: dict[int, list[int]] = {}
    for start in calls:
        own = next((s for s in blocks[start].path if foreign[s] == 1), None)
        taken[start] = [i for i in members[own] if i >= start] if own is not None else [start]
    return taken


def _words(blocks: Sequence[Block]) -> str:
    paragraphs = []
    for block in blocks:
        runs = [
            replace(run, text="") if _leads_back(run) else replace(run, bold=False)
            for run in block.runs
        ]
        paragraphs.append(" ".join(as_markdown(runs).split()))
    text = " ".join(p for p in paragraphs if p)
    return re.sub(r"<((?:https?://|mailto:)[^<>\s]+)>", r"\1", _LEAD.sub("", text, count=1))


def _leads_back(run: Run) -> bool:
    return run.href.startswith("#") and bool(_LABEL.match(run.text) or _BACK.match(run.text))
