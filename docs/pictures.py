"""Takes the documents' pictures of a console with the demo: ``make pictures``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from tests.browser.conftest import FLAGS, find_chromium, sign_in  # noqa: E402
from tests.launcher import RunningConsole  # noqa: E402

IMAGES = ROOT / "docs" / "images"
PASSWORD = "demo-console-1"  # noqa: S105 - the demo's, which `make run` prints

#: File name, host, who signs in, and the page.
PICTURES = (
    ("staff", "localhost", "staff@console.example", "/tenants/client/"),
    ("tenant", "acme.localhost", "ada@acme.example", "/tenant_data/task/?status__exact=open"),
)


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with RunningConsole() as console, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for name, host, email, path in PICTURES:
            take(browser, console, name, host, email, path)
        browser.close()


def take(
    browser: Browser, console: RunningConsole, name: str, host: str, email: str, path: str
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
    sign_in(page, console.url(host), email, PASSWORD)
    page.goto(console.url(host, path))
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")
    page.close()


if __name__ == "__main__":
    main()
