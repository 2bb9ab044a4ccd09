"""How the web is served, as far as the environment tells; 501 to 509."""

from __future__ import annotations

import argparse
import ast
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

from console.checks.asking import TAG

#: Where gunicorn looks for options unasked: in the folder that it is started in.
CONFIGURATION = Path("gunicorn.conf.py")
#: The one class of workers that does one request at a time.
ONE_AT_A_TIME = ("sync", "gunicorn.workers.sync.SyncWorker")


@register(TAG)
def check_threads(**kwargs: Any) -> list[CheckMessage]:
    """The admin's theme and the cache of content types keep the state of a request per process."""
    places = {
        "GUNICORN_CMD_ARGS": _in_arguments(os.environ.get("GUNICORN_CMD_ARGS", "")),
        str(CONFIGURATION): _in_file(CONFIGURATION),
    }
    return [
        Error(
            f"{place} makes gunicorn serve several requests in one process ({option}): one "
            "company's page would be drawn with what belongs to another's request.",
            hint=(
                "Use worker_class “sync” with one thread, and more processes: --workers, "
                "WEB_CONCURRENCY or CONSOLE_WEB_WORKERS."
            ),
            id="console.E501",
        )
        for place, options in places.items()
        for option in _concurrent(options)
    ]


def _concurrent(options: Mapping[str, Any]) -> Iterator[str]:
    threads, kind = str(options.get("threads") or 1), options.get("worker_class") or "sync"
    if threads.isdecimal() and int(threads) > 1:
        yield f"threads: {threads}"
    if kind not in ONE_AT_A_TIME:
        yield f"worker_class: {kind}"


def _in_arguments(line: str) -> dict[str, Any]:
    """The two options in gunicorn's command line; none where it cannot be read."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--threads")
    parser.add_argument("-k", "--worker-class")
    try:
        return vars(parser.parse_known_args(shlex.split(line))[0])
    except (argparse.ArgumentError, ValueError):
        return {}


def _in_file(path: Path) -> dict[str, Any]:
    """The plain values that a Python file gives to names; the file is read, not run."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return {}
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


@register(TAG)
def check_runserver(**kwargs: Any) -> list[CheckMessage]:
    if sys.argv[1:2] != ["runserver"] or "--nothreading" in sys.argv:
        return []
    return [
        Warning(
            "runserver uses a thread for each request, and the admin keeps the state of a request "
            "per process: what you see may be another request's.",
            hint="Use “manage.py runserver --nothreading”, or “make run”.",
            id="console.W502",
        )
    ]
