"""Markdown becomes HTML, and nothing hostile in it survives."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.models import Image
from articles.rendering import Heading, excerpt_of, headings_of, render_markdown
from articles.sanitising import ATTRIBUTES, TAGS, VALUES, sanitised
from tests.articles.xss_corpus import PAYLOADS

# A browser drops these from an address before it looks for the scheme.
_IGNORED_IN_ADDRESSES = re.compile("[\x00-\x20]+")
_SCHEME = re.compile("([a-zA-Z][a-zA-Z0-9+.-]*):")
_IMAGE_WIDTHS = (480, 960, 1200)
_FRAGMENTS = ["*", "\n", "[", "](", ")", "`", "<", ">", '"', "#", "|", "!", "&", " a"]


class Elements(HTMLParser):
    """The elements and attributes a browser would see, and everything else that is no text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.others: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


@pytest.fixture
def list_image(db: None) -> Callable[..., Image]:
    """Make the row of an image with its focal point left of the middle; rendering needs no files."""

    def make(digest: str = "ab" * 32) -> Image:
        variants = [
            {"name": f"{width}.{fmt}", "width": width, "height": width * 2 // 3, "format": fmt, "bytes": 1}
            for width in _IMAGE_WIDTHS
            for fmt in ("jpeg", "webp", "avif")
        ]
        return Image.objects.create(
            digest=digest, name="lamp.jpg", alt="A lamp on a table", width=1200, height=800, focal_x_pct=30,
            variants=variants,
        )  # fmt: skip

    return make


@pytest.fixture
def listed_image(list_image: Callable[..., Image]) -> Image:
    """An image of 1200 by 800 pixels."""
    return list_image()


@pytest.fixture
def listed_address(listed_image: Image) -> str:
    """Its address, as a text names it."""
    return f"/media/images/{listed_image.digest}/960.jpeg"


def assert_harmless(html: str) -> None:
    elements = Elements(html)
    assert elements.others == []
    for tag, attributes in elements.found:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
        for name, value in attributes.items():
            assert name not in VALUES or VALUES[name].fullmatch(value or "")
        scheme = _SCHEME.match(_IGNORED_IN_ADDRESSES.sub("", attributes.get("href") or ""))
        assert scheme is None or scheme[1].lower() in ("http", "https", "mailto")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_attack_is_shown_as_text_or_dropped(payload: str) -> None:
    assert_harmless(render_markdown(payload))
    assert_harmless(sanitised(payload))  # the allowlist alone would do, too


def test_an_attack_in_the_words_of_an_image_stays_words(listed_image: Image, listed_address: str) -> None:
    for payload in PAYLOADS:
        html = render_markdown(f"![{payload}]({listed_address})\n\n![x]({listed_address} '{payload}')\n")

        assert_harmless(html)


def test_the_corpus_holds_each_attack_once() -> None:
    assert len(PAYLOADS) > 250
    assert len(set(PAYLOADS)) == len(PAYLOADS)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*PAYLOADS, *_FRAGMENTS])))
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


def test_an_image_of_this_site_becomes_a_picture_in_every_width_and_format(
    listed_image: Image, listed_address: str
) -> None:
    html = render_markdown(f"A lamp: ![A lit lamp]({listed_address})")

    base = listed_address.rpartition("/")[0]
    (paragraph, _), (picture, _), avif, webp, (tag, shown) = Elements(html).found
    assert (paragraph, picture, tag) == ("p", "picture", "img")
    sizes = "(max-width: 760px) calc(100vw - 32px), 624px"
    for (element, attributes), fmt in ((avif, "avif"), (webp, "webp")):
        assert element == "source"
        assert attributes == {
            "type": f"image/{fmt}", "sizes": sizes,
            "srcset": f"{base}/480.{fmt} 480w, {base}/960.{fmt} 960w, {base}/1200.{fmt} 1200w",
        }  # fmt: skip
    assert shown == {
        "src": f"{base}/960.jpeg", "sizes": sizes, "alt": "A lit lamp", "width": "1200", "height": "800",
        "srcset": f"{base}/480.jpeg 480w, {base}/960.jpeg 960w, {base}/1200.jpeg 1200w",
        "class": "focal-x-30", "loading": "lazy", "decoding": "async",
    }  # fmt: skip


def test_an_image_alone_in_its_paragraph_becomes_a_figure_with_its_title_as_caption(listed_address: str) -> None:
    html = render_markdown(f'Before.\n\n![A lamp]({listed_address} "By *Ana* <2026>")\n\nAfter.')

    assert "<p>Before.</p>\n<figure><picture>" in html
    assert "</picture><figcaption>By *Ana* &lt;2026&gt;</figcaption></figure>\n<p>After.</p>" in html
    assert " title=" not in html


def test_a_figure_without_a_title_has_no_caption(listed_address: str) -> None:
    html = render_markdown(f"![A lamp]({listed_address})")

    assert html.startswith("<figure><picture>")
    assert "figcaption" not in html


def test_an_image_in_a_line_of_words_or_in_a_tight_list_is_no_figure(listed_address: str) -> None:
    html = render_markdown(f'![A]({listed_address} "Title") and words\n\n- ![B]({listed_address})\n')

    assert "figure" not in html
    assert 'title="Title"' in html


def test_an_image_without_words_has_those_it_was_uploaded_with(listed_image: Image, listed_address: str) -> None:
    assert f'alt="{listed_image.alt}"' in render_markdown(f"![]({listed_address})")


def test_only_the_first_picture_of_a_page_that_asks_for_it_is_loaded_at_once(listed_address: str) -> None:
    html = render_markdown(f"![A]({listed_address})\n\n![B]({listed_address})", eager=True)

    first, second = [attributes for tag, attributes in Elements(html).found if tag == "img"]
    assert first["fetchpriority"] == "high"
    assert "loading" not in first
    assert "fetchpriority" not in second
    assert second["loading"] == "lazy"


def test_of_an_image_this_site_does_not_have_its_words_stay(db: None) -> None:
    assert render_markdown(f"![A *lost* lamp](/media/images/{'0' * 64}/480.jpeg)") == "<p>A lost lamp</p>\n"


@pytest.mark.parametrize(
    "address", ["https://evil.example/cat.png", "//evil.example/cat.png", "/media/cat.png", "/admin/logout/", "cat.png"]
)
def test_any_other_address_becomes_a_link(address: str) -> None:
    html = render_markdown(f"![A cat]({address})")

    assert "<img" not in html
    assert ">A cat</a>" in html


def test_an_images_own_page_of_attributes_can_not_be_written_by_a_text(listed_address: str) -> None:
    html = render_markdown(f'<picture><source srcset="{listed_address} 1w" sizes="1px"><img src="{listed_address}">')

    assert Elements(html).found == [("p", {})]


@pytest.mark.parametrize(("pictures", "queries"), [(0, 0), (1, 1), (30, 1)])
def test_the_pictures_of_a_text_take_one_query(pictures: int, queries: int, list_image: Callable[..., Image]) -> None:
    addresses = [f"/media/images/{list_image(f'{at:064x}').digest}/480.jpeg" for at in range(pictures)]
    text = "\n\n".join(f"![A]({address}) and again ![B]({address})" for address in addresses)

    with CaptureQueriesContext(connection) as captured:
        html = render_markdown(text)

    assert len(captured) == queries
    assert html.count("<picture>") == 2 * pictures


def test_headings_have_ids_of_their_own_that_links_can_lead_to() -> None:
    text = "# Começar já\n\n## Começar já\n\n## 日本\n\n## *A* `b`-2\n\n## A b\n\n## A b\n"

    headings = headings_of(text)

    assert headings == [
        Heading(2, "h-comecar-ja", "Começar já"),
        Heading(3, "h-comecar-ja-2", "Começar já"),
        Heading(3, "h-section", "日本"),
        Heading(3, "h-a-b-2", "A b-2"),
        Heading(3, "h-a-b", "A b"),
        Heading(3, "h-a-b-3", "A b"),
    ]
    shown = [attributes["id"] for tag, attributes in Elements(render_markdown(text)).found if tag[0] == "h"]
    assert shown == [heading.id for heading in headings]


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No garbage collection: its time grows with what the tests before have left."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize(
    "unit", ["[", "![[", "_*", "`a", "> ", "a\n", "**a", "[a](b", "|a", "<", "# a\n", "![](/a)\n\n"]
)
def test_the_time_to_render_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    def once(chars: int) -> float:
        begun = time.thread_time()
        render_markdown((unit * chars)[:chars])
        return time.thread_time() - begun

    def seconds(chars: int) -> float:
        return min(once(chars) for _ in range(3))

    once(1_000)
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
