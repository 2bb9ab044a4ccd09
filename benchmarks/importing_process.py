"""An import, in this process or in one of its own, where its memory and its parts are measured.

``python -m benchmarks.importing_process SCHEMA FILE ROWS [undo]`` says ``ready`` when everything is
loaded, checks the file, imports it, undoes that if it is told to, and prints one line with what
that took.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any


def import_tasks(path: Path, *, rows: int, dry_run: bool) -> None:
    """The file into the schema of the connection, by its first admin.

    The one place that calls the console: everything between the bytes on disk and what is
    committed. Raises ``RuntimeError`` where it did not do just what the file says.
    """
    from console.accounts.models import User
    from console.importing.files import import_file
    from console.importing.table import OF_TERMINALS
    from tenant_data.resources import TaskResource

    user = User.objects.get(email="ada@example.com")
    with path.open("rb") as file:
        result = import_file(TaskResource, file, limits=OF_TERMINALS, dry_run=dry_run, user=user)
    if (result.new, result.changed, result.in_error) != (rows // 2, -(-rows // 2), 0):
        raise RuntimeError(f"{result.summary()}, {result.in_error} in error: {result.kinds}")


CID, UNDO_CID = "import:0", "undo:0"


def take_back(rows: int) -> None:
    """What was imported as ``CID`` into the schema of the connection, in one transaction. Raises
    ``RuntimeError`` where it did not take back all of it."""
    from django.db import transaction

    from console.history.acting import part_of
    from console.importing.putting_back import PuttingBack
    from tenant_data.resources import TaskResource

    with transaction.atomic(), part_of(UNDO_CID):
        result = PuttingBack(CID, UNDO_CID, TaskResource()).run(lambda done, total: None)
    counts = (result.removed["tenant_data.task"], result.restored["tenant_data.task"])
    if counts != (rows // 2, -(-rows // 2)):
        raise RuntimeError(f"Removed and restored: {counts}.")


class ImportProcess:
    """An import in a process of its own, which has loaded everything and begins."""

    def __init__(self, schema: str, path: Path, rows: int, *, undo: bool = False) -> None:
        command = [sys.executable, "-m", "benchmarks.importing_process", schema, str(path)]
        command += [str(rows), *(["undo"] if undo else [])]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self._read() != "ready":
            raise RuntimeError("The process of the import did not begin.")

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def result(self) -> dict[str, Any]:
        """Wait for its end. ``check`` and ``import`` are the seconds of each part, ``undo`` those
        of all; ``memory`` the most MB that it had, ``memory_before`` those before it opened the
        file."""
        found: dict[str, Any] = json.loads(self._read() or "{}")
        if self._process.wait() or not found:
            raise RuntimeError("The process of the import failed.")
        return found

    def _read(self) -> str:
        return self._process.stdout.readline().strip()  # type: ignore[union-attr]


def _main(schema: str, path: Path, rows: int, *, undo: bool) -> None:
    import django

    django.setup()
    from django_tenants.utils import schema_context

    from benchmarks.importing_parts import time_parts
    from console.history.acting import part_of

    found: dict[str, Any] = {}
    with schema_context(schema):
        found["memory_before"] = most_memory()
        print("ready", flush=True)
        for name, dry_run in (("check", True), ("import", False)):
            act = partial(import_tasks, path, rows=rows, dry_run=dry_run)
            with part_of(CID):
                found[name] = time_parts(act)
        if undo:
            found["undo"] = timed(partial(take_back, rows))
    found["memory"] = most_memory()
    print(json.dumps(found))


def most_memory() -> float:
    """The most MB that this process ever had. What ``getrusage`` says is handed on from the
    process that started it, so Linux is asked for that of this program alone."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), undo="undo" in sys.argv[4:])
