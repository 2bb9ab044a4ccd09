"""Names that are what they look like: no characters that cannot be seen or turn text around.

Two names that look the same must be the same, and a name must not change how the text beside it
is read. Text that runs from right to left is as good as any other.
"""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ZWNJ, ZWJ = "\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH JOINER}"
JOINERS = ZWNJ + ZWJ
#: Letters and marks by their category that are drawn as nothing.
_BLANK = {
    "\N{COMBINING GRAPHEME JOINER}",
    "\N{HANGUL CHOSEONG FILLER}",
    "\N{HANGUL JUNGSEONG FILLER}",
    "\N{HANGUL FILLER}",
    "\N{HALFWIDTH HANGUL FILLER}",
    "\N{KHMER VOWEL INHERENT AQ}",
    "\N{KHMER VOWEL INHERENT AA}",
    "\N{BRAILLE PATTERN BLANK}",
}
#: Scripts, by the first word of their characters' names, that are written without joiners.
_WITHOUT_JOINERS = {
    "ARMENIAN", "CJK", "CYRILLIC", "FULLWIDTH", "GEORGIAN", "GREEK", "HANGUL", "HEBREW",
    "HIRAGANA", "KATAKANA", "LATIN",
}  # fmt: skip
_SHOWN = 30


def composed(text: str) -> str:
    """The text with each letter and its signs as one character, where there is one: some programs
    write “ä” as an “a” with a sign above it, which looks the same."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def one_name(text: str) -> str:
    """A name as it is kept: one blank between its words."""
    return " ".join(composed(text).split())


def misleads(char: str) -> bool:
    """Whether a character cannot be seen or changes the direction of text. Joiners are left: some
    scripts, and emoji, are spelled with them."""
    category = unicodedata.category(char)
    if category == "Cf":
        return char not in JOINERS
    return category in ("Cc", "Cs", "Zl", "Zp") or char in _BLANK


def validate_name(text: str) -> None:
    """Raise ``ValidationError`` for a name with something in it that cannot be seen, or nothing
    that can."""
    # Nearly all are like this, and a file has many. To Python, what cannot be seen is no printable.
    if text.isprintable() and _BLANK.isdisjoint(text) and any(map(str.isalnum, text)):
        return
    for place, char in enumerate(text):
        if misleads(char) or (char in JOINERS and not _joins(text, place)):
            if not (before := text[:place].strip()):
                raise ValidationError(
                    _("This begins with a character that cannot be seen. Type it anew."),
                    code="invisible",
                )
            raise ValidationError(
                _(
                    "There is a character that cannot be seen after “%(before)s”. Delete it, or "
                    "type the text anew."
                ),
                code="invisible",
                params={"before": before if len(before) <= _SHOWN else f"…{before[-_SHOWN:]}"},
            )
    if not any(unicodedata.category(char)[0] in "LNPS" for char in text):
        raise ValidationError(_("There is nothing in this that can be seen."), code="invisible")


def _joins(text: str, place: int) -> bool:
    """Whether a joiner stands inside a word of a script that has a use for it, or in an emoji."""
    before, after = text[:place][-1:], text[place + 1 :][:1]
    if not (before and after):
        return False
    if all(unicodedata.category(char)[0] in "LM" for char in (before, after)):
        return not any(_script(char) in _WITHOUT_JOINERS for char in (before, after))
    # Before it may be the emoji's colour of skin, or a mark that it is to be drawn as a picture.
    is_picture = unicodedata.category(before) in ("So", "Sk", "Mn")
    return text[place] == ZWJ and is_picture and unicodedata.category(after) == "So"


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


#: What a model's field for a name has.
NAME = [validate_name]
