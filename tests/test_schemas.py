"""Every type file is well-formed, complete and true to domain.md."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from flametree_cfg.model import Kind, parse_reference
from flametree_cfg.schema import Catalog, TypeSpec
from flametree_cfg.schema.metaschema import AGENT_FILE, CHECK, TYPE_FILE
from tests.schema.files import EXTRA, SCHEMAS, TENANT, catalog, documents, nodes, specs, type_files

FILES = type_files(SCHEMAS, EXTRA)
EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
EVERY_TYPE = pytest.mark.parametrize("spec", specs(extra=True), ids=lambda s: f"{s.kind.section}/{s.name}")

CONNECTORS = {
    "llm": "llm", "vlm": "vlm", "embedder": "embedder", "stt": "stt", "tts": "tts", "transcriptor": "transcriptor",
    "mcp": "mcp", "openapi": "openapi", "intercom": "uses", "mail": "uses", "database": "uses", "api_key": "uses",
    "oauth": "uses",
}  # fmt: skip
CHANNELS = {
    "whatsapp": "own", "telegram": "own", "email": "own", "instagram": "own", "facebook": "own", "infobip": "own",
    "bird": "own", "intercom": "own", "sip": "agent", "twilio": "agent",
}  # fmt: skip

# domain.md 1 and 2: required, optional and secret settings; what is marked [I] there.
REQUIRED = {
    "connectors/llm": {"api_url", "access_token", "model_name", "temperature"},
    "connectors/mcp": {"integration_code", "server_endpoint"},
    "connectors/openapi": {"openapi_url", "base_url"},
    "connectors/intercom": {"api_url", "access_token", "admin_id", "integration_type"},
    "connectors/api_key": {"api_key"},
    "connectors/oauth": {"client_id", "client_secret", "scopes", "authorization_url", "token_url"},
    "channels/telegram": {"bot_token"},
    "channels/whatsapp": {"accounts"},
    "channels/email": {"accounts"},
    "channels/infobip": {"api_key", "base_url", "sender"},
    "channels/bird": {"access_key"},
    "channels/intercom": {"access_token", "admin_id"},
    "channels/sip": {"server", "username", "password"},
    "channels/twilio": {"account_sid", "auth_token", "phone_number"},
}
SECRET = {
    "connectors/llm": {"access_token"},
    "connectors/vlm": {"access_token"},
    "connectors/embedder": {"access_token"},
    "connectors/stt": {"access_token"},
    "connectors/tts": {"access_token"},
    "connectors/transcriptor": {"access_token"},
    "connectors/mcp": {"bearer_token", "password", "api_key"},
    "connectors/openapi": {"bearer_token", "password", "api_key", "custom_headers.*"},
    "connectors/intercom": {"access_token"},
    "connectors/mail": {"password"},
    "connectors/database": {"password", "connection_string"},
    "connectors/api_key": {"api_key"},
    "connectors/oauth": {"client_secret"},
    "channels/whatsapp": {"accounts.*.access_token", "webhook_verify_token"},
    "channels/telegram": {"bot_token"},
    "channels/email": {
        "accounts.*.password", "accounts.*.oauth_client_secret", "accounts.*.oauth_refresh_token",
    },
    "channels/instagram": {"page_access_token", "webhook_verify_token", "app_secret"},
    "channels/facebook": {"page_access_token", "webhook_verify_token", "app_secret"},
    "channels/infobip": {"api_key"},
    "channels/bird": {"access_key"},
    "channels/intercom": {"access_token"},
    "channels/sip": {"password"},
    "channels/twilio": {"account_sid", "auth_token"},
}  # fmt: skip
WHOLLY_INFERRED = [
    "connectors/vlm", "connectors/embedder", "connectors/stt", "connectors/tts", "connectors/transcriptor",
    "connectors/mail", "connectors/database", "channels/facebook", "channels/instagram",
]  # fmt: skip
INFERRED = {
    "connectors/llm": set(),
    "connectors/mcp": {
        "auth_type", "bearer_token", "username", "password", "api_key", "api_key_header", "include_tools",
        "exclude_tools", "tool_name_transformation",
    },
    "connectors/openapi": {
        "username", "password", "api_key", "api_key_header", "api_key_query", "custom_headers", "filter_methods",
        "filter_paths", "filter_tags", "filter_operation_ids", "tool_naming",
    },
    "connectors/intercom": set(),
    "connectors/api_key": set(),
    "connectors/oauth": set(),
    "channels/telegram": {"api_url"},
    "channels/whatsapp": {"accounts.*.business_account_id", "webhook_verify_token"},
    "channels/email": {
        "accounts.*.oauth_client_id", "accounts.*.oauth_client_secret", "accounts.*.oauth_refresh_token",
    },
    "channels/infobip": set(),
    "channels/bird": {"organization_id", "workspace_id", "channel_id"},
    "channels/intercom": {"api_url", "integration_type"},
    "channels/sip": {"port", "transport", "caller_id", "display_name"},
    "channels/twilio": {"phone_number", "voice", "language", "api_url"},
}  # fmt: skip


def read(place: str) -> dict[str, Any]:
    """Read one of our type files."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{place}.json").read_text())
    return found


@EVERY_FILE
def test_is_a_json_schema(path: Path) -> None:
    """A type file is JSON Schema 2020-12."""
    Draft202012Validator.check_schema(json.loads(path.read_text()))


@EVERY_FILE
def test_has_known_annotations(path: Path) -> None:
    """A type file conforms to the schema of type files, which knows every keyword and annotation."""
    found = [error.message for error in Draft202012Validator(TYPE_FILE).iter_errors(json.loads(path.read_text()))]

    assert found == []


@EVERY_FILE
def test_is_formatted(path: Path) -> None:
    """A type file is indented by two and ends with a line break, so that a correction is a small difference."""
    text = path.read_text()

    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


@EVERY_FILE
def test_describes_every_property(path: Path) -> None:
    """Every property has a title or stands in a map, and a description that ends as a sentence does."""
    for place, node in nodes(json.loads(path.read_text())):
        assert node["description"].endswith("."), place
        assert place[-1] == "*" or node["title"], place


@EVERY_FILE
def test_says_inferred_in_words_too(path: Path) -> None:
    """An inferred property says so in its description, for people who never see the annotation."""
    for place, node in nodes(json.loads(path.read_text())):
        if node.get("x-inferred"):
            assert "nferred" in node["description"], place


@EVERY_TYPE
def test_examples_are_valid(spec: TypeSpec) -> None:
    """The examples of a type validate as they would stand in YAML."""
    known = catalog(extra=True)

    for example in spec.schema["examples"]:
        found = known.check(spec.kind, {"type": spec.name, "name": "x", "settings": example})
        assert [d for d in found if not d.code.startswith("deprecated")] == []


@EVERY_TYPE
def test_examples_hold_references_only(spec: TypeSpec) -> None:
    """No example holds a secret in clear."""
    for example in spec.schema["examples"]:
        for path in spec.secrets:
            for value in _at(example, path):
                assert parse_reference(value), path


@EVERY_TYPE
def test_property_examples_are_valid(spec: TypeSpec) -> None:
    """The examples and the default of a property fit it."""
    for place, node in nodes(dict(spec.schema)):
        if not node.get("writeOnly"):
            for value in [*node.get("examples", ()), *([node["default"]] if "default" in node else [])]:
                assert Draft202012Validator(_without_secrets(node)).is_valid(value), place


@pytest.mark.parametrize("spec", [s for s in specs() if s.accounts], ids=lambda s: s.name)
def test_texts_of_accounts_hold_no_comma(spec: TypeSpec) -> None:
    """Every secret of an account refuses a comma in its resolved value (domain.md R18); other texts always do."""
    assert spec.accounts is not None
    fields = spec.schema["properties"][spec.accounts.setting]["items"]["properties"]

    for name, node in fields.items():
        if node.get("writeOnly"):
            assert not re.search(node["pattern"], "a,b"), name


def test_every_documented_connector_is_there() -> None:
    """The catalog has the connector types of the reference documents, each with the role it fills."""
    assert {spec.name: spec.role for spec in catalog().types(Kind.CONNECTOR)} == CONNECTORS


def test_every_documented_channel_is_there() -> None:
    """The catalog has the channel types of the reference documents, each with its lifecycle (domain.md R19)."""
    assert {spec.name: spec.lifecycle.value for spec in catalog().types(Kind.CHANNEL)} == CHANNELS


def test_roles_have_the_documented_cardinalities() -> None:
    """MCP, OpenAPI, TTS and generic connectors are many, the others one; only TTS is ordered (domain.md 3.3)."""
    roles = catalog().roles.values()

    assert {role.name for role in roles if role.many} == {"mcp", "openapi", "tts", "uses"}
    assert {role.name for role in roles if role.ordered} == {"tts"}


@pytest.mark.parametrize("place", REQUIRED)
def test_required_as_documented(place: str) -> None:
    """A type requires what domain.md says it requires."""
    assert set(read(place)["required"]) == REQUIRED[place]


@pytest.mark.parametrize("place", SECRET)
def test_secret_as_documented(place: str) -> None:
    """A type keeps secret what domain.md says is secret, and nothing else."""
    folder, _, name = place.partition("/")
    kind = Kind.CONNECTOR if folder == "connectors" else Kind.CHANNEL

    assert {".".join(path) for path in catalog().secret_paths(kind, name)} == SECRET[place]


def test_every_type_has_its_secrets_listed() -> None:
    """The table above knows every type."""
    assert set(SECRET) == {name for name in documents() if name != "agent"}


@pytest.mark.parametrize("place", INFERRED)
def test_inferred_as_documented(place: str) -> None:
    """Exactly the fields that domain.md marks [I] say that they are inferred."""
    marked = {".".join(path) for path, node in nodes(read(place)) if node.get("x-inferred")}

    assert marked == INFERRED[place]


@pytest.mark.parametrize("place", WHOLLY_INFERRED)
def test_wholly_inferred_as_documented(place: str) -> None:
    """Where no form is documented every field says that it is inferred."""
    assert all(node.get("x-inferred") for _, node in nodes(read(place)))


def test_health_checked_types_say_how() -> None:
    """Of the connectors exactly the documented five are checked (domain.md 1.8), and MCP for who asks."""
    checks = {spec.name: spec.check for spec in catalog().types(Kind.CONNECTOR) if spec.check}
    asked_for = {name for name, check in checks.items() if check.get("on_request")}

    assert checks.keys() - asked_for == {"llm", "vlm", "embedder", "stt", "transcriptor"}
    assert asked_for == {"mcp"}


@EVERY_TYPE
def test_check_templates_name_settings_they_need(spec: TypeSpec) -> None:
    """Every placeholder of a check is a setting (or an account's field) that the check needs, or knows without."""
    check = spec.check or {}
    placeholders = set(re.findall(r"\{([a-z_]+)\}", json.dumps({k: v for k, v in check.items() if k != "healthy"})))

    assert placeholders <= {*check.get("needs", ()), *check.get("defaults", ())}
    assert set(check.get("needs", ())) <= {path[-1] for path, _ in nodes(dict(spec.schema))}


def test_speech_is_required_by_sip_only() -> None:
    """SIP agents need STT and TTS, Twilio's do not (domain.md R20)."""
    needing = {spec.name: spec.requires_roles for spec in catalog().types(Kind.CHANNEL) if spec.requires_roles}

    assert needing == {"sip": ("stt", "tts")}


def test_codes_are_unique_per_agent() -> None:
    """Integration codes are unique per agent, and required of several OpenAPI connectors (domain.md R22)."""
    mcp = catalog().get(Kind.CONNECTOR, "mcp")
    openapi = catalog().get(Kind.CONNECTOR, "openapi")

    assert mcp is not None
    assert openapi is not None
    assert (mcp.unique_per_agent, mcp.required_when_many) == (("integration_code",), ())
    assert (openapi.unique_per_agent, openapi.required_when_many) == (("integration_code",), ("integration_code",))


def test_agent_file_is_well_formed() -> None:
    """The agent file conforms to its own schema."""
    assert list(Draft202012Validator(AGENT_FILE).iter_errors(documents()["agent"])) == []


def test_agent_has_the_documented_types() -> None:
    """There are three agent types (domain.md 3.1)."""
    assert list(catalog().agent_types) == ["inbound", "outbound", "call_analytics"]


def test_agent_file_describes_every_property() -> None:
    """Every key of an agent, its widget and its push has a description."""
    assert all(node["description"] for _, node in nodes(documents()["agent"]))


@pytest.mark.parametrize("schema", [TYPE_FILE, AGENT_FILE, CHECK], ids=["type", "agent", "check"])
def test_meta_schemas_are_schemas(schema: dict[str, Any]) -> None:
    """What judges the files is JSON Schema 2020-12 itself."""
    Draft202012Validator.check_schema(schema)


def test_tenant_schema_is_no_type_file() -> None:
    """The generated document schema stands beside the agent file, not among the types."""
    assert TENANT.exists()
    assert TENANT not in FILES


def test_a_new_type_is_one_file() -> None:
    """With one more JSON file a type validates, fills a role of its own and appears in the editors' schema."""
    added = documents()
    added["connectors/reranker"] = json.loads((EXTRA / "connectors" / "reranker.json").read_text())
    known = Catalog.from_documents(added)

    written = {"type": "reranker", "name": "R", "settings": {"api_url": "https://r", "access_token": "${env:R}"}}

    assert known.check(Kind.CONNECTOR, written) == []
    assert known.roles["reranker"].types == ("reranker",)
    assert known.check(Kind.AGENT, {"type": "inbound", "name": "D", "connectors": {"reranker": "r"}}) == []


def _at(value: Any, path: tuple[str, ...]) -> list[Any]:
    if not path:
        return [value]
    if path[0] == "*":
        below = value.values() if isinstance(value, dict) else value
        return [leaf for each in below for leaf in _at(each, path[1:])]
    return _at(value[path[0]], path[1:]) if path[0] in value else []


def _without_secrets(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "additionalProperties" or value is False}
