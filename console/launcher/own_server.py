"""A look at a PostgreSQL that is not ours, before anything is started on it."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from console.secret_files import SecretUnreadable, secret

from .errors import LauncherError

_OLDEST = 16
_CONNECT_SECONDS = 10


def check_own_server(environ: Mapping[str, str]) -> None:
    """Log in with DATABASE_URL and with WEB_DATABASE_URL, and see that the server will do.

    Raises LauncherError; its line never contains a URL, which may hold a password.
    """
    for name in ("DATABASE_URL", "WEB_DATABASE_URL"):
        try:
            with psycopg.connect(
                secret(name, environ), connect_timeout=_CONNECT_SECONDS
            ) as connection:
                version = connection.info.server_version // 10000
        except psycopg.OperationalError as exc:
            reason = (str(exc).strip().splitlines() or ["no answer"])[0]
            raise LauncherError(
                f"the server of {name} cannot be used ({reason}): put that right, or unset "
                "DATABASE_URL and WEB_DATABASE_URL to use the embedded PostgreSQL"
            ) from exc
        except SecretUnreadable as exc:
            raise LauncherError(str(exc)) from exc
        except psycopg.ProgrammingError as exc:
            raise LauncherError(
                f"{name} is not a PostgreSQL URL (postgresql://user:password@host:port/name)"
            ) from exc
        if version < _OLDEST:
            raise LauncherError(
                f"the server of {name} is PostgreSQL {version}: {_OLDEST} or newer is needed"
            )
