"""Collecting static files, only when there are others than last time."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

_MARK = ".collected"


def collect() -> bool:
    """Bring ``STATIC_ROOT`` up to date. Returns whether there was anything to do.

    Compressing and naming by content takes seconds, so a fingerprint of the sources is kept.
    """
    root = Path(settings.STATIC_ROOT)
    mark, fingerprint = root / _MARK, _fingerprint()
    if mark.is_file() and mark.read_text() == fingerprint:
        return False
    mark.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=root.is_dir())
    root.mkdir(parents=True, exist_ok=True)
    mark.write_text(fingerprint)
    return True


def _fingerprint() -> str:
    """A hash of every source's path, size and time."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{storage.path(name)}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
