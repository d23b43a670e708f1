"""Fixtures for drawings: one browser for all tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import Browser, BrowserError, find_browser


@pytest.fixture(scope="session")
def started() -> Iterator[Browser]:
    """A browser, if there is one that can be started."""
    path = find_browser()
    if path is None:
        pytest.skip("there is no Chromium; `apt-get install chromium` brings one")
    try:
        browser = Browser(path).__enter__()
    except BrowserError as error:  # as in a container that forbids it
        pytest.skip(f"Chromium does not start: {error}")
    yield browser
    browser.__exit__()


@pytest.fixture
def browser(started: Browser) -> Iterator[Browser]:
    """The browser, of its usual size; a test fails when a page of it complains."""
    started.complaints.clear()
    yield started
    started.resize(1280, 800)
    assert started.complaints == []
