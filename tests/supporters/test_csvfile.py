"""What a file gets before anything is stored: a layout or a clear no; each row a judgement."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.core.errors import BadInput
from outreach.supporters import csvfile
from outreach.supporters.csvfile import Refusal, Row

WriteFile = Callable[..., Path]


def judged(path: Path, **options: str) -> list[Row | Refusal]:
    return list(csvfile.rows(path, csvfile.inspect(path, **options)))


def reasons(path: Path) -> dict[int, str]:
    return {each.line: each.reason for each in judged(path) if isinstance(each, Refusal)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_found_out(
    csv_file: WriteFile, encoding: str, delimiter: str
) -> None:
    text = "E-Mail;Vorname;City\nzoe@example.org;Zoë;Île-aux-Brumes\n".replace(";", delimiter)
    (row,) = judged(csv_file(text, encoding=encoding))
    assert isinstance(row, Row)
    assert row.address == "zoe@example.org"
    assert row.values == {"first_name": "Zoë"}
    assert row.fields == {"city": "Île-aux-Brumes"}


@pytest.mark.parametrize(
    "header",
    [
        "email,first_name,last_name,postal_code,country",
        "E-mail,First Name,Last Name,ZIP/Postal code,Country",
        "Email Address,Given name,Family-Name,zip,COUNTRY_CODE",
        " EMAIL ,FirstName,Surname,Post Code,Land",
        "Courriel,Prénom,Nom,Code postal,Pays",
    ],
)
def test_headers_in_many_spellings(csv_file: WriteFile, header: str) -> None:
    (row,) = judged(csv_file(f"{header}\nAnn@Example.org, Ann ,O’Hara,01234,us\n"))
    assert isinstance(row, Row)
    assert (row.email, row.address) == ("Ann@Example.org", "ann@example.org")
    assert row.values == {
        "first_name": "Ann", "last_name": "O’Hara", "postal_code": "01234", "country": "US",
    }  # fmt: skip


def test_other_columns_become_fields_of_their_own(csv_file: WriteFile) -> None:
    text = 'email,Favourite colour?,Email 2,E-mail,,Colour\na@example.org,"sea\ngreen",b,c,d,\n'
    (row,) = judged(csv_file(text))
    assert isinstance(row, Row)
    assert row.fields == {
        "favourite_colour": "sea\ngreen", "email_2": "b", "email_3": "c", "column_5": "d",
    }  # fmt: skip


def test_a_person_says_which_column_is_what(csv_file: WriteFile) -> None:
    path = csv_file("Contact,Email,Note\nann@example.org,old,secret\n")
    layout = csvfile.inspect(path, mapping={"Contact": "email", "Note": "", "Email": "Old email"})
    (row,) = csvfile.rows(path, layout)
    assert isinstance(row, Row)
    assert (row.address, row.fields) == ("ann@example.org", {"old_email": "old"})
    assert csvfile.Layout.from_json(layout.to_json()) == layout


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"Nowhere": "email"}, "no column “Nowhere”"),
        ({"Email": "email", "Mail2": "email"}, "Two columns would fill “email”"),
    ],
)
def test_a_choice_that_can_not_be_followed(
    csv_file: WriteFile, mapping: dict[str, str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        csvfile.inspect(csv_file("Email,Mail2\na@example.org,b\n"), mapping=mapping)


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"", "empty", "Export"),
        (b" \r\n\r\n", "empty", "Export"),
        (b"email,name\r\n", "no rows", "Export"),
        (b"email,name\n\n,,\n , \n", "no rows", "Export"),
        (b"Name,Phone\nAnn,1\n", "no column with email addresses", "“Name”, “Phone”"),
        (b"PK\x03\x04rest of a workbook", "not a text file", "CSV UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not a text file", "CSV UTF-8"),
        ("email\na@example.org\n".encode("utf-16-le"), "not a text file", "CSV UTF-8"),
    ],
)
def test_files_that_can_not_be_an_import(
    csv_file: WriteFile, content: bytes, message: str, hint: str
) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        csvfile.inspect(csv_file(content))
    assert hint in caught.value.hint


def test_files_that_can_not_be_opened(tmp_path: Path, csv_file: WriteFile) -> None:
    with pytest.raises(BadInput, match=r"no file people\.csv"):
        csvfile.inspect(tmp_path / "people.csv")
    with pytest.raises(BadInput, match="can’t be read"):
        csvfile.inspect(tmp_path)
    with pytest.raises(BadInput, match="no text encoding “utf-9”"):
        csvfile.inspect(csv_file("email\na@example.org\n"), encoding="utf-9")
    with pytest.raises(BadInput, match="no text encoding “base64”"):
        csvfile.inspect(csv_file("email\na@example.org\n"), encoding="base64")


def test_each_bad_row_is_told_with_its_line(csv_file: WriteFile) -> None:
    path = csv_file(
        "email,first_name,country,note\n"
        "good@example.org,Ann,US,\n"
        ",Ben,US,\n"
        "not an address,Cem,US,\n"
        "d@example.org,Dee,US\n"
        "e@example.org,Eve,US,,,extra\n"
        'f@example.org,"Fay\r\nBcc: all@example.org",US,"two\nlines"\n'
        f"g@example.org,{'g' * 121},US,\n"
        "h@example.org,Hal,Nowhere,\n"
        'i@example.org,"Ira,US,\n'
        "GOOD@example.org,Ann again,US,\n"
        "k@example.org,\x07Kim,US,\n"
        "l@example.org,Lou,US,,,\n"
        "bad,Mo,XX,\n"
    )
    assert reasons(path) == {
        3: "There is no email address.",
        4: "“not an address” is not an email address.",
        5: "Has 3 cells; the header has 4.",
        6: "Has 6 cells; the header has 4.",
        7: "First name contains a line break or a control character.",
        10: "First name is longer than 120 characters.",
        11: "“Nowhere” is not a country code of two letters (ISO 3166-1).",
        12: "A quotation mark is opened and not closed, or stands inside a quoted cell without "
        "being doubled.",
        13: "Same address as line 2.",
        14: "First name contains a line break or a control character.",
        16: "“bad” is not an email address. “XX” is not a country code of two letters "
        "(ISO 3166-1).",
    }
    good = [each.address for each in judged(path) if isinstance(each, Row)]
    assert good == ["good@example.org", "l@example.org"]
    kinds = [each.kind for each in judged(path) if isinstance(each, Refusal)]
    assert kinds.count("duplicate") == 1
    assert csvfile.count(path, csvfile.inspect(path)) == len(judged(path)) == 13


def test_damaged_bytes_cost_their_row_and_not_the_file(csv_file: WriteFile) -> None:
    lines = ["email,first_name", "a@example.org,Zoë", "b@example.org,Noël", "c@example.org,Ren"]
    path = csv_file("\n".join(lines).encode() + b"\xe9\nd@example.org,Chlo\xc3\xab\n")
    assert reasons(path) == {4: "Has characters that can’t be read as utf-8-sig (\ufffd)."}
    names = [each.values["first_name"] for each in judged(path) if isinstance(each, Row)]
    assert names == ["Zoë", "Noël", "Chloë"]


def test_invisible_characters_go_and_formula_guards_too(csv_file: WriteFile) -> None:
    (row,) = judged(
        csv_file("email,first_name,last_name\n\u200b'+a@example.org\u00a0,Anne\u00a0Lise,'=x\n")
    )
    assert isinstance(row, Row)
    assert row.address == "+a@example.org"
    assert row.values == {"first_name": "Anne Lise", "last_name": "=x"}


def test_a_column_of_one_name_is_not_split_by_its_own_commas(csv_file: WriteFile) -> None:
    (row,) = judged(csv_file("email;Last, first\nann@example.org;Hara, Ann\n"))
    assert isinstance(row, Row) and row.fields == {"last_first": "Hara, Ann"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.text(
            st.characters(exclude_categories=["C", "Z"], exclude_characters="\ufffd"), max_size=20
        ),
        max_size=6,
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(",;\t|"),
)
def test_what_was_written_is_what_is_read(
    tmp_path: Path, names: list[str], encoding: str, delimiter: str
) -> None:
    path = tmp_path / "people.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["email", "last_name", "note"])
        for number, name in enumerate(names):
            writer.writerow([f"p{number}@example.org", "x" + name, ""])
    if not names:
        with pytest.raises(BadInput):
            csvfile.inspect(path)
        return
    assert [each.cells[1] for each in judged(path) if isinstance(each, Row)] == [
        "x" + name for name in names
    ]
