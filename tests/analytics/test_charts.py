"""Charts: their spec, the bundle that draws them, and the drawings that need neither."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outreach.analytics.drawing import charts
from outreach.analytics.intervals import Rate
from outreach.analytics.report import drawings
from outreach.analytics.report.figures import Figures, Hour, Letters, People, Signed, Traffic

START = datetime(2026, 4, 14, 22, tzinfo=UTC)


def rows(spec: dict[str, object]) -> list[dict[str, object]]:
    return spec["data"]["values"]  # type: ignore[index,no-any-return]


def test_the_timeline_fills_empty_hours_and_speaks_the_zone_of_the_organisation() -> None:
    hours = [Hour(START, 5, 3), Hour(START + timedelta(hours=8), 1, 1)]
    drawn = [row for row in rows(charts.timeline(hours, "Europe/Berlin")) if "clicked" in row]
    assert [row["clicked"] for row in drawn] == [5, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert drawn[0]["from"] == "2026-04-15T00:00:00Z"  # wall clock, as the chart takes it
    assert drawn[0]["hour"] == "Wednesday 15 April, 00:00"


def test_the_timeline_is_as_long_as_its_window_at_most_and_a_few_hours_at_least() -> None:
    late = [Hour(START, 5, 3), Hour(START + timedelta(days=90), 1, 1)]
    assert len(rows(charts.timeline(late, "UTC"))) == 72 + 1
    early = rows(charts.timeline([Hour(START, 5, 3)], "UTC"))
    assert early[-1] == dict.fromkeys(("from", "to", "bar_to"), "2026-04-15T04:00:00Z")


def test_dark_is_a_second_set_of_colours() -> None:
    hours = [Hour(START, 5, 3)]
    light, dark = (charts.timeline(hours, "UTC", dark=dark) for dark in (False, True))
    assert light["layer"][0]["mark"]["color"] == "#0b5b4c"
    assert dark["layer"][0]["mark"]["color"] == "#74d3ba"
    assert rows(light) == rows(dark)


def test_the_bundle_is_written_once_and_under_no_other_name(tmp_path: Path) -> None:
    name = charts.bundle_name()
    assert name is not None
    path = charts.bundle_file(tmp_path, name)
    assert path is not None
    assert "vegaEmbed" in path.read_text()
    path.write_text("kept")
    assert charts.bundle_file(tmp_path, name) == path
    assert path.read_text() == "kept"
    assert [one.name for one in path.parent.iterdir()] == [name]
    assert charts.bundle_file(tmp_path, "vega-0.js") is None
    assert charts.bundle_file(tmp_path, "../secret.key") is None


@pytest.mark.parametrize(
    ("rate", "floor", "ceiling"),
    [
        (Rate(2871, 46988), 0, 0.1),
        (Rate(13204, 46988), 0, 0.5),
        (Rate(46988, 47612), 0.98, 1),
        (Rate(9, 46988), 0, 0.0005),
        (Rate(10, 10), 0.5, 1),
        (Rate(5, 10), 0, 1),
    ],
)
def test_a_range_stands_on_a_round_scale(rate: Rate, floor: float, ceiling: float) -> None:
    drawn = drawings.range_of(rate)
    assert drawn is not None
    assert (drawn.floor, drawn.ceiling) == (pytest.approx(floor), pytest.approx(ceiling))
    assert 0 <= drawn.low <= drawn.dot <= drawn.high <= 100


def test_there_is_no_range_of_nobody() -> None:
    assert drawings.range_of(Rate(0, 0)) is None


def figures(delivered: int) -> Figures:
    people = People(opened=delivered // 2, clicked=delivered // 4, raw_opened=delivered)
    return Figures(
        letters=Letters({"suppressed": 10}, accepted=delivered),
        people=people,
        reached=people,
        signed=Signed(delivered // 5, delivered // 5, 0),
        shared=0,
        opens=Traffic(),
        clicks=Traffic(),
        machine_events=0,
        evidence=(),
        timeline=(),
    )


def test_funnel_bars_are_shares_of_the_audience_and_have_rates_when_many_stand_behind() -> None:
    bars = drawings.funnel(figures(990))
    assert [bar.count for bar in bars] == [1000, 990, 990, 495, 247, 198]
    assert bars[0].length == drawings.LONGEST
    assert bars[3].length == pytest.approx(drawings.LONGEST * 0.495)
    assert bars[3].note == "50.0 % of delivered"
    assert drawings.funnel(figures(990), raw=True)[3].count == 990
    assert {bar.note for bar in drawings.funnel(figures(90))} == {""}


def test_stacked_pieces_fill_the_bar_in_order_and_leave_out_what_is_empty() -> None:
    traffic = Traffic(human=3, machine=1)
    labels = (("human", "People"), ("proxy", "Proxy"), ("machine", "Scanner"))
    pieces = drawings.stack(traffic, labels)
    assert [(piece.label, piece.count) for piece in pieces] == [("People", 3), ("Scanner", 1)]
    assert pieces[0].length == pytest.approx(3 * pieces[1].length, abs=0.05)
    assert pieces[1].start + pieces[1].length == pytest.approx(100)
    assert drawings.stack(Traffic(), labels) == []
