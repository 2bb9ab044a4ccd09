"""What people do on a task: they say something, book their time, and pass files around."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.desk import Desk
from tests.browser.scene import ADMIN, PASSWORD
from tests.launcher import RunningConsole

pytestmark = [pytest.mark.browser, pytest.mark.processes]
PDF = b"%PDF-1.7\nA plan."
HOST = "acme.localhost"


@pytest.fixture
def at_work(scene_console: RunningConsole, new_page: Callable[..., Page], size: str) -> Desk:
    """Ada of Acme, on the page of a task that nobody else in this run looks at."""
    page = new_page(size)
    sign_in(page, scene_console.url(HOST), ADMIN, PASSWORD)
    reference = {"desktop": "WEB-2", "phone": "WEB-3"}[size]
    page.goto(scene_console.url(HOST, f"/tenant_data/task/?q={reference}"))
    page.locator("#result_list tr.data-row").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name=reference, level=1)).to_be_visible()
    return Desk(page, scene_console, size)


def test_a_comment_is_written_changed_and_deleted(at_work: Desk) -> None:
    comments = at_work.page.get_by_role("region", name="Comments")
    comments.get_by_label("Your comment").fill("Shall we draw it on Monday?")
    comments.get_by_role("button", name="Add comment").click()
    expect(comments.get_by_role("listitem")).to_contain_text("draw it on Monday?")
    assert at_work.page.url.endswith("#comments")

    comments.get_by_role("link", name="Edit").click()
    at_work.page.get_by_label(re.compile("Text")).fill("Shall we draw it on Tuesday?")
    at_work.save()
    expect(comments.get_by_role("listitem")).to_contain_text("edited")
    expect(comments.get_by_role("listitem")).to_contain_text("on Tuesday?")

    comments.get_by_role("link", name="Delete").click()
    at_work.press(re.compile("Yes"))
    expect(comments).to_contain_text("Nobody has said anything yet.")


def test_time_is_booked_and_what_cannot_be_read_is_not_lost(at_work: Desk) -> None:
    time = at_work.page.get_by_role("region", name="Time")
    time.get_by_label("How long").fill("soon")
    time.get_by_label("Note").fill("Sketches")
    time.get_by_role("button", name="Book time").click()
    expect(time.get_by_role("alert")).to_contain_text("Write it as 1:30, 1.5 h or 90 min.")
    expect(time.get_by_label("How long")).to_be_focused()
    expect(time.get_by_label("Note")).to_have_value("Sketches")

    time.get_by_label("How long").fill("1,5 h")
    time.get_by_role("button", name="Book time").click()
    expect(time.get_by_role("listitem")).to_contain_text("1:30")
    expect(time.get_by_role("listitem")).to_contain_text("Ada Lindqvist")

    at_work.page.goto(at_work.console.url(HOST, "/tenant_data/timeentry/?q=Sketches"))
    expect(at_work.row("Sketches").first).to_contain_text("1:30")
    at_work.says(re.compile(r"Together \d+:\d\d hours"))


def test_files_are_attached_fetched_and_deleted(at_work: Desk, tmp_path: Path) -> None:
    files = at_work.page.get_by_role("region", name="Files")
    files.get_by_label("Choose files").set_input_files(
        [
            {"name": "Größe.pdf", "mimeType": "application/pdf", "buffer": PDF},
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Two of them."},
        ]
    )
    files.get_by_role("button", name="Attach").click()
    expect(files.get_by_role("listitem")).to_have_count(2)

    with at_work.page.expect_download() as download:
        files.get_by_role("link", name="Größe.pdf").first.click()
    assert download.value.suggested_filename == "Größe.pdf"
    fetched = tmp_path / "fetched"
    download.value.save_as(fetched)
    assert fetched.read_bytes() == PDF

    for left in (1, 0):
        files.get_by_role("link", name="Delete").first.click()
        at_work.press(re.compile("Yes"))
        expect(files.get_by_role("listitem")).to_have_count(left)


def test_a_file_that_is_not_what_it_says_is_refused(at_work: Desk) -> None:
    files = at_work.page.get_by_role("region", name="Files")
    page = {"name": "cat.png", "mimeType": "image/png", "buffer": b"<script>alert(1)</script>"}
    files.get_by_label("Choose files").set_input_files([page])  # type: ignore[list-item]
    files.get_by_role("button", name="Attach").click()
    expect(files.get_by_role("alert")).to_contain_text("cat.png: the file is not what its name")
    at_work.page.get_by_role("link", name="Back to the task").click()
    expect(files).to_contain_text("There are no files yet.")
