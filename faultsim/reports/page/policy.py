"""What a page's content security policy calls its own script and style by."""

from __future__ import annotations

import base64
import hashlib


def policy_hash(text: str) -> str:
    """Return what a content security policy calls an inline script or style by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
