"""What a terminal, or a log, shows of the work on many rows."""

from __future__ import annotations

import io

import pytest
from django.core.management.base import OutputWrapper

from tenants.management.watching import RowsBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestTheBar:
    @pytest.fixture(autouse=True)
    def at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("console.importing.progress.EVERY", 0)
        monkeypatch.setattr(RowsBar, "SECONDS", 0)

    def test_is_drawn_over_itself_on_a_terminal_and_gone_at_the_end(self) -> None:
        out = Terminal()
        with RowsBar(OutputWrapper(out)) as bar:
            bar(500, 1000)
        assert "\n" not in out.getvalue()
        assert "[############            ] 500 of 1,000, " in out.getvalue()
        assert out.getvalue().endswith("\r\x1b[K")

    def test_is_lines_elsewhere(self) -> None:
        out = io.StringIO()
        with RowsBar(OutputWrapper(out)) as bar:
            bar(500, 1000)
            bar(900, 1000)
        first, second = out.getvalue().splitlines()
        assert first.startswith("500 of 1,000, ")
        assert second.endswith(" seconds left")
