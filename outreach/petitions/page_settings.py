"""What a petition's page shows and takes, beside its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.core import languages
from outreach.core.errors import FormErrors
from outreach.petitions.models import Petition

COMMENTS = {
    "off": "none",
    "read_first": "shown after somebody here has read them",
    "at_once": "shown at once, and hidden when people report them",
}
SIGNERS = {
    "places": "first name, initial and state",
    "names": "first name and initial",
    "nobody": "nobody",
}
TEXT_MAX = 2000  # characters of a text of the page
ORIGINS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """How a petition's page is set up. `partner_words` is by partner; `embed_origins` are those of
    other sites that may show the form, such as https://friends.example."""

    language: str = ""
    is_letter: bool = False
    state_text: str = ""
    comments: str = "off"
    signers: str = "places"
    partner_words: Mapping[str, str] = field(default_factory=dict)
    embed_origins: tuple[str, ...] = ()

    def tidied(self, partners: list[str]) -> PageSettings:
        """As they are stored. Raises FormErrors, naming each field at fault."""
        origins = tuple(dict.fromkeys(filter(None, map(_origin, self.embed_origins))))
        faults = [(name, sentence) for name, sentence in self._faults(partners) if sentence]
        if faults:
            raise FormErrors(faults)
        words = {name: " ".join(text.split()) for name, text in self.partner_words.items()}
        return PageSettings(
            language=self.language.strip(),
            is_letter=self.is_letter,
            state_text=self.state_text.strip(),
            comments=self.comments,
            signers=self.signers,
            partner_words={name: text for name, text in words.items() if text},
            embed_origins=origins,
        )

    def _faults(self, partners: list[str]) -> list[tuple[str, str]]:
        bad = [line for line in self.embed_origins if line.strip() and not _origin(line)]
        strangers = [name for name in self.partner_words if name not in partners]
        language = self.language.strip()
        return [
            ("language", "Enter a language like en or pt-BR, or nothing.")
            if language and not languages.is_known(language)
            else ("", ""),
            ("comments", "" if self.comments in COMMENTS else _one_of(COMMENTS)),
            ("signers", "" if self.signers in SIGNERS else _one_of(SIGNERS)),
            (
                "state_text",
                f"Enter at most {TEXT_MAX:,} characters."
                if len(self.state_text) > TEXT_MAX
                else "",
            ),
            (
                "embed_origins",
                f"“{bad[0].strip()}” is no origin: enter one like https://friends.example."
                if bad
                else "",
            ),
            (
                "partner_words",
                f"“{strangers[0]}” is no partner of this petition." if strangers else "",
            ),
        ]


def settings_of(petition: Petition) -> PageSettings:
    """The petition's page as it is set up now."""
    return PageSettings(
        language=petition.language,
        is_letter=petition.is_letter,
        state_text=petition.state_text,
        comments=petition.comments,
        signers=petition.signers,
        partner_words=dict(petition.partner_words),
        embed_origins=tuple(petition.embed_origins),
    )


def set_page(
    session: Session, petition: Petition, wanted: PageSettings, *, by: str
) -> tuple[str, ...]:
    """Set the page up so; returns the names of what is other than before.

    Raises FormErrors, naming each field at fault; then nothing is changed.
    """
    before = asdict(settings_of(petition))
    after = asdict(wanted.tidied(petition.partners))
    changed = tuple(name for name in after if after[name] != before[name])
    for name in changed:
        value = after[name]
        setattr(petition, name, list(value) if isinstance(value, tuple) else value)
    session.flush()
    if changed:
        audit.record(
            session,
            actor=by,
            action="petition.page",
            subject=f"petition:{petition.slug}",
            changed=list(changed),
            was={name: before[name] for name in changed},
        )
    return changed


def _origin(line: str) -> str:
    """Scheme, host and port of a line, or "" where it is anything else."""
    text = line.strip().rstrip("/").lower()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return ""
    here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
    if not parts.hostname or not (parts.scheme == "https" or here):
        return ""
    plain = all(letter.isalnum() or letter in "-.[]:" for letter in parts.netloc)
    found = f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")
    return found if found == text and plain and text.isascii() else ""


def _one_of(choices: Mapping[str, str]) -> str:
    return f"Choose one of {', '.join(choices)}."
