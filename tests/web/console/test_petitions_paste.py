"""A paste from a word processor in a real browser, and the guesses beside it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

CLIPBOARD = Path(__file__).parents[2] / "petitions" / "clipboards" / "word.html"
PASTE = """(area, html) => {
  const kept = new DataTransfer();
  kept.setData("text/html", html);
  kept.setData("text/plain", "plain");
  const paste = { clipboardData: kept, bubbles: true, cancelable: true };
  area.dispatchEvent(new ClipboardEvent("paste", paste));
}"""


def test_what_word_copied_is_pasted_with_its_notes_and_found_again(
    chromium: BrowserContext, address: str
) -> None:
    page = chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{address}/console/petitions/import")
    text = page.get_by_label("Text", exact=True)
    text.evaluate(PASTE, CLIPBOARD.read_text(encoding="utf-8"))
    expect(text).to_have_value(re.compile(r"people last year\[\^1\]"))
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_label("Headline")).to_have_value(
        "Tell the Elm County Board: Keep the clinic open!"
    )
    page.get_by_role("button", name="line 7").first.click()
    selected = "a => a.value.slice(a.selectionStart, a.selectionEnd)"
    assert text.evaluate(selected).startswith("Keep the Elm clinic open")
    page.get_by_label("Headline").fill("Keep the clinic!")
    page.get_by_role("button", name="Store as a draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keep the clinic!")
    assert said == []
