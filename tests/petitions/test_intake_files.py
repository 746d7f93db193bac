"""Files in any encoding, and files that are no text."""

import pytest

from outreach.core.errors import BadInput
from outreach.petitions.intake.read import read_petition, read_petition_file

TEXT = "Tell Café Öl: Pay “now”!\r\n\r\nPetition to Café Öl:\r\nPay – now.\r\n\r\nThey wait…\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
        TEXT.replace("\r\n", "\r").encode(),
        TEXT.replace("\r\n", "\u2028").encode(),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16-le", "utf-16-be", "cp1252", "old Mac", "Word"],
)
def test_encodings(tmp_path, data):
    path = tmp_path / "petition.txt"
    path.write_bytes(data)
    found = read_petition_file(path)
    assert found.headline == "Tell Café Öl: Pay “now”!"
    assert (found.targets, found.statement) == (("Café Öl",), "Pay – now.")
    assert [(p.text, p.line) for p in found.paragraphs] == [("They wait…", 6)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \r\n\t\n", "is empty"),
        (b"\xef\xbb\xbf\n", "is empty"),
        (b"PK\x03\x04\x00\x00word/document.xml", "not a text"),
        (TEXT.encode("utf-16-le"), "not a text"),
        (b"\xff\xfeP\x00a", "not a text"),
        (bytes(range(1, 32)) * 40, "not a text"),
        (b"a" * 2_000_001, "The file .* is larger than 2 MB"),
    ],
    ids=["empty", "blank", "mark only", "docx", "utf-16 without mark", "odd", "controls", "large"],
)
def test_files_that_are_refused(tmp_path, data, said):
    path = tmp_path / "petition.txt"
    path.write_bytes(data)
    with pytest.raises(BadInput, match=said) as caught:
        read_petition_file(path)
    assert caught.value.hint


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(BadInput, match="There is no file"):
        read_petition_file(tmp_path / "petition.txt")
    with pytest.raises(BadInput, match="can’t be read"):
        read_petition_file(tmp_path)


@pytest.mark.parametrize("text", ["", "  \n \n", "\ufeff", "a\x00b", "x" * 2_000_001])
def test_texts_that_are_refused(text):
    with pytest.raises(BadInput):
        read_petition(text)


def test_spaces_of_a_word_processor_are_plain_spaces():
    found = read_petition(
        "Pay!\n\nPetition to Acme:\nPay\u00a0now.\n\n"
        "So\u00a0 they\twait\u200b.\u00a0 \n\nQuoi\u00a0?"
    )
    assert found.statement == "Pay now."
    assert [p.text for p in found.paragraphs] == ["So they wait.", "Quoi\u00a0?"]
