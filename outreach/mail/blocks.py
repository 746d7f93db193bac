"""What a campaigner wrote, read into text, merge fields and choices.

    {% if RULE %} … {% elif RULE %} … {% else %} … {% endif %}
    {% snippet "name" %}

A letter is read once. Which of its choices a person gets is told by the answers to its numbered
questions; `outcomes` lists all combinations of answers that lead to different letters.
A block's tag that stands alone on its line takes the line with it, as Markdown minds empty lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from outreach.core.errors import BadInput
from outreach.mail.fields import EXAMPLE, Field, read_field

MAX_OUTCOMES = 64
_BLOCKS = "Blocks look like {% if first_name %} … {% else %} … {% endif %}."
_TAG = re.compile(
    r"""(?P<lead>^[ \t]*(?=\{%-?\s*(?:if|elif|else|endif)\b(?:(?!%\}|\n).)*%\}[ \t]*(?:\n|\Z)))?
        (?: \{%-?(?P<block>(?:(?!%\}).)*?)-?%\}(?P<trail>(?(lead)[ \t]*(?:\n|\Z)))
          | \{\{(?P<field>.*?)\}\}
          | (?P<open>\{[{%#]) )""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_SNIPPET = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|“([^”]*)”)\s*""")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two texts, by the answer to a question."""

    question: int
    yes: Nodes
    no: Nodes


Node = str | Field | Choice
Nodes = tuple[Node, ...]
Answers = Mapping[int, bool]


@dataclass
class Letter:
    """What the parts of one letter have in common while they are read.

    `ask` gives the number of a rule's question, and whether the rule is its opposite; `snippet` the
    text of a name. Both raise BadInput. Faults are noted, each with its place, and what is at fault
    is left out.
    """

    constants: Mapping[str, str]
    ask: Callable[[str], tuple[int, bool]]
    snippet: Callable[[str], str]
    language: str = "en"
    faults: list[BadInput] = field(default_factory=list)

    def read(self, text: str, where: str, mark: Callable[[str], str] = str) -> Nodes:
        """A part of the letter; `where` names it (“Body”).

        `mark` may mark places in a text, on their lines, before it is read.
        """
        return _Reader(self, text, where, mark, ()).nodes()


class _Reader:
    """Reads one text; each method goes on where the one before stopped."""

    def __init__(
        self,
        letter: Letter,
        text: str,
        where: str,
        mark: Callable[[str], str],
        within: tuple[str, ...],
    ) -> None:
        self._letter = letter
        self._text = mark(text)
        self._mark = mark
        self._where = where
        self._within = within  # snippets that this one stands in
        self._at = 0

    def nodes(self) -> Nodes:
        """The whole text."""
        found: list[Node] = []
        while True:
            inner, word, _, place = self._until(("endif", "else", "elif"))
            found += inner
            if not word:
                return tuple(found)
            self._fault(place, f"“{{% {word} %}}” belongs to no “{{% if … %}}”.", _BLOCKS)

    def _until(self, ends: tuple[str, ...]) -> tuple[Nodes, str, str, str]:
        """Nodes up to one of these words (or the end: ""), with its rest and place."""
        found: list[Node] = []
        while tag := _TAG.search(self._text, self._at):
            found.append(self._text[self._at : tag.start()])
            self._at = tag.end()
            start = max(tag.start(), tag.end("lead"))
            place = f"{self._where}, line {self._text.count(chr(10), 0, start) + 1}"
            if tag["field"] is not None:
                found += self._field(tag["field"], place)
            elif tag["open"]:
                self._fault(place, f"“{tag['open']}” is not closed.", EXAMPLE)
            else:
                word, _, rest = tag["block"].strip().partition(" ")
                if word in ends:
                    return tuple(filter(None, found)), word, rest.strip(), place
                found += self._block(word, rest.strip(), place)
        found.append(self._text[self._at :])
        self._at = len(self._text)
        return tuple(filter(None, found)), "", "", ""

    def _field(self, written: str, place: str) -> Iterator[Node]:
        letter = self._letter
        try:
            yield read_field(written, place, letter.constants, letter.language)
        except BadInput as fault:
            letter.faults.append(fault)

    def _block(self, word: str, rest: str, place: str) -> Nodes:
        if word == "if":
            return self._choice(rest, place)
        if word == "snippet":
            return self._snippet(rest, place)
        self._fault(
            place,
            f"there is no block “{{% {word} %}}”.",
            f'Known: if, elif, else, endif, snippet. {_BLOCKS} {{% snippet "name" %}}',
        )
        return ()

    def _choice(self, rule: str, place: str) -> Nodes:
        asked = self._asked(rule, place)
        yes, word, rest, there = self._until(("elif", "else", "endif"))
        no: Nodes = ()
        if word == "elif":
            no = self._choice(rest, there)
        elif word == "else":
            no, word, _, there = self._until(("elif", "else", "endif"))
            while word in ("elif", "else"):
                self._fault(there, f"“{{% {word} %}}” can’t follow “{{% else %}}”.", _BLOCKS)
                more, word, _, there = self._until(("elif", "else", "endif"))
                no += more
        if not word:
            self._fault(place, "this block is not ended.", "Put {% endif %} where it ends.")
        if asked is None:
            return (*yes, *no)  # so that faults of links in them are found as well
        question, opposite = asked
        return (Choice(question, no, yes) if opposite else Choice(question, yes, no),)

    def _asked(self, rule: str, place: str) -> tuple[int, bool] | None:
        try:
            return self._letter.ask(rule)
        except BadInput as fault:
            self._fault(place, f"in “{{% if {rule} %}}”: {_lower(fault.message)}", fault.hint)
            return None

    def _snippet(self, written: str, place: str) -> Nodes:
        found = _SNIPPET.fullmatch(written)
        if found is None:
            example = '{% snippet "name" %}'
            self._fault(place, f"“snippet {written}” can’t be read.", f"Write {example}")
            return ()
        name = found[1] or found[2] or found[3] or ""
        if name in self._within:
            path = " → ".join(f"“{step}”" for step in (*self._within, name))
            self._fault(place, f"snippets use each other in a circle: {path}.", "")
            return ()
        try:
            text = self._letter.snippet(name)
        except BadInput as fault:
            self._fault(place, _lower(fault.message), fault.hint)
            return ()
        where, within = f"Snippet “{name}”", (*self._within, name)
        return _Reader(self._letter, text, where, self._mark, within).nodes()

    def _fault(self, place: str, sentence: str, hint: str) -> None:
        self._letter.faults.append(BadInput(f"{place}: {sentence}", hint=hint))


def chosen(nodes: Nodes, answers: Answers) -> Iterator[str | Field]:
    """The text with its fields for these answers."""
    for node in nodes:
        if isinstance(node, Choice):
            yield from chosen(node.yes if answers[node.question] else node.no, answers)
        else:
            yield node


def fields(nodes: Nodes) -> Iterator[Field]:
    """Every merge field, whoever gets it."""
    for node in nodes:
        if isinstance(node, Field):
            yield node
        elif isinstance(node, Choice):
            yield from fields((*node.yes, *node.no))


def outcomes(parts: Sequence[Nodes], usual: Sequence[bool]) -> list[dict[int, bool]]:
    """The answers by which the letter differs, as few as decide; the one of `usual` answers first.

    Raises BadInput for more than MAX_OUTCOMES.
    """
    together = tuple(node for nodes in parts for node in nodes)
    waiting: list[dict[int, bool]] = [{}]
    done: list[dict[int, bool]] = []
    while waiting:
        answers = waiting.pop()
        question = _open(together, answers)
        if question is None:
            done.append(answers)
        else:
            waiting += [
                {**answers, question: not usual[question]},
                {**answers, question: usual[question]},
            ]
        if len(done) + len(waiting) > MAX_OUTCOMES:
            raise BadInput(
                f"The blocks of this letter make more than {MAX_OUTCOMES} different letters.",
                hint="Use fewer blocks, or put what belongs together into one block. "
                "Every independent block doubles the number.",
            )
    return done


def _open(nodes: Nodes, answers: Answers) -> int | None:
    """The first question in the text whose answer is not given."""
    for node in nodes:
        if not isinstance(node, Choice):
            continue
        if node.question not in answers:
            return node.question
        found = _open(node.yes if answers[node.question] else node.no, answers)
        if found is not None:
            return found
    return None


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
