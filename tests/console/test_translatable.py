"""Every word on every page comes from the catalog of translations or from the data.

The pages are read in a language in which every message is put between brackets; what stands
outside brackets must be data."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from console.accounts.models import User
from tenants.models import Client, OperationEvent
from tests.site_map import PAGES, address

LANGUAGE = "xx"
#: Read to people although they are no text: names of things and what stands in empty fields.
SPOKEN = ("alt", "aria-label", "placeholder", "title", "aria-description", "data-confirm")
#: Elements whose text nobody reads as words.
SILENT = {"script", "style", "svg", "code", "pre", "time", "template"}
#: What is called the same in every language: keys, formats, units, zones.
SAME_EVERYWHERE = {"Ctrl", "esc", "CSV", "Excel", "xlsx", "MB", "UTC"}
TIME_ZONE = r"[A-Z][\w +/-]*(?= \(UTC)"
#: The words that the rows of these tests consist of.
DATA = {
    *("Alpha", "alpha", "Beta", "beta", "Team", "team", "Console", "Some", "WEB", "Website"),
    *("Olga", "olga", "Ada", "Owner", "AO", "ada", "somebody"),
    *("example", "console", "localhost", "com"),
}
#: Symbols are drawn by a font from a name.
SYMBOLS = "material-symbols-outlined"


class Pseudo(gettext.NullTranslations):
    """A language in which each message is itself, between brackets."""

    def __init__(self) -> None:
        super().__init__()
        self.plural = lambda n: int(n != 1)
        self._catalog: dict[Any, str] = {}

    def gettext(self, message: str) -> str:
        _context, _separator, text = message.rpartition(trans_real.CONTEXT_SEPARATOR)
        return f"⟦{text}⟧" if re.search("[A-Za-z]", text) else text

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.gettext(singular if n == 1 else plural)

    def language(self) -> str:
        return LANGUAGE

    def to_language(self) -> str:
        return LANGUAGE


@pytest.fixture
def pseudo(settings: Any) -> Iterator[None]:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "LocaleMiddleware" not in name]
    trans_real._translations[LANGUAGE] = Pseudo()
    with translation.override(LANGUAGE):
        yield
    del trans_real._translations[LANGUAGE]


class Words(HTMLParser):
    """Collects what a reader or a screen reader gets to read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        for name in SPOKEN:
            if values.get(name):
                self.found.append(f"{tag}[{name}]: {values[name]}")
        if tag == "input" and values.get("type") in ("submit", "button"):
            self.found.append(f"{tag}: {values.get('value') or ''}")
        if tag not in {"input", "br", "img", "link", "meta", "hr", "rect", "path"}:
            silent = tag in SILENT or SYMBOLS in (values.get("class") or "")
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _tag, silent in self._open):
            where = self._open[-1][0] if self._open else ""
            self.found.append(f"{where}: {data.strip()}")


def untranslated(html: str, data: set[str]) -> list[str]:
    """What has words outside the brackets that are not data."""
    parser = Words()
    parser.feed(html)
    wrong = []
    for found in parser.found:
        _where, _colon, rest = found.partition(": ")
        if rest in data:
            continue
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", rest)) != rest:
            rest = shorter
        rest = re.sub(TIME_ZONE, "", rest)
        # A message of several paragraphs is cut by their tags, in the middle of its brackets.
        rest = re.sub(r"⟦.*|.*⟧", "", rest, flags=re.DOTALL)
        if set(re.findall("[A-Za-z]{2,}", rest)) - SAME_EVERYWHERE - DATA:
            wrong.append(found)
    return wrong


@pytest.fixture
def logged(alpha: Client) -> set[str]:
    """Lines of operations' logs: written once, in the language of whoever wrote them."""
    return set(OperationEvent.objects.values_list("message", flat=True))


@pytest.mark.parametrize(("side", "route", "name"), PAGES)
def test_every_word_can_be_translated(
    side: str,
    route: str,
    name: str,
    rows: dict[str, Any],
    visitor: Any,
    operator: User,
    owner: User,
    logged: set[str],
    pseudo: None,
) -> None:
    user = operator if side == "public" else owner
    response = visitor(side, user).get(address(side, route, rows))
    if response.status_code == 200 and "html" in response.headers["Content-Type"]:
        assert untranslated(response.content.decode(), logged) == []


def test_a_word_that_is_in_no_catalog_is_found() -> None:
    page = "<p>⟦Clients⟧ 12</p><p>Forgotten ⟦here⟧</p><a title='Forgotten too'>Alpha</a>"
    assert untranslated(page, set()) == ["p: Forgotten ⟦here⟧", "a[title]: Forgotten too"]
