"""``cache_api_response``: the answer to an anonymous reader's GET, kept whole for all processes.

Kept is what is the same for everybody who asks in the same words: a 200 to GET or HEAD, without a cookie of its own,
that its view does not call private. The key is the host, the scheme, the path, the parameters in order, and the
language; whoever comes with a session or a token passes by.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_http_date_safe

from omniwriter.cache.codec import cacheable
from omniwriter.cache.keys import value_key
from omniwriter.cache.loading import Place, State, load
from omniwriter.cache.parameters import kept_parameters
from omniwriter.cache.query import Names
from omniwriter.cache.ttl import Ttl, stale_s_of, ttl_seconds

View = Callable[..., HttpResponse]
Arguments = dict[str, Any]

SOURCE_HEADER, KEYS_HEADER = "X-Cache", "Surrogate-Key"
SAFE_METHODS = ("GET", "HEAD")
KEPT_HEADERS = (
    "Cache-Control",
    "CDN-Cache-Control",
    "Content-Language",
    "Content-Type",
    "ETag",
    "Last-Modified",
    "Link",
    "Vary",
)
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
#: Where a layer in front finds, in the request's META, the name and the route of an answer that was kept.
KEPT_AS = "omniwriter.kept_as"


@cacheable
class Answer(NamedTuple):
    """An answer as it is kept."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


class NotKeptError(Exception):
    """The view's answer is its reader's own, or none to keep."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def cache_api_response(
    *,
    name: str,
    namespaces: Names | tuple[str, ...],
    ttl: Ttl | float = Ttl.API,
    params: tuple[str, ...] = (),
    version: int = 1,
) -> Callable[[View], View]:
    """Keep a view's answers for ``ttl``, or until one of their namespaces changes.

    ``namespaces`` are names, or a function of the view's own arguments that returns them; they go out as
    ``Surrogate-Key`` for caches in front. ``params`` are the query parameters that the view reads: with any other, or
    with one given twice, the view is asked itself. ``X-Cache`` says where an answer came from.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def cached(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in SAFE_METHODS:
                return view(request, *args, **kwargs)
            arguments = variant(request, params)
            if arguments is None or args:
                return _marked(view(request, *args, **kwargs), State.BYPASS)
            names = namespaces(**kwargs) if callable(namespaces) else namespaces
            key, ttl_s = value_key(name, version, arguments), ttl_seconds(ttl)
            return _answer(Place(key, name, names, ttl_s, stale_s_of(ttl_s)), view, request, kwargs)

        return cached

    return decorate


def variant(request: HttpRequest, params: tuple[str, ...]) -> Arguments | None:
    """Return what an anonymous reader's answer depends on; None when it is not one to keep.

    The parameters' order, and those that only say where a reader came from, make no difference. While templates are
    being worked on (``DEBUG``) nothing is kept, nor with ``OMNI_CACHE=false``.
    """
    if settings.SESSION_COOKIE_NAME in request.COOKIES or "HTTP_AUTHORIZATION" in request.META:
        return None
    if settings.DEBUG or not settings.CACHE_KEEPS:
        return None
    query = kept_parameters(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"))
    if query is None or any(key not in params for key, _ in query) or len(dict(query)) != len(query):
        return None
    return {
        "scheme": request.scheme,
        "host": request.get_host(),
        "path": request.path,
        "query": query,
        "language": translation.get_language(),
        "release": _release(),
    }


@lru_cache(maxsize=1)
def _release() -> str:
    """Return what a page's markup depends on besides its data: the code, and the names of the static files."""
    return f"{settings.RELEASE} {getattr(staticfiles_storage, 'manifest_hash', '')}"


def _answer(place: Place, view: View, request: HttpRequest, kwargs: Arguments) -> HttpResponse:
    try:
        loaded = load(place, lambda: _kept(view, request, kwargs))
    except NotKeptError as error:
        return _marked(error.response, State.BYPASS)
    response = HttpResponse(loaded.value.body)
    for header, value in loaded.value.headers:
        response.headers[header] = value
    response.headers[KEYS_HEADER] = " ".join(place.names)
    match = request.resolver_match
    request.META[KEPT_AS] = (place.group, match.route if match is not None else None)
    return _marked(_conditional(request, response), loaded.state)


def _kept(view: View, request: HttpRequest, kwargs: Arguments) -> Answer:
    """Ask the view for what everybody gets: the whole, whatever this reader has already. Raises NotKeptError."""
    conditions = {key: request.META.pop(key) for key in CONDITIONS if key in request.META}
    try:
        response = view(request, **kwargs)
    finally:
        request.META.update(conditions)
    if not _is_for_all(request, response):
        raise NotKeptError(response)
    if not response.has_header("ETag"):
        response.headers["ETag"] = f'"{hashlib.blake2b(response.content, digest_size=10).hexdigest()}"'
    if not response.has_header("Last-Modified"):
        response.headers["Last-Modified"] = http_date(time.time())
    headers = tuple((header, response.headers[header]) for header in KEPT_HEADERS if header in response.headers)
    return Answer(response.content, headers)


def _is_for_all(request: HttpRequest, response: HttpResponse) -> bool:
    if response.status_code != 200 or response.streaming or response.cookies:
        return False
    if request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):
        return False
    session = getattr(request, "session", None)
    if session is not None and (session.accessed or session.modified):
        return False
    words = {word.strip().lower() for word in response.headers.get("Cache-Control", "").split(",")}
    return "public" in words and not words & {"private", "no-store"}


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answer 304 without the body to who has it already."""
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    changed_at = parse_http_date_safe(modified) if modified else None
    answered: HttpResponse = get_conditional_response(request, etag, changed_at, response) or response
    if answered is not response:
        answered.headers[KEYS_HEADER] = response.headers[KEYS_HEADER]
    return answered


def _marked(response: HttpResponse, state: State) -> HttpResponse:
    response.headers[SOURCE_HEADER] = state.value
    return response
