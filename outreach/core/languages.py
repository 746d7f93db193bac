"""Languages that pages speak: which one, its words, its direction, its numbers and days.

Words are English in the code; `translations/<language>.po` holds the others (gettext). The language
of the thread at work is set by its door, so that no function hands it on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).parents[2] / "translations"
SOURCE = "en"  # the language of the words in the code
# English dates as the house writes them: 14 April 2026.
_WRITTEN_AS = {"en": "en_GB"}
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_current: ContextVar[str] = ContextVar("language", default=SOURCE)


@cache
def spoken() -> tuple[str, ...]:
    """The languages that there are words in, English first."""
    return (SOURCE, *sorted(path.stem for path in FOLDER.glob("*.po")))


def current() -> str:
    """The language that this thread speaks."""
    return _current.get()


def speak(language: str) -> None:
    """Speak this language from now on; one that there are no words in is spoken as English."""
    _current.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak this language for a while."""
    before = _current.set(language)
    try:
        yield
    finally:
        _current.reset(before)


def N_(text: str) -> str:
    """The same English words, to be spoken in another language when they are shown."""
    return text


def gettext(text: str) -> str:
    """The words in the current language; the English ones where they are missing."""
    return _words(current()).gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """The same for a number of things."""
    return _words(current()).ngettext(one, many, number)


def negotiated(wanted: Sequence[str], offered: Sequence[str]) -> str | None:
    """The first wanted language that is offered, by its own tag or by its first part."""
    by_tag = {tag.lower(): tag for tag in offered}
    by_root = {root(tag): tag for tag in reversed(offered)}
    for tag in filter(None, wanted):
        found = by_tag.get(tag.lower()) or by_root.get(root(tag))
        if found:
            return found
    return None


def root(tag: str) -> str:
    """`pt` of `pt-BR`."""
    return tag.partition("-")[0].lower()


def is_known(tag: str) -> bool:
    """Whether this is a language that something is known of, such as `pt-BR`."""
    try:
        return bool(_TAG.fullmatch(tag)) and bool(Locale.parse(tag, sep="-"))
    except (UnknownLocaleError, ValueError):
        return False


def direction(tag: str) -> str:
    """How it is written: ltr or rtl."""
    return locale_of(tag).text_direction


def own_name(tag: str) -> str:
    """What its speakers call it: “español”, with a capital where they would begin a line."""
    name = locale_of(tag).get_display_name() or tag
    return name[:1].upper() + name[1:]


def country_names() -> dict[str, str]:
    """Countries by their two letters, as the current language calls them."""
    return _country_names(locale_of(current()).language)


def number(value: int) -> str:
    """18,426 as the current language writes it."""
    return format_decimal(value, locale=_written(current()))


def day(at: datetime) -> str:
    """14 April 2026, likewise; `at` is local."""
    return format_date(at, format="long", locale=_written(current()))


def day_and_month(at: datetime) -> str:
    """14 April."""
    return format_skeleton("MMMMd", at, locale=_written(current()))


def listed(names: Sequence[str]) -> str:
    """“Ada, Ben and Cy”."""
    return format_list(list(names), locale=_written(current()))


@cache
def locale_of(tag: str) -> Locale:
    """What is known of a language; of English where nothing is."""
    for candidate in (tag, root(tag)):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(SOURCE)


@cache
def _written(tag: str) -> Locale:
    return Locale.parse(_WRITTEN_AS.get(tag, "")) if tag in _WRITTEN_AS else locale_of(tag)


@cache
def _country_names(language: str) -> dict[str, str]:
    names = Locale(language).territories
    return {code: name for code, name in names.items() if len(code) == 2 and code.isalpha()}


def _words(language: str) -> NullTranslations:
    return _catalogue(negotiated([language], spoken()) or SOURCE)


@cache
def _catalogue(language: str) -> NullTranslations:
    if language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    with (FOLDER / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)
