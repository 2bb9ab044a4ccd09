"""What it takes to make one tenant that can be used: its schema, roles, rights and first user.

The other sides do less of it: django-tenants' migrates the schema and adds a user; the clone of
django-pgschemas (measured where it can be imported) copies a schema, and the plain text of the
template makes one, both without roles, rights or user.
"""

from __future__ import annotations

import gzip
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.report import Figure
from benchmarks.stock import Text, plain_connection, stock_create
from benchmarks.tenants import make_plan, make_tenant
from tenants.operations.platform import update_platform

#: So many schemas are made by migration: one takes as long as many others.
STOCK = 6


def measure(*, say: Callable[[str], None], schemas: int = 125) -> list[Figure]:
    """Milliseconds for one tenant, each way in turn."""
    update_platform(report=say)
    plan, text = make_plan(), Text()
    with plain_connection() as plain:
        text.make(plain, "reference")
        plain.commit()
        ways: dict[str, Callable[[int], object]] = {
            "console": lambda number: make_tenant(number, plan),
            "the template's text": lambda number: text.make(plain, f"text_{number}"),
        }
        if clone := _clone(plain, say):
            ways["django-pgschemas' clone"] = clone
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        stock: list[float] = []
        step = -(-schemas // STOCK)
        say(f"Measuring: {schemas} tenants, one of {step} also by migration")
        for way in ways.values():
            way(schemas)  # The first of each loads modules and fills caches.
        stock_create("stock_first")
        for number in range(schemas):
            for name, way in ways.items():
                seconds[name].append(_timed(way, number))
            if number % step == 0:
                stock.append(_timed(stock_create, f"stock_{number}"))
    ours = statistics.median(seconds.pop("console")) * 1000
    against = {"create by migration": (stock, 0.1, "at most 0.1x")}
    against |= {
        name: (took, 2.5, "at most 2.5x") if "text" in name else (took, 0.5, "at most 0.5x")
        for name, took in seconds.items()
    }
    figures = []
    for name, (took, limit, goal) in against.items():
        other = statistics.median(took) * 1000
        met = ours <= limit * other
        figures.append(Figure("one tenant, ready to use", ours, "ms", name, other, goal, met))
    return figures


def _timed(act: Callable[[Any], object], argument: Any) -> float:
    start = time.perf_counter()
    act(argument)
    return time.perf_counter() - start


def _clone(plain: psycopg.Connection, say: Callable[[str], None]) -> Callable[[int], object] | None:
    """The function that django-pgschemas brings, called as it calls it; it is not installed with
    the console."""
    found = find_spec("django_pgschemas")
    if found is None or found.origin is None:
        say("django-pgschemas is not there: its clone is not measured.")
        return None
    packed = Path(found.origin).with_name("clone_schema.gz")
    try:
        plain.execute(gzip.decompress(packed.read_bytes()).decode())
        plain.commit()
    except psycopg.Error as exc:
        plain.rollback()
        say(f"django-pgschemas' function cannot be made here: {exc}")
        return None

    def clone(number: int) -> None:
        with plain.transaction():
            plain.execute(
                "SELECT public.clone_schema('reference', %s, 'DATA')", [f"clone_{number}"]
            )

    return clone
