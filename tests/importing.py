"""Imports for tests of something else."""

from __future__ import annotations

from console.importing.models import Import


def an_import(model: str) -> Import:
    """One that waits to be confirmed, and whose file is nowhere."""
    known = {"digest": "0" * 64, "size": 1, "stored_as": "0" * 32, "preview": {}}
    return Import.objects.create(model=model, file_name="Some", state="ready", **known)
