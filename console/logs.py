"""What the log leaves out: the secrets of links, and answers that are no faults."""

from __future__ import annotations

import logging
import re

#: A sign-in link's path; whoever reads its token could set that user's password.
_LINK = re.compile(r"(/welcome/[^/\s'\"]+/)[^/\s'\"?]+")


class Formatter(logging.Formatter):
    """Writes no token of a sign-in link, wherever in a line or a traceback it stands."""

    def format(self, record: logging.LogRecord) -> str:
        return _LINK.sub(r"\1…", super().format(record))


def is_fault(record: logging.LogRecord) -> bool:
    """Whether Django's line about a request tells of a fault.

    503 is the answer of a host that is closed, or not ready yet: anybody could fill the log with
    it.
    """
    return getattr(record, "status_code", None) != 503


def in_one_line(record: logging.LogRecord) -> bool:
    """Take the traceback off a line about a request that was refused: it says what was asked for,
    and where in Django it was refused tells nobody anything."""
    record.exc_info = record.exc_text = None
    return True
