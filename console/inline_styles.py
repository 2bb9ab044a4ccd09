"""The one style that stands in a page itself, by its hash: pages that are shown when everything
else fails need no other file. Read by the settings."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

_PLAIN = Path(__file__).parent / "templates" / "console" / "plain.html"


def hash_of_plain_pages() -> str:
    """What a Content-Security-Policy calls the style of ``console/plain.html``."""
    _before, _tag, rest = _PLAIN.read_text(encoding="utf-8").partition("<style>")
    style, end, _after = rest.partition("</style>")
    if not end:
        raise ValueError("console/plain.html has no style.")
    digest = hashlib.sha256(style.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
