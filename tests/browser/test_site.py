"""The public site in a real browser, wide and narrow, light and dark, with and without scripts."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from articles.models import Article
from tests.fixtures.site import Site

WIDTHS = [390, 768, 1440]
PAGES = ("/", "/pt-br/", "/en/popular/", "/en/search/?q=page", "/en/offline/", "/articles/how-alerts-work/")
BUDGET_BYTES = 60_000
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser's console says against the pages: errors, and whatever the policy refused."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.fixture
def starter(site: Site) -> Site:
    """The site with its starter articles, and one that is unkind to every layout."""
    call_command("load_starter", verbosity=0)
    wide = "W" * 120
    body = f"# {wide}\n\n{wide} `{wide}`\n\n```\n{wide * 3}\n```\n\n|{'|'.join([wide] * 4)}|\n|-|-|-|-|\n\n> {wide}"
    Article.objects.filter(slug="markdown-here").update(title=wide, excerpt=wide, body=body)
    return site


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_scrolls_sideways_or_makes_the_browser_complain(
    starter: Site, page: Page, complaints: list[str], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in (*PAGES, "/articles/markdown-here/"):
        page.goto(starter.url + path)
        assert page.evaluate(OVERFLOW) == 0, path
    assert complaints == []

    page.goto(starter.url + "/nowhere/")
    assert page.evaluate(OVERFLOW) == 0


def test_a_reader_opens_an_article_and_goes_back_to_the_list(starter: Site, page: Page, complaints: list[str]) -> None:
    page.goto(starter.url)
    page.get_by_role("link", name="Why the average is not on the dashboard").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why the average is not on the dashboard")
    page.get_by_role("main").get_by_role("link", name="All articles").click()

    expect(page.get_by_role("heading", name="Reading the dashboard in one minute")).to_be_visible()
    assert complaints == []


def test_the_theme_button_goes_through_system_light_and_dark_and_the_next_page_keeps_it(
    starter: Site, page: Page, complaints: list[str]
) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(starter.url)
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    button = page.get_by_role("button", name="Theme")
    expect(button).to_have_text("Theme: system")
    button.click()
    expect(button).to_have_text("Theme: light")
    button.click()
    expect(button).to_have_text("Theme: dark")

    page.goto(starter.url + "/articles/how-alerts-work/")

    assert page.evaluate(background) != light
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("button", name="Theme").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") is None
    assert complaints == []


def test_a_chosen_theme_is_there_before_the_first_paint(starter: Site, page: Page) -> None:
    page.context.add_cookies([{"name": "perfmon_theme", "value": "dark", "url": starter.url}])
    page.goto(starter.url, wait_until="commit")

    expect(page.locator("html[data-theme=dark] body")).to_be_visible()
    script = page.locator("head > *").evaluate_all("found => found.map((one) => one.outerHTML)")
    early = next(place for place, html in enumerate(script) if "theme.js" in html)
    assert early < next(place for place, html in enumerate(script) if "stylesheet" in html)


def test_an_article_is_found_by_its_words(starter: Site, page: Page, complaints: list[str]) -> None:
    call_command("search_rebuild", verbosity=0)
    page.goto(starter.url)
    page.get_by_role("searchbox", name="Search the articles").fill("average")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Why the average is not on the dashboard").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Why the average is not on the dashboard")
    assert complaints == []


def test_an_article_stays_within_its_budget_and_nothing_on_it_moves(starter: Site, page: Page) -> None:
    received: list[int] = []
    page.on("requestfinished", lambda request: received.append(sum(
        request.sizes()[part] for part in ("responseBodySize", "responseHeadersSize")
    )))  # fmt: skip
    page.add_init_script(SHIFTS)
    page.goto(f"{starter.url}/articles/how-alerts-work/")
    page.wait_for_load_state("networkidle")
    page.mouse.wheel(0, 4_000)
    expect(page.get_by_role("contentinfo")).to_be_in_viewport()

    assert len(received) > 5
    assert sum(received) <= BUDGET_BYTES
    assert page.evaluate("window.shifts") == 0


def test_the_language_is_switched_without_scripts(starter: Site, browser: Browser) -> None:
    context = browser.new_context(locale="en-US", java_script_enabled=False)
    page = context.new_page()
    page.goto(starter.url)
    page.get_by_role("link", name="Português").click()

    expect(page).to_have_url(f"{starter.url}/pt-br/")
    expect(page.get_by_role("heading", name="Como ler o painel em um minuto")).to_be_visible()
    expect(page.get_by_role("button", name="Tema")).to_have_count(0)
    context.close()


def test_the_keyboard_reaches_the_content_first(starter: Site, page: Page) -> None:
    page.goto(starter.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("main").get_by_role("link").first).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(starter: Site, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    for path in PAGES:
        page.goto(starter.url + path)
        weak = page.evaluate(CONTRAST)
        assert weak == [], path


def test_an_editor_writes_and_publishes_in_the_admin_and_the_policy_refuses_nothing(
    site: Site, page: Page, complaints: list[str]
) -> None:
    User.objects.create_superuser("ana", password="a long password")
    page.goto(f"{site.url}/admin/articles/article/add/")
    page.get_by_label("Username").fill("ana")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()

    page.get_by_role("textbox", name="Title:", exact=True).press_sequentially("A clear day")
    expect(page.get_by_label("Slug")).to_have_value("a-clear-day")
    page.get_by_label("Text").fill("No *clouds*.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("checkbox", name="Select this object for an action").check()
    page.get_by_role("combobox", name="Action").select_option("Publish the selected articles")
    page.get_by_title("Run the selected action").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    page.goto(f"{site.url}/articles/a-clear-day/")
    expect(page.get_by_text("clouds", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Administration")).to_be_visible()
    assert complaints == []


SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shifts += entry.value; })
  .observe({ type: "layout-shift", buffered: true });
"""

# The contrast ratio of every text against the nearest opaque background, by WCAG's formula; lists those below 4.5.
CONTRAST = """
() => {
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const rgb = (text) => text.match(/[0-9.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const weak = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const [a, b] = [luminance(rgb(getComputedStyle(element).color)), luminance(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) weak.push(`${element.tagName} ${element.textContent.slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return weak;
}
"""
