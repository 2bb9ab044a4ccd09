"""Runs one benchmark on a PostgreSQL of its own, and prints its figures."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

#: Each is a module of this package; one of them has a name that Python does not allow.
MODULES = {"import": "importing"}
NAMES = (
    "boundary", "company", "import", "isolation", "migrate", "provision", "request", "staff",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, help="which figures to measure")
    parser.add_argument("--schemas", type=int, help="how many tenants to make")
    parser.add_argument("--requests", type=int, help="isolation: how many requests to send")
    parser.add_argument("--rows", type=int, help="import: how many rows the file has")
    parser.add_argument(
        "--large", action="store_true", help="import: memory with 1,000,000 rows as well"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if arguments.name is None:
        print("Benchmarks:", ", ".join(NAMES))
        return
    wanted = ("schemas", "requests", "rows", "large")
    given = {name: getattr(arguments, name) for name in wanted if getattr(arguments, name)}
    from console.launcher.environment import set_secret_key, set_urls
    from console.postgres.embedded import EmbeddedServer

    os.environ |= {"CONSOLE_LOGIN": "owner", "DJANGO_SETTINGS_MODULE": "console.settings"}
    with tempfile.TemporaryDirectory(prefix="console-bench-") as folder:
        os.environ["CONSOLE_DATA_DIR"] = folder
        server = EmbeddedServer(Path(folder), durable=False, report=_say)
        try:
            with server.hold() as urls:
                set_urls(urls)
                set_secret_key()
                report = _measure(arguments.name, given)
        finally:
            server.remove()
    print(json.dumps(report, indent=2) if arguments.json else _as_text(report))


def _measure(name: str, given: dict[str, int]) -> dict[str, object]:
    import django

    django.setup()
    from django.db import connections

    from benchmarks.report import report

    module = importlib.import_module(f"benchmarks.{MODULES.get(name, name)}")
    try:
        return report(name, module.measure(say=_say, **given))
    finally:
        connections.close_all()


def _as_text(report: dict[str, object]) -> str:
    lines = []
    for figure in report["figures"]:  # type: ignore[attr-defined]
        met = {True: "met", False: "missed", None: "no goal"}[figure["met"]]
        lines.append(
            f"{figure['figure']}: {figure['value']:.3g} {figure['unit']}, against "
            f"{figure['against_value']:.3g} for {figure['against']}: {figure['ratio']:.2f}x "
            f"(goal {figure['goal']}, {met})"
        )
    return "\n".join(lines)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
