"""What a process of the console finds in its environment: a database and a secret key.

Runs before Django's settings are loaded, and so uses nothing of Django.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from console.data_folder import data_dir
from console.postgres.embedded import (
    EmbeddedServerError,
    ServerUrls,
    embedded_from_environment,
    socket_urls,
)
from console.postgres.embedded.errors import from_os_error
from console.secret_files import is_given

# Commands that never open a connection. They get URLs that lead nowhere, so that the settings
# load, and so that a mistake in this list fails with a telling name.
_WITHOUT_DATABASE = frozenset(
    {
        "check",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "startapp",
        "startproject",
        "version",
    }
)
_NOWHERE = Path("/this-command-has-no-database")
# Commands that serve requests, and so log in as `web`.
_WEB_COMMANDS = frozenset({"runserver"})


def needs_database(argv: Sequence[str]) -> bool:
    """Whether `manage.py` called with `argv` (its own name first) opens a database connection."""
    arguments = argv[1:]
    if not arguments or {"-h", "--help", "--version"} & set(arguments):
        return False
    if arguments[0] == "check":
        return any(word.split("=")[0] == "--database" for word in arguments)
    return arguments[0] not in _WITHOUT_DATABASE


@contextmanager
def command_environment(argv: Sequence[str]) -> Iterator[None]:
    """Give a `manage.py` command what the settings read, and a running database if it needs one.

    What is set already stays, but for the login of what serves requests. The embedded server is
    held while the block runs. Ends the process with one line on stderr and status 1 when that is
    not possible.
    """
    name = argv[1] if len(argv) > 1 else ""
    if name in _WEB_COMMANDS:
        os.environ["CONSOLE_LOGIN"] = "web"  # whatever is set: what serves requests is never owner
    os.environ.setdefault("CONSOLE_LOGIN", "owner")
    try:
        if not needs_database(argv):
            _set_placeholders()
            yield
            return
        set_secret_key()
        if is_given("DATABASE_URL") or is_given("WEB_DATABASE_URL"):
            yield
            return
        _end_on_sigterm()
        with embedded_from_environment(data_dir(), report=_say).hold() as urls:
            set_urls(urls)
            yield
    except EmbeddedServerError as exc:
        sys.exit(str(exc))


def set_urls(urls: ServerUrls) -> None:
    """Put the URLs of both logins into the environment of this process and its children."""
    os.environ["DATABASE_URL"] = urls.owner
    os.environ["WEB_DATABASE_URL"] = urls.web


def set_secret_key() -> None:
    """Name a file with a secret key in SECRET_KEY_FILE, unless a key is given.

    The file is made once, for this user alone. Raises DataFolderError or DiskFullError.
    """
    if is_given("SECRET_KEY"):
        return
    folder = data_dir()
    path = folder / "secret-key"
    try:
        if not path.exists():
            _make_secret_key(path)
    except OSError as exc:
        raise from_os_error(exc, folder) from exc
    os.environ["SECRET_KEY_FILE"] = str(path)


def _make_secret_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file 0600; a link appears whole, and only for the first who tries.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-key-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)


def _set_placeholders() -> None:
    urls = socket_urls(_NOWHERE)
    placeholders = {
        "DATABASE_URL": urls.owner,
        "WEB_DATABASE_URL": urls.web,
        "SECRET_KEY": secrets.token_urlsafe(50),
    }
    os.environ.update({name: v for name, v in placeholders.items() if not is_given(name)})


def _end_on_sigterm() -> None:
    """Make SIGTERM and SIGHUP end the command in order, so that it lets go of the server.

    A command may set handlers of its own after this, as the worker does.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda received, frame: sys.exit(128 + received))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
