"""Letters from templates: CSS inlined, errors with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.core.errors import BadInput
from outreach.mail import render


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of templates of this test's own."""
    monkeypatch.setattr(render, "FOLDER", tmp_path)
    render._environment.cache_clear()
    letter = tmp_path / "hello"
    letter.mkdir()
    (letter / "subject.txt").write_text("Hello\n {{ name }}\n")
    (letter / "body.html").write_text(
        "<style>p{color:red}@media (prefers-color-scheme:dark){p{color:blue!important}}</style>"
        "<p>{{ name }}</p>"
    )
    (letter / "body.txt").write_text("Hello {{ name }}\n\n\n\n\nBye")
    yield tmp_path  # type: ignore[misc]
    render._environment.cache_clear()


def test_three_parts(folder: Path) -> None:
    letter = render.render("hello", name="<Ada>")
    assert letter.subject == "Hello <Ada>"
    assert '<p style="color: red;">&lt;Ada&gt;</p>' in letter.html
    assert "@media" in letter.html
    assert letter.text == "Hello <Ada>\n\nBye\n"


@pytest.mark.parametrize(
    ("part", "text", "said"),
    [
        ("body.html", "<p>\n{% if %}", "hello/body.html, line 2"),
        ("body.txt", "a\nb\n{{ nobody }}", "hello/body.txt, line 3: 'nobody' is undefined"),
        ("body.html", '{% extends "_base/none.html" %}', "_base/none.html"),
    ],
)
def test_faults_name_file_and_line(folder: Path, part: str, text: str, said: str) -> None:
    (folder / "hello" / part).write_text(text)
    with pytest.raises(BadInput, match=said):
        render.render("hello", name="Ada")


def test_a_letter_that_does_not_exist(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"no template nothing/subject\.txt"):
        render.render("nothing")
