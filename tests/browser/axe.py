"""axe-core on a page, as it looks at every width and in both themes.

axe-core comes in the folder of the package axe-playwright-python; nothing is fetched.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.conftest import SIZES

# All rules of the two levels that the law asks for, and what axe itself recommends.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
#: What is looked at in which theme on which screen. A theme changes colours and nothing else, and
#: colours are the same on every screen but cost more than all other rules together: each theme's
#: are looked at once.
LOOKS: dict[tuple[str, str], dict[str, Any]] = {
    ("desktop", "light"): {"runOnly": TAGS},
    ("phone", "light"): {
        "runOnly": TAGS,
        "rules": {colour: {"enabled": False} for colour in COLOURS},
    },
    ("phone", "dark"): {"runOnly": COLOURS},
}
#: Of a page of which another like it was looked at.
BRIEF = ("phone", "light")
SEVERE = ("moderate", "serious", "critical")
#: Rows of a list, blocks of a log and choices of a select beyond so many are more of the same.
ROWS = 6

# Colours that are on their way from one to another have no contrast of their own. What the bar of a
# form happens to lie on is a matter of fonts: one scrolls on, and nothing that has the focus is
# under it (test_flow_keyboard).
_STILL = """
*, *::before, *::after { transition: none !important; animation: none !important; }
#submit-row { position: static !important; }
"""
# No page takes a style element that it did not write itself.
_ADD_STYLE = """
(text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets.push(sheet);
}
"""
_SHORTEN = """
(rows) => {
    const extra = (parts) => Array.from(parts).slice(rows);
    extra(document.querySelectorAll("#result_list > tbody")).forEach((body) => body.remove());
    document.querySelectorAll("select").forEach((select) =>
        extra(select.options).forEach((option) => option.selected || option.remove())
    );
}
"""
_IS_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
# The menu is the same on every page, so it is looked at on one.
_RUN = """
async ({look, withMenu}) => {
    const isThere = document.querySelector("#nav-sidebar");
    const where = isThere && !withMenu ? {exclude: "#nav-sidebar"} : document;
    const options = {resultTypes: ["violations"], preload: false, ...look};
    const {violations} = await axe.run(where, options);
    return violations.map(({id, impact, help, nodes}) => ({
        id, impact, help,
        nodes: nodes.map((node) => ({
            target: node.target.flat().join(" "), why: node.failureSummary,
        })),
    }));
}
"""


def issues(page: Page, name: str, *, with_menu: bool = False, briefly: bool = False) -> list[str]:
    """What axe complains of on the open page: one line per page, theme, width, rule, element.

    And whether one would have to scroll sideways to read it. ``with_menu`` looks at the menu as
    well; ``briefly`` is for a page of which another like it was looked at: ``BRIEF`` alone.
    """
    page.evaluate(_SHORTEN, ROWS)
    page.evaluate(_ADD_STYLE, _STILL)
    page.evaluate(AXE_SCRIPT)
    found: list[str] = []
    for (width, theme), look in LOOKS.items():
        if briefly and (width, theme) != BRIEF:
            continue
        page.set_viewport_size(SIZES[width])  # type: ignore[arg-type]
        if page.evaluate(_IS_TOO_WIDE):
            found.append(f"{name} [{width}]: the page is wider than the screen")
        _show(page, theme)
        for issue in page.evaluate(_RUN, {"look": look, "withMenu": with_menu}):
            if issue["impact"] in SEVERE:
                found += _lines(f"{name} [{theme}, {width}]", issue)
    _show(page, "light")
    page.set_viewport_size(SIZES["desktop"])  # type: ignore[arg-type]
    return found


def _show(page: Page, theme: str) -> None:
    """Unfold's theme is a class; the pages without Unfold ask the browser."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.evaluate(
        "dark => document.documentElement.classList.toggle('dark', dark)", theme == "dark"
    )


def _lines(where: str, issue: dict[str, Any]) -> list[str]:
    lines = [
        f"{where} {issue['id']} ({issue['impact']}): {node['target']}" for node in issue["nodes"]
    ]
    # The first element says what is wrong; of many, three are enough to find the others.
    why = " ".join(issue["nodes"][0]["why"].split())
    return [f"{lines[0]}\n      {why}", *lines[1:3]]
