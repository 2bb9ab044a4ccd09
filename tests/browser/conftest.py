"""A real browser: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.desk import Desk
from tests.browser.scene import clear_scene, set_scene
from tests.launcher import RunningConsole
from tests.processes import STAFF_EMAIL, STAFF_PASSWORD, manage

# Chromium's own network traffic is of no use here, and Debian's runs as root in CI.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
#: Whoever has a phone has it dark, so that every flow is seen in both themes.
THEMES = {"desktop": "light", "phone": "dark"}


def find_chromium() -> str:
    # The first is the same engine without windows: a quarter less work where two run at once.
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.fail("There is no Chromium. Install it (Debian: apt-get install chromium).")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Open while one module runs: its event loop would make Django refuse other tests' queries."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


class Problems(list[str]):
    """What went wrong in the pages of a test without anybody seeing it."""

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.append(f"script: {error}"))
        page.on("console", self._message)
        page.on("request", self._request)
        page.on("response", self._response)

    def _message(self, message: Any) -> None:
        # Chromium logs each answer of 4xx and 5xx as an error; a test that wants one looks at it.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        host = request.url.split("/")[2].split(":")[0] if "//" in request.url else "localhost"
        if not host.endswith("localhost"):
            self.append(f"left the machine: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 500 and response.status != 503:
            self.append(f"{response.status}: {response.url}")


class Browsers:
    """Windows that are lent to one test after the other, as if each were new.

    A page costs much less in a window that has its files, its scripts and its process already.
    """

    def __init__(self, chromium: Browser) -> None:
        self.problems = Problems()
        self._chromium = chromium
        self._free: dict[str, list[Page]] = {size: [] for size in SIZES}
        self._lent: list[tuple[str, Page]] = []

    def lend(self, size: str = "desktop") -> Page:
        page = self._free[size].pop() if self._free[size] else self._open(size)
        self._lent.append((size, page))
        return page

    def take_back(self) -> None:
        """Nobody is signed in any more in the windows that were lent; pages keep nothing else."""
        for size, page in self._lent:
            for other in page.context.pages:
                if other != page:
                    other.close()
            page.goto("about:blank")
            page.context.clear_cookies()
            self._free[size].append(page)
        self._lent.clear()

    def _open(self, size: str) -> Page:
        context = self._chromium.new_context(viewport=SIZES[size], color_scheme=THEMES[size])  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        page = context.new_page()
        self.problems.watch(page)
        return page


@pytest.fixture(scope="module")
def browsers(chromium: Browser) -> Browsers:
    return Browsers(chromium)


@pytest.fixture
def new_page(browsers: Browsers) -> Iterator[Callable[..., Page]]:
    """``new_page()``: a browser of somebody new; it must not meet any hidden problem."""
    yield browsers.lend
    browsers.take_back()
    met = list(browsers.problems)
    browsers.problems.clear()
    assert met == []


#: The cookies of those who have signed in, by address and e-mail.
_sessions: dict[tuple[str, str], Any] = {}


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    """Sign in and see the home page; few tests are about this, so a good session is used again."""
    page.context.add_cookies(_sessions.get((address, email), []))
    page.goto(address)
    field = page.get_by_label("Password")
    if field.count():
        page.get_by_label("E-mail address").fill(email)
        field.fill(password)
        page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Home").first.wait_for()
    wants_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    expect(page.locator("html.dark")).to_have_count(1 if wants_dark else 0)
    _sessions[address, email] = page.context.cookies(address)


@pytest.fixture
def size(request: pytest.FixtureRequest) -> str:
    """Whether the flow is done on a desktop or on a phone."""
    return str(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With ``FLOWS=both`` each flow is done on a desktop and on a phone, which takes two minutes
    more; otherwise on one of them, by its name, for the walk sees every page on both."""
    if "size" not in metafunc.fixturenames:
        return
    one = sorted(SIZES)[zlib.crc32(metafunc.definition.name.encode()) % 2]
    both = os.environ.get("FLOWS") == "both"
    metafunc.parametrize("size", list(SIZES) if both else [one], indirect=True)


@pytest.fixture
def staff(console: RunningConsole, new_page: Callable[..., Page]) -> Page:
    """A browser in which a member of staff has signed in."""
    page = new_page()
    sign_in(page, console.url(), STAFF_EMAIL, STAFF_PASSWORD)
    return page


@pytest.fixture(scope="session")
def console_with_plan(console: RunningConsole) -> RunningConsole:
    """A client has a plan, so there is one."""
    plan = "code='basic', name='Basic', max_users=5, max_tasks=100"
    make = f"from tenants.models import Plan; Plan.objects.create({plan})"
    manage(console, "shell", "--verbosity=0", "-c", make)
    return console


@pytest.fixture
def desk(console_with_plan: RunningConsole, new_page: Callable[..., Page], size: str) -> Desk:
    """A member of staff at work, on a desktop or a phone."""
    page = new_page(size)
    sign_in(page, console_with_plan.url(), STAFF_EMAIL, STAFF_PASSWORD)
    return Desk(page, console_with_plan, size)


@pytest.fixture(scope="session")
def scene_console() -> Iterator[RunningConsole]:
    """A console with the demo, and clients and operations in every state. Nobody changes it."""
    # With the pages that are there where mails can be sent; nobody sends any.
    with RunningConsole(environ={"EMAIL_HOST": "localhost"}) as running:
        set_scene(running)
        yield running
        clear_scene(running)
