"""Every rule there is; to add one, write a function and name it here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flametree_cfg.errors import Severity
from flametree_cfg.invariants import (
    accounts,
    codes,
    credentials,
    links,
    mentions,
    moves,
    names,
    needs,
    outside,
    slots,
)
from flametree_cfg.invariants.rule import Rule, TenantRule, When
from flametree_cfg.model import Kind

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_ALWAYS = frozenset({When.DOCUMENT, When.STEP})
_DOCUMENT = frozenset({When.DOCUMENT})
_OBJECTS = frozenset({Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT})
_CONNECTORS = frozenset({Kind.CONNECTOR})
_CHANNELS = frozenset({Kind.CHANNEL})
_AGENTS = frozenset({Kind.AGENT})
_ATTACHMENTS = frozenset({Kind.ATTACHMENT})

RULES: tuple[Rule, ...] = (
    Rule(
        "duplicate-name",
        "names are unique among connectors of all types, among channels, among agents",
        _ERROR,
        _ALWAYS,
        _OBJECTS,
        names.duplicate_name,
    ),
    Rule(
        "two-defaults",
        "a connector type has one default",
        _ERROR,
        _ALWAYS,
        _CONNECTORS,
        slots.two_defaults,
    ),
    Rule(
        "two-inbound-agents",
        "a channel is answered by one agent",
        _ERROR,
        _ALWAYS,
        _ATTACHMENTS,
        slots.two_inbound_agents,
    ),
    Rule(
        "missing-reference",
        "links and attachments lead to something that exists",
        _ERROR,
        _ALWAYS,
        _AGENTS | _ATTACHMENTS,
        links.missing_reference,
    ),
    Rule(
        "wrong-role",
        "a connector fills a role of its type",
        _ERROR,
        _ALWAYS,
        _AGENTS,
        links.wrong_role,
    ),
    Rule(
        "too-many-in-role",
        "a role that takes one connector has one",
        _ERROR,
        _ALWAYS,
        _AGENTS,
        links.too_many_in_role,
    ),
    Rule(
        "linked-twice",
        "a connector stands once in a role",
        _ERROR,
        _ALWAYS,
        _AGENTS,
        links.linked_twice,
    ),
    Rule(
        "running-without-role",
        "an agent that runs has what it needs to run (an LLM), linked or as the default",
        _ERROR,
        _ALWAYS,
        _AGENTS,
        needs.running_without_role,
        running=True,
    ),
    Rule(
        "channel-needs-role",
        "an agent on a channel has what the channel's type needs (SIP: STT and TTS), linked or as the default",
        _ERROR,
        _ALWAYS,
        _ATTACHMENTS,
        needs.channel_needs_role,
    ),
    Rule(
        "not-unique-per-agent",
        "integration codes are unique among an agent's connectors of a type",
        _ERROR,
        _ALWAYS,
        _AGENTS,
        codes.not_unique_per_agent,
    ),
    Rule(
        "required-when-many",
        "an agent's connectors have integration codes when there are several of a type",
        _ERROR,
        _ALWAYS,
        _AGENTS,
        codes.required_when_many,
    ),
    Rule(
        "accounts-incomplete",
        "the accounts of a channel all have the same fields",
        _ERROR,
        _DOCUMENT,
        _CHANNELS,
        accounts.accounts_incomplete,
    ),
    Rule(
        "account-with-comma",
        "no field of an account holds a comma",
        _ERROR,
        _DOCUMENT,
        _CHANNELS,
        accounts.account_with_comma,
    ),
    Rule(
        "account-twice",
        "an account stands once in a channel",
        _ERROR,
        _DOCUMENT,
        _CHANNELS,
        accounts.account_twice,
    ),
    Rule(
        "same-credential-inbound",
        "one credential is inbound in one channel",
        _ERROR,
        _DOCUMENT,
        _CHANNELS,
        credentials.same_credential_inbound,
    ),
    Rule(
        "system-edited",
        "system connectors carry nothing but `default`",
        _ERROR,
        _DOCUMENT,
        _CONNECTORS,
        outside.system_edited,
    ),
    Rule(
        "external-edited",
        "external objects are not edited, started or stopped",
        _ERROR,
        _DOCUMENT,
        _OBJECTS,
        outside.external_edited,
    ),
    Rule(
        "connector-named-not-used",
        "instructions name generic connectors that the agent uses",
        _WARNING,
        _DOCUMENT,
        _AGENTS,
        mentions.connector_named_not_used,
    ),
)
"""Rules over resources."""

TENANT_RULES: tuple[TenantRule, ...] = (
    TenantRule("previously-declared", "a previous key is not declared any more", _ERROR, moves.previously_declared),
    TenantRule("previously-claimed-twice", "a previous key is claimed once", _ERROR, moves.previously_claimed_twice),
)
"""Rules over what only YAML says."""

ALL_CODES: Mapping[str, str] = MappingProxyType(
    {
        **{rule.code: rule.about for rule in RULES},
        **{rule.code: rule.about for rule in TENANT_RULES},
        mentions.OLD_NAME: "instructions name generic connectors as they are called now",
    }
)
"""Every code that a rule gives, with what holds where it does not; what `-E` and `-W` take."""

STEP_CODES: frozenset[str] = frozenset(rule.code for rule in RULES if When.STEP in rule.at)
"""Codes that guard every write; they are errors whatever a person says."""
