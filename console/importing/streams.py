"""Files as they are read: open, binary, and from their start as often as somebody needs them."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from django.conf import settings

#: A file that can be read from its start again, or the whole of a small one.
Source = BinaryIO | bytes

#: Is called now and then while a file is read; stops that by raising something.
Listen = Callable[[], None]

PIECE = 1 << 18
#: So many rows of a sheet take a tenth of a second.
_LISTEN_EVERY = 250

R = TypeVar("R")


def listening(rows: Iterable[R], listen: Listen | None) -> Iterator[R]:
    for number, row in enumerate(rows):
        if listen is not None and not number % _LISTEN_EVERY:
            listen()
        yield row


def as_file(source: Source) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def size_of(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)


def start_of(file: BinaryIO, size: int) -> bytes:
    """The first bytes of the file, ``size`` at the most."""
    file.seek(0)
    return file.read(size)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The whole file, ``PIECE`` bytes at a time. Nobody else may read it meanwhile."""
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def has_in_it(file: BinaryIO, wanted: bytes) -> bool:
    rest = b""
    for piece in pieces(file):
        if wanted in rest + piece:
            return True
        rest = piece[-len(wanted) :]
    return False


def line_at(file: BinaryIO, place: int) -> int:
    """The line of the byte at this place, counted from 1."""
    line, left = 1, place
    for piece in pieces(file):
        line += piece.count(b"\n", 0, left)
        left -= len(piece)
        if left <= 0:
            break
    return line


def nameless_file() -> BinaryIO:
    """An empty file that nobody else can open, and that is gone when it is closed or when the
    process ends, however it does."""
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)  # Nothing else may have needed it so far.
    return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
