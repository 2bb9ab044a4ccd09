"""Runs the console's system checks in the tests' own process."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.checks import CheckMessage, run_checks


def messages(databases: Sequence[str] = ()) -> list[CheckMessage]:
    """What the console's checks say; those of the database where one is named."""
    return run_checks(tags=["console"], databases=databases)


def numbers(databases: Sequence[str] = ()) -> set[str]:
    """The numbers of what they say."""
    return {str(message.id) for message in messages(databases)}


def said(number: str, databases: Sequence[str] = ()) -> str:
    """The texts under a number, with their hints, one below the other."""
    found = [message for message in messages(databases) if message.id == number]
    return "\n".join(f"{message.msg} {message.hint}" for message in found)
