"""Keys for projects that a file calls by a name alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property

from tenant_data.models import Project

_LONGEST = 10
#: So many letters of a name of one word are its key.
_OF_ONE_WORD = 4
#: The key of a name without a letter that a key may have.
_PLAIN = "PRJ"


class KeyMaker:
    """Makes keys that neither a project nor the file has. One query, at the first of them."""

    def __init__(self, of_file: Iterable[str]) -> None:
        self._of_file = of_file
        #: By its beginning: the number of the key that was made last.
        self._last: dict[str, int] = {}

    @cached_property
    def _taken(self) -> set[str]:
        return {*self._of_file, *Project.objects.values_list("key", flat=True)}

    def make(self, name: str) -> str:
        """The first letters of its words, or of its word; with a number where that is taken."""
        return self.free(_letters_of(name))

    def free(self, begin: str) -> str:
        """This key, or the first of WEB2, WEB3, … that nobody has."""
        key, number = begin, self._last.get(begin, 1)
        while key in self._taken:
            number += 1
            key = f"{begin[: _LONGEST - len(str(number))]}{number}"
        self._taken.add(key)
        self._last[begin] = number
        return key


def _letters_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    words = re.findall("[A-Z0-9]+", plain)
    letters = "".join(word[0] for word in words) if len(words) > 1 else _of_one(words)
    letters = letters.lstrip("0123456789")[: _LONGEST - 3]
    return letters if len(letters) > 1 else (letters + _PLAIN if letters else _PLAIN)


def _of_one(words: list[str]) -> str:
    return words[0][:_OF_ONE_WORD] if words else ""
