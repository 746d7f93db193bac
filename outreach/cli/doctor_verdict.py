"""What `outreach doctor` looks at, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import config
from outreach.services import Services

Level = Literal["ok", "look", "stop", "skipped"]


@dataclass(frozen=True)
class Verdict:
    """What was found of one thing; `todo` says what to do where it is not well."""

    check: str
    level: Level
    found: str
    todo: str = ""


@dataclass(frozen=True)
class Patient:
    """What is looked at."""

    settings: config.Settings
    services: Services


Check = Callable[[Patient], Iterator[Verdict]]
