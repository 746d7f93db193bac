"""The command line speaks with one voice: the same option has the same name and words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
from click.testing import CliRunner

from outreach.cli import COMMANDS, main


def commands(group: click.Group, path: str = "outreach") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
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


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    context = click.Context(main)
    for name, (_, words) in COMMANDS.items():
        command = main.get_command(context, name)
        assert command is not None and command.name == name
        assert command.get_short_help_str(200) == words
    listed = CliRunner().invoke(main, ["--help"])
    assert listed.exit_code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in listed.output] == []


def test_help_is_there_before_the_house_is() -> None:
    seen = "import sys, outreach.cli as c; c.main(['--help'], standalone_mode=False); "
    seen += "print([m for m in ('sqlalchemy', 'flask', 'pydantic') if m in sys.modules])"
    said = subprocess.run(
        [sys.executable, "-c", seen], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.endswith("[]\n"), said.stdout
