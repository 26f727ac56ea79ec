"""The OpenAPI document in the shape a page shows it: by group, each operation with a call that can be copied."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from articles.api.openapi import document, operations
from articles.rendering import render_markdown

Schema = Mapping[str, Any]
_JSON = "application/json"
_FORM = "multipart/form-data"
_SAMPLES: Mapping[str, object] = {"article_id": 1, "token_id": 1, "job_id": 1}
_LIMITS = (
    ("minimum", "from {}"), ("maximum", "to {}"), ("minLength", "not empty"),
    ("maxLength", "at most {} characters"), ("maxItems", "at most {}"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter or one field of a body or an answer."""

    name: str
    place: str
    kind: str
    is_required: bool
    default: str
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: what it is for, who may make it, what it takes and answers."""

    id: str
    method: str
    path: str
    summary: str
    description: SafeString
    access: str
    takes: list[Field]
    answers: list[Field]
    statuses: list[tuple[str, str]]
    call: str


@dataclass(frozen=True, slots=True)
class Group:
    """The calls about one noun."""

    name: str
    operations: list[Operation] = field(default_factory=list)


def groups(origin: str) -> list[Group]:
    """Return the reference for a site at ``origin``."""
    found: dict[str, Group] = {}
    for path, method, described in operations(document()):
        name = described["tags"][0]
        found.setdefault(name, Group(name)).operations.append(_operation(origin, path, method, described))
    return list(found.values())


def _operation(origin: str, path: str, method: str, described: Schema) -> Operation:
    return Operation(
        id=described["operationId"],
        method=method.upper(),
        path=path,
        summary=described["summary"],
        description=mark_safe(render_markdown(described.get("description", ""))),  # noqa: S308 - sanitised
        access=_access(described.get("security")),
        takes=[*_parameters(described), *_fields(_body(described)[1], "body")],
        answers=list(_fields(_good_answer(described), "")),
        statuses=[(code, HTTPStatus(int(code)).phrase) for code in described["responses"]],
        call=curl(origin, path, method, described),
    )


def curl(origin: str, path: str, method: str, described: Schema) -> str:
    """Return a command line that makes the call, with the examples of the document."""
    words = ["curl", *([] if method == "get" else ["-X", method.upper()])]
    security = described.get("security")
    if security and {} not in security:
        words += ["-H", "Authorization: Bearer $TOKEN"]
    for parameter in described["parameters"]:
        if parameter["in"] == "header" and parameter["required"]:
            words += ["-H", f"{parameter['name']}: $ETAG"]
    kind, schema = _body(described)
    if kind == _JSON:
        words += ["-H", f"Content-Type: {_JSON}", "-d", json.dumps(_example(schema), ensure_ascii=False)]
    elif kind == _FORM:
        words += ["-F", "file=@lamp.jpg", "-F", "alt=A lamp on a desk"]
    words.append(origin + sample_path(path, described))
    return " ".join(_quoted(word) for word in words)


def sample_path(path: str, described: Schema) -> str:
    """Return the path with sample values, and with the parameters a call can't do without."""
    for name, value in _SAMPLES.items():
        path = path.replace(f"{{{name}}}", str(value))
    needed = [item for item in described["parameters"] if item["in"] == "query" and item["required"]]
    query = "&".join(f"{item['name']}={item['schema'].get('example', '')}" for item in needed)
    return f"{path}?{query}" if query else path


def example_body(described: Schema) -> Any:
    """Return the document's example of an operation's JSON body; None when it takes none."""
    kind, schema = _body(described)
    return _example(schema) if kind == _JSON else None


def _quoted(word: str) -> str:
    # The shell fills in what starts with $, so that word stands in double quotes.
    return f'"{word}"' if "$" in word and '"' not in word else shlex.quote(word)


def _access(security: list[Schema] | None) -> str:
    if not security:
        return "anybody"
    return "anybody; more for who is signed in" if {} in security else "who is signed in"


def _body(described: Schema) -> tuple[str, Schema]:
    content = described.get("requestBody", {}).get("content", {})
    for kind, media in content.items():
        return kind, _one(media["schema"])
    return "", {}


def _good_answer(described: Schema) -> Schema:
    for status, answer in described["responses"].items():
        if status.startswith("2") and "content" in answer:
            return _one(answer["content"][_JSON]["schema"])
    return {}


def _example(schema: Schema) -> Any:
    return schema.get("example", {})


def _one(schema: Schema) -> Schema:
    """Return the schema itself for a reference to it; the first of several that is more than null."""
    if "$ref" in schema:
        found: Schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    several = [*schema.get("anyOf", ()), *schema.get("allOf", ())]
    choices = [choice for choice in several if choice != {"type": "null"}]
    return (
        {**_one(choices[0]), **{key: value for key, value in schema.items() if key != "anyOf"}} if choices else schema
    )


def _parameters(described: Schema) -> Iterator[Field]:
    for parameter in described["parameters"]:
        yield _field(parameter["name"], parameter["in"], parameter["schema"], parameter["required"])


def _fields(schema: Schema, place: str) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, described in schema.get("properties", {}).items():
        yield _field(name, place, described, name in required)


def _field(name: str, place: str, described: Schema, is_required: bool) -> Field:
    default = described.get("default")
    shown = json.dumps(default).strip('"') if default not in ("", None, []) else ""
    text = described.get("description", "")
    return Field(name, place, _kind(described), is_required=is_required, default=shown, text=text)


def _kind(described: Schema) -> str:
    schema = _one(described)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    if schema.get("type") == "object":
        return str(schema.get("title", "object"))
    name = {"date-time": "moment", "binary": "file"}.get(schema.get("format", ""), schema.get("type", "any"))
    limits = ", ".join(text.format(schema[key]) for key, text in _LIMITS if key in schema and schema[key] < 10**12)
    can_be_null = {"type": "null"} in described.get("anyOf", [])
    return f"{name}{f' {limits}' if limits else ''}{' or null' if can_be_null else ''}"
