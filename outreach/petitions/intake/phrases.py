"""The phrases by which petition pages announce their parts, recognised one text at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from outreach.petitions.intake.words import IMPERATIVES


class Kind(StrEnum):
    """What a line or block is, before anything is known of its neighbours."""

    TEXT = "text"
    HEADING = "heading"
    RULE = "rule"
    NOTES = "notes"
    LABEL = "label"  # "Petition to Amazon:", with `to` and `rest`
    CALL = "call"  # "Sign the petition:", with `rest`
    TO = "to"
    FROM = "from"
    FIELD = "field"  # "Headline: ...", with the field's name in `to`
    PARTNERS = "partners"
    RECOGNITION = "recognition"
    BUTTON = "button"
    CONSENT = "consent"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A recognised phrase: its kind, to whom it is addressed, what follows it on the line."""

    kind: Kind
    to: str = ""
    rest: str = ""
    level: int = 0


_I = re.IGNORECASE
# No phrase starts with another word: most lines of a body are done with after one look.
_FIRST_WORD = re.compile(
    r"[\[(]?(?:the|our|this|my|full|open|text|petition|letter|message|statement|what|you|we|please|"
    r"sign|add|take|click|here|first|last|your|name|e-?mail|zip|post|share|tweet|to|from|headline|"
    r"title|organi|target|consent|thank|many|participating|partner|support|sponsor|allied|endors|"
    r"co-?sponsor|co-?sign|signatory|member|coalition|campaign|in|together|hi|hello|hey|dear|"
    r"welcome|not|by|when|if|yes|i|opt|unsubscribe|addressed|la\s|pétition|petición|decision|policy|recipient)",
    _I,
)
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)(?:\s+#+)?$")
_RULE = re.compile(r"^(?:[-_*=~–—]\s*){3,}$")
_EMPHASIS_START = re.compile(r"^(?:>\s*)*[*_]{1,3}(?=\S)")
_EMPHASIS_COLON = re.compile(r"[*_]{1,3}\s*:\s*|:\s*[*_]{1,3}\s*")
_THE = r"(?:(?:the|our|this|my)\s+)?(?:(?:full|open)\s+)?(?:text\s+of\s+(?:the|our|this)\s+)?"
_READS = r"(?:,?\s+(?:reads|says|states|will\s+read)(?:\s+as\s+follows)?)"
_LABEL_TO = re.compile(
    rf"^{_THE}(?:petition|letter|message|statement)(?:\s+(?:text|statement|language))?"
    rf"\s+(?:addressed\s+)?to\s+(?P<to>[^:]{{1,300}}?)"
    rf"(?:{_READS}?\s*:|{_READS},?\s*(?=[“\"]))\s*(?P<rest>.*)$",
    _I | re.DOTALL,
)
_LABEL = re.compile(
    rf"^(?:{_THE}(?:petition|statement|letter)(?:\s+(?:text|statement|language))?"
    r"|(?:what\s+)?(?:you|we)(?:['’]re|['’]ll\s+be|\s+are|\s+will\s+be)\s+signing)"
    rf"(?:{_READS}?\s*:|{_READS},?\s*(?=[“\"]))\s*(?P<rest>.*)$",
    _I | re.DOTALL,
)
_LABEL_HEADING = re.compile(
    rf"^{_THE}(?:petition|statement|letter)(?:\s+(?:text|statement|language))?"
    rf"(?:\s+(?:addressed\s+)?to\s+(?P<to>[^:]{{1,200}}?))?{_READS}?$"
    r"|^what\s+(?:you|we)(?:['’]re|['’]ll\s+be|\s+are|\s+will\s+be)\s+signing$",
    _I,
)
# A line of its own that announces the signed words without a colon.
_LABEL_LINE = re.compile(
    r"^(?:the\s+|our\s+|full\s+)*(?:petition|letter)\s+(?:statement|text|language|wording)$"
    r"|^(?:statement|text|wording)\s+of\s+(?:the|our)\s+(?:petition|letter)$"
    r"|^what\s+(?:you|we)(?:['’]re|['’]ll\s+be|\s+are|\s+will\s+be)\s+signing$",
    _I,
)
_LABEL_ELSEWHERE = re.compile(
    r"^(?:(?:la\s+)?petición\s+(?:dirigida\s+)?(?:al|a\s+la|a\s+los|a\s+las|a)"
    r"|(?:la\s+)?pétition\s+(?:adressée\s+)?(?:à\s+la|à\s+l['’]|au|aux|à)"
    r"|petition\s+an(?:\s+(?:den|die|das))?)\s*(?P<to>[^:]{1,200}?)\s*:\s*(?P<rest>.*)$",
    _I | re.DOTALL,
)
_CALL = re.compile(
    r"^(?:please\s+)?(?:(?:sign|add\s+your\s+name\s+to)\s+(?:on\s+to\s+)?(?:the|this|our)\s+"
    r"(?:petition|letter)|(?:click|tap|press)\s+here\s+to\s+sign|add\s+your\s+name|sign\s+now)"
    r"(?:\s+(?:now|today|below))?(?:\s+to\s+(?P<to>[^:.!?]{1,100}?))?\s*:\s*(?P<rest>.*)$",
    _I | re.DOTALL,
)
_BUTTON = re.compile(
    r"^[\[(]?(?:sign (?:the|this|our) petition|add your name|sign(?: on)? now|sign (?:and|&) send|"
    r"take action(?: now)?|sign here|click here to sign|sign(?: it)?)[\])]?\s*[!.:»›→>]*$"
    r"|^(?:(?:first|last|full|your)\s+)?name\s*\*?$|^(?:your\s+)?e-?mail(?:\s+address)?\s*\*?$"
    r"|^(?:zip|post(?:al)?)\s*(?:/\s*postal\s*)?code\s*\*?$"
    r"|^(?:share|tweet|post)(?:\s+(?:this|it))?\s+(?:on|to|via|by)\s+\w+$",
    _I,
)
_TO = re.compile(
    r"^(?:(?:this\s+)?(?:petition|letter)\s+(?:is\s+)?(?:addressed\s+)?to|addressed\s+to"
    r"|(?:decision|policy)[\s-]?makers?|recipients?|to)\s*:\s*(?P<rest>.*)$",
    _I,
)
_FROM = re.compile(r"^from\s*:\s*(?P<rest>.*)$", _I)
_FIELD = re.compile(
    r"^(?P<to>headline|title|organi[sz]ation|targets?|consent(?:\s+line)?|"
    r"thanks|thank[- ]you(?:\s+(?:message|text|page|line|note))?)\s*(?::\s*(?P<rest>.*))?$",
    _I | re.DOTALL,
)
_PARTNERS = re.compile(
    r"^(?:our\s+)?(?:(?:(?:participating|partner(?:ing)?|support(?:ing|er)|sponsor(?:ing)?|allied|"
    r"endorsing|co-?sponsor(?:ing)?|co-?signing|signatory|member|coalition|campaign)\s+"
    r"(?:organi[sz]ations?|groups?|partners?|members?))"
    r"|co-?sponsored\s+by|sponsored\s+by|partners?|co-?sponsors?|sponsors?|endorsers|endorsed\s+by|"
    r"supported\s+by|co-?signed\s+by|organi[sz]ed\s+(?:with|by)|in\s+partnership\s+with|"
    r"in\s+coalition\s+with|in\s+cooperation\s+with|together\s+with)\b\s*(?P<colon>:)?\s*(?P<rest>.*)$",
    _I | re.DOTALL,
)
_RECOGNITION = re.compile(
    r"^(?:(?:hi|hello|hey|dear|welcome(?:\s+back)?)\b[^?]{0,60}[.!,]\s*)?\(?not\b[^?.!]{0,60}\?\W{0,6}"
    r"(?:please\s+)?(?:click|tap|press|log|sign\s+(?:out|in)|update|change|switch|start)\b.{0,100}$",
    _I,
)
_CONSENT = (
    re.compile(
        r"^(?:by\s+(?:signing|taking|submitting|clicking|adding|joining|participating|providing|"
        r"entering|pressing)|when\s+you\s+sign|if\s+you\s+sign)\b.{0,250}?\b(?:agree|consent|opt|"
        r"accept|receive|hear\s+from|contact|updates|e-?mails)\b",
        _I | re.DOTALL,
    ),
    re.compile(
        r"^(?:you(?:['’]ll|\s+will|\s+may|\s+can\s+expect\s+to)|we(?:['’]ll|\s+will|\s+may|\s+might))"
        r"\s+(?:(?:also|then|occasionally|from\s+time\s+to\s+time|periodically)\s+)*(?:receive|get|"
        r"send\s+you|contact\s+you|e-?mail\s+you|keep\s+you)\b.{0,200}?\b(?:updates?|e-?mails?|"
        r"messages|news|newsletters?|alerts|communications?|texts|informed|information|posted|"
        r"offers|opportunities|contact)\b",
        _I | re.DOTALL,
    ),
    re.compile(r"^(?:yes,?\s+)?i\s+(?:agree|consent|would\s+like|want)\s+to\s+receive\b", _I),
    re.compile(r"^(?:you\s+(?:can|may)|opt\s+out|unsubscribe)\b.{0,60}\bany\s*time\b", _I),
    re.compile(r"^you\s+(?:can|may)\s+(?:unsubscribe|opt\s+out)\b", _I),
)
_THANKS = re.compile(
    r"^(?:thank\s+you|(?:many\s+)?thanks)(?:\s+(?:so\s+much|very\s+much|again))?"
    r"(?:,?\s+(?-i:[A-Z\[{<])[^\s.!?]{0,30},?)?(?:\s*[!.,–—-]+\s*)?"
    r"(?:$|\s*(?:for\s+(?:signing|taking\s+action|acting|adding\s+your|joining|standing|speaking|"
    r"your\s+signature|your\s+support\W*$|making\s+your\s+voice|all\s+(?:that\s+)?you|"
    r"everything\s+you|being\s+part)|your\s+(?:name|signature)\b|you(?:['’]ve|\s+have)\s+signed))",
    _I,
)


def bare(text: str) -> str:
    """A text without the emphasis, quotation or heading signs of Markdown around it."""
    heading = _HEADING.match(text)
    if heading:
        text = heading.group(2)
    text = _EMPHASIS_START.sub("", text)
    return text.strip().strip("*_").strip()


def classify(text: str) -> Phrase:
    """The phrase that a line, or a whole block, is; `Kind.TEXT` where it is none."""
    if not text or _RULE.match(text):
        return Phrase(Kind.RULE)
    heading = _HEADING.match(text)
    if heading:
        level = len(heading.group(1))
        inner = _heading_phrase(bare(text), level)
        return inner or Phrase(Kind.HEADING, rest=bare(text), level=level)
    plain = text
    if _EMPHASIS_START.match(text):
        plain = _EMPHASIS_COLON.sub(": ", _EMPHASIS_START.sub("", text), count=1)
        if text.rstrip()[-1:] in "*_":
            plain = plain.rstrip("*_ ")
    if not _FIRST_WORD.match(plain):
        return Phrase(Kind.TEXT)
    return _label(plain) or _short_phrase(plain) or _sentence(plain) or Phrase(Kind.TEXT)


def addressee(name: str) -> bool:
    """Whether the words after "petition to" name someone rather than an act ("to ban plastic")."""
    first = name.split()[0]
    if first.lower() in IMPERATIVES:
        return False
    return not first[:1].islower() or first in {
        "the", "your", "our", "all", "every", "members", "president", "e-mail"
    }  # fmt: skip


def _heading_phrase(plain: str, level: int) -> Phrase | None:
    found = _LABEL_HEADING.match(plain.rstrip(": "))
    if found and (not found.group("to") or addressee(found.group("to"))):
        return Phrase(Kind.LABEL, to=found.group("to") or "", level=level)
    if level > 1 and (label := _label(plain)) and not label.rest:
        return Phrase(Kind.LABEL, to=label.to, level=level)
    if level > 1 and (to := _TO.match(plain)) and to.group("rest"):
        return Phrase(Kind.TO, rest=to.group("rest"), level=level)
    partners = _PARTNERS.match(plain)
    if partners and not partners.group("rest"):
        return Phrase(Kind.PARTNERS, level=level)
    field = _FIELD.match(plain)
    if field and level > 1:
        return Phrase(Kind.FIELD, field.group("to").lower(), field.group("rest") or "", level)
    return None


def _label(plain: str) -> Phrase | None:
    if not plain[:1].isupper():
        return None
    if _LABEL_LINE.match(plain):
        return Phrase(Kind.LABEL)
    if found := _LABEL_ELSEWHERE.match(plain):
        return Phrase(Kind.LABEL, found.group("to"), found.group("rest").strip())
    found = _LABEL_TO.match(plain)
    if found:
        to = found.group("to")
        return Phrase(Kind.LABEL, to, found.group("rest").strip()) if addressee(to) else None
    found = _LABEL.match(plain)
    return Phrase(Kind.LABEL, rest=found.group("rest").strip()) if found else None


def _short_phrase(plain: str) -> Phrase | None:
    if found := _TO.match(plain):
        return Phrase(Kind.TO, rest=found.group("rest")) if plain[0].isupper() else None
    if found := _FROM.match(plain):
        return Phrase(Kind.FROM, rest=found.group("rest")) if plain[0] == "F" else None
    if found := _CALL.match(plain):
        return Phrase(Kind.CALL, found.group("to") or "", found.group("rest").strip())
    if _BUTTON.match(plain):
        return Phrase(Kind.BUTTON)
    if _RECOGNITION.match(plain):
        return Phrase(Kind.RECOGNITION)
    found = _PARTNERS.match(plain)
    if found and plain[:1].isupper():
        rest = found.group("rest").strip()
        listed = "organi" in plain.lower() and not rest
        if found.group("colon") or listed:
            return Phrase(Kind.PARTNERS, rest=rest)
    found = _FIELD.match(plain)
    if found and found.group("rest") is not None and plain[:1].isupper():
        return Phrase(Kind.FIELD, found.group("to").lower(), found.group("rest").strip())
    return None


def _sentence(plain: str) -> Phrase | None:
    if len(plain) > 1200:
        return None
    if any(pattern.match(plain) for pattern in _CONSENT):
        return Phrase(Kind.CONSENT)
    if _THANKS.match(plain):
        return Phrase(Kind.THANKS)
    return None
