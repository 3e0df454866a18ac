"""Tests of `config/placebook.py`: what others found gets a place."""

from __future__ import annotations

from pathlib import Path

import pytest

from flametree_cfg.config import TenantReading, located
from flametree_cfg.errors import Location, Related, error
from tests.config.folders import llm, read, write

AGENTS = """\
agents:
  support:
    type: inbound
    name: Support
    connectors:
      llm: x
      mcp: [zulu, alpha]
    channels:
      support-tg: {inbound: true}
"""


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TenantReading:
    """Read a tenant of two files."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"t/a.yaml": "tenant: t\nconnectors:\n" + llm("x"), "t/b.yaml": AGENTS})
    return read("t")[0]


@pytest.mark.parametrize(
    ("address", "path", "place"),
    [
        ("connector.x", (), "t/a.yaml:3:3"),
        ("connector.x", ("name",), "t/a.yaml:5:11"),
        ("connector.x", ("settings",), "t/a.yaml:6:5"),
        ("connector.x", ("settings", "model_name"), "t/a.yaml:6:91"),
        ("connector.x", ("settings", "nope"), "t/a.yaml:6:5"),
        ("connector.x", ("description",), "t/a.yaml:3:3"),
        ("agent.support", ("connectors", "llm"), "t/b.yaml:6:12"),
        ("agent.support", ("connectors", "mcp", 0), "t/b.yaml:7:19"),
        ("agent.support", ("connectors", "mcp", 1), "t/b.yaml:7:13"),
        ("attachment.support/support-tg", (), "t/b.yaml:9:7"),
        ("attachment.support/support-tg", ("inbound",), "t/b.yaml:9:29"),
        ("attachment.support/support-tg", ("channel",), "t/b.yaml:9:7"),
        ("attachment.support/other", (), "t/b.yaml:8:5"),
        ("", ("tenant",), "t/a.yaml:1:1"),
        ("", ("agents",), "t/b.yaml:1:1"),
    ],
)
def test_locate(reading: TenantReading, address: str, path: tuple[str | int, ...], place: str) -> None:
    """Scalars by value, lists and mappings by key, what is missing by its ancestor; roles as the model sorts."""
    assert str(reading.locate(address, path)) == place


@pytest.mark.parametrize("address", ["connector.nope", "nonsense", "", "agent.id:7"])
def test_what_no_file_declares_has_no_place(reading: TenantReading, address: str) -> None:
    """Objects of the platform or the ledger are in no file."""
    assert reading.locate(address, ()) is None


def test_located_puts_places_on_diagnostics_and_what_they_relate_to(reading: TenantReading) -> None:
    """By address and path; sorted as a person reads."""
    related = (Related("here", "attachment.support/support-tg", ("inbound",)), Related("nowhere"))
    found = [
        error("b", "B", address="agent.support", path=("name",), related=related),
        error("a", "A", address="connector.x"),
        error("c", "C", address="channel.gone"),
    ]

    first, second, third = located(reading, found)
    assert (first.code, str(first.location)) == ("a", "t/a.yaml:3:3")
    assert (second.code, str(second.location)) == ("b", "t/b.yaml:4:11")
    assert [str(one.location) for one in second.related] == ["t/b.yaml:9:29", "None"]
    assert third.location is None


def test_a_place_that_is_there_is_kept(reading: TenantReading) -> None:
    """Who found it knows better."""
    (found,) = located(reading, [error("a", "A", address="connector.x", location=Location("other.yaml", 7, 7))])

    assert str(found.location) == "other.yaml:7:7"
