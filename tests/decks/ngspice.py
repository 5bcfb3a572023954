"""What ngspice itself makes of a deck: its flattened cards, and its operating point."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

# The first line is the title, and not there where that is a comment.
_LINE = re.compile(r"^ *(?!1 )\d+ : (.*)$", re.MULTILINE)
# What would change how it reads a deck.
_ALONE = {key: value for key, value in os.environ.items() if not key.startswith(("SPICE", "NGSPICE"))}


def ngspice(deck: Path, patience_s: float = 20.0) -> subprocess.CompletedProcess[str]:
    """Run a deck without anybody's .spiceinit, in the deck's folder, where its includes are found."""
    return subprocess.run(
        ["ngspice", "-n", "-b", deck.name],
        cwd=deck.parent,
        env=_ALONE,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=patience_s,
        check=False,
    )


def expanded(folder: Path, text: str) -> list[list[str]]:
    """Return the words of each card that ngspice has after it has flattened a deck."""
    deck = folder / "expanded.cir"
    deck.write_text(f"{text}.control\nlisting expand\n.endc\n.end\n", encoding="utf-8", errors="surrogateescape")
    done = ngspice(deck)
    listed = [line.split() for line in _LINE.findall(done.stdout)]
    assert listed, f"ngspice does not take\n{text}\n{done.stderr}"
    return listed
