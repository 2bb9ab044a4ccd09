"""Which tenant a connection is to be in: a matter of the context that uses it, not of the thread.

Under asyncio several tasks take turns in one thread, and so on one connection, and the work of one
task may be done in several threads. Each has to find the tenant that it entered itself, not the
one of whoever had the thread before. asgiref takes contexts along from a task to the thread that
works for it, and back; a new thread, and a task that entered nothing, are where a connection
starts. Code without asyncio has one context for each thread, and sees no difference.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from typing import Any


@cache
def _variable(name: str, alias: str) -> ContextVar[Any]:
    return ContextVar(f"{name}_of_{alias}")


class OfContext:
    """An attribute that each context sets for itself, for all wrappers of one alias.

    What the wrapper's making sets is what it has where nothing was set.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        at_first = instance.__dict__[self._name]
        return _variable(self._name, instance.alias).get(at_first)

    def __set__(self, instance: Any, value: Any) -> None:
        # django-tenants sets None before there is an alias, and then its first tenant.
        if instance.__dict__.get(self._name) is None:
            instance.__dict__[self._name] = value
        else:
            _variable(self._name, instance.alias).set(value)
