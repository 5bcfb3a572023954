"""The page of the exit codes, from the errors that end the program."""

from __future__ import annotations

from faultsim import errors

from .docstring import docstring_of
from .markup import code, prose, table
from .words import Words


def exit_codes(words: Words) -> dict[int, list[str]]:
    """Return what each code says, the most general first."""
    found: dict[int, list[str]] = {number: [words.of("exit codes", str(number))] for number in (0, 1)}
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.FaultsimError)
    ]
    for kind in kinds:
        if kind is not errors.FaultsimError:
            found.setdefault(kind.exit_code, []).append(docstring_of(kind).paragraphs[0])
    return dict(sorted(found.items()))


def exits_page(words: Words) -> str:
    """Return the page of the exit codes."""
    rows = [[code(str(number)), " ".join(map(prose, texts))] for number, texts in exit_codes(words).items()]
    about = words.of("page intros", "exit-codes")
    return "\n".join(["# Exit codes", "", about, *table(["code", "what happened"], rows)])
