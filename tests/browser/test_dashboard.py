"""The dashboard in a real browser: flows, accessibility, content policy, keyboard, without script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.a_day import PAYMENT, REFUND

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
SHOTS = Path(__file__).parents[2] / "var" / "screenshots"
DOSSIER = "/dossiers/H21.129-261124-0001"
PAGES = {
    "overview": "/",
    "dossiers": "/dossiers",
    "search": "/dossiers?q=nguyen",
    "dossier": DOSSIER,
    "refunds": "/refunds",
    "refunds-unknown": "/refunds?queue=unknown",
    "refund": f"/refunds/{REFUND}",
    "refund-new": f"/refunds/new?payment={PAYMENT}",
    "reconciliation": "/reconciliation",
    "break": "/reconciliation/breaks/1",
    "effects": "/effects",
    "effects-parked": "/effects?state=parked",
    "effect-unknown": "/effects/8",
    "effect-parked": "/effects/1",
    "not-found": "/refunds/NOTHING",
}


def judged(page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, in words."""
    page.evaluate(AXE)
    result = page.evaluate(
        """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})).violations
               .map(found => found.id + ": " + found.nodes.map(node => node.target.join(" ")).join(" | "))"""
    )
    return list(result)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_and_obeys_the_content_policy(visitor, name, scheme):
    """WCAG 2.2 AA in both colour schemes; nothing inline, nothing from elsewhere."""
    page = visitor("ketoan", color_scheme=scheme)
    page.goto(PAGES[name])
    assert judged(page) == []
    assert page.evaluate("window.__violations") == []
    if scheme == "light" or name == "overview":
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}-{scheme}.png", full_page=True)


def test_the_sign_in_and_the_payers_page_are_accessible(visitor):
    """Citizens see one of them."""
    page = visitor()
    assert judged(page) == []
    page.goto("/webhooks/vnpay/return?vnp_TxnRef=X")
    assert judged(page) == []
    assert page.evaluate("window.__violations") == []


def test_an_approver_finds_and_approves_a_refund(visitor, desk):
    """From the overview's number to the act in three presses."""
    desk.acts.clear()
    page = visitor("duyet")
    page.click("text=Đề nghị hoàn chờ duyệt")
    page.click(f"a:text-is('{REFUND}')")
    page.click("button:has-text('Duyệt hoàn tiền')")
    page.wait_for_selector("text=Đã thực hiện.")
    assert [act for act, _ in desk.acts] == ["approve"]
    assert desk.acts[0][1]["reference"] == REFUND


def test_an_accountant_proposes_a_refund_from_a_dossier(visitor, desk):
    """The dossier is the object: the way begins there."""
    desk.acts.clear()
    desk.next_reference = REFUND
    page = visitor("ketoan")
    page.goto("/dossiers/H21.129-261124-0120")
    page.click("a:has-text('Đề nghị hoàn')")
    page.fill("#amount", "50.000")
    page.select_option("#cause", "withdrawn")
    page.fill("#reason", "Người dân rút hồ sơ")
    page.click("button:has-text('Gửi đề nghị')")
    page.wait_for_url(re.compile(rf"/refunds/{REFUND}"))
    act, facts = desk.acts[0]
    assert (act, facts["amount"], facts["cause"]) == ("propose", 50_000, "withdrawn")


def test_an_operator_asks_about_an_unknown_outcome(visitor, desk):
    """Asking is offered, repeating is not."""
    desk.acts.clear()
    page = visitor("vanhanh")
    page.goto("/effects/8")
    assert page.locator("summary:has-text('Thực hiện lại')").count() == 0
    page.click("summary:has-text('Tra cứu lại kết quả')")
    page.fill("#reason-ask", "Cổng vừa hoạt động lại")
    page.click("button:has-text('Tra cứu lại kết quả')")
    page.wait_for_selector("text=Đã thực hiện.")
    assert [act for act, _ in desk.acts] == ["ask"]


def test_a_second_person_closes_the_day(visitor, desk):
    """Who proposed sees that another person is awaited; the other one confirms."""
    desk.acts.clear()
    own = visitor("ketoan")
    own.goto("/reconciliation")
    assert own.locator("button:has-text('Xác nhận đóng')").count() == 0
    page = visitor("duyet")
    page.goto("/reconciliation")
    page.click("button:has-text('Xác nhận đóng')")
    page.wait_for_selector("text=Đã thực hiện.")
    assert [act for act, _ in desk.acts] == ["confirm_close"]


def test_a_file_is_previewed_and_then_loaded(visitor, desk):
    """What was understood stands on the page before anything is loaded."""
    desk.acts.clear()
    page = visitor("ketoan")
    page.goto("/reconciliation")
    page.set_input_files("#file", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"a;b"})
    page.click("button:has-text('Xem trước')")
    page.wait_for_selector("text=Đã đọc được như sau")
    assert not desk.acts
    page.click("button:has-text('Nạp tệp')")
    page.wait_for_selector("text=Đã thực hiện.")
    assert [act for act, _ in desk.acts] == ["load"]


def test_everything_works_without_script(visitor, desk):
    """A closed network's old browser, a broken script: the work goes on."""
    desk.acts.clear()
    page = visitor("duyet", java_script_enabled=False)
    page.goto(f"/refunds/{REFUND}")
    page.click("button:has-text('Duyệt hoàn tiền')")
    page.wait_for_selector("text=Đã thực hiện.")
    assert [act for act, _ in desk.acts] == ["approve"]
    assert page.locator(".needs-script:visible").count() == 0


def test_the_keyboard_reaches_everything(visitor):
    """/ searches, j and Enter open a row, g and a letter change the screen, ? helps."""
    page = visitor("xem")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(re.compile("/dossiers$"))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/dossiers/H21"))
    page.keyboard.press("?")
    assert page.locator("dialog#keys").is_visible()


def test_the_skip_link_is_the_first_stop(visitor):
    """A keyboard reader need not pass the menu on every page."""
    page = visitor("xem")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"


def test_english_is_one_press_away_and_stays(visitor):
    """The language is the person's, not the page's."""
    page = visitor("quantri")
    page.click("button:text-is('English')")
    page.wait_for_selector("h1:text-is('Overview')")
    page.goto("/effects")
    assert page.locator("html").get_attribute("lang") == "en"
    page.click("button:text-is('Tiếng Việt')")
    page.wait_for_selector("h1:text-is('Tác vụ liên thông')")


def test_the_stream_opens_and_says_so(visitor):
    """A page that is not live must not look live."""
    page = visitor("xem")
    page.wait_for_selector(".live[data-state='on']")
    assert page.locator(".live").inner_text() == "Trực tiếp"


def test_a_stream_that_could_not_open_is_tried_again(visitor):
    """The page may be opened at the very moment the process is started again."""
    page = visitor("xem")
    refused: list[str] = []

    def refuse_once(route):
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503, headers={"retry-after": "30"}, body="")

    page.route("**/live?*", refuse_once)
    page.reload()
    page.wait_for_selector(".live[data-state='on']")
    assert refused


def test_a_change_is_offered_and_never_forced(visitor, database):
    """What a person reads stays where it is until they press."""
    import psycopg

    page = visitor("xem")
    page.wait_for_selector(".live[data-state='on']")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "insert into event (at, subject, kind, actor, facts) values (now(), 'x', 'x', 'system', '{}')"
        )
    page.wait_for_selector("#changes button")
    assert page.evaluate("window.__violations") == []


def test_pages_hold_no_sideways_scroll_on_a_small_screen(visitor):
    """Reflow at 320 CSS pixels; wide tables scroll in their own frame."""
    page = visitor("ketoan")
    page.set_viewport_size({"width": 320, "height": 700})
    for path in PAGES.values():
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
