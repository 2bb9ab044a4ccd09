"""What makes the tests take less time and leaves what they prove as it is."""

from __future__ import annotations

import gc

import pytest
from django.template import Context, Template
from django.test.utils import _TestState


# After pytest-django, which puts what needs no database of its own at the end: all browsers.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: at the end, no process waits for another with much left."""
    takes_long = {
        item.path
        for item in items
        if item.get_closest_marker("processes") or item.get_closest_marker("long")
    }
    items.sort(key=lambda item: (0, item.path) if item.path in takes_long else (1,))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: not to look through it for garbage again and again
    saves a tenth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def one_context_per_page(django_test_environment: None) -> None:
    """``response.context`` is that of the page alone. Django's test environment keeps a copy for
    each of the hundred templates that a page is made of, which takes a sixth of its time."""
    plain, watched = _TestState.saved_data.template_render, Template._render
    inside = False

    def render(template: Template, context: Context) -> str:
        nonlocal inside
        if inside:
            return plain(template, context)
        inside = True
        try:
            return watched(template, context)
        finally:
            inside = False

    Template._render = render
