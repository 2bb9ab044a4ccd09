"""Which column of a file is which field, and what its values are here.

A ``Mapping`` is fit for JSON: it is kept with an import and handed to the job that does it. What
it leaves open is suggested (``suggesting``); ``mapped`` reads a table by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from console.importing.headings import MAX_COLUMNS, MAX_HEADING
from console.importing.origin import EXPORTED_FROM
from console.importing.results import REASON

if TYPE_CHECKING:
    from console.importing.declared import DeclaredResource

#: What to do with a value that nobody knows: say that it is wrong; read the cell as if it were
#: empty; use another value, which follows the word; make what it names.
REFUSE, SKIP, DEFAULT, CREATE = "", "skip", "default:", "create"
#: So many values may be translated in each field.
MAX_VALUES = 1000
#: No heading, field or value that is chosen on a page is longer.
_LONGEST = MAX_HEADING


@dataclass(frozen=True)
class Mapping:
    """What somebody chose, or what was found out, about the columns and values of a file."""

    #: By each heading of the file: the field, or nothing for a column that is not imported.
    columns: dict[str, str] = field(default_factory=dict)
    #: By field: what stands in the file, and what it is here; nothing for an empty cell.
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    #: By field: what to do with values that are not known.
    unknown: dict[str, str] = field(default_factory=dict)
    #: The program that wrote the file, by its code; see ``presets``.
    preset: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, said: Any) -> Mapping:
        """The mapping that was kept, or ``SUGGEST`` where that is none."""
        try:
            columns, preset = _texts(said.get("columns", {}), MAX_COLUMNS), said.get("preset", "")
            values = {name: _texts(some) for name, some in said.get("values", {}).items()}
            unknown = _texts(said.get("unknown", {}))
        except (AttributeError, TypeError, ValueError):
            return SUGGEST
        return cls(columns, values, unknown, preset if isinstance(preset, str) else "")

    def within(self, resource: DeclaredResource) -> Mapping:
        """Without what the resource does not have: a mapping may be older than the code, and may
        come from a form. Of several columns of one field, the first one has it."""
        fields = {column.column_name: column for column in resource.columns}
        columns: dict[str, str] = {}
        for name, chosen in self.columns.items():
            # Whose file it is, its own column says, and nobody leaves that out.
            if EXPORTED_FROM in (name, chosen):
                chosen = EXPORTED_FROM if name == EXPORTED_FROM else ""
            taken = chosen not in fields or chosen in columns.values()
            columns[name] = "" if taken else chosen
        return replace(
            self,
            columns=columns,
            values={name: some for name, some in self.values.items() if name in fields},
            unknown={
                name: what
                for name, what in self.unknown.items()
                if name in fields and _is_possible(what, may_create=fields[name].makes_rows)
            },
            preset=self.preset if resource.preset(self.preset) else "",
        )


#: Nothing is chosen: everything is suggested.
SUGGEST = Mapping()


def digest_of_headings(headings: Iterable[str]) -> str:
    """What files of the same columns have in common, in whatever order those are."""
    names = sorted(set(headings) - {REASON})
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _texts(said: dict[Any, Any], most: int = MAX_VALUES) -> dict[str, str]:
    """Raises ``TypeError`` or ``ValueError`` for anything but a few short texts by text."""
    if len(said) > most:
        raise ValueError(len(said))
    for text in (*said.keys(), *said.values()):
        if not isinstance(text, str):
            raise TypeError(text)
        if len(text) > _LONGEST:
            raise ValueError(text)
    return dict(said)


def _is_possible(what: str, *, may_create: bool) -> bool:
    if what == CREATE:
        return may_create
    return what in (REFUSE, SKIP) or what.startswith(DEFAULT)
