"""Where the time of an import goes: a second thread looks again and again at what it is doing.

Each look charges the time since the last one to a part. The part is that of the innermost function
that ``RULES`` know; so what the libraries and the database take falls to whoever called them.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import CodeType, FrameType

EVERY = 0.002
REST = "the rest"
#: The end of a file's path or a part of it, the functions (none: all of the file), and their part.
#: The first rule that fits a function counts. What is renamed falls to the rest, and shows there.
RULES: tuple[tuple[str, frozenset[str], str], ...] = (
    ("console/history/", frozenset(), "history"),
    ("importing/writing.py", frozenset({"record_added", "record_changed"}), "history"),
    ("importing/writing.py", frozenset({"load_links"}), "keys and references"),
    ("importing/writing.py", frozenset(), "writing rows"),
    ("importing/resource.py", frozenset({"bulk_create", "bulk_update", "_write"}), "writing rows"),
    (
        "importing/resource.py",
        frozenset({"before_import", "_all_keys", "_keys_of", "_arrives"}),
        "keys and references",
    ),
    ("importing/loader.py", frozenset(), "keys and references"),
    ("importing/files.py", frozenset({"read_table"}), "reading"),
    ("importing/table.py", frozenset(), "reading"),
    ("importing/spool.py", frozenset(), "reading"),
    ("importing/resource.py", frozenset({"import_data", "after_import"}), REST),
    ("importing/resource.py", frozenset(), "cells and validation"),
    ("importing/rows.py", frozenset(), "cells and validation"),
    ("importing/rules.py", frozenset(), "cells and validation"),
    ("importing/settling.py", frozenset(), "cells and validation"),
    ("importing/preview.py", frozenset(), "cells and validation"),
    ("importing/results.py", frozenset(), "cells and validation"),
    ("import_export/resources.py", frozenset({"import_data_inner"}), "cells and validation"),
)
PARTS = ("reading", "keys and references", "cells and validation", "writing rows", "history", REST)


def time_parts(act: Callable[[], object]) -> dict[str, float]:
    """Do it, in this thread; the seconds of each part, and of ``all``."""
    seconds: Counter[str] = Counter()
    over = threading.Event()
    watched = threading.get_ident()
    start = time.perf_counter()

    def look() -> None:
        before = start
        while not over.wait(EVERY):
            part = _part(sys._current_frames()[watched])
            now = time.perf_counter()
            seconds[part] += now - before
            before = now

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        act()
    finally:
        total = time.perf_counter() - start
        over.set()
        watcher.join()
    return {"all": total, **{part: seconds[part] for part in PARTS}}


_known: dict[CodeType, str | None] = {}


def _part(frame: FrameType | None) -> str:
    while frame is not None:
        code = frame.f_code
        if code not in _known:
            _known[code] = _rule(code)
        if part := _known[code]:
            return part
        frame = frame.f_back
    return REST


def _rule(code: CodeType) -> str | None:
    for path, functions, part in RULES:
        if path in code.co_filename and (not functions or code.co_name in functions):
            return part
    return None
