"""What is wrong with a page is found, and of texts that look alike a few are looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import axe

pytestmark = [pytest.mark.browser]

PAGE = """
<!DOCTYPE html>
<html lang="en"><head><title>A page</title><meta name="viewport" content="width=device-width">
<style>
    html.dark {{ background: #111; color: #eee; }} html.dark .card {{ background: #222; }}
    .pale {{ color: #bbb; }} .dark .dim {{ color: #444; }} .phone {{ display: none; }}
    @media (max-width: 500px) {{ .phone {{ display: inline; }} }}
</style></head><body><main><h1>A page</h1>{}</main></body></html>
"""


@pytest.fixture
def found(new_page: Callable[..., Page]) -> Callable[..., list[str]]:
    """``found(text)``: what is wrong with a page of this text; pages before it are remembered."""
    page, colours = new_page(), set[str]()

    def found(text: str, name: str = "page") -> list[str]:
        page.set_content(PAGE.format(text))
        return axe.issues(page, name, colours)

    return found


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("<p class=pale>Hardly to be seen</p>", "[light, desktop] color-contrast"),
        ("<p class=dim>Hardly to be seen at night</p>", "[dark, phone] color-contrast"),
        ("<p><input></p>", "[light, desktop] label"),
        ("<p class=phone><button></button></p>", "[dark, phone] button-name"),
        ("<p style='width: 500px'>Long</p>", "[phone]: the page is wider"),
    ],
)
def test_what_is_wrong_is_found(found: Callable[..., list[str]], text: str, issue: str) -> None:
    assert found("<p>Fine</p>") == []
    assert any(issue in line for line in found(text)), found(text)


def test_a_text_is_looked_at_on_each_ground_that_it_has(found: Callable[..., list[str]]) -> None:
    grey = "<p style='color: #767676'>Some text</p>"
    assert [line for line in found(grey) if "light" in line] == []
    assert any("light" in line for line in found(f"<div style='background: #999'>{grey}</div>"))


def test_what_nobody_saw_is_looked_at_where_it_is_seen(found: Callable[..., list[str]]) -> None:
    assert found("<p class=pale hidden>Hardly to be seen</p>") == []
    assert found("<p class=pale>Hardly to be seen</p>") != []
