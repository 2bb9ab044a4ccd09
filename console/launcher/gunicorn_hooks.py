"""What gunicorn calls in the console's web server. Django is loaded once, before the fork."""

from __future__ import annotations

from typing import Any


def when_ready(server: Any) -> None:
    """Close what loading Django may have opened: a connection must not be shared by processes."""
    from django.db import connections

    connections.close_all()
