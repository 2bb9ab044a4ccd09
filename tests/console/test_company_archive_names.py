"""Names inside an export: on every system they can be unpacked, and no two become one file."""

from __future__ import annotations

import pytest

from console.company.archive_names import place_for


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("WEB-1/notes.txt", "WEB-1/notes.txt"),
        ("WEB-1/Zwölf „neue“ 10%.pdf", "WEB-1/Zwölf „neue“ 10%.pdf"),
        ("WEB-1/.env", "WEB-1/.env"),
        ('WEB-1/12:30 "so" <a|b>*?.txt', "WEB-1/12_30 _so_ _a_b___.txt"),
        ("WEB-1/a\tb\n.txt", "WEB-1/a_b_.txt"),
        ("WEB-1/end. . ", "WEB-1/end"),
        ("WEB-1 . / a.txt", "WEB-1/a.txt"),
        ("WEB-1/con", "WEB-1/_con"),
        ("NUL.tar.gz", "_NUL.tar.gz"),
        ("aux .txt", "_aux .txt"),
        ("Com1.txt", "_Com1.txt"),
        ("COM10.txt", "COM10.txt"),
        ("console.txt", "console.txt"),
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\Windows\\a.txt", "C_/Windows/a.txt"),
        ("/", "file"),
        (" .. ", "file"),
    ],
)
def test_what_cannot_be_unpacked_everywhere_is_replaced(name: str, place: str) -> None:
    assert place_for(name, set()) == place


def test_no_two_are_the_same_whatever_the_capitals_and_the_spelling() -> None:
    taken: set[str] = set()
    names = [
        "W/a.pdf", "W/A.pdf", "w/a.pdf", "W/a (2).pdf", "W/a.pdf.", "V/a.pdf",
        "\N{LATIN SMALL LETTER E WITH ACUTE}", "e\N{COMBINING ACUTE ACCENT}", "a?", "a*", ".env",
        ".ENV",
    ]  # fmt: skip
    assert [place_for(name, taken) for name in names] == [
        "W/a.pdf", "W/A (2).pdf", "w/a (3).pdf", "W/a (2) (2).pdf", "W/a (4).pdf", "V/a.pdf",
        "\N{LATIN SMALL LETTER E WITH ACUTE}", "e\N{COMBINING ACUTE ACCENT} (2)", "a_", "a_ (2)",
        ".env", ".ENV (2)",
    ]  # fmt: skip
