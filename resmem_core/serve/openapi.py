"""The OpenAPI document of the table of operations."""

from __future__ import annotations

from typing import Any

from resmem_core import __version__
from resmem_core.serve.api import STATUS
from resmem_core.serve.operations import OPERATIONS, Operation

_PROBLEM = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
    "required": ["error", "message"],
}


def document() -> dict[str, Any]:
    """The document."""
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _described(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Resilient Memory",
            "version": __version__,
            "description": "A gated long-term memory: remember, recall, correct, forget.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": _PROBLEM},
        },
    }


def _described(one: Operation) -> dict[str, Any]:
    schema = one.takes.model_json_schema()
    parameters = [_path()] if "{id}" in one.path else []
    if one.scoped:
        parameters.append(_namespace())
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "responses": _responses(),
    }
    if one.edits:
        told["description"] = "Needs the editor's token."
    if one.method == "GET":
        parameters += _query(schema)
    else:
        told["requestBody"] = {
            "required": bool(schema.get("required")),
            "content": {"application/json": {"schema": schema}},
        }
    return {**told, "parameters": parameters}


def _path() -> dict[str, Any]:
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The id of a memory or a proposal.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 1024},
    }


def _namespace() -> dict[str, Any]:
    return {
        "name": "namespace",
        "in": "query",
        "required": True,
        "description": "Its parts, each percent-encoded, joined by '/': acme/ada.",
        "schema": {"type": "string", "minLength": 1},
        "example": "acme/ada",
    }


def _query(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": False, "schema": told}
        for name, told in schema.get("properties", {}).items()
    ]


def _responses() -> dict[str, Any]:
    problem = {
        "description": "What was wrong, and nothing was changed.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    answer = {"description": "Done.", "content": {"application/json": {"schema": _OBJECT}}}
    return {"200": answer, **{str(status): problem for _, status in STATUS}}


_OBJECT = {"type": "object"}
