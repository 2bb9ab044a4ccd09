"""Names inside an archive: each is there once, and can be unpacked on any system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

#: What a name has if nothing of its own can be kept.
_FALLBACK = "file"
#: What Windows allows in no name, and what moves a terminal's cursor.
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
#: Windows takes these for devices, with any extension, and whatever the capitals.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\..*)?", re.I)


def place_for(name: str, taken: set[str]) -> str:
    """Where a file that is called so goes, with the folders before it; notes it in ``taken``.

    Nothing leads out of the folder that the archive is unpacked in. No two places are the same for
    a system that does not tell capitals apart, nor the ways in which an accent can be written.
    """
    *folders, last = list(_safe_parts(name)) or [_FALLBACK]
    stem, dot, extension = last.rpartition(".")
    stem, ending = (stem, dot + extension) if stem else (last, "")
    place, number = "/".join([*folders, last]), 1
    while _key(place) in taken:
        number += 1
        place = "/".join([*folders, f"{stem} ({number}){ending}"])
    taken.add(_key(place))
    return place


def _safe_parts(name: str) -> Iterator[str]:
    for part in name.replace("\\", "/").split("/"):
        # Windows drops dots and blanks at an end, so that two names could become one.
        safe = _FORBIDDEN.sub("_", part).strip().rstrip(". ")
        if safe:
            yield f"_{safe}" if _DEVICE.fullmatch(safe) else safe


def _key(place: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", place).casefold())
