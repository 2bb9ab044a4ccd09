"""What an import of tasks takes: its speed, its parts, its memory, and what others wait meanwhile.

The file has half new and half changed tasks with projects, people and labels. It is checked and
imported as pages do it, history and all. The other sides do less: django-import-export as it comes
imports the first rows of the file into a plain table; COPY writes the final values, fed row by row
from Python.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from django_tenants.utils import schema_context

from benchmarks.importing_parts import PARTS
from benchmarks.importing_process import ImportProcess, import_tasks, timed
from benchmarks.importing_requests import waits
from benchmarks.importing_rows import Keys, fill, make_world, rows_of_file, table_rows, write_file
from benchmarks.report import Figure
from benchmarks.tenants import make_tenants
from tenants.models import Client

ROUNDS = 3
#: So many rows are imported by django-import-export: its time is the same for each.
SAMPLE = 1_000
LARGE = 1_000_000
MEMORY = 300

Say = Callable[[str], None]


def measure(*, say: Say, rows: int = 100_000, large: bool = False) -> list[Figure]:
    """Rows a second, seconds, MB and milliseconds."""
    clients = make_tenants(2, say)
    keys = [make_world(client.schema_name) for client in clients]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tasks.csv"
        for figure in _figures(clients, keys, path, rows, say, large=large):
            # It takes long: whoever watches need not wait for the end.
            say(f"{figure.figure}: {figure.value:.4g} {figure.unit} ({figure.ratio:.3g}x)")
            found.append(figure)
    return found


def _figures(
    clients: list[Client], keys: list[Keys], path: Path, rows: int, say: Say, *, large: bool
) -> Iterator[Figure]:
    here = clients[0].schema_name
    write_file(path, rows)
    say(f"Wrote {rows} rows, {path.stat().st_size / 1e6:.1f} MB.")
    yield from _rates(here, keys[0], path, rows, say)
    say("Measuring: parts and memory")
    yield from _parts(_alone(here, keys[0], path, rows, undo=True), rows)
    yield from waits(clients, keys, path, rows, say)
    if large:
        say(f"Measuring: memory with {LARGE} rows")
        write_file(path, LARGE)
        yield from _memory(_alone(here, keys[0], path, LARGE), LARGE)


def _rates(schema: str, keys: Keys, path: Path, rows: int, say: Say) -> Iterator[Figure]:
    from benchmarks import importing_others as others

    others.make_tables(schema)
    dataset, sample = others.plain_dataset(rows, SAMPLE), min(SAMPLE, rows)
    final = list(table_rows(rows_of_file(rows), keys))
    work: dict[str, tuple[int, Callable[[], None]]] = {
        "check": (rows, lambda: import_tasks(path, rows=rows, dry_run=True)),
        "import": (rows, lambda: import_tasks(path, rows=rows, dry_run=False)),
        "plain check": (sample, lambda: others.import_plain(dataset, dry_run=True)),
        "plain import": (sample, lambda: others.import_plain(dataset, dry_run=False)),
        **{name: (rows, partial(others.copy_alone, schema, name, final)) for name in others.COPIES},
    }
    seconds: dict[str, list[float]] = {name: [] for name in work}
    # A check comes before its import, whoever begins.
    sides = [("check", "import"), ("plain check", "plain import"), tuple(others.COPIES)]
    for number in range(ROUNDS):
        say(f"Measuring: speed, {number + 1} of {ROUNDS}")
        fill(schema, keys, rows)
        others.begin_again(schema, keys, rows)
        for name in chain(*sides):
            gc.collect()
            with schema_context(schema):
                seconds[name].append(timed(work[name][1]))
        sides.reverse()
    rates = {name: work[name][0] / statistics.median(took) for name, took in seconds.items()}
    for name in ("check", "import"):
        yield _rate(name, rates[name], "django-import-export", rates[f"plain {name}"], 20)
    for name, other, least in (
        ("keyed", "COPY, with the same indexes and foreign keys", 0.5),
        ("alike", "COPY, with the same indexes", 0.5),
        ("bare", "COPY, without an index", None),
    ):
        yield _rate("import", rates["import"], other, rates[name], least)


def _rate(name: str, value: float, against: str, other: float, least: float | None) -> Figure:
    goal = "none" if least is None else f"at least {least:g}x"
    met = None if least is None else value >= least * other
    return Figure(name, value, "rows/s", against, other, goal, met)


def _alone(schema: str, keys: Keys, path: Path, rows: int, *, undo: bool = False) -> dict[str, Any]:
    """In a process of its own, with nothing beside it."""
    fill(schema, keys, rows)
    return ImportProcess(schema, path, rows, undo=undo).result()


def _parts(found: dict[str, Any], rows: int) -> Iterator[Figure]:
    for name in ("check", "import"):
        took = found[name]
        for part in PARTS:
            yield Figure(f"{name}: {part}", took[part], "s", "all", took["all"], "none", None)
    imported = found["import"]["all"]
    yield Figure("undo", found["undo"], "s", "the import, looked at", imported, "none", None)
    yield from _memory(found, rows)


def _memory(found: dict[str, Any], rows: int) -> Iterator[Figure]:
    value, before = found["memory"], found["memory_before"]
    name, goal = f"memory, {rows} rows", f"at most {MEMORY} MB"
    yield Figure(name, value, "MB", "before it opens the file", before, goal, value < MEMORY)
