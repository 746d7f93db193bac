"""Which column of a file goes into which field, whatever the file calls it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outreach.core.errors import BadInput
from outreach.supporters.values import EMAIL, LENGTHS

LEFT_OUT = ""  # the field of a column that the person does not want
FIELDS = (EMAIL, *LENGTHS)

# Columns that our own exports add and imports leave out.
NOT_TO_BE_WRITTEN_TO = "not_to_be_written_to"
REFUSAL_REMARKS = ("refused_line", "refused_kind", "refused_because")

# Spellings without case, accents, spaces and punctuation.
_SPELLINGS = {
    EMAIL: "email mail emailaddress mailaddress emailid primaryemail contactemail eaddress "
    "adresseemail courriel emailadresse emailadres correoelectronico",
    "first_name": "firstname first givenname forename fname prenom vorname voornaam nombre",
    "last_name": "lastname last surname familyname lname nom nachname achternaam apellido "
    "apellidos",
    "postal_code": "postalcode postal postcode zip zipcode zippostal zippostalcode postalzip "
    "codepostal plz postleitzahl codigopostal",
    "country": "country countrycode pays land pais",
    "region": "region state province stateprovince stateregion county",
    "language": "language lang locale preferredlanguage",
    "timezone": "timezone tz",
}
_FIELD_OF = {
    spelling: field for field, spellings in _SPELLINGS.items() for spelling in spellings.split()
} | {name.replace("_", ""): LEFT_OUT for name in (NOT_TO_BE_WRITTEN_TO, *REFUSAL_REMARKS)}


@dataclass(frozen=True)
class Column:
    """One column of a file: its header, and the field it fills (custom where not in FIELDS)."""

    header: str
    field: str

    @property
    def is_custom(self) -> bool:
        """Whether it fills a field of the group's own."""
        return self.field not in FIELDS and self.field != LEFT_OUT


def columns_of(header: Sequence[str], chosen: Mapping[str, str] | None = None) -> list[Column]:
    """The columns behind a header row; `chosen` says for some headers which field they fill.

    An unknown column becomes a custom field under its own name. Raises BadInput, with the columns
    that were found, when no column holds addresses, and for a choice that can't be followed.
    """
    headers = [text.strip() for text in header]
    wanted = _choices(headers, chosen or {})
    taken = set(wanted.values()) - {LEFT_OUT}
    columns = []
    for number, text in enumerate(headers, start=1):
        field = wanted.get(text, _FIELD_OF.get(_letters(text)))
        if field is None or (field in taken and text not in wanted):
            field = _free(field or slug(text) or f"column_{number}", taken)
        if field != LEFT_OUT:
            taken.add(field)
        columns.append(Column(text, field))
    if EMAIL not in taken:
        raise BadInput(
            "The file has no column with email addresses. Nothing was stored.",
            hint=f"Found: {_listed(headers)}. Call the column with addresses “email” in "
            'the file, or on the command line: --map "Column=email".',
            field="file",
        )
    return columns


def slug(text: str) -> str:
    """`Favourite colour?` as the name of a field: `favourite_colour`."""
    plain = "".join(c if c.isalnum() else " " for c in _without_accents(text))
    return "_".join(plain.split())[:60].rstrip("_")


def _choices(headers: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    wanted: dict[str, str] = {}
    for header, field in chosen.items():
        if header not in headers:
            raise BadInput(
                f"There is no column “{header}”. Nothing was stored.",
                hint=f"Found: {_listed(headers)}.",
                field="mapping",
            )
        name = _FIELD_OF.get(_letters(field), slug(field))
        if name != LEFT_OUT and (name in wanted.values() or headers.count(header) > 1):
            raise BadInput(
                f"Two columns would fill “{name}”. Nothing was stored.",
                hint="Give each column a field of its own.",
                field="mapping",
            )
        wanted[header] = name
    return wanted


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _letters(text: str) -> str:
    return "".join(c for c in _without_accents(text) if c.isalnum())


def _without_accents(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in split if not unicodedata.combining(c))


def _listed(headers: Sequence[str]) -> str:
    shown = [f"“{text[:60]}”" for text in headers[:20]]
    more = f" and {len(headers) - 20:,} more" if len(headers) > 20 else ""
    return ", ".join(shown) + more
