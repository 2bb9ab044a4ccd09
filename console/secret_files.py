"""Secrets of the environment: as they are, or in files, as containers are given them.

Read before Django is there, and by its settings. What is refused is said without the secret.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


class SecretUnreadable(Exception):
    """The file that is to hold a secret cannot be read, or holds none."""


def is_given(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment has the secret, or names a file for it."""
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def secret(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The content of the file that ``NAME_FILE`` names, else ``NAME``, else nothing.

    Raises ``SecretUnreadable`` where the file cannot be read or is empty: what was meant to be
    secret must not be replaced by something else without a word.
    """
    path = environ.get(f"{name}_FILE", "")
    if not path:
        return environ.get(name, "")
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise SecretUnreadable(f"{name}_FILE cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError:
        # Not from it: the error holds the file's content.
        raise SecretUnreadable(f"{name}_FILE names a file that is no text.") from None
    if not content:
        raise SecretUnreadable(f"The file that {name}_FILE names is empty.")
    return content
