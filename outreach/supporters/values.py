"""What may stand in a supporter's fields: one rule for each, for files and forms alike."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outreach.core.errors import BadInput

EMAIL = "email"
LENGTHS = {
    "first_name": 120,
    "last_name": 120,
    "postal_code": 20,
    "country": 60,  # as typed; stored as two letters
    "region": 80,
    "language": 12,
    "timezone": 60,
}
CUSTOM_LENGTH = 1_000
LABELS = {field: field.replace("_", " ").capitalize() for field in (EMAIL, *LENGTHS)}
LABELS["timezone"] = "Time zone"

# ISO 3166-1 alpha-2.
COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905  a table to be read
)
_COUNTRY_NAMES = {
    "usa": "US",
    "united states": "US",
    "united states of america": "US",
    "uk": "GB",
    "united kingdom": "GB",
    "great britain": "GB",
    "canada": "CA",
    "australia": "AU",
    "new zealand": "NZ",
    "ireland": "IE",
}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_JOINERS = "\u200c\u200d"  # part of how Persian and Indic names are spelt
_SPREADSHEET_GUARD = re.compile(r"'[=+\-@\t\r]")


def clean(field: str, text: str, *, limit: int = CUSTOM_LENGTH, multiline: bool = False) -> str:
    """The text as it is stored: trimmed, composed (NFC), without invisible characters.

    Raises BadInput for control characters, line breaks (unless `multiline`) and over-long text:
    names go into letter headers, where a line break would be a header of its own.
    """
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = _visible(field, text, multiline).strip()
    if text[:1] == "'" and _SPREADSHEET_GUARD.match(text):
        text = text[1:]  # our own exports put it there, and spreadsheets keep it
    if len(text) > limit:
        raise BadInput(f"{label(field)} is longer than {limit:,} characters.", field=field)
    return text


def person_value(field: str, text: str) -> str:
    """A cleaned and checked value of one of the LENGTHS fields; "" stays "". Raises BadInput."""
    if not text or not (text := clean(field, text, limit=LENGTHS[field])):
        return ""
    if field == "country":
        return _country(text)
    if field == "language":
        return _language(text)
    if field == "timezone":
        return _timezone(text)
    return text


def label(field: str) -> str:
    """What a field is called towards people."""
    return LABELS.get(field, f"“{field}”")


def _visible(field: str, text: str, multiline: bool) -> str:
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category == "Zs":
            kept.append(" ")
        elif category == "Cf" and character not in _JOINERS:
            continue
        elif category in ("Cc", "Zl", "Zp", "Cs") and not (multiline and character in "\t\r\n"):
            raise BadInput(
                f"{label(field)} contains a line break or a control character.", field=field
            )
        else:
            kept.append(character)
    return "".join(kept)


def _country(text: str) -> str:
    code = _COUNTRY_NAMES.get(text.casefold(), text.upper())
    if code not in COUNTRIES:
        raise BadInput(
            f"“{text}” is not a country code of two letters (ISO 3166-1).", field="country"
        )
    return code


def _language(text: str) -> str:
    first, *rest = text.replace("_", "-").split("-")
    code = "-".join([first.lower(), *rest])
    if not _LANGUAGE.fullmatch(code):
        raise BadInput(f"“{text}” is not a language code like en or pt-BR.", field="language")
    return code


@lru_cache(maxsize=1_000)
def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            f"“{text}” is not a time zone like Europe/Paris.", field="timezone"
        ) from None
    return text
