"""What can go wrong at the database edge."""

from __future__ import annotations

from django.db.utils import DatabaseError


class PostgresEdgeError(Exception):
    """Something is wrong between the console and its database."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class OwnerRightsRefused(PostgresEdgeError):
    """This process logs in to the database as “web”, which has no owner rights."""


class ScopeSwitchFailed(PostgresEdgeError, DatabaseError):
    """The database did not let this connection become the role of the schema."""
