"""Strategies for steps on a small tenant, in which everything meets everything."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from flametree_cfg.model import Address, Kind, Resource, attachment

Change = Resource | Address
"""A resource to put, or an address to remove."""

_KEYS = {Kind.CONNECTOR: ["c1", "c2", "c3", "id:c4"], Kind.CHANNEL: ["h1", "h2"], Kind.AGENT: ["a1", "a2", "id:a3"]}
_NAMES = st.sampled_from(["Name", "NAME ", "Other", "Third", "Fourth", "Fifth", ""])
_CODES = st.sampled_from([{}, {"integration_code": "X"}, {"integration_code": "x"}, {"integration_code": "Y"}])


def _key(kind: Kind) -> st.SearchStrategy[str]:
    return st.sampled_from(_KEYS[kind])


def _connectors() -> st.SearchStrategy[Resource]:
    fields = st.fixed_dictionaries(
        {
            "type": st.sampled_from(["llm", "stt", "tts", "mcp", "openapi", "api_key", "unheard"]),
            "name": _NAMES,
            "default": st.booleans(),
            "settings": _CODES,
        }
    )
    flags = st.sampled_from([(False, False), (False, False), (True, False), (True, True)])
    return st.builds(
        lambda key, fields, flags: Resource(Address(Kind.CONNECTOR, key), fields, *flags),
        _key(Kind.CONNECTOR),
        fields,
        flags,
    )


def _channels() -> st.SearchStrategy[Resource]:
    fields = st.fixed_dictionaries({"type": st.sampled_from(["telegram", "sip", "unheard"]), "name": _NAMES})
    return st.builds(lambda key, fields: Resource(Address(Kind.CHANNEL, key), fields), _key(Kind.CHANNEL), fields)


def _agents() -> st.SearchStrategy[Resource]:
    one = st.none() | _key(Kind.CONNECTOR)
    many = st.lists(_key(Kind.CONNECTOR), max_size=3)
    roles: dict[str, Any] = {"llm": one, "stt": one | many, "tts": many, "mcp": many, "openapi": many, "odd": one}
    fields = st.fixed_dictionaries(
        {"type": st.just("inbound"), "name": _NAMES, "running": st.booleans() | st.none()},
        optional={"connectors": st.none() | st.fixed_dictionaries({}, optional=roles)},
    )
    return st.builds(
        lambda key, fields, external: Resource(Address(Kind.AGENT, key), fields, external),
        _key(Kind.AGENT),
        fields,
        st.booleans(),
    )


def _attachments() -> st.SearchStrategy[Resource]:
    return st.builds(
        lambda agent, channel, inbound: Resource(
            attachment(agent, channel), {"agent": agent, "channel": channel, "inbound": inbound}
        ),
        _key(Kind.AGENT),
        _key(Kind.CHANNEL),
        st.booleans(),
    )


def resources() -> st.SearchStrategy[Resource]:
    """Any resource of the tenant, legal or not."""
    return _connectors() | _channels() | _agents() | _attachments()


def changes() -> st.SearchStrategy[Change]:
    """A put, or the removal of something that may or may not be there."""
    return resources() | resources().map(lambda resource: resource.address)
