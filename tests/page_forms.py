"""What a page offers: its links, and its forms as a browser sends them, filled in as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_DEFAULT = {"button": "submit", "input": "text"}
_NOT_SENT = {"submit", "button", "reset", "image", "file"}


@dataclass
class PageForm:
    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    #: Whether there is a button to send it with.
    has_button: bool = False


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self._form: PageForm | None = None
        self._select: tuple[str, bool] | None = None
        self._options: list[tuple[str, bool]] = []
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name = given.get("name") or ""
        for attribute in ("href", "hx-get"):
            if tag in ("a", "div", "button", "section") and given.get(attribute):
                self.links.append(given[attribute] or "")
        if tag == "form":
            self._form = PageForm(given.get("action") or "", given.get("method") or "get")
            self.forms.append(self._form)
        elif self._form is None or "disabled" in given:
            return
        elif tag in ("button", "input") and given.get("type", _DEFAULT[tag]) == "submit":
            self._form.has_button = True
        elif tag == "input" and name and given.get("type") not in _NOT_SENT:
            ticks = given.get("type") in ("checkbox", "radio")
            if not ticks or "checked" in given:
                self._add(name, given.get("value", "on" if ticks else "") or "")
        elif tag == "select" and name:
            self._select, self._options = (name, "multiple" in given), []
        elif tag == "option" and self._select:
            self._options.append((given.get("value") or "", "selected" in given))
        elif tag == "textarea" and name:
            self._textarea = name
            self._add(name, "")

    def handle_data(self, data: str) -> None:
        if self._form and self._textarea:
            self._form.fields[self._textarea][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._textarea = None
        elif tag == "select" and self._select:
            name, is_multiple = self._select
            chosen = [value for value, is_chosen in self._options if is_chosen]
            if not chosen and not is_multiple and self._options:
                chosen = [self._options[0][0]]
            for value in chosen:
                self._add(name, value)
            self._select = None

    def _add(self, name: str, value: str) -> None:
        # Not of the empty row that scripts copy.
        if self._form is not None and "__prefix__" not in name:
            self._form.fields.setdefault(name, []).append(value)


def links_in(html: str) -> list[str]:
    reader = _Reader()
    reader.feed(html)
    return reader.links


def forms_in(html: str) -> list[PageForm]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def main_form(html: str) -> PageForm:
    """The form that the page is about: the POST form with the most fields, but for signing out."""
    posts = [
        form
        for form in forms_in(html)
        if form.method.lower() == "post" and not form.action.endswith("/logout/")
    ]
    return max(posts, key=lambda form: len(form.fields))
