"""The shape of an export, for documents that come from outside. Loading it costs pydantic: only `state import` does."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flametree_cfg.model import Action, Check, Note

Text = Annotated[str, Field(max_length=1 << 20)]
Named = Annotated[str, Field(min_length=1, max_length=1 << 20)]
Number = Annotated[int, Field(ge=0, lt=1 << 62)]
Path = list[str | int]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class FieldsShape(_Shape, extra="allow"):
    """What is read of a resource's fields before anything is compared; the rest may be any JSON."""

    type: Text = ""
    name: Text = ""
    description: Text | None = None
    settings: dict[str, Any] | None = None
    environment: dict[str, Any] | None = None
    push: dict[str, Any] | None = None
    web_widget: dict[str, Any] | None = None
    connectors: dict[str, Any] | None = None


class ResourceShape(_Shape):
    """A resource as recorded."""

    address: Named
    fields: FieldsShape
    external: bool = False
    system: bool = False


class EntryShape(ResourceShape):
    """An entry: a resource with its platform id."""

    id: Text
    protected: bool = False


class OperationShape(_Shape):
    """A journaled or remembered operation."""

    id: Text
    action: Literal[tuple(a.value for a in Action)]  # type: ignore[valid-type]  # the closed enum is the list
    address: Named
    type: Text = ""
    previous: Named | None = None
    before: ResourceShape | None = None
    after: ResourceShape | None = None
    changes: list[tuple[Path, Any, Any, Literal[tuple(n.value for n in Note)]]] = []  # type: ignore[valid-type]  # as above
    preconditions: list[tuple[Literal[tuple(c.value for c in Check)], Text, Text, Text]] = []  # type: ignore[valid-type]  # as above
    effects: list[tuple[Named, Path, Any, Any]] = []
    part_of: Text = ""
    reason: Text = ""
    protected: bool = False
    platform_id: Text = ""


UndoShape = tuple[Named] | tuple[Named, Text, Literal[0, 1], ResourceShape]
"""What an entry was: an address alone was not there."""


class RunShape(_Shape):
    """A line of history with its operations."""

    tenant: Named
    number: Number
    run: Text
    at: Text
    who: Text
    commit: Text
    digest: Text
    summary: Text
    duration_s: float | int
    result: Text
    serial: Number
    operations: list[OperationShape]
    undo: list[UndoShape] | None = None
    link: Text = ""


class ChainShape(_Shape):
    """What holds the runs together."""

    dropped: Number
    anchor: Text
    link: Text
    past: list[UndoShape]


class ExportShape(_Shape):
    """A whole export, format version 1."""

    format: Literal["flametree-ledger"]
    format_version: Literal[1]
    tenant: Named
    lineage: Named
    serial: Number
    platform: Text
    entries: list[EntryShape]
    pending: list[OperationShape] = []
    history: list[RunShape] = []
    chain: ChainShape | None = None


def faults(document: Any, limit: int = 3) -> list[str]:
    """
    Say where a document is no export: `entries.3.id: Input should be a valid string`.

    Returns:
        The first `limit` places, then how many more; empty if it is one. Never a value.
    """
    try:
        ExportShape.model_validate_json(json.dumps(document))  # strict JSON knows arrays; strict Python wants tuples
    except ValidationError as problem:
        found = problem.errors(include_url=False, include_input=False, include_context=False)
        told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found[:limit]]
        return told + ([f"and {len(found) - limit} more"] if len(found) > limit else [])
    return []
