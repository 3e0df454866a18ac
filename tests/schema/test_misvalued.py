"""Values of the wrong type or form, secrets in clear, references where none belong."""

from __future__ import annotations

from typing import Any

import pytest

from flametree_cfg.errors import Diagnostic
from flametree_cfg.model import Kind
from tests.schema.files import agent, catalog, channel, codes, connector


def only(kind: Kind, written: object) -> Diagnostic:
    """Check a body that has one fault."""
    (found,) = catalog().check(kind, written)
    return found


def test_unknown_type_is_suggested() -> None:
    """A misspelt type is suggested; its settings are not judged."""
    found = only(Kind.CONNECTOR, {"type": "lmm", "name": "x", "settings": {"anything": 1}})

    assert (found.code, found.path, found.hint) == ("unknown-type", ("type",), "did you mean `llm`?")


def test_unlike_type_lists_the_known() -> None:
    """A type that resembles none is not repeated; the known ones are listed."""
    found = only(Kind.AGENT, agent(type="zzzzzz"))

    assert found.code == "unknown-type"
    assert "zzzzzz" not in found.detail
    assert found.hint == "known are `inbound`, `outbound`, `call_analytics`"


def test_type_of_another_kind_is_unknown() -> None:
    """A channel's type is no connector's type."""
    assert codes(Kind.CONNECTOR, {"type": "telegram", "name": "x"}) == ["unknown-type"]


@pytest.mark.parametrize("written", [None, "text", 1, True, []])
def test_body_is_a_mapping(written: object) -> None:
    """Whatever is no mapping is of the wrong type, at the resource itself."""
    found = only(Kind.CHANNEL, written)

    assert (found.code, found.path) == ("wrong-type", ())


@pytest.mark.parametrize("value", [3, 1e3, True])
def test_scalar_where_text_is_wanted(value: object) -> None:
    """A number or a truth value where text is wanted is to be quoted."""
    found = only(Kind.CONNECTOR, connector(model_name=value))

    assert (found.code, found.hint) == ("wrong-type", "quote it")


@pytest.mark.parametrize(
    ("kind", "written", "hint"),
    [
        (Kind.CONNECTOR, connector(temperature="0.5"), "write the number without quotes"),
        (Kind.CONNECTOR, connector(json_params="{}"), "write a mapping, `name: value`"),
        (Kind.CONNECTOR, {**connector(), "default": "yes"}, "write true or false, without quotes"),
        (Kind.AGENT, agent(connectors={"mcp": "orders"}), "write a list: put it in [ ]"),
        (Kind.AGENT, agent(connectors={"llm": ["a"]}), "write one value, not a list"),
        (Kind.AGENT, agent(instructions=None), "write a value after the colon, or remove the key"),
        (Kind.AGENT, agent(max_opened_sessions=1.5), "write another value"),
    ],
)
def test_wrong_type_says_what_to_write(kind: Kind, written: dict[str, Any], hint: str) -> None:
    """The hint of a wrong type fits what stands there."""
    found = only(kind, written)

    assert (found.code, found.hint) == ("wrong-type", hint)


def test_role_may_be_none() -> None:
    """A role of one connector may be declared empty."""
    assert codes(Kind.AGENT, agent(connectors={"llm": None, "mcp": []})) == []


@pytest.mark.parametrize(
    "value", ["sk-1234567890", 12345, "$env:X", "${ENV:X}", "a ${env:X} b", "", "${env:X}${env:Y}"]
)
def test_literal_secret(value: object) -> None:
    """Anything but one whole reference in a secret field is a secret in clear."""
    found = only(Kind.CHANNEL, channel(bot_token=value))

    assert (found.code, found.path) == ("literal-secret", ("settings", "bot_token"))


def test_reference_with_a_line_break() -> None:
    """A reference from a block scalar ends in a line break; the hint says to remove it."""
    found = only(Kind.CHANNEL, channel(bot_token="${env:X}\n"))

    assert found.hint == "remove the spaces and line breaks around the reference"


@pytest.mark.parametrize("value", [[], {}, ["${env:X}"]])
def test_secret_of_the_wrong_type(value: object) -> None:
    """A list or a mapping in a secret field is of the wrong type."""
    assert only(Kind.CHANNEL, channel(bot_token=value)).code == "wrong-type"


@pytest.mark.parametrize("reference", ["${env:X}", "${file:secrets/a.txt}", "${vault-kv:a/b#c}"])
def test_references_of_every_scheme_have_the_form(reference: str) -> None:
    """Which schemes there are is for the resolvers to say."""
    assert codes(Kind.CHANNEL, channel(bot_token=reference)) == []


@pytest.mark.parametrize(
    ("kind", "written", "path"),
    [
        (Kind.CONNECTOR, connector(model_name="${env:M}"), ("settings", "model_name")),
        (Kind.CONNECTOR, connector(api_url="https://${env:HOST}/v1"), ("settings", "api_url")),
        (
            Kind.CONNECTOR,
            connector(json_params={"a": [{"b": "${env:K}"}]}),
            ("settings", "json_params", "a", 0, "b"),
        ),
        (Kind.CONNECTOR, {**connector(), "name": "${env:N}"}, ("name",)),
        (Kind.CHANNEL, {**channel(), "description": "see ${file:x}"}, ("description",)),
        (Kind.AGENT, agent(instructions="Say\n${env:X}."), ("instructions",)),
        (Kind.AGENT, agent(environment={"A": "${env:X}"}), ("environment", "A")),
        (Kind.AGENT, agent(web_widget={"enabled": True, "tooltip_text": "${env:X}"}), ("web_widget", "tooltip_text")),
    ],
)
def test_reference_outside_a_secret(kind: Kind, written: dict[str, Any], path: tuple[str | int, ...]) -> None:
    """A reference anywhere in a field that is not secret is refused, however deep."""
    found = only(kind, written)

    assert (found.code, found.path) == ("reference-not-allowed", path)


def test_reference_in_a_variable_shows_the_form() -> None:
    """A variable's reference stands under `secret`."""
    found = only(Kind.CHANNEL, {**channel(), "environment": {"A": "${env:X}"}})

    assert found.hint == 'write it as {secret: "${env:NAME}"}'


def test_literal_in_a_secret_variable() -> None:
    """What stands under a variable's `secret` is a reference."""
    found = only(Kind.CHANNEL, {**channel(), "environment": {"A": {"secret": "hunter2"}}})

    assert (found.code, found.path) == ("literal-secret", ("environment", "A", "secret"))


@pytest.mark.parametrize(
    "url",
    [
        "api.openai.com/v1",
        "ftp://api.openai.com",
        "https://api.openai.com/v1/chat/completions",
        "https://api.openai.com/v1/chat/completions/",
        "https://user:pass@api.openai.com/v1",
        "https:///v1",
        "https://a b",
        "",
    ],
)
def test_api_url_is_a_base_url(url: str) -> None:
    """The API URL is http(s), without `/chat/completions` and without credentials; the hint says so."""
    found = only(Kind.CONNECTOR, connector(api_url=url))

    assert (found.code, found.path) == ("bad-value", ("settings", "api_url"))
    assert "/chat/completions" in found.hint


@pytest.mark.parametrize("url", ["http://localhost:8000", "https://api.deepinfra.com/v1/openai", "https://a/?b=c"])
def test_api_url_of_any_provider(url: str) -> None:
    """Any base URL of an OpenAI-compatible API goes."""
    assert codes(Kind.CONNECTOR, connector(api_url=url)) == []


def test_mcp_endpoint_is_a_url_unless_stdio() -> None:
    """With transport stdio the endpoint is a command, otherwise a URL (domain.md 1.4)."""
    written = connector("mcp", server_endpoint="mcp-files --root /data")

    assert codes(Kind.CONNECTOR, written) == ["bad-value"]
    assert codes(Kind.CONNECTOR, connector("mcp", server_endpoint="mcp-files --root /data", transport="stdio")) == []


@pytest.mark.parametrize("code", ["A-B", "A_B", "", "Ä", "A B"])
def test_integration_code_is_letters_and_digits(code: str) -> None:
    """An MCP integration code holds letters and digits only (domain.md R22)."""
    assert only(Kind.CONNECTOR, connector("mcp", integration_code=code)).code == "bad-value"


def test_choice_is_suggested() -> None:
    """A misspelt choice is suggested; the value itself is not repeated."""
    found = only(Kind.CONNECTOR, connector("mcp", transport="streamable-htp"))

    assert found.hint == "did you mean `streamable_http`?"
    assert "htp`" not in found.detail


@pytest.mark.parametrize(
    ("kind", "written", "words"),
    [
        (Kind.CONNECTOR, connector(temperature=-0.1), "is too small: the least is 0"),
        (Kind.CONNECTOR, connector(temperature=2.1), "is too large: the most is 2"),
        (Kind.AGENT, agent(max_opened_sessions=0), "is too small: the least is 1"),
        (Kind.CHANNEL, channel("email", accounts=[]), "is empty"),
        (Kind.AGENT, agent(connectors={"mcp": ["a", "a"]}), "holds the same entry twice"),
        (Kind.AGENT, agent(connectors={"mcp": [f"k{n}" for n in range(101)]}), "too many entries: the most is 100"),
        (Kind.AGENT, agent(name="n" * 201), "is too long: the most is 200 characters"),
        (Kind.AGENT, agent(name=" \t"), "holds a line break or a control character"),
        (Kind.AGENT, agent(name="  "), "is empty"),
        (Kind.AGENT, agent(name="\u200b\u2060"), "does not have the expected form"),
        (Kind.AGENT, agent(name="a\nb"), "holds a line break or a control character"),
        (Kind.AGENT, agent(name="a\u202eb"), "holds a line break or a control character"),
        (Kind.AGENT, agent(previously=["Not A Key"]), "does not have the expected form"),
    ],
)
def test_bad_value_says_why(kind: Kind, written: dict[str, Any], words: str) -> None:
    """A bad value is explained by the limit it breaks."""
    found = only(kind, written)

    assert found.code == "bad-value"
    assert words in found.detail


@pytest.mark.parametrize("name", ["x" * 200, "Ünïcode — 東京", " padded ", "1e3"])
def test_names_people_give(name: str) -> None:
    """A name of up to 200 visible characters goes, in any script."""
    assert codes(Kind.AGENT, agent(name=name)) == []


def test_comma_in_an_account() -> None:
    """A comma in an account's text is told as such, not as a wrong form (domain.md R18)."""
    written = channel("email")
    written["settings"]["accounts"][0]["address"] = "a@b.example,c@d.example"

    found = only(Kind.CHANNEL, written)

    assert (found.code, found.path) == ("bad-value", ("settings", "accounts", 0, "address"))
    assert "comma" in found.detail


def test_number_that_json_cannot_hold() -> None:
    """`.nan` is refused although the reference validator lets it pass."""
    assert codes(Kind.CONNECTOR, connector(temperature=float("nan"))) == ["bad-value"]


def test_text_that_json_cannot_hold() -> None:
    """Half a surrogate pair is refused without a traceback."""
    assert codes(Kind.CONNECTOR, connector(model_name="\ud800")) == ["bad-value"]


def test_depth_that_cannot_be_walked() -> None:
    """A value nested a hundred thousand deep is refused without a traceback."""
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]

    found = codes(Kind.CONNECTOR, connector(temperature=deep))

    assert found == ["bad-value"]
