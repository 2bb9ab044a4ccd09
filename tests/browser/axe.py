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
#: A theme changes colours and nothing else; all other rules run once per width.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
SEVERE = ("serious", "critical")

# Colours that are on their way from one to another have no contrast of their own.
_STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
_RUN = """
async (runOnly) => {
    const options = {runOnly, resultTypes: ["violations"], preload: false};
    const found = await axe.run(document, options);
    return found.violations.map(({id, impact, help, nodes}) => ({
        id, impact, help,
        nodes: nodes.map((node) => ({
            target: node.target.flat().join(" "), why: node.failureSummary,
        })),
    }));
}
"""


def issues(page: Page, name: str, *, impacts: tuple[str, ...] = SEVERE) -> list[str]:
    """What axe complains of on the open page: one line per page, theme, width, rule, element."""
    page.add_style_tag(content=_STILL)
    page.evaluate(AXE_SCRIPT)
    found: list[str] = []
    for width, size in SIZES.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for theme in ("light", "dark"):
            _show(page, theme)
            for issue in page.evaluate(_RUN, TAGS if theme == "light" else COLOUR_RULES):
                if issue["impact"] in impacts:
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
