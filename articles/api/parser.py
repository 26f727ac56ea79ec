"""How bodies and queries are read: strictly, so that nothing a program sent is silently left out."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from typing import Any

import orjson
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser


class JsonParser(Parser):
    """Reads bodies with orjson, which refuses NaN, lone surrogates and text that is no UTF-8."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the parsed body; refuse a name that an object has twice, as one of its values would be lost."""
        if request.content_type != "application/json":
            raise HttpError(415, "Send the body as application/json.")
        body = orjson.loads(request.body)
        try:
            json.loads(request.body, object_pairs_hook=_refuse_twice)
        except RecursionError:
            raise HttpError(400, "The body is not JSON: it is nested too deeply.") from None
        return body

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """Return the parameters by name, or a form's fields; refuse what is given twice."""
        if data is not request.GET and request.content_type != "multipart/form-data":
            raise HttpError(415, "Send the body as multipart/form-data.")
        refuse([name for name in data if len(data.getlist(name)) > 1], "Give it once.")
        parsed: dict[str, Any] = super().parse_querydict(data, list_fields, request)
        return parsed


def refuse(names: Iterable[str], message: str, source: str = "query") -> None:
    """Raise the error of every one of these parameters, if there are any."""
    errors = [{"loc": (source, name), "msg": message} for name in names]
    if errors:
        raise ValidationError(errors)


def refuse_unknown(parameters: Iterable[str], known: Container[str], source: str = "query") -> None:
    """Refuse a query with other parameters than those ``known``: a misspelt one, ignored, would seem to have worked."""
    refuse([name for name in parameters if name not in known], "There is no such parameter.", source)


def refuse_body(request: HttpRequest) -> None:
    """Refuse a body where none is read: what it asks for would seem to have been done."""
    if request.body not in (b"", b"{}"):
        raise ValidationError([{"loc": ("body", "body", ""), "msg": "This address takes no body."}])


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise HttpError(400, f"The body is not JSON: an object names {twice!r} twice.")
    return found
