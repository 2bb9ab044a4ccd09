"""The scope of a connection: its search path and its role, which always change together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from console.postgres.exceptions import ScopeSwitchFailed

# One statement, so that it takes effect whole or not at all.
_SWITCH = "SELECT set_config('search_path', %s, false), set_config('role', %s, false)"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a connection may see: the schema it looks in, and the role it runs as."""

    schema: str
    role: str

    def enter(self, connection: psycopg.Connection[Any]) -> bool:
        """Make this the connection's scope. Returns whether the server was told.

        While the transaction is in error PostgreSQL takes nothing but a rollback, which itself
        asks for a cursor: then nothing is sent, and the scope counts as unknown. At any other
        time a switch that fails raises ``ScopeSwitchFailed``: no statement may run in the scope
        that was there before.
        """
        if connection.info.transaction_status == TransactionStatus.INERROR:
            return False
        # search_path is a list of identifiers: quote the one that it has.
        path = f'"{self.schema.replace(chr(34), chr(34) * 2)}"'
        try:
            psycopg.Cursor(connection).execute(_SWITCH, [path, self.role])
        except psycopg.OperationalError:
            raise  # the connection is gone: Django knows what that is
        except psycopg.Error as exc:
            raise ScopeSwitchFailed(
                f"The database refused the role {self.role!r} for the schema {self.schema!r}."
            ) from exc
        return True
