"""The files of a tenant: where they are, and setting them aside until it is sure that they go.

Deleting is not undone by a rollback, and renaming is easily undone. So what is to go is renamed
into a folder of the same storage first, and deleted once the transaction is committed.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages
from django_tenants.utils import schema_context

from tenants.validators import HIDDEN_SCHEMA, validate_schema_name

#: Beside the folders of the schemas; no schema can have such a name.
ASIDE = ".dropped"
#: Any name will do where only the place of the folders is asked for.
_ANY = "a"


def folders_of(schema: str) -> list[Path]:
    """The folders in which the storages keep the files of this schema alone."""
    if not HIDDEN_SCHEMA.fullmatch(schema):
        validate_schema_name(schema)
    folders = set()
    for alias in settings.STORAGES:
        location = getattr(storages[alias], "location", None)
        with schema_context(schema):
            own = getattr(storages[alias], "location", None)
        # A storage that puts the files of all schemas into one folder has none for this one.
        if own and own != location and Path(own).name == schema:
            folders.add(Path(own))
    return sorted(folders)


def homes() -> set[Path]:
    """The folders in which the schemas' folders are."""
    return {folder.parent for folder in folders_of(_ANY)}


@dataclass(frozen=True, slots=True)
class Aside:
    """A file or a folder that was set aside: its path says of which schema, under which mark,
    and where it belongs."""

    path: Path
    schema: str
    mark: str

    @property
    def original(self) -> Path:
        return self.path.parent.parent / self.path.name.split(".", 3)[3]

    def put_back(self) -> None:
        """Put it where it was, beside what came there meanwhile. Raises ``OSError``."""
        _put_back(self.path, self.original)

    def delete(self) -> None:
        """Raises ``OSError``."""
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path)
        else:
            self.path.unlink()


def set_aside(path: Path, *, schema: str, mark: str) -> None:
    """Rename a file or a folder, if it is there, so that ``found_aside`` finds it.

    ``mark`` is for the caller, letters and digits. Raises ``OSError``.
    """
    if not path.exists() and not path.is_symlink():
        return
    folder = path.parent / ASIDE
    folder.mkdir(mode=0o700, exist_ok=True)
    path.rename(folder / f"{schema}.{mark}.{secrets.token_hex(8)}.{path.name}")


def found_aside(folders: Iterable[Path]) -> Iterator[Aside]:
    """What was set aside in these folders and is still there."""
    for folder in folders:
        with suppress(FileNotFoundError):
            for path in sorted((folder / ASIDE).iterdir()):
                if len(parts := path.name.split(".", 3)) == 4:
                    yield Aside(path, schema=parts[0], mark=parts[1])


def _put_back(path: Path, to: Path) -> None:
    if path.is_dir() and not path.is_symlink() and to.is_dir():
        for child in list(path.iterdir()):
            _put_back(child, to / child.name)
        path.rmdir()
        return
    if to.exists():
        to = to.with_stem(f"{to.stem}_{secrets.token_hex(4)}")
    path.rename(to)
