"""Values as TOML text, for files that are generated."""

from __future__ import annotations

import json
import re
from typing import Any

_KEY = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(value: Any) -> str:
    """Return a value in TOML, on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml_key(key)} = {toml_text(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_text, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def toml_key(key: str) -> str:
    """Return a key in TOML."""
    return key if _KEY.fullmatch(key) else toml_text(key)
