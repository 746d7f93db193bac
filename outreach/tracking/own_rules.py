"""Changing an organisation’s own rules of judging; nothing that is stored is judged anew by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any

from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.models import Organisation
from outreach.core.clock import now
from outreach.core.errors import FormErrors
from outreach.tracking import rejudge
from outreach.tracking.evidence import WEIGHTS
from outreach.tracking.network import PREFIX_V4, PREFIX_V6, network_hash

# As people are asked for them, in this order; each is lines of text.
FIELDS = ("weights", "machine_agents", "reader_agents", "networks")
WEIGHT_MAX = 20
AGENT_MIN, AGENT_MAX = 3, 200  # characters
LINES_MAX = 100
# Events keep /24 and /48, hashed: a wider network is so many of those.
WIDEST_V4, WIDEST_V6 = 16, 40


def values(organisation: Organisation) -> dict[str, str]:
    """The rules as a form or a terminal shows them: FIELDS as lines, "" for none."""
    kept = organisation.judging
    own = kept.get("weights", {})
    # Databases keep no order of their own in objects.
    weights = [f"{name} {own[name]}" for name in WEIGHTS if name in own]
    return {
        "weights": "\n".join(weights),
        "machine_agents": "\n".join(kept.get("machine_agents", ())),
        "reader_agents": "\n".join(kept.get("reader_agents", ())),
        "networks": "\n".join(sorted(kept.get("networks", ()))),
    }


def edit(
    session: Session,
    organisation: Organisation,
    changes: Mapping[str, str],
    *,
    secret: str,
    actor: str,
) -> list[str]:
    """Change fields of FIELDS; returns those that are other than before.

    Events to come are judged by the new rules, those stored by `rejudge`: a run over history that
    is not through yet ends, so that the next begins anew. Raises FormErrors naming each field at
    fault; nothing changed then.
    """
    before = values(organisation)
    given = before | dict(changes)
    faults: list[tuple[str, str]] = []
    judged = {
        "weights": dict(_lines(faults, "weights", given, _weight)),
        "machine_agents": _lines(faults, "machine_agents", given, _agent),
        "reader_agents": _lines(faults, "reader_agents", given, _agent),
        "networks": dict(_lines(faults, "networks", given, lambda line: _network(line, secret))),
    }
    if faults:
        raise FormErrors(faults)
    organisation.judging = {name: value for name, value in judged.items() if value}
    after = values(organisation)
    changed = [name for name in FIELDS if after[name] != before[name]]
    if changed:
        run = rejudge.unfinished(session)
        if run is not None:
            run.finished_at = now()
        subject = f"organisation:{organisation.id}"
        audit.record(session, actor=actor, action="judging.edit", subject=subject, changed=changed)
    session.flush()
    return changed


def _lines(
    faults: list[tuple[str, str]],
    name: str,
    given: Mapping[str, str],
    read: Callable[[str], Any],
) -> list[Any]:
    lines = list(dict.fromkeys(filter(None, map(str.strip, given[name].splitlines()))))
    if len(lines) > LINES_MAX:
        faults.append((name, f"Enter at most {LINES_MAX} lines."))
        return []
    found = []
    for line in lines:
        try:
            found.append(read(line))
        except ValueError as error:
            faults.append((name, str(error)))
            break
    return found


def _weight(line: str) -> tuple[str, int]:
    name, _, number = line.partition(" ")
    if name not in WEIGHTS:
        raise ValueError(f"There is no evidence “{name}”. See all: outreach tracking evidence")
    weight = {"off": 0, "0": 0}.get(number.strip())
    if weight is None:
        try:
            weight = int(number)
        except ValueError:
            raise ValueError(
                f"Enter a weight behind {name}, such as “{name} 2” or “off”."
            ) from None
    if abs(weight) > WEIGHT_MAX:
        raise ValueError(f"Enter a weight of {name} between -{WEIGHT_MAX} and {WEIGHT_MAX}.")
    return name, weight


def _agent(line: str) -> str:
    if not (AGENT_MIN <= len(line) <= AGENT_MAX and line.isprintable()):
        raise ValueError(f"Enter a part of an agent of {AGENT_MIN} to {AGENT_MAX} characters.")
    return line


def _network(line: str, secret: str) -> tuple[str, list[str]]:
    try:
        network = ip_network(line, strict=False)
    except ValueError:
        raise ValueError(f"Enter a network such as 203.0.113.0/24, not “{line}”.") from None
    kept, widest = (PREFIX_V4, WIDEST_V4) if network.version == 4 else (PREFIX_V6, WIDEST_V6)
    if network.prefixlen < widest:
        raise ValueError(f"Enter {line} in parts: /{widest} is the widest.")
    if network.prefixlen > kept:
        network = network.supernet(new_prefix=kept)  # no more of an address is ever kept
    parts = network.subnets(new_prefix=kept)
    return str(network), [network_hash(str(part.network_address), secret) for part in parts]
