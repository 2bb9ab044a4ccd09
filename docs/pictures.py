"""Takes the documents' pictures of a console with the demo: ``make pictures``."""

from __future__ import annotations

import csv
import io
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.browser.conftest import FLAGS, SIZES, find_chromium, sign_in  # noqa: E402
from tests.browser.scene import ADMIN, PASSWORD, STAFF  # noqa: E402
from tests.launcher import RunningConsole  # noqa: E402

IMAGES = ROOT / "docs" / "images"
#: A little narrower than a screen, so that it can be read in a document.
DESKTOP = {"width": 1280, "height": 800}


def nothing(page: Page) -> None:
    """The page as it opens."""


def open_client(page: Page) -> None:
    page.get_by_role("link", name="Acme Corporation").first.click()


def history_of_client(page: Page) -> None:
    open_client(page)
    page.locator("#client-history").evaluate("element => element.scrollIntoView()")


def live_operation(page: Page) -> None:
    """The page of a schema that is being made."""
    page.get_by_role("link", name="Oak & Ash Joinery").first.click()
    page.get_by_role("link", name="Create schema", exact=True).click()
    page.get_by_role("main").get_by_role("button", name="Create schema").click()
    page.locator("[data-state=running], [data-state=succeeded]").wait_for()


def preview(page: Page) -> None:
    """A file that changes one client and brings two."""
    with (ROOT / "fixtures" / "clients.csv").open(encoding="utf-8", newline="") as source:
        known, *_others = csv.DictReader(source)
    new = {"plan": "team", "admin_name": "Ada Baker", "language": "en", "colour": "#b45309"}
    rows = [{**known, "plan": "enterprise", "tags": "key account"}]
    for name in ("Harvest Bakery", "Lantern Books"):
        word = name.split()[0].lower()
        ours = {"name": name, "schema_name": word, "domain": f"{word}.localhost"}
        rows.append({**ours, **new, "admin_email": f"ada@{word}.example"})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clients.csv"
        with file.open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, fieldnames=list(known), restval="")
            writer.writeheader()
            writer.writerows(rows)
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name="Show a preview").click()
        page.get_by_text("Preview of").wait_for()


def change_status(page: Page) -> None:
    page.locator(".work-status").nth(1).select_option("review")
    page.locator("#work-said").wait_for()


def parts_of_task(page: Page) -> None:
    page.locator("#result_list tr.data-row").get_by_role("link").first.click()
    comments = page.get_by_role("region", name="Comments")
    comments.get_by_label("Your comment").fill("The agency sends the pictures on Monday.")
    comments.get_by_role("button", name="Add comment").click()
    page.get_by_role("region", name="Comments").evaluate("element => element.scrollIntoView()")


def open_preview(page: Page) -> None:
    page.get_by_role("button", name="Expand row").first.click()


@dataclass(frozen=True)
class Picture:
    name: str
    path: str
    prepare: Callable[[Page], None] = nothing
    is_dark: bool = False
    on_phone: bool = False
    is_tenant: bool = False


CLIENTS = "/tenants/client/"
TASKS = "/tenant_data/task/"
PICTURES = (
    Picture("home", "/"),
    Picture("staff", CLIENTS),
    Picture("client", CLIENTS, open_client),
    Picture("client-dark", CLIENTS, history_of_client, is_dark=True),
    Picture("preview", f"{CLIENTS}import/", preview),
    Picture("plan", "/tenants/plan/"),
    Picture("history", "/history/logentry/"),
    Picture("operation", CLIENTS, live_operation),
    Picture("clients-phone", CLIENTS, on_phone=True),
    Picture("home-phone-dark", "/", is_dark=True, on_phone=True),
    Picture("tenant", "/tenant_data/task/?work=open", is_tenant=True),
    Picture("company-home", "/", is_tenant=True),
    Picture("company-tasks", TASKS, change_status, is_tenant=True),
    Picture("company-task", f"{TASKS}?q=WEB-12", parts_of_task, is_tenant=True),
    Picture("company-projects", "/tenant_data/project/", open_preview, is_tenant=True),
    Picture("company-people", "/accounts/user/", is_tenant=True),
    Picture("company-settings", "/company/settings/", is_tenant=True, is_dark=True),
    Picture("company-phone-dark", TASKS, is_tenant=True, is_dark=True, on_phone=True),
)


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with RunningConsole() as console, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for picture in PICTURES:
            take(browser, console, picture)
        browser.close()


def take(browser: Browser, console: RunningConsole, picture: Picture) -> None:
    host, email = ("acme.localhost", ADMIN) if picture.is_tenant else ("localhost", STAFF)
    page = browser.new_page(
        viewport=SIZES["phone"] if picture.on_phone else DESKTOP,  # type: ignore[arg-type]
        color_scheme="dark" if picture.is_dark else "light",
    )
    sign_in(page, console.url(host), email, PASSWORD)
    page.goto(console.url(host, picture.path))
    picture.prepare(page)
    # A page that follows something is never quiet.
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    save(page.screenshot(), IMAGES / f"{picture.name}.png")
    page.close()


def save(screenshot: bytes, file: Path) -> None:
    """Keep it in 256 colours: a third of the size, and nobody sees it."""
    image = Image.open(io.BytesIO(screenshot)).convert("RGB")
    image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        file, optimize=True
    )


if __name__ == "__main__":
    main()
