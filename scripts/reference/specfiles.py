"""Pages of the TOML files that are read: every key with its type, default and meaning, from the pydantic models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from faultsim.specfile import Spec

from .docstring import docstring_of
from .markup import code, prose, sentence, table
from .shape import bare, is_spec, limits_told, specs_in, told
from .words import Words


@dataclass(frozen=True)
class Section:
    """A table of a file.

    Attributes:
        path: Where it stands, such as ``tests.limits``; empty for the top of the file.
        header: How it is written, such as ``[[tests]]``.
        model: What it may hold.
    """

    path: str
    header: str
    model: type[Spec]


def sections_of(model: type[Spec], path: str = "", header: str = "") -> Iterator[Section]:
    """Yield a file's tables, each before those inside of it."""
    yield Section(path, header, model)
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name not in model.model_fields:
            continue
        inside = specs_in(hint)
        for member in inside:
            below = ".".join(filter(None, (path, name)))
            label, written = _placed(below, bare(hint), member if len(inside) > 1 else None)
            yield from sections_of(member, label, written)


def keys_of(section: Section, group: str, words: Words) -> Iterator[list[str]]:
    """Yield a row for each key of a table; the group has the words that the models do not say."""
    hints = get_type_hints(section.model, include_extras=True)
    for name, field in section.model.model_fields.items():
        path = ".".join(filter(None, (section.path, name)))
        # Limits of the field may be those of its type already.
        kind, limits = told(hints[name]), limits_told(field.metadata)
        shown = f"[{code(name)}](#{_target(path, hints[name])})" if specs_in(hints[name]) else code(name, path)
        yield [
            shown,
            kind + ("" if kind.endswith(limits) else limits),
            _default(field),
            _about(section, name, group, words),
        ]


def file_page(name: str, title: str, model: type[Spec], words: Words) -> str:
    """Return the page of a kind of file.

    Args:
        name: What words call it.
        title: Of the page.
        model: What it may hold.
        words: What the models do not say.
    """
    lines = [f"# {title}", "", words.of("page files", name), ""]
    for section in sections_of(model):
        if section.path:
            lines += [f"## {code(section.header)} {{ #{section.path} }}", ""]
        lines += [prose(paragraph) + "\n" for paragraph in docstring_of(section.model).paragraphs]
        lines += table(["key", "type", "if left out", "what"], keys_of(section, f"key {name}", words))
    return "\n".join(lines)


def _placed(path: str, hint: Any, member: type[Spec] | None) -> tuple[str, str]:
    """Return the path and the header of a table: one, one of many, or one under a name."""
    if get_origin(hint) is dict:
        return path, f"[{path}.NAME]"
    header = f"[[{path}]]" if get_origin(hint) is list else f"[{path}]"
    if member is None:
        return path, header
    choice = get_args(member.model_fields["at"].annotation)[0]
    return f"{path}-{choice.replace(' ', '-')}", f'{header} at = "{choice}"'


def _target(path: str, hint: Any) -> str:
    """Return the name of the heading of a key's table, of the first where there are several."""
    inside = specs_in(hint)
    return _placed(path, bare(hint), inside[0] if len(inside) > 1 else None)[0]


def _about(section: Section, name: str, group: str, words: Words) -> str:
    field = section.model.model_fields[name]
    if field.description:
        return prose(field.description)
    path = ".".join(filter(None, (section.path, name)))
    inside = specs_in(get_type_hints(section.model, include_extras=True)[name])
    if inside and not words.has(group, path):
        return prose(sentence(docstring_of(inside[0]).text))
    if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1:
        return "says which of these tables it is"
    return words.of(group, path if words.has(group, path) else f"*.{name}")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return code(str(value).lower())
    if is_spec(type(value)):
        return "its own defaults"
    if isinstance(value, list | dict):
        return "none" if not value else code(str(value).replace("'", '"'))
    return code(f'"{value}"' if isinstance(value, str) else f"{value:g}")
