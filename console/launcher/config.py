"""What the environment asks of `make run`, read once and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from console.data_folder import data_dir
from console.secret_files import is_given

from .errors import LauncherError


@dataclass(frozen=True)
class Config:
    """The supervisor's settings."""

    data_dir: Path
    port: int
    web_workers: int
    own_server: bool  # DATABASE_URL and WEB_DATABASE_URL name a server that is not ours


def read_config(environ: Mapping[str, str]) -> Config:
    """Read CONSOLE_PORT, CONSOLE_WEB_WORKERS, CONSOLE_DATA_DIR and the two database URLs.

    Raises LauncherError for a value that cannot be used.
    """
    given = [name for name in ("DATABASE_URL", "WEB_DATABASE_URL") if is_given(name, environ)]
    if len(given) == 1:
        missing = ({"DATABASE_URL", "WEB_DATABASE_URL"} - set(given)).pop()
        raise LauncherError(
            f"{given[0]} is set, but {missing} is not: a server of your own needs both "
            "(the owner's login and the web login); unset both to use the embedded PostgreSQL"
        )
    return Config(
        data_dir=data_dir(environ),
        port=_number(environ, "CONSOLE_PORT", default=8000, low=1, high=65535),
        web_workers=_number(environ, "CONSOLE_WEB_WORKERS", default=2, low=1, high=64),
        own_server=bool(given),
    )


def _number(environ: Mapping[str, str], name: str, *, default: int, low: int, high: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or not low <= int(text) <= high:
        raise LauncherError(f"{name} is {text!r}: use a whole number from {low} to {high}")
    return int(text)
