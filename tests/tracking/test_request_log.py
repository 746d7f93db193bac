"""The rules measured on logs of labelled requests, and on those that were held out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.tracking.evidence import EVIDENCE
from outreach.tracking.request_log import Judged, Refused, judged

HERE = Path(__file__).parent
# Written before the rules were changed for them, and no rule names a row of theirs.
LOGS = ("labelled_requests.jsonl", "held_out_requests.jsonl")
NAMED_AT_LEAST, LOST_AT_MOST = 0.95, 0.01


def _judged(log: str) -> Sequence[tuple[dict[str, Any], Judged]]:
    lines = (HERE / log).read_bytes().splitlines()
    found = list(judged(lines))
    assert not [each for each in found if isinstance(each, Refused)]
    return [(json.loads(line), each) for line, each in zip(lines, found, strict=True)]  # type: ignore[misc]


@pytest.mark.parametrize("log", LOGS)
def test_machines_and_proxies_get_exactly_their_class(log: str) -> None:
    machines = [(row, found) for row, found in _judged(log) if row["label"] != "human"]
    missed = [row["id"] for row, found in machines if found.verdict != row["label"]]
    assert len(missed) <= (1 - NAMED_AT_LEAST) * len(machines), missed


@pytest.mark.parametrize("log", LOGS)
def test_people_are_not_lost(log: str) -> None:
    people = [(row, found) for row, found in _judged(log) if row["label"] == "human"]
    lost = [row["id"] for row, found in people if found.verdict != "human"]
    assert len(lost) <= LOST_AT_MOST * len(people), lost


def test_the_held_out_log_is_large_and_has_every_class() -> None:
    rows = [row for row, _ in _judged("held_out_requests.jsonl")]
    assert len(rows) >= 150
    assert {row["label"] for row in rows} == {"human", "machine", "machine_open", "proxy_open"}


def test_no_verdict_leans_on_label_name_or_note() -> None:
    for log in LOGS:
        lines = []
        for row, _ in _judged(log):
            for name in ("label", "kind", "note", "source", "id"):
                row.pop(name, None)
            lines.append(json.dumps(row).encode())
        bare = [found.verdict for found in judged(lines)]  # type: ignore[union-attr]
        assert bare == [found.verdict for _, found in _judged(log)]


def test_empty_lines_are_passed_over_and_numbers_stay_those_of_the_file() -> None:
    found = list(judged([b"", b'{"path":"open","user_agent":"Mozilla/5.0"}', b"  ", b"x"]))
    assert [(each.line, type(each)) for each in found] == [(2, Judged), (4, Refused)]


@given(st.binary())
def test_whatever_a_line_holds_it_is_judged_or_refused(line: bytes) -> None:
    assert all(isinstance(each, (Judged, Refused)) for each in judged([line]))


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just({}))
_NAMES = ("path", "method", "user_agent", "delay_s", "links_clicked", "links_total", "headers")


@given(st.dictionaries(st.sampled_from((*_NAMES, "runs_js", "ip_hint", "id")), _VALUES))
def test_whatever_a_field_holds_the_line_is_judged_or_refused(row: dict[str, Any]) -> None:
    [found] = judged([json.dumps({"path": "click", "user_agent": "x", **row}).encode()])
    assert isinstance(found, (Judged, Refused))


def test_the_document_has_the_table_as_it_is() -> None:
    text = (HERE.parents[1] / "docs" / "tracking.md").read_text().replace("−", "-")
    shown = re.findall(r"^\| `(\w+)` \| (-?\d+) \|", text, re.MULTILINE)
    assert shown == [(each.name, str(each.weight)) for each in EVIDENCE]
