"""Where this installation keeps its files. Read before Django is there, and by its settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from console.postgres.embedded.errors import DataFolderError

CHECKOUT = Path(__file__).resolve().parent.parent


def data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """CONSOLE_DATA_DIR, where `~` is a home folder, or `var` in the checkout.

    Raises DataFolderError where `~name` is nobody's.
    """
    given = environ.get("CONSOLE_DATA_DIR") or CHECKOUT / "var"
    try:
        return Path(given).expanduser().resolve()
    except RuntimeError as exc:
        raise DataFolderError(
            f"CONSOLE_DATA_DIR is {str(given)!r}, and nobody has that home: use another folder"
        ) from exc
