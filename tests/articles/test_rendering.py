"""Markdown becomes HTML, and nothing hostile in it survives."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.rendering import ATTRIBUTES, TAGS, excerpt_of, render_markdown

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "![a](javascript:alert(1))",
    '[a](/ "x\\" onmouseover=\\"alert(1)")',
    "<javascript:alert(1)>",
    "<a href='x' style='position:fixed'>a</a>",
    "`</code><script>alert(1)</script>`",
    '```"><script>alert(1)</script>\nx\n```',
    "| <svg onload=alert(1)> |\n|-|\n| x |",
    "# <iframe src=//evil>",
    "[x]: javascript:alert(1)\n\n[x]",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]


class Elements(HTMLParser):
    """The elements and attributes a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Elements(html).found:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | {"rel"}
        for name in ("href", "src"):
            scheme = (attributes.get(name) or "").partition(":")[0].lower()
            assert scheme not in ("javascript", "data", "vbscript")


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_shown_as_text_or_dropped(attack: str) -> None:
    assert_harmless(render_markdown(attack))


@given(st.lists(st.sampled_from([*ATTACKS, "*", "\n", "[", "](", ")", "`", "<", ">", '"', "#", "|", "!", "&", " a"])))
def test_attacks_in_any_mixture_stay_harmless(parts: list[str]) -> None:
    assert_harmless(render_markdown("".join(parts)))


def test_every_mark_of_the_site_has_its_element() -> None:
    html = render_markdown(
        "*a* **b** ~~c~~ `d` [e](https://example.org)\n\n- f\n\n3. g\n\n> h\n\n```\ni\n```\n\n|j|\n|-|\n|k|\n\n---\n"
    )

    elements = {tag for tag, _ in Elements(html).found}
    assert elements >= {"em", "strong", "s", "code", "a", "ul", "ol", "li", "blockquote", "pre", "table", "td", "hr"}
    assert 'start="3"' in html
    assert 'rel="noopener noreferrer"' in html


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("# a\n\n## b\n", ["h2", "h3"]),
        ("## a\n\n### b\n\n## c", ["h2", "h3", "h2"]),
        ("###### a", ["h2"]),
        ("# a\n\n###### b", ["h2", "h6"]),
    ],
)
def test_the_highest_headings_stand_right_below_the_title(text: str, tags: list[str]) -> None:
    assert [tag for tag, _ in Elements(render_markdown(text)).found] == tags


def test_an_image_of_this_site_is_shown_and_another_sites_is_a_link() -> None:
    assert render_markdown("![A cat](/media/cat.png)") == '<p><img src="/media/cat.png" alt="A cat"></p>\n'
    for address in ("https://evil.example/cat.png", "//evil.example/cat.png"):
        html = render_markdown(f"![A cat]({address})")
        assert "<img" not in html
        assert ">A cat</a>" in html


@pytest.mark.parametrize("unit", ["[", "![[", "_*", "`a", "> ", "a\n", "**a", "[a](b", "|a", "<"])
def test_the_time_to_render_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    def seconds(chars: int) -> float:
        begun = time.thread_time()
        render_markdown((unit * chars)[:chars])
        return time.thread_time() - begun

    seconds(1_000)
    # Eight times the text: about 8 when linear, 64 when quadratic. The floor keeps a few milliseconds' noise out.
    assert seconds(64_000) < 24 * max(seconds(8_000), 0.005)


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("", ""),
        ("# Only a title", ""),
        ("![Picture](/a.png)\n\nThen *words*.", "Then words."),
        ("One\ntwo  \nthree", "One two three"),
        ("<b>x</b>", "<b>x</b>"),
        ("> quoted", "quoted"),
    ],
)
def test_the_excerpt_is_the_first_paragraph_in_plain_words(text: str, excerpt: str) -> None:
    assert excerpt_of(text) == excerpt
