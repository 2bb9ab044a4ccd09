"""A file of clients, and one button that makes their schemas."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.desk import SLOW, Desk, new_client

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def test_from_a_file_to_schemas_that_are_ready(desk: Desk, tmp_path: Path) -> None:
    clients = [new_client("Imported") for _ in range(3)]
    file = tmp_path / "clients.csv"
    head = "name,schema_name,domain,plan,admin_name,admin_email"
    rows = [f"{c.name},{c.schema},{c.host},basic,Ada,{c.person('ada')}" for c in clients]

    # With a mistake in it: the line, the column and the reason; nothing comes of it.
    file.write_text("\n".join([head, *rows, f"Broken,broken_x,{clients[0].host},nothing,A,b"]))
    choose(desk, file)
    desk.says("1 row is in error and cannot be imported.")
    desk.says("Line 5")

    file.write_text("\n".join([head, *rows]))
    choose(desk, file)
    desk.says("Preview of clients.csv")
    nothing_is_beside_a_phone(desk)
    desk.press("Import 3 rows")
    desk.says("3 of the new clients have no schema yet")
    desk.press("Create 3 schemas")
    desk.says("Create the schemas of 3 clients?")
    desk.press("Create schemas")
    expect(desk.page.locator("[data-state=finished]")).to_be_visible(timeout=SLOW)
    for client in clients:
        desk.says(client.name)
        assert desk.page.goto(desk.console.url(client.host, "/login/")).status == 200  # type: ignore[union-attr]
        desk.page.go_back()


def nothing_is_beside_a_phone(desk: Desk) -> None:
    """The rows of the preview need not be pushed sideways to be read."""
    size = desk.page.viewport_size
    desk.page.set_viewport_size({"width": 390, "height": 844})
    frames = desk.page.locator(".importing-frame:visible").all()
    assert frames
    for frame in frames:
        assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")
    assert size is not None
    desk.page.set_viewport_size(size)


def choose(desk: Desk, file: Path) -> None:
    desk.go("/tenants/client/")
    desk.act("Import")
    desk.page.locator("input[type=file]").set_input_files(file)
    desk.press("Show a preview")
