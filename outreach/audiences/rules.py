"""Rules of segments read from text. The grammar stands in docs/segments.md.

rule    = either [ "sample" AMOUNT [ "seed" N ] ]
either  = both { "or" both }
both    = single { "and" single }
single  = "not" single | "(" either ")" | question
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from difflib import get_close_matches

from outreach.audiences import terms
from outreach.audiences.scan import END, NAME, SIGN, WORD, Token, scan
from outreach.audiences.terms import Rule, to_text
from outreach.core.errors import BadInput

__all__ = ["Rule", "parse", "to_text"]

MAX_CHARS = 20_000
MAX_DEPTH = 40  # brackets and nots within each other
MAX_QUESTIONS = 200
LONGEST_DAYS = 36_500

_FIELD_NAME = re.compile(r"(?i:field)\.[A-Za-z0-9_]+")
_CONNECT = ("and", "or", "sample")
_TIMES = ("since", "before", "within")


def parse(text: str) -> Rule:
    """The rule of a text.

    Raises BadInput that names the place, what stands there, and what was expected.
    """
    if len(text) > MAX_CHARS:
        raise BadInput(f"The rules are longer than {MAX_CHARS:,} characters.", field="rules")
    if not text.strip():
        raise BadInput(
            "The rules are empty.", hint="Write “everyone” to mean all supporters.", field="rules"
        )
    try:
        return _Parser(list(scan(text))).rule()
    except BadInput as error:
        error.field = "rules"
        raise


class _Parser:
    """Recursive descent over tokens; each method reads what it is named for."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._questions = 0
        self._kinds: dict[str, Callable[[], Rule]] = {
            "everyone": terms.Everyone,
            "list": lambda: terms.OnList(self._name("the name of a list")),
            "tag": lambda: terms.Tagged(self._name("a tag")),
            "segment": lambda: terms.InSegment(self._name("the name of a saved segment")),
            "signed": self._signed,
            "joined": self._joined,
            **{act: self._letter(act) for act in ("got", "opened", "clicked")},
            "missed": lambda: terms.Letter("missed", self._name("a blast")),
            "unknown": lambda: terms.Letter("unknown", self._name("a blast")),
        }

    def rule(self) -> Rule:
        chosen = self._either()
        if self._took("sample"):
            chosen = self._sample(chosen)
        if self._next.kind != END:
            raise self._fault("“and”, “or”, “sample”, or the end", _CONNECT)
        return chosen

    def _either(self) -> Rule:
        rules = [self._both()]
        while self._took("or"):
            rules.append(self._both())
        return rules[0] if len(rules) == 1 else terms.Or(tuple(rules))

    def _both(self) -> Rule:
        rules = [self._single()]
        while self._took("and"):
            rules.append(self._single())
        return rules[0] if len(rules) == 1 else terms.And(tuple(rules))

    def _single(self) -> Rule:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._refusal(f"more than {MAX_DEPTH} brackets or nots within each other.")
        if self._took("not"):
            chosen: Rule = terms.Not(self._single())
        elif self._took("("):
            chosen = self._either()
            if not self._took(")"):
                raise self._fault("“)”, “and” or “or”", (*_CONNECT[:2], ")"))
        else:
            chosen = self._question()
        self._depth -= 1
        return chosen

    def _question(self) -> Rule:
        self._questions += 1
        if self._questions > MAX_QUESTIONS:
            raise self._refusal(f"more than {MAX_QUESTIONS} questions in one rule.")
        token = self._next
        word = token.text.lower() if token.kind == WORD else ""
        if word in self._kinds:
            self._place += 1
            return self._kinds[word]()
        if word in terms.ATTRIBUTES:
            self._place += 1
            return self._comparison(word)
        if word.startswith(terms.FIELD) and _FIELD_NAME.fullmatch(token.text):
            self._place += 1
            return self._comparison(terms.FIELD + token.text[len(terms.FIELD) :])
        known = (*self._kinds, *terms.ATTRIBUTES, "not", "field.NAME")
        raise self._fault("a question, such as list, tag, signed or field.NAME", known)

    def _comparison(self, attribute: str) -> Rule:
        for operator in terms.OPERATORS:
            if self._took(operator):
                break
        else:
            if self._next.kind == END or any(map(self._next.says, (*_CONNECT, ")"))):
                return terms.Compare(attribute, terms.KNOWN)
            raise self._fault(f"one of {' '.join(terms.OPERATORS)}", terms.OPERATORS)
        if operator == terms.KNOWN:
            return terms.Compare(attribute, operator)
        if operator == terms.IN:
            return terms.Compare(attribute, operator, self._values())
        return terms.Compare(attribute, operator, (self._name("a value"),))

    def _values(self) -> tuple[str, ...]:
        if not self._took("("):
            raise self._fault("values in brackets, such as (CA, NY)")
        values = [self._name("a value")]
        while self._took(","):
            values.append(self._name("a value"))
        if not self._took(")"):
            raise self._fault("“,” or “)”")
        return tuple(values)

    def _signed(self) -> Rule:
        petition = None
        if not self._took("any") and self._is_name():
            petition = self._name("a petition")
        return terms.Signed(petition, self._when())

    def _letter(self, act: str) -> Callable[[], Rule]:
        def read() -> Rule:
            blast = self._name("a blast") if self._is_name() else None
            return terms.Letter(act, blast, self._when())

        return read

    def _joined(self) -> Rule:
        when = self._when()
        if when is None:
            raise self._fault("“since”, “before” or “within”", _TIMES)
        return terms.Joined(when)

    def _when(self) -> terms.When | None:
        for word in _TIMES:
            if self._took(word):
                break
        else:
            return None
        if word != "within":
            return terms.When(word, day=self._day())
        days = self._number("a number of days", at_most=LONGEST_DAYS)
        if not self._took("days") and not self._took("day"):
            raise self._fault("“days”", ("days",))
        return terms.When(word, days=days)

    def _day(self) -> date:
        token = self._next
        try:
            # fromisoformat also reads other spellings of ISO 8601
            if len(token.text) != len("2026-01-31"):
                raise ValueError
            day = date.fromisoformat(token.text)
        except ValueError:
            raise self._fault("a day, such as 2026-01-31") from None
        self._place += 1
        return day

    def _sample(self, chosen: Rule) -> Rule:
        size, percent = None, None
        if self._tokens[min(self._place + 1, len(self._tokens) - 1)].says("%"):
            percent = self._percent()
        else:
            size = self._number("a number of people, or a share such as 10%", at_most=10**9)
        seed = self._number("a number", at_most=10**9) if self._took("seed") else 1
        return terms.Sample(chosen, size, percent, seed)

    def _percent(self) -> float:
        token = self._next
        if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", token.text) or float(token.text) > 100:
            raise self._fault("a share between 0 and 100, such as 10 or 2.5")
        self._place += 2
        return float(token.text)

    def _number(self, wanted: str, *, at_most: int) -> int:
        token = self._next
        if token.kind != WORD or not re.fullmatch(r"[0-9]{1,12}", token.text):
            raise self._fault(wanted)
        if int(token.text) > at_most:
            raise self._refusal(f"{token.shown} is more than {at_most:,}.")
        self._place += 1
        return int(token.text)

    def _is_name(self) -> bool:
        """Whether a name follows, not the next word of the grammar."""
        token = self._next
        return token.kind == NAME or (
            token.kind == WORD and token.text.lower() not in terms.RESERVED
        )

    def _name(self, wanted: str) -> str:
        if not self._is_name():
            hint = "" if self._next.kind != WORD else " (in quotes if it is a word of the rules)"
            raise self._fault(wanted + hint)
        self._place += 1
        return self._tokens[self._place - 1].text

    def _took(self, word: str) -> bool:
        if self._next.says(word):
            self._place += 1
            return True
        return False

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _fault(self, expected: str, known: Sequence[str] = ()) -> BadInput:
        close = get_close_matches(self._next.text.lower(), known, n=1, cutoff=0.6)
        if self._next.kind == SIGN:
            close = []
        return self._refusal(
            f"expected {expected}, found {self._next.shown}.",
            f"Did you mean “{close[0]}”?" if close else "",
        )

    def _refusal(self, sentence: str, hint: str = "") -> BadInput:
        return BadInput(f"At character {self._next.at + 1}: {sentence}", hint=hint)
