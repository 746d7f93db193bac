"""The command line speaks with one voice: the same option has the same name and words."""

from __future__ import annotations

from collections.abc import Iterator

import click

from outreach.cli import main


def commands(group: click.Group, path: str = "outreach") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group with the words that call it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def test_json_is_the_same_option_everywhere() -> None:
    found = {
        words: (option.name, option.help)
        for words, command in commands(main)
        for option in command.params
        if isinstance(option, click.Option) and "--json" in option.opts
    }
    assert len(found) > 20
    assert set(found.values()) == {("json_", "One JSON value for machines.")}, found


def test_every_command_says_what_it_does() -> None:
    assert [words for words, command in commands(main) if not command.help] == []
