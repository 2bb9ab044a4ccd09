"""What the command that imports a file takes and prints."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from console.importing.models import Import, ImportState
from console.importing.reading import AS_NEW, COMMA, ENCODINGS, POINT, REFUSED, Reading
from console.importing.terminal import Wishes
from tenants.management.watching import number_of

#: Exit statuses beside 0: rows are in error; nothing can be read, or not in this way; Ctrl-C.
IN_ERROR, UNUSABLE, STOPPED = 1, 2, 130
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_DECIMALS = {"comma": COMMA, "point": POINT}
#: What answers a question that a file leaves open.
_ANSWERS = {
    "date_order": "--date-order day or --date-order month",
    "decimal": "--decimal comma or --decimal point",
}


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "schema", type=_text, help="of the client; public for clients, domains and plans"
    )
    parser.add_argument(
        "model", type=_text, help="what is in the file, as “tasks” or “tenant_data.task”"
    )
    parser.add_argument("file", type=Path, help="CSV or Excel")
    parser.add_argument("--check", action="store_true", help="say what would come of it; no more")
    parser.add_argument("--good-rows-only", action="store_true", help="leave rows in error out")
    parser.add_argument("--errors", type=Path, metavar="FILE", help="write the rows in error there")
    parser.add_argument("--again", action="store_true", help="also if it was imported before")
    parser.add_argument("--take-as-new", action="store_true", help="rows that come from elsewhere")
    parser.add_argument("--encoding", choices=ENCODINGS, default="")
    parser.add_argument("--delimiter", choices=_DELIMITERS)
    parser.add_argument("--date-order", choices=("day", "month"), default="", help="what is first")
    parser.add_argument("--decimal", choices=_DECIMALS, help="the sign in numbers")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=_pair,
        metavar="HEADING=FIELD",
        help="which field a column is; nothing after the sign: not to be imported. Repeatable",
    )


def _text(argument: str) -> str:
    """The system lets arguments have bytes that are no text."""
    try:
        argument.encode()
    except UnicodeEncodeError as exc:
        raise ArgumentTypeError("it has bytes in it that are no text") from exc
    return argument


def _pair(argument: str) -> tuple[str, str]:
    text = _text(argument)
    name, sign, field = text.rpartition("=")
    if not (sign and name.strip()):
        raise ArgumentTypeError(f"“{text}” is not HEADING=FIELD")
    return name, field


def wishes_of(options: dict[str, Any]) -> Wishes:
    reading = Reading(
        encoding=options["encoding"],
        delimiter=_DELIMITERS.get(options["delimiter"], ""),
        date_order=options["date_order"],
        decimal=_DECIMALS.get(options["decimal"], ""),
        foreign=AS_NEW if options["take_as_new"] else "",
    )
    return Wishes(
        reading=reading,
        columns=dict(options["map"]),
        good_rows_only=options["good_rows_only"],
        again=options["again"],
        only_check=options["check"],
        errors=options["errors"],
    )


def what_was_found(import_: Import) -> Iterator[str]:
    """The preview in lines: how the file is read, what would come of it, and what is wrong."""
    shown = import_.preview or {}
    columns = shown.get("mapping", {}).get("columns", [])
    for column in columns:
        yield f"  {column['heading']} → {column['field'] or 'not imported'}"
    for name in ("read_as", "warnings", "notes"):
        yield from shown.get(name, ())
    if import_.state == ImportState.READY:
        yield totals_of(import_)
    for errors in shown.get("errors", ()):
        yield f"{errors['column'] or 'row'}: {errors['count']:,} in error"
        for sentence in errors["sentences"]:
            yield f"  {sentence['where']}: {sentence['text']}"
        if errors["more"]:
            yield f"  and {errors['more']:,} more"


def totals_of(import_: Import) -> str:
    return (
        f"{number_of(import_.total, 'row')}: {import_.new:,} new, {import_.changed:,} changed, "
        f"{import_.unchanged:,} unchanged, {import_.in_error:,} in error."
    )


def questions_in(import_: Import) -> Iterator[str]:
    """What has to be said before the file can be imported, and by which option."""
    for question in (import_.preview or {}).get("questions", ()):
        yield (
            f"{', '.join(question['columns'])}: “{question['value']}” on line {question['line']} "
            f"can be read in two ways. Give {_ANSWERS[question['kind']]}."
        )
    if import_.error:
        yield import_.error
    if import_.reading.get("foreign") == REFUSED:
        yield "Give --take-as-new to have its rows taken as new ones."
