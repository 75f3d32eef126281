"""Chromium of the distribution; a served application with something to look at.

One browser per module: Playwright keeps an event loop running in the thread of the tests, and other modules start their own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.app import create_app
from adapters.desks import Closing
from adapters.ports import Edge
from connectors.kit.seams import MachineClock, RandomIds
from jobs.access.demo import PASSWORD, add_demo_people
from jobs.access.service import Access
from jobs.store.postgres.store import PgStore
from tests.browser.a_day import fill
from tests.integration.edge.serving import served
from tests.integration.edge.stand_ins import AnyDesk, vnpay_door

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
VIOLATIONS = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(event.violatedDirective + " " + event.blockedURI);
});
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        why = "no chromium on this machine: the dashboard is not looked at"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def desk() -> AnyDesk:
    made = AnyDesk()
    made.closing = [Closing("1902005556667", "open", "person:ketoan"), Closing("LIENTHNG", "open")]
    return made


@pytest.fixture(scope="module")
def address(database: str, desk: AnyDesk) -> Iterator[str]:
    dsn = database
    with psycopg.connect(dsn, autocommit=True) as connection:
        fill(connection)
    store = PgStore(dsn, MachineClock(), size=6)
    access = Access(store)
    add_demo_people(access, sandbox=True)
    edge = Edge(
        dsn=dsn,
        store=store,
        clock=MachineClock(),
        ids=RandomIds(),
        access=access,
        wake=lambda _: None,
        vnpay=vnpay_door(),
        payments=desk,
        refunds=desk,
        reconciliation=desk,
        effects=desk,
        sandbox=True,
    )
    with served(create_app(edge)) as url:
        yield url
    store.close()


@pytest.fixture
def visitor(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens a page as somebody; violations of the content policy are collected on it."""
    contexts = []

    def visit(login: str = "", **options: object) -> Page:
        context = chromium.new_context(
            base_url=address, locale="vi-VN", viewport={"width": 1360, "height": 850}, **options
        )
        contexts.append(context)
        context.add_init_script(VIOLATIONS)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto("/sign-in")
        if login:
            page.fill("#login", login)
            page.fill("#password", PASSWORD)
            page.click("button.primary")
            page.wait_for_url(f"{address}/")
        return page

    yield visit
    for context in contexts:
        context.close()
