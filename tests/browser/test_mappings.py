"""The page of code tables in a real browser: from a gap to a row in force, by two people."""

from __future__ import annotations

import psycopg
import pytest

from tests.browser.test_dashboard import SHOTS, judged

_GAP = """
insert into case_item (kind, key, dossier_code, opened_at, state, evidence)
values ('sync_refused', 'sync-refused:ministry:H21.129-261124-0001', 'H21.129-261124-0001', now(), 'open',
        '{"system": "ministry", "code": "not-sent",
          "message": "applicants: no meaning for ''ministry:cooperative''; on 2026-11-25"}'),
       ('sync_not_mapped', 'not-mapped:land', 'H21.129-261124-0002', now(), 'open',
        '{"system": "land", "table": "land.processes", "code": "1.004194"}')
on conflict do nothing
"""


@pytest.fixture(autouse=True)
def gap(address: str, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(_GAP)


def look(page, name: str) -> None:
    assert judged(page) == []
    assert page.evaluate("window.__violations") == []
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def test_a_gap_is_filled_by_two_people(visitor):
    """An operator sees what waits and proposes; an administrator accepts; the row stands in the list with both names."""
    operator = visitor("vanhanh")
    operator.click("nav.side a:has-text('Bảng mã')")
    operator.wait_for_selector("text=Hợp tác xã")
    look(operator, "mappings-gaps")
    operator.click("#gaps a:has-text('Thêm dòng')")
    assert operator.input_value("#new-meaning") == "cooperative"
    assert operator.input_value("#new-system") == "ministry"
    operator.fill("#new-code", "3")
    operator.fill("#from", "01/01/2026")
    operator.fill("#reason", "Công văn 12 của đơn vị vận hành")
    look(operator, "mappings-propose")
    operator.click("button:has-text('Gửi đề xuất')")
    operator.wait_for_selector("text=Bạn đề xuất; người khác duyệt.")

    administrator = visitor("quantri")
    administrator.goto("/mappings")
    look(administrator, "mappings-proposals")
    administrator.click("#proposals button:has-text('Duyệt')")
    administrator.wait_for_selector("text=Đã thực hiện.")
    assert administrator.locator("#gaps a:has-text('Thêm dòng')").count() == 0

    operator.goto("/mappings?list=applicant&system=ministry")
    operator.wait_for_selector("text=vanhanh đề xuất, quantri duyệt")
    look(operator, "mappings-list")


def test_the_page_is_accessible_in_the_dark_and_without_script(visitor):
    """As every page is."""
    page = visitor("xem", color_scheme="dark")
    page.goto("/mappings?list=dossier_state")
    assert judged(page) == []
    assert page.locator("summary:has-text('Thêm dòng')").count() == 0
    plain = visitor("vanhanh", java_script_enabled=False)
    plain.goto("/mappings?list=sex")
    plain.select_option("#of", "judicial_records")
    plain.click("button:has-text('Xem')")
    plain.wait_for_selector("text=genderId")


def test_a_table_of_the_settings_is_named_as_such(visitor):
    """Nobody is sent to a form that cannot help."""
    page = visitor("vanhanh")
    page.goto("/mappings")
    page.wait_for_selector("tr:has-text('land.processes') >> text=Bảng này đặt trong cấu hình hệ thống")
