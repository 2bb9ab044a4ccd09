"""How often, and when, the worker tries a job of a company again."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
from procrastinate import RetryStrategy

from console.company.exceptions import TryAgainLater
from tenants.exceptions import SchemaBusy

#: The schema is worked on or behind, or the database did not answer: soon, then less often.
PATIENCE = RetryStrategy(
    wait=3,
    linear_wait=10,
    retry_exceptions=[SchemaBusy, TryAgainLater, OperationalError, InterfaceError],
)
