"""What a kind or a type may say, as data."""

from __future__ import annotations

import pytest

from flametree_cfg.errors import WrongUsage
from flametree_cfg.schema import Explanation, FieldExplanation, explain
from tests.schema.files import catalog, nodes, specs


def field(explained: Explanation, path: str) -> FieldExplanation:
    """Find a field by path."""
    return next(f for f in explained.fields if f.path == path)


def test_type_is_explained() -> None:
    """A type says its title, group, role and settings."""
    explained = explain(catalog(), "connector/llm")

    assert explained.title == "Large Language Model (LLM)"
    assert explained.category == "AI Models"
    assert explained.role == catalog().roles["llm"]
    assert [f.path for f in explained.fields if f.required] == [
        "settings.api_url",
        "settings.access_token",
        "settings.model_name",
        "settings.temperature",
    ]


def test_field_is_explained() -> None:
    """A field says type, secrecy, default and form."""
    sip = explain(catalog(), "channel/sip")

    assert field(sip, "settings.password").secret
    transport = field(sip, "settings.transport")
    assert (transport.type, transport.default, transport.form, transport.inferred) == (
        "text",
        '"udp"',
        "one of `udp`, `tcp`, `tls`",
        True,
    )
    assert sip.requires_roles == ("stt", "tts")
    assert sip.lifecycle == "agent"


def test_account_fields_are_explained() -> None:
    """Fields of an account stand under their list."""
    assert field(explain(catalog(), "channel/email"), "settings.accounts[].imap_port").form == "1 to 65535"


def test_kind_lists_its_types() -> None:
    """A kind says its keys and lists its types."""
    explained = explain(catalog(), "channel")

    assert {"type", "name", "settings", "running", "environment"} <= {f.path for f in explained.fields}
    assert "whatsapp" in [t.name for t in explained.types]


@pytest.mark.parametrize("target", ["agent", "agent/outbound"])
def test_agent_is_explained(target: str) -> None:
    """An agent says its keys, with roles, widget and push."""
    paths = {f.path for f in explain(catalog(), target).fields}

    assert {"connectors.llm", "web_widget.enabled", "push.headers", "channels.*.inbound"} <= paths


def test_every_type_is_explained_whole() -> None:
    """No setting of any type is left out."""
    for spec in specs(extra=True):
        explained = explain(catalog(extra=True), f"{spec.kind.value}/{spec.name}")
        described = [path for path, _ in nodes(dict(spec.schema)) if path[-1] != "*"]
        assert len(explained.fields) == len(described), spec.name


def test_deprecated_type_names_its_replacement() -> None:
    """A deprecated type says so and what to use."""
    explained = explain(catalog(extra=True), "connector/legacy_llm")

    assert (explained.deprecated, explained.replacement) == (True, "llm")


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("connector/lmm", "did you mean `connector/llm`?"),
        ("chanel", "did you mean `channel`?"),
        ("agent/inbund", "did you mean `agent/inbound`?"),
        ("attachment", "known are `connector`, `channel`, `agent`"),
    ],
)
def test_unknown_target(target: str, hint: str) -> None:
    """What does not exist is suggested."""
    with pytest.raises(WrongUsage) as caught:
        explain(catalog(), target)

    assert caught.value.diagnostics[0].hint == hint
