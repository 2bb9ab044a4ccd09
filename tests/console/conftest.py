"""Data folders for the tests of the embedded PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.embedded import is_running, server_in


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a cluster in it, not running; each test leaves it so."""
    folder = tmp_path_factory.mktemp("data")
    server = server_in(folder)
    with server.hold():
        pass
    yield folder
    server.remove()
    assert not list(folder.iterdir())


@pytest.fixture(autouse=True)
def _nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "data_dir" in request.fixturenames:
        assert not is_running(request.getfixturevalue("data_dir"))


@pytest.fixture
def new_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder without a cluster; what a test makes there is removed."""
    folder = tmp_path / "var"
    yield folder
    server_in(folder).remove()
