"""A real browser, from the system's packages: `.ci/system` installs it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass
class Opened:
    """A page that was opened, and everything it did besides showing itself."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def deeds(self) -> list[str]:
        """List what a page that only shows itself does not do."""
        return [*(url for url in self.requests if url != self.url), *self.said, *self.dialogs]


Open = Callable[..., Opened]


@pytest.fixture(scope="module")  # while it is open no other test of this process can have an event loop
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, once for each process of the tests."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert program, "run .ci/system: it installs chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a text as a file in the browser, and watch it."""
    contexts = []

    def call(text: str, name: str = "report.html", *, dark: bool = False, width: int = 1200) -> Opened:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        context = chromium.new_context(
            color_scheme="dark" if dark else "light", viewport={"width": width, "height": 800}
        )
        contexts.append(context)
        page = context.new_page()
        opened = Opened(page, path.as_uri())
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("console", lambda message: opened.said.append(message.text))
        page.on("pageerror", lambda fault: opened.said.append(str(fault)))
        page.on("dialog", lambda dialog: (opened.dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(opened.url)
        return opened

    yield call
    for context in contexts:
        context.close()
