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
#: How every page is looked at. A theme changes colours and nothing else, and two colours on each
#: other are the same on every screen: each screen has a theme of its own.
LOOKS = (("desktop", "light"), ("phone", "dark"))
#: Of a page of which another like it was looked at.
BRIEF = (("phone", "dark"),)
SEVERE = ("moderate", "serious", "critical")
#: Rows of a list, blocks of a log and choices of a select beyond so many are more of the same.
ROWS = 3

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
# Contrast costs more than all other rules together, and most texts of a page look like texts of the
# page before: the same colour, size and weight on the same backgrounds. A look is taken at a few
# texts of each kind that is new. What is laid over the page may lie on anything, so it is a kind of
# its own on every page.
_MARK_NEW_COLOURS = """
({page, known, withMenu, each}) => {
    const seen = new Set(known), count = new Map(), grounds = new Map([[null, ""]]);
    const ground = (element) => {
        if (!grounds.has(element)) {
            const style = getComputedStyle(element), own = [];
            const {backgroundColor: colour, backgroundImage: image, opacity, filter} = style;
            if (colour !== "rgba(0, 0, 0, 0)") own.push(colour);
            if (image !== "none") own.push(image);
            if (opacity !== "1" || filter !== "none") own.push(opacity, filter);
            if (["absolute", "fixed"].includes(style.position)) own.push(page, element.className);
            if (element.matches(":disabled, [aria-disabled=true]")) own.push("disabled");
            grounds.set(element, [ground(element.parentElement), ...own].join(" "));
        }
        return grounds.get(element);
    };
    const isText = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim();
    for (const element of document.body.querySelectorAll("*")) {
        if (!element.matches("input, select, textarea") && ![...element.childNodes].some(isText))
            continue;
        const box = element.getBoundingClientRect();
        if (box.width < 3 || box.height < 3 || (!withMenu && element.closest("#nav-sidebar")))
            continue;
        if (!element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) continue;
        const {color, fontSize, fontWeight, textShadow} = getComputedStyle(element);
        const kind = [ground(element), color, fontSize, fontWeight, textShadow].join(" ");
        count.set(kind, (count.get(kind) ?? 0) + 1);
        element.toggleAttribute("data-new-colours", !seen.has(kind) && count.get(kind) <= each);
    }
    return [...count.keys()].filter((kind) => !seen.has(kind));
}
"""
#: So many texts of a kind that is new.
EACH = 2
# The menu is the same on every page, so it is looked at on one.
_RUN = """
async ({tags, withMenu}) => {
    const isThere = document.querySelector("#nav-sidebar");
    const where = isThere && !withMenu ? {exclude: "#nav-sidebar"} : document;
    axe.configure({rules: [{id: "color-contrast", selector: "[data-new-colours]"}]});
    const options = {resultTypes: ["violations"], preload: false, runOnly: tags};
    const {violations} = await axe.run(where, options);
    return violations.map(({id, impact, help, nodes}) => ({
        id, impact, help,
        nodes: nodes.map((node) => ({
            target: node.target.flat().join(" "), why: node.failureSummary,
        })),
    }));
}
"""


def issues(
    page: Page, name: str, colours: set[str], *, with_menu: bool = False, briefly: bool = False
) -> list[str]:
    """What axe complains of on the open page: one line per page, theme, width, rule, element.

    And whether one would have to scroll sideways to read it. ``colours`` are the kinds of text of
    which the contrast was looked at before; those of the page are added. ``with_menu`` looks at
    the menu as well; ``briefly`` is for a page of which another like it was looked at.
    """
    page.evaluate(_SHORTEN, ROWS)
    page.evaluate(_ADD_STYLE, _STILL)
    page.evaluate(AXE_SCRIPT)
    found: list[str] = []
    for width, theme in BRIEF if briefly else LOOKS:
        _show(page, width, theme)
        if page.evaluate(_IS_TOO_WIDE):
            found.append(f"{name} [{width}]: the page is wider than the screen")
        mark = {"page": name, "known": list(colours), "withMenu": with_menu, "each": EACH}
        colours.update(page.evaluate(_MARK_NEW_COLOURS, mark))
        for issue in page.evaluate(_RUN, {"tags": TAGS, "withMenu": with_menu}):
            if issue["impact"] in SEVERE:
                found += _lines(f"{name} [{theme}, {width}]", issue)
    _show(page, *LOOKS[0])
    return found


def _show(page: Page, width: str, theme: str) -> None:
    """Unfold's theme is a class; the pages without Unfold ask the browser."""
    if page.viewport_size != SIZES[width]:
        page.set_viewport_size(SIZES[width])  # type: ignore[arg-type]
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
