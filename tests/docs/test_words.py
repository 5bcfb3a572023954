"""The words of the reference: nothing is left without one, and none is left over."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from faultsim.circuits.symbols import Symbols
from faultsim.specfile import Quantity
from faultsim.vectors.space import Positive
from scripts.reference.docstring import docstring_of
from scripts.reference.markup import code, prose, table
from scripts.reference.shape import told
from scripts.reference.words import Untold, read_words


def test_what_is_missing_and_what_is_left_over_is_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text('[key.campaign]\ntitle = "a title"\nolder = "a key that is gone"\n')
    words = read_words(file)
    assert words.of("key campaign", "title") == "a title"
    assert words.of("key campaign", "newer") == ""
    with pytest.raises(Untold) as caught:
        words.check()
    first, second = str(caught.value).splitlines()
    assert first == "no description of key campaign: newer"
    assert second.startswith("key campaign: older is nothing")


def test_text_of_the_code_is_harmless_in_a_table() -> None:
    assert (
        prose("a|b *c* <d> ``e|f`` `g_h`")
        == "a&#124;b &#42;c&#42; &lt;d&gt; <code>e&#124;f</code> <code>g&#95;h</code>"
    )
    assert code('x"', "a.b") == '<code id="a.b">x"</code>'
    assert table(["one", "two"], [["a", "b\nc"]]) == ["", "| one | two |", "| --- | --- |", "| a | b c |", ""]


def test_a_docstring_is_taken_apart() -> None:
    def documented() -> None:
        """Say something.

        And more of it,
        over two lines.

        Args:
            one: The first,
                over two lines.
            two: The second.

        Raises:
            ValueError: Never.
        """

    said = docstring_of(documented)
    assert said.paragraphs == ["Say something.", "And more of it, over two lines."]
    assert said.sections["Args"] == {"one": "The first, over two lines.", "two": "The second."}
    assert said.sections["Raises"] == {"ValueError": "Never."}


def test_types_are_told_in_words() -> None:
    assert told(Quantity | None) == "quantity"
    assert told(Positive) == "quantity, above 0"
    assert told(list[Positive]) == "list of quantities, above 0"
    assert told(dict[str, float]) == "table: name = number"
    assert told(Literal["all"] | list[Symbols]) == '<code>"all"</code> or list of patterns'
