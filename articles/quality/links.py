"""Links: whether their words say where they lead, and whether that is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from articles.quality.prose import Link
from articles.quality.reading import Hint, Level, Reading
from articles.selectors.similar import slugs_public

_VAGUE = frozenset(
    {
        "click here",
        "click",
        "here",
        "link",
        "this",
        "this link",
        "this page",
        "read more",
        "more",
        "learn more",
        "see more",
        "see here",
        "clique aqui",
        "clique",
        "aqui",
        "este link",
        "esta página",
        "leia mais",
        "saiba mais",
        "mais",
        "veja mais",
        "veja aqui",
        "confira",
        "neste link",
    }
)
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>()\"'“”]+", re.IGNORECASE)
_ARTICLE = re.compile(r"/articles/(?P<slug>[-\w]+)/?")
_MAX_TOLD = 8
_SHOWN_CHARS = 60


def check_links(reading: Reading) -> Iterable[Hint]:
    """Look at each link, and at addresses that are none; one query when any leads to an article of this site."""
    links = reading.outline.links
    for link in links:
        if (found := _wording(link)) is not None:
            yield Hint(f"links.{found[0]}", found[1], found[2], link.line)
    yield from _bare(reading)
    yield from _repeated(links)
    yield from _dead(links)


def _wording(link: Link) -> tuple[str, Level, str] | None:
    words = link.text.strip(" .!…»›→>").lower()
    if not words and not link.has_image:
        return "empty", Level.ADVICE, _("A link without words: nobody can see or hear it. Write where it leads.")
    if words in _VAGUE:
        return (
            "vague",
            Level.ADVICE,
            _("“%(words)s” does not say where the link leads. Put the link on the words that name it.")
            % {"words": link.text},
        )
    if not link.target:
        return (
            "no_target",
            Level.ADVICE,
            _("The link “%(words)s” leads nowhere. Put its address between the brackets.") % {"words": link.text},
        )
    if link.is_bare or _ADDRESS.fullmatch(link.text):
        return "bare", Level.INFO, _bare_words(link.text)
    return None


def _bare(reading: Reading) -> Iterator[Hint]:
    """Addresses in the text that are no links."""
    linked = {address for link in reading.outline.links for _line, address in _addresses(link.text)}
    told = 0
    for block in reading.outline.blocks:
        for line, address in _addresses(block.text):
            if address in linked:
                continue
            told += 1
            yield Hint("links.bare", Level.INFO, _bare_words(address), block.line + line)
            if told == _MAX_TOLD:
                return


def _addresses(text: str) -> Iterator[tuple[int, str]]:
    """Yield the addresses in a text, each with the line breaks before it."""
    for found in _ADDRESS.finditer(text):
        yield text.count("\n", 0, found.start()), found.group().rstrip(".,;:!?")


def _bare_words(address: str) -> str:
    return _("A bare address: %(address)s. Link words that name it: [words](address).") % {"address": _short(address)}


def _repeated(links: list[Link]) -> Iterator[Hint]:
    times = Counter(link.target for link in links if link.target)
    last = {link.target: link.line for link in links}
    for target, count in times.most_common(_MAX_TOLD):
        if count > 1:
            yield Hint(
                "links.repeated",
                Level.INFO,
                _("%(count)d links lead to %(target)s. One, where it helps most, is enough.")
                % {"count": count, "target": _short(target)},
                last[target],
            )


def _dead(links: list[Link]) -> Iterator[Hint]:
    wanted = [(link, slug) for link in links if (slug := _own_slug(link.target))]
    if not wanted:
        return
    public = slugs_public(slugs={slug for _link, slug in wanted})
    for link, slug in wanted:
        if slug not in public:
            yield Hint(
                "links.dead",
                Level.ADVICE,
                _("The link to %(target)s: no such article is public. Publish that one first, or correct the address.")
                % {"target": _short(link.target)},
                link.line,
            )


def _own_slug(target: str) -> str:
    """Return the slug when the address is that of an article of this site."""
    try:
        parts = urlsplit(target)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if host and host not in settings.ALLOWED_HOSTS:
        return ""
    found = _ARTICLE.fullmatch(parts.path)
    return found["slug"] if found else ""


def _short(address: str) -> str:
    return address if len(address) <= _SHOWN_CHARS else f"{address[: _SHOWN_CHARS - 1]}…"
