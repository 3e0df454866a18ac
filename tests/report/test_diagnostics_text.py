"""Diagnostics as style.md shows them."""

from __future__ import annotations

from flametree_cfg.errors import Location, Related, error, warning
from flametree_cfg.report import diagnostic_lines


def text_of(*diagnostics: object) -> str:
    """Write diagnostics."""
    return "\n".join(line.text for line in diagnostic_lines(diagnostics))  # type: ignore[arg-type]


def test_the_example_of_the_style() -> None:
    """Code and summary, then place and address, then the culprits, then what to do."""
    found = error(
        "two-inbound-agents",
        "Channel has two inbound agents",
        "channel.support-telegram is already answered by agent.front-desk (tenants/acme/support.yaml:18:14)",
        "set `inbound: false` on one of them",
        address="agent.night-desk",
        location=Location("tenants/acme/support.yaml", 21, 14),
    )

    assert text_of(found) == (
        "error[two-inbound-agents]: Channel has two inbound agents\n"
        "  tenants/acme/support.yaml:21:14   agent.night-desk\n"
        "  channel.support-telegram is already answered by agent.front-desk (tenants/acme/support.yaml:18:14)\n"
        "  hint: set `inbound: false` on one of them\n"
    )


def test_without_a_place_the_path_tells() -> None:
    """Where no file is known, address and path say what is meant."""
    found = error("x", "Y", address="connector.a", path=("settings", "api_url"))

    assert text_of(found) == "error[x]: Y\n  connector.a settings.api_url\n"


def test_other_places_follow() -> None:
    """Of two duplicates the other one is shown with its place."""
    other = Related("first declared here", "connector.a", location=Location("b.yaml", 2, 3))
    found = error("twice", "Declared twice", location=Location("a.yaml", 1, 1), related=(other,))

    assert "  see b.yaml:2:3   connector.a: first declared here\n" in text_of(found)


def test_order_is_by_place() -> None:
    """Diagnostics stand as a person reads files, those without a place last."""
    third = warning("c", "C")
    first, second = (error("x", "X", location=Location("a.yaml", line, 1)) for line in (1, 2))

    heads = [line for line in text_of(third, second, first).splitlines() if line.startswith("  a") or "[c]" in line]

    assert heads == ["  a.yaml:1:1", "  a.yaml:2:1", "warning[c]: C"]
