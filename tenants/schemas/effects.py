"""What a statement of a migration does to those who use its table meanwhile.

The rules are PostgreSQL's (“Explicit Locking”, and the notes of ALTER TABLE and CREATE INDEX), for
the statements that Django's operations send. What no rule is for is said to be unknown; where it
depends on what the statement does not say, the heavier is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from django.utils.translation import gettext_lazy as _

from tenants.schemas.statements import bare


class Effect(IntEnum):
    """From what nobody notices to what people wait for; the numbers are in that order."""

    NOTHING = 0
    BESIDE = 1
    MOMENT = 2
    ROWS = 3
    PYTHON = 4
    UNKNOWN = 5
    NO_WRITES = 6
    HELD = 7
    CLOSED = 8
    REWRITE = 9
    FAILS = 10

    @property
    def label(self) -> str:
        return str(_LABELS[self])

    @property
    def is_heavy(self) -> bool:
        """Whether people may have to wait for as long as the table is large, or in vain."""
        return self >= Effect.NO_WRITES


_LABELS = {
    Effect.NOTHING: _("Nobody notices."),
    Effect.BESIDE: _("Nobody has to wait for it; it waits for whoever is at work before it ends."),
    Effect.MOMENT: _("The table is closed for a moment."),
    Effect.ROWS: _("Rows are changed; whoever changes the same ones waits."),
    Effect.PYTHON: _("Python code runs in each schema; its length depends on the rows."),
    Effect.UNKNOWN: _("What it locks is not known to this list."),
    Effect.NO_WRITES: _("Nobody can write to the table while all its rows are read."),
    Effect.HELD: _("The table is closed until all that follows is done."),
    Effect.CLOSED: _("The table is closed while all its rows are read."),
    Effect.REWRITE: _("The table is closed while it is written anew."),
    Effect.FAILS: _(
        "This fails: it cannot be part of a transaction, and its migration is part of one."
    ),
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
#: What a statement refers to: writers wait there while a foreign key is made.
_REFERENCES = re.compile(rf"REFERENCES {_NAME}", re.I)
#: A name or a text, which may read like anything.
_QUOTED = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')""")
#: Functions that give each row a value of its own: the table is written anew for them.
_VOLATILE = re.compile(
    r"^ALTER TABLE .* ADD COLUMN .*\bDEFAULT\b.*"
    r"(nextval|gen_random_uuid|uuid_generate|uuidv\d|random\(|clock_timestamp)",
    re.I,
)
_TYPE = re.compile(r"^ALTER TABLE .* ALTER COLUMN .* TYPE ", re.I)

_CONCURRENT = re.compile(r"^(CREATE|DROP|REINDEX|ALTER) .*\bCONCURRENTLY\b", re.I)

#: The first that is found in the statement says it.
_RULES: tuple[tuple[re.Pattern[str], Effect], ...] = tuple(
    (re.compile(pattern, re.I) if isinstance(pattern, str) else pattern, effect)
    for pattern, effect in (
        # VACUUM in a migration by itself too: a new schema is made in one transaction.
        (_CONCURRENT, Effect.FAILS),
        (r"^VACUUM\b", Effect.FAILS),
        (r"^CREATE (UNIQUE )?INDEX", Effect.NO_WRITES),
        (_VOLATILE, Effect.REWRITE),
        (r"^ALTER TABLE .* ADD COLUMN .*\b(AS IDENTITY|STORED)\b", Effect.REWRITE),
        (_TYPE, Effect.REWRITE),
        (r"^ALTER TABLE .* SET (TABLESPACE|LOGGED|UNLOGGED|ACCESS METHOD)", Effect.REWRITE),
        (r"^ALTER TABLE .* NOT VALID", Effect.MOMENT),
        (r"^ALTER TABLE .* VALIDATE CONSTRAINT", Effect.NOTHING),
        (r"^ALTER TABLE .* ADD (CONSTRAINT .*)?FOREIGN KEY", Effect.NO_WRITES),
        (r"^ALTER TABLE .* ADD CONSTRAINT .* USING INDEX", Effect.MOMENT),
        (r"^ALTER TABLE .* ADD (CONSTRAINT|UNIQUE|CHECK|PRIMARY KEY|EXCLUDE)\b", Effect.CLOSED),
        # A valid CHECK would spare it the rows; the statement does not say whether there is one.
        (r"^ALTER TABLE .* ALTER COLUMN .* SET NOT NULL", Effect.CLOSED),
        (r"^ALTER TABLE .* ADD COLUMN .*\b(UNIQUE|CHECK|PRIMARY KEY)\b", Effect.CLOSED),
        # Without a default, no row can break a new foreign key.
        (r"^ALTER TABLE .* ADD COLUMN .*\bDEFAULT\b.*\bREFERENCES\b", Effect.CLOSED),
        (r"^ALTER INDEX .* RENAME", Effect.NOTHING),
        (r"^ALTER TABLE|^DROP (TABLE|INDEX|SEQUENCE)|^ALTER (INDEX|SEQUENCE)", Effect.MOMENT),
        (r"^(CREATE SEQUENCE|CREATE TYPE|CREATE EXTENSION|COMMENT ON|SET |SELECT )",
         Effect.NOTHING),
        (r"^(UPDATE|INSERT|DELETE|WITH)\b", Effect.ROWS),
    )
)  # fmt: skip


def effects_of(
    parts: Iterable[str | Step], made: set[str], *, is_alone: bool = False
) -> list[Step]:
    """Each statement with what it does to others, in order; a table that was ``made`` by one
    before is nobody's yet, and is added there. What is a step already stays as it is. ``is_alone``:
    they are in no transaction."""
    steps = []
    for statement in parts:
        if isinstance(statement, Step):
            steps.append(statement)
            continue
        text = bare(statement)
        if found := _NEW_TABLE.match(text):
            made.add(found["table"])
        table = found or _TABLE.match(text) or _INDEXED.match(text)
        if table is None or table["table"] not in made:
            effect = effect_of(statement, is_alone=is_alone)
        else:
            others = {match["table"] for match in _REFERENCES.finditer(statement)} - made
            effect = Effect.MOMENT if others else Effect.NOTHING
        steps.append(Step(statement, effect))
    return steps


def in_one_transaction(steps: Sequence[Step]) -> list[Step]:
    """The same, where all of them are one transaction: what one has closed for a moment stays
    closed until the last is done, and that is no moment where one of these takes long."""
    found: list[Step] = []
    is_long = False
    for step in reversed(steps):
        is_held = is_long and step.effect == Effect.MOMENT
        found.append(replace(step, effect=Effect.HELD) if is_held else step)
        is_long |= step.effect >= Effect.ROWS
    return found[::-1]


def effect_of(statement: str, *, keeps_rows: bool = False, is_alone: bool = False) -> Effect:
    """What one statement does to those who use its table; ``keeps_rows``: it gives a column a
    type for which no row has to be looked at; ``is_alone``: it is in no transaction."""
    text = " ".join(_QUOTED.sub('""', bare(statement)).split())
    for pattern, effect in _RULES:
        if is_alone and pattern is _CONCURRENT and pattern.search(text):
            return Effect.BESIDE
        if pattern.search(text) and not (keeps_rows and pattern is _TYPE):
            return effect
    return Effect.UNKNOWN


_TEXT = re.compile(r"text|varchar(?:\((?P<length>\d+)\))?")
_NUMERIC = re.compile(r"numeric\((?P<digits>\d+), ?(?P<places>\d+)\)")


def keeps_rows(old: str | None, new: str | None) -> bool:
    """Whether PostgreSQL changes a column of the one type to the other without a look at its rows:
    a text, or a number, that may become longer."""
    for kind in (_TEXT, _NUMERIC):
        before, after = kind.fullmatch(old or ""), kind.fullmatch(new or "")
        if not (before and after):
            continue
        if kind is _NUMERIC:
            return before["places"] == after["places"] and int(before["digits"]) <= int(
                after["digits"]
            )
        return after["length"] is None or int(before["length"] or 10**9) <= int(after["length"])
    return False
