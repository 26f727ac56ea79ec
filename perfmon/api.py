"""JSON over HTTP: what the dashboard shows, and the door for metrics that other programs measured."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from perfmon import dashboard_data as document
from perfmon.access import may_view
from perfmon.conf import get_config
from perfmon.exceptions import StoreUnavailable, TopicError
from perfmon.guard import count_failure
from perfmon.ingest import record_external
from perfmon.limits import Rate, count_call, endpoints
from perfmon.problems import method_not_allowed, problem, unauthorized
from perfmon.schema import FieldError, MalformedBodyError, Metric, parse_json, read_metrics
from perfmon.store.ranges import DEFAULT_RANGE, RANGES
from perfmon.tokens import ApiToken, bearer, token_authenticate

READ_SCOPE = "data:read"
WRITE_SCOPE = "metrics:write"
RETRY_STORE_S = 5
DELIVERY_S = 5  # what an accepted metric may need to the collector, which drops what is past its limit


def dashboard_data(request: HttpRequest) -> HttpResponse:
    """The key figures, trend and last alerts; with ``?topic=overview/5m`` the payload of that topic's websocket frames.

    For staff, or a token with scope ``data:read``. ``?range=`` is one of ``RANGES``. Answers 304 to a matching
    ``If-None-Match``; the tag covers everything but the time stamp.
    """
    if request.method not in ("GET", "HEAD"):
        return method_not_allowed("GET", "HEAD")
    refusal = _reader_refusal(request)
    if refusal:
        return refusal
    try:
        if "topic" in request.GET:
            return _topic(request, request.GET["topic"], time.time())
        return _document(request, request.GET.get("range", DEFAULT_RANGE), time.time())
    except StoreUnavailable as error:
        count_failure("dashboard_data", error)
        detail = "The measurements can't be read now; recording goes on. Try again in a moment."
        return problem(503, detail, headers={"Retry-After": str(RETRY_STORE_S)})


@csrf_exempt  # a bearer token authenticates it; cookies are not looked at
def metrics_ingest(request: HttpRequest) -> HttpResponse:
    """Take one metric or ``{"metrics": [...]}`` from a program with scope ``metrics:write``; all of them or none."""
    if request.method != "POST":
        return method_not_allowed("POST")
    token = _bearer_token(request, WRITE_SCOPE)
    if isinstance(token, HttpResponse):
        return token
    config = get_config()
    if not config.enabled:
        return problem(503, "Recording is switched off here; nothing was stored.")
    now = time.time()
    rate = count_call(token.pk, limit=config.ingest_rate_per_min, now=now)
    response = _too_many(rate) if rate.exceeded else _ingest(request, token, now)
    for name, value in rate.headers.items():
        response[name] = value
    return response


def _document(request: HttpRequest, name: str, now: float) -> HttpResponse:
    if name not in RANGES:
        return _bad_query("range", f"must be one of {', '.join(RANGES)}")
    return _conditional(request, document.build(RANGES[name], now), "timestamp")


def _topic(request: HttpRequest, topic: str, now: float) -> HttpResponse:
    from perfmon.panels.topics import payload

    if "range" in request.GET:
        return _bad_query("range", "must be left out: the topic names its own")
    try:
        return _conditional(request, payload(topic, now), "generated_at")
    except TopicError as error:
        return _bad_query("topic", str(error))


def _bad_query(field: str, message: str) -> HttpResponse:
    return problem(400, "The query is not valid.", errors=[FieldError(field, message)])


def _conditional(request: HttpRequest, body: dict[str, Any], stamp: str) -> HttpResponse:
    content = orjson.dumps({name: value for name, value in body.items() if name != stamp})
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'  # weak: the stamp is not in it
    response = HttpResponse(orjson.dumps(body), content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ("Cookie", "Authorization", "Accept-Language"))
    answer = get_conditional_response(request, etag=etag, response=response)
    return answer if isinstance(answer, HttpResponse) else response


def _reader_refusal(request: HttpRequest) -> HttpResponse | None:
    if "Authorization" in request.headers:
        token = _bearer_token(request, READ_SCOPE)
        return token if isinstance(token, HttpResponse) else None
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return unauthorized(f"Log in as staff, or send a token with scope {READ_SCOPE}.")
    return None if may_view(user) else problem(403, "This account may not see the dashboard.")


def _bearer_token(request: HttpRequest, scope: str) -> ApiToken | HttpResponse:
    token = token_authenticate(raw=bearer(request.headers.get("Authorization", "")))
    if token is None:
        return unauthorized(f"Send a valid token with scope {scope} as 'Authorization: Bearer pm_...'.")
    return token if token.allows(scope) else problem(403, f"This token lacks the scope {scope}.")


def _too_many(rate: Rate) -> HttpResponse:
    detail = f"A token may make {rate.limit} calls a minute; send several metrics in one call, or wait."
    return problem(429, detail)


def _ingest(request: HttpRequest, token: ApiToken, now: float) -> HttpResponse:
    body = _body(request)
    if isinstance(body, HttpResponse):
        return body
    config = get_config()
    try:
        parsed = parse_json(body)
    except MalformedBodyError as error:
        return problem(400, str(error))
    oldest_s = max(0, config.late_limit_s - DELIVERY_S)
    metrics, errors = read_metrics(parsed, now=now, late_limit_s=oldest_s, max_items=config.ingest_max_items)
    if not errors:
        errors = _endpoint_errors(token, metrics, config.max_endpoints)
    if errors:
        return problem(422, "Nothing was stored: some fields are not valid.", errors=errors)
    for metric in metrics:
        record_external(**metric._asdict())
    return HttpResponse(
        orjson.dumps({"status": "success", "accepted": len(metrics)}), status=202, content_type="application/json"
    )


def _body(request: HttpRequest) -> bytes | HttpResponse:
    """Return the body, or the refusal of one that is too large, known before it is read where its length is given."""
    limit = get_config().ingest_max_bytes
    too_large = problem(413, f"The body may have at most {limit} bytes; send the metrics in several calls.")
    if request.content_type != "application/json":
        return problem(415, "Send the body as application/json.")
    length = request.headers.get("Content-Length") or "0"
    if length.isdigit() and int(length) > limit:
        return too_large
    try:
        body = request.read(limit + 1)
    except UnreadablePostError:
        return problem(400, "The body ended too early.")
    return too_large if len(body) > limit else body


def _endpoint_errors(token: ApiToken, metrics: list[Metric], limit: int) -> list[FieldError]:
    refused = endpoints.admit(token.pk, (f"{metric.method} {metric.endpoint}" for metric in metrics), limit=limit)
    if refused is None:
        return []
    index = next(i for i, metric in enumerate(metrics) if f"{metric.method} {metric.endpoint}" == refused)
    message = f"{refused} would be this token's endpoint number {limit + 1} in a day; name routes, not single addresses"
    return [FieldError(f"metrics[{index}].endpoint" if len(metrics) > 1 else "endpoint", message)]
