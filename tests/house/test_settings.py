"""Every setting is documented, and the document names no setting that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from config import Settings, load

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_document_lists_exactly_the_settings() -> None:
    documented = set(re.findall(r"^\| `OUTREACH_([A-Z0-9_]+)` \|", DOCUMENT.read_text(), re.M))
    assert documented == {name.upper() for name in Settings.model_fields}


def test_the_document_tells_the_defaults() -> None:
    text = DOCUMENT.read_text()
    for name, field in Settings.model_fields.items():
        row = next(line for line in text.splitlines() if f"`OUTREACH_{name.upper()}`" in line)
        assert field.description and field.description in row, f"{name}: the meaning differs"


def test_settings_are_frozen_and_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(_env_file=None, data_dir=tmp_path)
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]
    monkeypatch.setenv("OUTREACH_PORT", "99999")
    with pytest.raises(ValidationError, match="port"):
        load(_env_file=None, data_dir=tmp_path)


def test_the_secret_is_made_once_and_kept_to_the_owner(tmp_path: Path) -> None:
    first = load(_env_file=None, data_dir=tmp_path).secret_key.get_secret_value()
    assert len(first) > 40
    assert load(_env_file=None, data_dir=tmp_path).secret_key.get_secret_value() == first
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
