"""The page of the command line: every verb with its arguments and options, from the program itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from faultsim.cli.app import app

from .docstring import docstring_of
from .markup import code, prose, table
from .shape import bare, told
from .words import Words

Command = Any
"""A command of Typer, which ships its parser inside of itself and says nothing of its types."""


def verbs() -> dict[str, Command]:
    """Return the verbs by name, those of a group by both names."""
    return dict(_leaves("", typer.main.get_command(app).commands))


def commands_page(words: Words) -> str:
    """Return the page of the verbs."""
    lines = ["# Commands", "", words.of("page intros", "commands"), ""]
    for name, command in verbs().items():
        told_of = docstring_of(command.callback)
        lines += [
            f"## faultsim {name} {{ #{name.replace(' ', '-')} }}",
            "",
            "```text",
            _usage(name, command),
            "```",
            "",
        ]
        lines += [prose(paragraph) + "\n" for paragraph in told_of.paragraphs]
        lines += table(["", "takes", "if left out", "what"], _rows(name, command, words))
    return "\n".join(lines)


def _leaves(above: str, commands: Mapping[str, Command]) -> Iterator[tuple[str, Command]]:
    for name, command in commands.items():
        full = f"{above} {name}".strip()
        if hasattr(command, "commands"):
            yield from _leaves(full, command.commands)
        else:
            yield full, command


def _usage(name: str, command: Command) -> str:
    words = ["faultsim", name, *["[OPTIONS]"] * any(_is_option(one) for one in command.params)]
    return " ".join([*words, *(_placeholder(one) for one in command.params if not _is_option(one))])


def _rows(verb: str, command: Command, words: Words) -> Iterator[list[str]]:
    for one in sorted(command.params, key=_is_option):
        if one.name == "help":
            continue
        names = [*one.opts, *one.secondary_opts] if _is_option(one) else _placeholder(one).strip("[]").split("|")
        about = prose(one.help) if one.help else words.of(f"option {verb}", names[0] if _is_option(one) else one.name)
        yield [", ".join(code(name) for name in names), _takes(one), _default(one), about]


def _is_option(parameter: Command) -> bool:
    return parameter.opts[0].startswith("-")


def _placeholder(parameter: Command) -> str:
    return parameter.metavar or parameter.name.upper()


def _takes(parameter: Command) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    hint = parameter.type_descriptor.annotation
    kind = told(bare(hint))
    least, most = parameter.min, parameter.max
    bounds = f", {least:g} to {most:g}" if None not in (least, most) else f", {least:g} or more" if least else ""
    metavar = code(parameter.metavar) + ": " if _is_option(parameter) and parameter.metavar else ""
    return metavar + kind + bounds


def _default(parameter: Command) -> str:
    if parameter.required:
        return "required"
    if parameter.default in (None, "", False):
        return ""
    return "on" if parameter.default is True else code(str(parameter.default))
