"""What a statement of a migration does to those who use its table meanwhile.

The rules are PostgreSQL's (“Explicit Locking”, and the notes of ALTER TABLE and CREATE INDEX), for
the statements that Django's operations send. What no rule is for is said to be unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from django.utils.translation import gettext_lazy as _


class Effect(IntEnum):
    """From what nobody notices to what people wait for; the numbers are in that order."""

    NOTHING = 0
    MOMENT = 1
    ROWS = 2
    PYTHON = 3
    UNKNOWN = 4
    NO_WRITES = 5
    CLOSED = 6
    REWRITE = 7

    @property
    def label(self) -> str:
        return str(_LABELS[self])

    @property
    def is_heavy(self) -> bool:
        """Whether people may have to wait for as long as the table is large."""
        return self >= Effect.NO_WRITES


_LABELS = {
    Effect.NOTHING: _("Nobody notices."),
    Effect.MOMENT: _("The table is closed for a moment."),
    Effect.ROWS: _("Rows are changed; whoever changes the same ones waits."),
    Effect.PYTHON: _("Python code runs in each schema; its length depends on the rows."),
    Effect.UNKNOWN: _("What it locks is not known to this list."),
    Effect.NO_WRITES: _("Nobody can write to the table while all its rows are read."),
    Effect.CLOSED: _("The table is closed while all its rows are read."),
    Effect.REWRITE: _("The table is closed while it is written anew."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One statement, or one piece of Python, and what it does to others."""

    text: str
    effect: Effect


_NAME = r'(?:"[^"]+"\.)?"(?P<table>[^"]+)"'
_TABLE = re.compile(rf"(?:ALTER TABLE|UPDATE|INSERT INTO|DELETE FROM)(?: ONLY)? {_NAME}", re.I)
_NEW_TABLE = re.compile(rf"CREATE TABLE {_NAME}", re.I)
_INDEXED = re.compile(rf"CREATE (?:UNIQUE )?INDEX .*? ON {_NAME}", re.I | re.S)
#: Functions that give each row a value of its own: the table is written anew for them.
_VOLATILE = re.compile(r"nextval|gen_random_uuid|uuidv\d|random\(|clock_timestamp", re.I)

#: The first that is found in the statement says it.
_RULES: tuple[tuple[re.Pattern[str], Effect], ...] = tuple(
    (re.compile(pattern, re.I | re.S), effect)
    for pattern, effect in (
        (r"^CREATE (UNIQUE )?INDEX CONCURRENTLY|^DROP INDEX CONCURRENTLY", Effect.NOTHING),
        (r"^CREATE (UNIQUE )?INDEX", Effect.NO_WRITES),
        (r"^(CREATE|ALTER|COMMENT ON|DROP) (TABLE|SEQUENCE|TYPE|EXTENSION)?.*\bIDENTITY\b",
         Effect.REWRITE),
        (r"^ALTER TABLE .* ADD COLUMN .*\bGENERATED ALWAYS AS\b.*\bSTORED\b", Effect.REWRITE),
        (r"^ALTER TABLE .* ALTER COLUMN .* TYPE ", Effect.REWRITE),
        (r"^ALTER TABLE .* SET (TABLESPACE|LOGGED|UNLOGGED|ACCESS METHOD)", Effect.REWRITE),
        (r"^ALTER TABLE .* NOT VALID", Effect.MOMENT),
        (r"^ALTER TABLE .* VALIDATE CONSTRAINT", Effect.ROWS),
        (r"^ALTER TABLE .* ADD CONSTRAINT .* FOREIGN KEY", Effect.NO_WRITES),
        (r"^ALTER TABLE .* ADD CONSTRAINT .* USING INDEX", Effect.MOMENT),
        (r"^ALTER TABLE .* ADD CONSTRAINT", Effect.CLOSED),
        (r"^ALTER TABLE .* ALTER COLUMN .* SET NOT NULL", Effect.CLOSED),
        (r"^ALTER TABLE .* ADD COLUMN .*\b(UNIQUE|CHECK|PRIMARY KEY)\b", Effect.CLOSED),
        (r"^ALTER TABLE|^DROP (TABLE|INDEX|SEQUENCE)|^ALTER (INDEX|SEQUENCE)", Effect.MOMENT),
        (r"^(CREATE SEQUENCE|CREATE TYPE|CREATE EXTENSION|COMMENT ON|SET |SELECT )",
         Effect.NOTHING),
        (r"^(UPDATE|INSERT|DELETE|WITH)\b", Effect.ROWS),
    )
)  # fmt: skip


def effects_of(parts: Iterable[str | Step]) -> list[Step]:
    """Each statement with what it does to others, in order; a table that they themselves have
    made is nobody's yet. What is a step already stays as it is."""
    made: set[str] = set()
    steps = []
    for statement in parts:
        if isinstance(statement, Step):
            steps.append(statement)
            continue
        if found := _NEW_TABLE.match(statement):
            made.add(found["table"])
            steps.append(Step(statement, Effect.NOTHING))
            continue
        table = _TABLE.match(statement) or _INDEXED.match(statement)
        is_new = table is not None and table["table"] in made
        steps.append(Step(statement, Effect.NOTHING if is_new else effect_of(statement)))
    return steps


def effect_of(statement: str) -> Effect:
    """What one statement does to those who use its table."""
    text = " ".join(statement.split())
    is_added = re.match(r"ALTER TABLE .* ADD COLUMN", text, re.I)
    if is_added and "DEFAULT" in text.upper() and _VOLATILE.search(text):
        return Effect.REWRITE
    for pattern, effect in _RULES:
        if pattern.search(text):
            return effect
    return Effect.UNKNOWN
