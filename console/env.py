"""Typed readers of the environment that fail loudly.

Settings are values; everything that reads, checks or explains an environment variable is here.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from console import secret_files

env = environ.Env()

Login = Literal["owner", "web"]

#: The variable that holds the URL of each login.
URL_VARIABLES: dict[Login, str] = {"owner": "DATABASE_URL", "web": "WEB_DATABASE_URL"}

#: What libpq is told of a server that says nothing, where its URL does not: a host that vanished
#: would keep whoever asks it for as long as the kernel tries, a quarter of an hour or for ever. An
#: answer may take as long as it likes: it is the other kernel that has to be there. On a Unix
#: socket all but the first are passed over. Seconds; the last, milliseconds.
OF_A_LOST_HOST = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}


def login() -> Login:
    """Which of the two database logins this process uses.

    ``CONSOLE_LOGIN`` is ``web`` in every process that answers requests, ``owner`` in the worker
    and in commands. Unset means ``web``: the login that can do less.
    """
    value = env.str("CONSOLE_LOGIN", default="web")
    if value not in URL_VARIABLES:
        raise ImproperlyConfigured(f"CONSOLE_LOGIN is {value!r}; it must be 'owner' or 'web'.")
    return value  # type: ignore[return-value]


def refuse_owner_login() -> None:
    """For a process that serves requests: raise ``ImproperlyConfigured`` if it would be the owner.

    Whoever finds a hole in a page must find a process that cannot change schemas.
    """
    if login() == "owner":
        raise ImproperlyConfigured(
            "CONSOLE_LOGIN is 'owner', and this process serves requests: leave CONSOLE_LOGIN "
            "unset, or set it to 'web'."
        )
    owner, web = role_name("owner"), role_name("web")
    if owner is not None and owner == web:
        raise ImproperlyConfigured(
            "DATABASE_URL and WEB_DATABASE_URL name the same login. Pages are served by a login "
            "of its own that may not change schemas; see docs/operating.md."
        )


def conninfo(which: Login) -> dict[str, Any] | None:
    """The parts of a login's URL as libpq reads them, or ``None`` where the URL is not set.

    Raises ``ImproperlyConfigured`` for a URL that libpq cannot read; the message never contains
    the URL, which may hold a password.
    """
    variable = URL_VARIABLES[which]
    url = secret(variable)
    if not url:
        return None
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as exc:
        raise ImproperlyConfigured(
            f"{variable} is not a PostgreSQL URL (postgresql://user:password@host:port/name)."
        ) from exc
    missing = [part for part in ("user", "dbname") if not parts.get(part)]
    if missing:
        raise ImproperlyConfigured(f"{variable} names no {' and no '.join(missing)}.")
    return parts


def databases(**options: Any) -> dict[str, dict[str, Any]]:
    """Django's ``DATABASES`` for the login of this process; ``options`` go into the entry."""
    parts = conninfo(login())
    if parts is None:
        raise ImproperlyConfigured(
            f"{URL_VARIABLES[login()]} is not set, nor {URL_VARIABLES[login()]}_FILE. 'make run' "
            "and manage.py start a database of their own and set it; any other process must be "
            "told which database to use."
        )
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    known["port"] = "PORT"
    database = {django: str(parts.pop(libpq, "")) for libpq, django in known.items()}
    of_libpq = {**OF_A_LOST_HOST, **options.get("OPTIONS", {}), **parts}
    return {"default": {**database, **options, "OPTIONS": of_libpq}}


def role_name(which: Login) -> str | None:
    """The database role of a login, or ``None`` where this process was not told its URL."""
    parts = conninfo(which)
    return parts["user"] if parts else None


def secret(name: str) -> str:
    """``NAME``, or the content of the file that ``NAME_FILE`` names; empty where neither is set."""
    try:
        return secret_files.secret(name)
    except secret_files.SecretUnreadable as exc:
        raise ImproperlyConfigured(str(exc)) from exc


def secret_key() -> str:
    """Django's key. Raises ``ImproperlyConfigured`` where there is none."""
    key = secret("SECRET_KEY")
    if not key:
        raise ImproperlyConfigured("Set SECRET_KEY, or SECRET_KEY_FILE to a file that holds it.")
    return key


def secret_key_fallbacks() -> list[str]:
    """Keys of before, one to a line or with spaces between, that still open what they signed."""
    return secret("SECRET_KEY_FALLBACKS").split()


def support_email() -> str:
    """``SUPPORT_EMAIL``, an e-mail address; empty where it is not set."""
    address = env.str("SUPPORT_EMAIL", default="").strip()
    if address:
        try:
            validate_email(address)
        except ValidationError as exc:
            raise ImproperlyConfigured("SUPPORT_EMAIL is not an e-mail address.") from exc
    return address


def whole_number(name: str, *, default: int, at_least: int = 1) -> int:
    """A number from the environment. Raises ``ImproperlyConfigured`` for anything else."""
    text = env.str(name, default=str(default)).strip()
    if not (text.isascii() and text.isdecimal()) or int(text) < at_least:
        raise ImproperlyConfigured(
            f"{name} is {text!r}; it must be a whole number of at least {at_least}."
        )
    return int(text)


def switch(name: str, *, default: bool) -> bool:
    """``1`` or ``0``, or words for them. Raises ``ImproperlyConfigured`` for anything else: what
    protects must not be off because of a slip."""
    text = env.str(name, default="").strip().lower()
    if not text:
        return default
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} is {text!r}; it must be 1 or 0.")


def console_domain() -> str:
    """The host of the staff's side, as it is written in ``CONSOLE_DOMAIN``."""
    return env.str("CONSOLE_DOMAIN", default="localhost")


def is_on_this_machine() -> bool:
    """Whether the console is for whoever sits at this machine alone, as in development."""
    domain = console_domain().lower().removesuffix(".")
    return domain == "localhost" or domain.endswith(".localhost")


def debug() -> bool:
    """``DEBUG``. Raises ``ImproperlyConfigured`` where others could see what it shows."""
    if switch("DEBUG", default=False):
        if not is_on_this_machine():
            raise ImproperlyConfigured(
                f"DEBUG is on, and CONSOLE_DOMAIN is {console_domain()!r}: it would show code, "
                "settings and data to whoever meets an error. It works on localhost alone."
            )
        return True
    return False


def header(name: str) -> str:
    """The name of a request's header from the environment, as ``request.META`` has it; empty where
    it is not set."""
    text = env.str(name, default="").strip()
    if not text:
        return ""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", text):
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be the name of a header.")
    return f"HTTP_{text.upper().replace('-', '_')}"
