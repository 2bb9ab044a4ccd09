"""Imports a file into a schema, from a terminal."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.importing.exceptions import DataChanged, ImportingError
from console.importing.models import ImportState
from console.importing.terminal import Bringing, ErrorsNotWritten, RowsInError, alone_in, pages_of
from tenants.exceptions import TenantError
from tenants.management import imports
from tenants.management.watching import RowsBar


class Command(BaseCommand):
    help = (
        "Import a CSV or Excel file, as the pages do: all of it or nothing. The exit status is 1 "
        "where rows are in error, 2 where the file cannot be used. See docs/importing.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        imports.add_options(parser)

    def handle(self, *, schema: str, model: str, file: Path, **options: Any) -> None:
        wishes = imports.wishes_of(options)
        try:
            with (
                file.open("rb") as content,
                alone_in(schema),
                Bringing(pages_of(schema, model), wishes, RowsBar(self.stderr)) as bringing,
            ):
                self._bring(bringing, content, file.name)
        except KeyboardInterrupt:
            code = imports.STOPPED
            raise CommandError("Stopped. Nothing was imported.", returncode=code) from None
        except (DataChanged, ErrorsNotWritten, RowsInError) as exc:
            raise CommandError(str(exc), returncode=imports.IN_ERROR) from exc
        except OSError as exc:
            text = f"{exc.filename or file}: {exc.strerror or exc}."
            raise CommandError(text, returncode=imports.UNUSABLE) from exc
        except (ImportingError, TenantError) as exc:
            raise CommandError(str(exc), returncode=imports.UNUSABLE) from exc

    def _bring(self, bringing: Bringing, content: Any, name: str) -> None:
        found = bringing.check(content, name)
        for line in imports.what_was_found(found):
            self.stdout.write(line)
        if found.state == ImportState.UNSETTLED:
            raise CommandError("\n".join(imports.questions_in(found)), returncode=imports.UNUSABLE)
        bringing.require()
        if bringing.has_something:
            line = f"Imported. {imports.totals_of(bringing.bring_in())}"
            # It is done: that nobody reads any more is no reason to say that it is not.
            with suppress(BrokenPipeError):
                self.stdout.write(line)
        else:
            self.stdout.write("Nothing was imported.")
