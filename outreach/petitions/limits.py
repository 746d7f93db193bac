"""What a petition can't be without, and how long its parts may be; each rule names its field."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.core.errors import BadInput

HEADLINE_MAX = 400
GOAL_MAX = 1_000_000_000


def must_be_text(headline: str, statement: str) -> None:
    """Raises BadInput where there is no headline, or nothing to sign."""
    must_be_headline(headline)
    must_be_statement(statement)


def must_be_headline(headline: str) -> None:
    """Raises BadInput where it is empty or too long."""
    if not headline.strip():
        raise BadInput(
            "A petition needs a headline.", hint="Say what is asked of whom.", field="headline"
        )
    if len(headline) > HEADLINE_MAX:
        raise BadInput(
            f"The headline has {len(headline)} characters; {HEADLINE_MAX} is the most.",
            hint="Say it shorter.",
            field="headline",
        )


def must_be_statement(statement: str) -> None:
    """Raises BadInput where it is empty."""
    if not statement.strip():
        raise BadInput(
            "A petition needs a statement: the words that people put their name under.",
            hint="Start it with “Petition to …:”, or end the text with “To: … From: [Your Name]”.",
            field="statement",
        )


def must_be_goal(goal: int) -> None:
    """Raises BadInput for what is no number of people."""
    if not 0 <= goal <= GOAL_MAX:
        raise BadInput(
            "A goal is a number of signatures.", hint="0 lets the count choose it.", field="goal"
        )


def markers(labels: Sequence[str]) -> str:
    """Markers as a sentence names them."""
    return ("marker " if len(labels) == 1 else "markers ") + ", ".join(f"[^{x}]" for x in labels)
