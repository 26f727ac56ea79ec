"""Logging a user in by the site's own form, as a browser does, and making sure that he really is.

A load test whose logins failed measures refusals, which are fast. So each login is checked twice: the form has to lead
away from itself and give a session, and that session has to open a page that nobody else gets.
"""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from perfmon.exceptions import ScenarioError
from perfmon.loadtest.forms import login_fields
from perfmon.loadtest.plans import Session

TIMEOUT_S = 30.0  # of a whole login: three requests, of which one computes a slow hash
MOST_BYTES = 1 << 20
BAD_HOST, FORBIDDEN, TOO_MANY = 400, 403, 429

#: What may go wrong, by code; a password is in none of them.
WRONG: dict[str, Any] = {
    "address": _("%(host)s is no address of a site. One looks like http://127.0.0.1:8000."),
    "away": _("Nobody answers at %(host)s (%(error)s). Start the site first, or give its address with --host."),
    "slow": _(
        "%(host)s%(path)s did not answer within %(seconds)d s. Is the site up, and not busy with something else?"
    ),
    "host": _(
        "The site does not answer to the name in %(host)s (400). Add it to ALLOWED_HOSTS, or use a name it knows."
    ),
    "moved": _("%(host)s%(path)s leads to %(location)s. Give the address that the site has itself, with --host."),
    "form": _(
        "%(host)s%(path)s answered %(status)d and has no form that asks for a password. Is this the site, and the page "
        "of its login?"
    ),
    "throttled": _(
        "The login of %(user)s was refused because there were too many before (429). It may be tried again in "
        "%(seconds)s s."
    ),
    "forbidden": _(
        "The login form of %(host)s refused what was sent (403): its check of cross-site requests does not know this "
        "address. Use the address that the site has itself, or add it to CSRF_TRUSTED_ORIGINS."
    ),
    "refused": _(
        "The login of %(user)s was refused (%(status)d). Does the server use the same database as this command, and "
        "is the account active?"
    ),
    "session": _("The login of %(user)s gave no cookie %(cookie)s. Does it need https, or have another name?"),
    "not_in": _(
        "%(user)s is not logged in after the login: %(path)s answered %(status)d (%(location)s). Do all processes of "
        "the site share one store of sessions, and may this account see that page?"
    ),
}


def wrong(code: str, **named: Any) -> ScenarioError:
    """Return the error of that code, in words."""
    return ScenarioError(WRONG[code] % named)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers that matter here, and the text as far as ``MOST_BYTES``."""

    status: int
    location: str
    retry_after: str
    text: str = field(repr=False)

    @property
    def redirects(self) -> bool:
        """Whether it leads elsewhere."""
        return 300 <= self.status < 400


class Visitor:
    """Somebody with cookies at one site; all he asks together takes ``TIMEOUT_S`` at most."""

    def __init__(self, host: str) -> None:
        self.host = host.rstrip("/")
        self.cookies: dict[str, str] = {}
        self._until_s = time.monotonic() + TIMEOUT_S

    @property
    def headers(self) -> dict[str, str]:
        """What Django's check of cross-site requests and its sessions want: cookies, token, where it comes from."""
        headers = {"Origin": self.host, "Referer": f"{self.host}/"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if token := self.cookies.get(settings.CSRF_COOKIE_NAME):
            headers["X-CSRFToken"] = token
        return headers

    def get(self, path: str) -> Answer:
        """Ask for a page; raises ScenarioError when nobody answers."""
        return self._ask("GET", path, "")

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form; raises ScenarioError when nobody answers."""
        return self._ask("POST", path, urlencode(fields))

    def _ask(self, method: str, path: str, body: str) -> Answer:
        headers = self.headers | ({"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        left_s = max(0.1, self._until_s - time.monotonic())
        connection = _connection(self.host, left_s)
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            text = self._read(response)
        except TimeoutError:
            raise wrong("slow", host=self.host, path=path, seconds=TIMEOUT_S) from None
        except (OSError, http.client.HTTPException) as error:
            raise wrong("away", host=self.host, error=error) from None
        finally:
            connection.close()
        self._keep_cookies(response.headers.get_all("Set-Cookie") or [])
        location, retry_after = response.headers.get("Location", ""), response.headers.get("Retry-After", "")
        return Answer(response.status, location, retry_after, text)

    def _read(self, response: http.client.HTTPResponse) -> str:
        """Return the answer's text as far as it matters; raises TimeoutError also when it comes drop by drop."""
        read = b""
        while len(read) < MOST_BYTES and (part := response.read1(MOST_BYTES)):
            read += part
            if time.monotonic() > self._until_s:
                raise TimeoutError
        return read.decode("utf-8", "replace")

    def _keep_cookies(self, lines: list[str]) -> None:
        for line in lines:
            try:
                cookie = SimpleCookie(line)
            except CookieError:
                continue
            for name, morsel in cookie.items():
                if morsel.value and morsel["max-age"] != "0":
                    self.cookies[name] = morsel.value
                else:
                    self.cookies.pop(name, None)


def login(host: str, path: str, username: str, password: str, check_path: str) -> Session:
    """Log in by the form at ``path`` and return the session, which has been seen to open ``check_path``.

    Raises ScenarioError saying what happened and how to mend it; a password is in no message.
    """
    visitor = Visitor(host)
    _send_form(visitor, path, username, password)
    answer = visitor.get(check_path)  # who is not logged in is led to the login
    if answer.status != 200:
        raise wrong("not_in", user=username, path=check_path, status=answer.status, location=answer.location or "-")
    return Session(headers=visitor.headers)


def _send_form(visitor: Visitor, path: str, username: str, password: str) -> None:
    hidden = _hidden_fields(visitor, path)
    # The names of AuthenticationForm, which Django's login view has and those built on it.
    answer = visitor.post(path, {**hidden, "username": username, "password": password})
    if answer.status == TOO_MANY:
        raise wrong("throttled", user=username, seconds=answer.retry_after or "?")
    if answer.status == FORBIDDEN:
        raise wrong("forbidden", host=visitor.host)
    if not answer.redirects or urlsplit(answer.location).path == path:
        raise wrong("refused", user=username, status=answer.status)
    if settings.SESSION_COOKIE_NAME not in visitor.cookies:
        raise wrong("session", user=username, cookie=settings.SESSION_COOKIE_NAME)


def _hidden_fields(visitor: Visitor, path: str) -> dict[str, str]:
    page = visitor.get(path)
    named = {"host": visitor.host, "path": path, "status": page.status, "location": page.location}
    if page.status == BAD_HOST:
        raise wrong("host", **named)
    if page.redirects:
        raise wrong("moved", **named)
    found = login_fields(page.text) if page.status == 200 else None
    if found is None:
        raise wrong("form", **named)
    return found


def _connection(host: str, timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(host)
    try:
        port = parts.port
    except ValueError:
        raise wrong("address", host=host) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise wrong("address", host=host)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname, port, timeout=timeout_s)
