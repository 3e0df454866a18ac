"""What works but should not be used any more."""

from __future__ import annotations

import pytest

from flametree_cfg.errors import Severity, has_errors
from flametree_cfg.model import Kind
from tests.schema.files import body, catalog, codes, specs


@pytest.mark.parametrize(
    ("kind", "type_", "replacement"),
    [(Kind.CONNECTOR, "legacy_llm", "llm"), (Kind.CHANNEL, "legacy_telegram", "telegram")],
)
def test_deprecated_type_warns(kind: Kind, type_: str, replacement: str) -> None:
    """A deprecated type is valid and warns, naming what to use instead (domain.md R17)."""
    (found,) = catalog(extra=True).check(kind, body(kind, type_))

    assert (found.code, found.severity, found.path) == ("deprecated-type", Severity.WARNING, ("type",))
    assert found.hint == f"use type `{replacement}`"


def test_deprecated_setting_warns() -> None:
    """A deprecated setting warns where it stands."""
    found = catalog(extra=True).check(Kind.CONNECTOR, body(Kind.CONNECTOR, "legacy_llm", engine="m"))

    assert [d.code for d in found] == ["deprecated-type", "deprecated-setting"]
    assert found[1].path == ("settings", "engine")
    assert not has_errors(found)


def test_deprecated_and_wrong() -> None:
    """Errors stand before the warning."""
    written = body(Kind.CONNECTOR, "legacy_llm", endpoint="x")

    assert codes(Kind.CONNECTOR, written, extra=True) == ["bad-value", "deprecated-type"]


def test_no_shipped_type_is_deprecated() -> None:
    """No page names a deprecated type, so we ship none (domain.md, Not found 5)."""
    assert not any(spec.deprecated for spec in specs())
