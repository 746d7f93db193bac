"""The goal that a petition shows: the one that was set, or the next on a ladder."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count as powers

LADDER = (10, 25, 50)  # 100, 250, 500, 1,000, 2,500 … when nobody set a goal
# After a goal that was set is met: nearer, because a bar that falls to 40 % looks like a loss.
NEXT_AFTER = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)


@dataclass(frozen=True, slots=True)
class Goal:
    """What to show beside a count: `target` to reach, `met` the goal behind, `milestone` a step
    of the ladder on the way (0: none)."""

    count: int
    target: int
    met: int
    milestone: int = 0

    @property
    def percent(self) -> str:
        """How far the count is, as an SVG length: "73.7%"."""
        return _percent(self.count, self.target)

    @property
    def met_percent(self) -> str:
        """Where the met goal stands on the same bar."""
        return _percent(self.met, self.target)

    @property
    def milestone_percent(self) -> str:
        """Where the milestone stands on it."""
        return _percent(self.milestone, self.target)


def goal_for(count: int, wanted: int) -> Goal:
    """The goal for a count of signatures; `wanted` is the petition's own, 0 for none."""
    if 0 < wanted <= count:
        return Goal(count, _next(count, NEXT_AFTER), wanted)
    target = wanted or _next(count, LADDER)
    return Goal(count, target, 0, _behind(count, target))


def _behind(count: int, target: int) -> int:
    """The last step of the ladder that is passed, if its label has room beside the target's."""
    step, following = 0, _next(0, LADDER)
    while following <= count:
        step, following = following, _next(following, LADDER)
    return step if 0.1 * target <= step <= 0.75 * target else 0


def _next(count: int, steps: tuple[int, ...]) -> int:
    scales = (int(10**power) for power in powers(1))
    return next(step * scale for scale in scales for step in steps if step * scale > count)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%"
