"""Numbered system checks: mistakes that keep companies apart no longer, or keep pages from working.

One module for each theme, and a hundred of numbers for each; ``docs/checks.md`` has them all. A
number keeps its meaning for ever. An error breaks the isolation or cannot work, a warning may.
They run ahead of every command, so none opens a connection, but for those of the 400s, which
run where databases are named: ``manage.py check --database default``.

What Django and django-tenants say themselves, they say alone.
"""

from console.checks import (
    applications,
    database,
    hosts,
    in_database,
    models,
    processes,
    requests,
    stores,
)

__all__ = [
    "applications",
    "database",
    "hosts",
    "in_database",
    "models",
    "processes",
    "requests",
    "stores",
]
