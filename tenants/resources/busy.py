"""What a row says whose client somebody else holds."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.importing.exceptions import CellError


def busy(name: str) -> CellError:
    """Why the file changes nothing of the client of this name: nobody waits for a worker with a
    page open."""
    message = _(
        "%(client)s is being worked on, or changed by somebody else, at this moment. Import the "
        "file again when that is over."
    )
    return CellError(message, client=name)
