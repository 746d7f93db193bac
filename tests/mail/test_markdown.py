"""A letter's body from one source: HTML and text say the same, links pass one place."""

from __future__ import annotations

from outreach.mail import markdown


class Weaver:
    """Prints what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def link(self, url: str, label: str) -> str:
        self.asked.append(f"link {label}")
        return f"https://t.example/{len(self.asked)}"

    def marker(self, label: str) -> tuple[str, str]:
        self.asked.append(f"marker {label}")
        return "3", "https://t.example/note?a=1&b=2"

    def button(self, label: str) -> str:
        self.asked.append(f"button {label}")
        return "https://t.example/ask"


TEXT = """# Head & line

Dear *friend*,\\
look at [the *figures*](https://x.example) now.[^n1]

[[Sign the petition]]

> We ask that.

1. first
2. second

- loose
"""


def test_html() -> None:
    html = markdown.to_html(TEXT, Weaver(), lambda label, url: f"<b>{label}|{url}</b>")
    assert "<h1>Head &amp; line</h1>" in html
    assert '<a class="a" href="https://t.example/1">the <em>figures</em></a>' in html
    assert 'href="https://t.example/note?a=1&amp;b=2" aria-label="Note 3">3</a></sup>' in html
    assert "<b>Sign the petition|https://t.example/ask</b>" in html
    assert "<p><b>" not in html  # a button is no paragraph: it is a table


def test_text() -> None:
    text = markdown.to_text(TEXT, Weaver())
    assert text.split("\n\n") == [
        "Head & line",
        "Dear friend,\nlook at the figures (https://t.example/1) now.[3]",
        "Sign the petition:\nhttps://t.example/ask",
        "> We ask that.",
        "1. first",
        "2. second",
        "- loose",
    ]


def test_both_parts_ask_for_their_links_in_the_same_order() -> None:
    first, second = Weaver(), Weaver()
    markdown.to_html(TEXT, first, lambda label, url: "")
    markdown.to_text(TEXT, second)
    assert first.asked == second.asked
    assert first.asked == ["link the figures", "marker n1", "button Sign the petition"]


def test_nobody_writes_html_into_a_letter() -> None:
    html = markdown.to_html(
        '<script>alert(1)</script>\n\n<b onclick="x">hi</b> ![p](http://x.example/p.png) '
        "[x](javascript:alert(1))",
        Weaver(),
        lambda label, url: "",
    )
    assert "<script" not in html and "<b" not in html and "<img" not in html
    assert "javascript:" not in html or 'href="javascript:' not in html


def test_labels() -> None:
    assert markdown.marker_labels("a[^1] b[^x-2], c[^1]") == ["1", "x-2", "1"]
