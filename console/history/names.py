"""What objects are called in the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model

_names: dict[type[Model], Callable[[Any], str]] = {}


def call_objects(model: type[Model], name_of: Callable[[Any], str]) -> None:
    """Say what objects of a model are called where they are added to others or taken away, if
    that is not their text."""
    _names[model] = name_of


def name_of(obj: Model) -> str:
    return _names.get(type(obj), str)(obj)
