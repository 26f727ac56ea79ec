"""The hidden fields of an HTML form, with which a login page is answered as a browser would."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """Collects the fields of each form of a page, and knows the one that asks for a password."""

    def __init__(self) -> None:
        super().__init__()
        self._forms: list[dict[str, str]] = []
        self.found: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in a form or a field."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._forms.append({})
        elif tag == "input" and self._forms and values.get("name"):
            kind = values.get("type", "text").lower()
            if kind == "password":
                self.found = self._forms[-1]
            elif kind == "hidden":
                self._forms[-1][values["name"]] = values.get("value", "")


def login_fields(page: str) -> dict[str, str] | None:
    """Return the hidden fields of the form that asks for a password; None when the page has none."""
    reader = _Fields()
    reader.feed(page)
    return reader.found
