"""Best first, one per place, and bounded."""

from __future__ import annotations

from flametree_cfg.model import Kind
from flametree_cfg.schema.failures import MOST
from tests.schema.files import agent, catalog, channel, codes, connector


def test_causes_stand_before_consequences() -> None:
    """Unknown settings come first, then secrets in clear, then bad values, then what is missing."""
    written = connector(zzz=1, access_token="sk-1", temperature=9, model_name=None)

    assert codes(Kind.CONNECTOR, written) == ["unknown-setting", "literal-secret", "bad-value", "missing-setting"]


def test_one_diagnostic_per_place() -> None:
    """A value that breaks several rules is told once."""
    assert codes(Kind.AGENT, agent(name="\n" * 300)) == ["bad-value"]


def test_everything_is_told_at_once() -> None:
    """Faults in different accounts are all reported."""
    account = channel("whatsapp")["settings"]["accounts"][0]
    written = channel("whatsapp", accounts=[{**account, "access_token": f"EAA{n}"} for n in range(3)])

    found = catalog().check(Kind.CHANNEL, written)

    assert [d.path[2] for d in found] == [0, 1, 2]


def test_number_of_diagnostics_is_bounded() -> None:
    """A hundred thousand faults are not all told."""
    written = {**connector(), **{f"k{n}": n for n in range(100_000)}}

    assert len(codes(Kind.CONNECTOR, written)) <= MOST


def test_summary_holds_no_data() -> None:
    """Every summary is the same words for one code, whatever was written."""
    summaries: dict[str, set[str]] = {}
    for written in (
        connector(zzz=1, temperature=9),
        connector(other=2, model_name=None, access_token="x"),
        {**connector("mcp", transport="x", integration_code=3), "foo": 1},
    ):
        for found in catalog().check(Kind.CONNECTOR, written):
            summaries.setdefault(found.code, set()).add(found.summary)

    assert all(len(words) == 1 for words in summaries.values())


def test_diagnostics_name_no_address() -> None:
    """The catalog does not know whose body it judges."""
    assert {d.address for d in catalog().check(Kind.AGENT, {})} == {""}


def test_every_diagnostic_has_a_hint() -> None:
    """Every diagnostic says what to do."""
    written = agent(type="x", connectors={"y": 1, "llm": 2}, push={"url": "x"}, environment={"A": 1}, web_widget={})

    assert all(found.hint for found in catalog().check(Kind.AGENT, written))
