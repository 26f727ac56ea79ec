"""What a kept answer is for who has it already, wants a part of it, or only its head (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re

from django.utils.http import parse_etags, parse_http_date_safe

from omniwriter.edge.answers import Kept, Prepared
from omniwriter.edge.questions import Headers, Question

_RANGE = re.compile(rb"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE | re.ASCII)


def answer_to(question: Question, kept: Kept) -> Prepared:
    """Return the answer to a question from what is kept, in the order of section 13.2.2."""
    headers = question.headers
    if b"if-none-match" in headers:
        if _is_held(headers[b"if-none-match"], kept):
            return kept.unmodified
    elif b"if-modified-since" in headers and _is_unmodified(headers[b"if-modified-since"], kept):
        return kept.unmodified
    if question.method == "HEAD":
        return Prepared(200, kept.headers, b"")
    if b"range" in headers and _range_holds(headers, kept):
        return _part(headers[b"range"], kept)
    return kept.whole


def _is_held(tags: bytes, kept: Kept) -> bool:
    """Compare weakly: what stands for the same page is enough to keep it."""
    etag = kept.etag
    if etag is None:
        return tags.strip() == b"*"
    if tags == etag:
        return True
    named = parse_etags(tags.decode("latin-1"))
    own = _strong(etag.decode("latin-1"))
    return "*" in named or any(_strong(tag) == own for tag in named)


def _strong(tag: str) -> str:
    return tag.removeprefix("W/")


def _is_unmodified(date: bytes, kept: Kept) -> bool:
    since = parse_http_date_safe(date.decode("latin-1"))
    return since is not None and kept.modified_at is not None and kept.modified_at <= since


def _range_holds(headers: Headers, kept: Kept) -> bool:
    """Whether the part fits what the reader has, compared strongly: a date may stand for two pages, so none does."""
    tag = headers.get(b"if-range")
    return tag is None or (tag == kept.etag and tag.startswith(b'"'))


def _part(wanted: bytes, kept: Kept) -> Prepared:
    """Return one part; the whole for several, or for words that are no range; 416 for what is past the end."""
    match = _RANGE.fullmatch(wanted.strip())
    if match is None or match[1] == match[2] == b"":
        return kept.whole
    size = len(kept.body)
    first, last = _bounds(match[1], match[2], size)
    if match[1] and match[2] and int(match[2]) < first:
        return kept.whole  # no range at all
    if first >= size or last < first:
        return Prepared(416, [*kept.without_body(), (b"content-range", b"bytes */%d" % size), _LENGTH_0], b"")
    part = kept.body[first : last + 1]
    whole = [pair for pair in kept.headers if pair[0] != b"content-length"]
    own = [(b"content-range", b"bytes %d-%d/%d" % (first, last, size)), (b"content-length", b"%d" % len(part))]
    return Prepared(206, whole + own, part)


def _bounds(first: bytes, last: bytes, size: int) -> tuple[int, int]:
    """Return the first and the last byte of a range; ``-n`` is the last n."""
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1


_LENGTH_0 = (b"content-length", b"0")
