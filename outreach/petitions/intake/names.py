"""Names of people and bodies: what looks like one, and a run of them cut into single ones."""

from __future__ import annotations

import re

from outreach.petitions.intake.words import (
    BODIES,
    COMPOUND_STARTS,
    FIRST_NAMES,
    PRESS_WORDS,
    ROLE_STARTS,
    SMALL_WORDS,
    STATES,
)

_SEPARATOR = re.compile(r"\s*;\s*(?:and\s+)?|\s*,\s*(?:and\s+|&\s+)?|\s+and\s+")
_SEMICOLON = re.compile(r"\s*;\s*(?:and\s+)?")
_PERSON_INITIAL = re.compile(r"^[A-Z]\.|\s[A-Z]\.(?:\s|$)|\bet al\b")
_SENTENCE_END = re.compile(r"[.!?:;,…][”\"’']?$")


def looks_like_name(text: str, longest: int = 8) -> bool:
    """Whether a short line reads as the name of a person or body rather than as a sentence."""
    words = text.split()
    if not words or len(words) > longest or len(text) > 80:
        return False
    if _SENTENCE_END.search(text) and not re.search(r"\b(?:Inc|Co|Corp|Ltd|Jr)\.$", text):
        return False
    return all(
        word.lower() in SMALL_WORDS or not word[:1].isalpha() or not word[:1].islower()
        for word in words
    )


def looks_like_person(text: str) -> bool:
    """Whether a name is that of a person, by its initials or its first word."""
    words = text.split()
    if _PERSON_INITIAL.search(text) and not text.startswith(("U.S.", "U.K.", "U.N.")):
        return True
    if not 2 <= len(words) <= 4 or words[-1].lower().strip(".") in PRESS_WORDS:
        return False
    return words[0].lower() in FIRST_NAMES


def without_article(name: str) -> str:
    """A name without the article that a sentence gave it ("the Senate"); "The" is kept."""
    return name[4:].lstrip() if name.startswith("the ") else name


def split_names(text: str) -> list[str]:
    """The single names of "A, B and C"; semicolons, where there are any, are the only cuts.

    Names that hold a comma or an "and" themselves stay whole where a word tells so: "Food and
    Drug Administration", "Jane Roe, Mayor of Elm", "Acme, Inc.".
    """
    text = text.strip().strip("*_").strip().rstrip(".,;:") if not _ends_in_short(text) else text
    semicolons = ";" in text
    pieces = _SEMICOLON.split(text) if semicolons else _split_at_commas(text)
    names = [without_article(piece.strip(" *_")) for piece in pieces]
    return [name for name in dict.fromkeys(names) if name]


def _ends_in_short(text: str) -> bool:
    return bool(re.search(r"(?:\b(?:Inc|Co|Corp|Ltd|Jr|Sr)|\.[A-Z])\.$", text.strip()))


def _split_at_commas(text: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for found in _SEPARATOR.finditer(text):
        left, right = text[start : found.start()], text[found.end() :]
        if not left.strip() or _belongs_together(left, found.group(), right):
            continue
        pieces.append(left)
        start = found.end()
    pieces.append(text[start:])
    return pieces


def _is_role(words: str) -> bool:
    """Whether a piece between commas only says what the one before it is: "CEO of Amazon"."""
    head = re.split(r"\s(?:of|for|at|to)\s", words)[0].lower().split()
    return bool(head) and all(word in ROLE_STARTS for word in head)


def _belongs_together(left: str, cut: str, right: str) -> bool:
    left_words, right_words = left.split(), right.split()
    if not right_words:
        return False
    last, first = left_words[-1].lower(), right_words[0].lower().rstrip(",")
    if "," in cut and "and" not in cut:
        state = re.split(r",|;|\sand\s", right)[0].strip()
        if _is_role(state) or (state in STATES and left.strip() not in STATES):
            return True
        body = left_words[0].lower() if left_words[0].lower() != "the" else left_words[1].lower()
        return last in COMPOUND_STARTS and body in BODIES
    if last in COMPOUND_STARTS and first != "the":
        return True
    return left_words[-1] == right_words[0]  # Johnson and Johnson
