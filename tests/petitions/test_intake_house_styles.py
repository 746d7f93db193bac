"""Notes in the house styles of newsrooms, journals and courts, written after the rules."""

import csv
from pathlib import Path

import pytest

from outreach.petitions.intake.sources import read_source

with Path(__file__).with_name("house_styles.tsv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["raw"][:40])
def test_house_style(row):
    source = read_source(row["raw"])
    assert source.title == (row["title"] or None)
    assert (source.author, source.publisher) == (row["author"] or None, row["publisher"] or None)
    assert (source.date, source.url) == (row["date"] or None, row["url"] or None)
