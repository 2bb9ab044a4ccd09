"""What a preview hands to its confirmation: signed, and good for one person's one file."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from django.core.signing import BadSignature, TimestampSigner
from django.db import connection

from console.importing.exceptions import ConfirmError
from console.importing.reading import FIND_OUT, Reading

SALT = "console.importing.confirm"
#: How long a preview can be confirmed (seconds).
MAX_AGE = 60 * 60


@dataclass(frozen=True)
class Ticket:
    """A preview, as its confirmation has to describe it."""

    schema: str
    user: str
    model: str
    resource: str
    format: str
    #: The name under which the file is kept, and the one that the person gave it.
    stored_as: str
    file_name: str
    digest: str
    reading: Reading

    def sign(self) -> str:
        return TimestampSigner(salt=SALT).sign_object(asdict(self))

    def matches(self, content: bytes) -> bool:
        return self.digest == digest_of(content)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_ticket(
    *, user: object, model: str, resource: str, format: str, stored_as: str, file_name: str,
    content: bytes, reading: Reading = FIND_OUT,
) -> Ticket:  # fmt: skip
    """A ticket for a file in the schema of the connection."""
    return Ticket(
        schema=connection.schema_name,
        user=str(user),
        model=model,
        resource=resource,
        format=format,
        stored_as=stored_as,
        file_name=file_name,
        digest=digest_of(content),
        reading=reading,
    )


def read_ticket(token: str, *, user: object, model: str) -> Ticket:
    """The ticket that was signed, if it is of this schema, user and model and not too old.

    Raises ``ConfirmError`` for any other, without saying which of these it is.
    """
    try:
        said = TimestampSigner(salt=SALT).unsign_object(token, max_age=MAX_AGE)
        ticket = Ticket(**{**said, "reading": Reading(**said["reading"])})
    except (BadSignature, KeyError, TypeError, ValueError) as exc:
        raise ConfirmError from exc
    wanted = (connection.schema_name, str(user), model)
    if (ticket.schema, ticket.user, ticket.model) != wanted:
        raise ConfirmError
    return ticket
