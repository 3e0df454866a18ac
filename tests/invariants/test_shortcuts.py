"""What rules skip for speed would not have been found by a judgement that skips nothing."""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st

from flametree_cfg.invariants import World, check_all
from flametree_cfg.model import Address, Resource, Secret, agent, attachment, channel, connector, secrets_in
from tests.invariants.documents import catalog

_WORDS = [
    "crm",
    "CRM",
    "Desk",
    "desk!",
    "Straße",
    "strasse",
    "ﬁle",
    "file",
    "#",
    "one",
    "a-b",
    "x_y",
    "!!!",
    "\u212a",
    "k",
]
_TEXTS = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=4).map(" ".join) | st.sampled_from(_WORDS)

_SECRETS = st.sampled_from([Secret("${env:A}"), Secret("${env:B}"), Secret("${env:C}"), Secret(""), "text", 1, None])
_SETTINGS = st.fixed_dictionaries(
    {"token": _SECRETS},
    optional={"nested": st.lists(st.fixed_dictionaries({"key": _SECRETS}), max_size=2), "more": st.tuples(_SECRETS)},
)


def found(code: str, *resources: Resource) -> set[tuple[str, str]]:
    """Judge resources; gives who was found for a code, and beside whom."""
    judged = check_all(World.of(resources), catalog())
    return {(d.address, d.related[0].address) for d in judged if d.code == code}


def words(text: str) -> list[str]:
    """Take a text apart: words and single punctuation marks, whatever their case."""
    return re.findall(r"\w+|[^\w\s]", unicodedata.normalize("NFKC", text).casefold())


def named(text: str, names: dict[str, Address]) -> set[Address]:
    """Try every name at every word of a text, the longest first; what is covered is not looked at again."""
    spoken, position = words(text), 0
    called: set[Address] = set()
    by_length = sorted(names, key=lambda name: -len(words(name)))
    while position < len(spoken):
        name = next((n for n in by_length if spoken[position : position + len(words(n))] == words(n)), None)
        called |= {names[name]} if name else set()
        position += len(words(name)) if name else 1
    return called


@given(st.lists(_TEXTS, max_size=5, unique_by=lambda name: tuple(words(name))), st.lists(_TEXTS, max_size=4))
@example(["desk", "Straße"], ["(Straße), (desk) über!"])
@example(["desk"], ["(desk)!"])
def test_connectors_are_found_by_name_wherever_a_text_has_it(names: list[str], texts: list[str]) -> None:
    """Names are looked for in those texts only that may have them: none is missed."""
    connectors = [Resource(connector(f"c{i}"), {"type": "api_key", "name": name}) for i, name in enumerate(names)]
    agents = [Resource(agent(f"a{i}"), {"type": "inbound", "instructions": text}) for i, text in enumerate(texts)]
    by_name = {one.name: one.address for one in connectors}

    assert found("connector-named-not-used", *connectors, *agents) == {
        (str(one.address), str(who)) for one in agents for who in named(one.fields["instructions"], by_name)
    }


@given(st.lists(st.tuples(_SETTINGS, st.booleans()), max_size=5))
def test_shared_credentials_are_found_wherever_they_stand(lines: list[tuple[dict[str, object], bool]]) -> None:
    """Two channels that answer with one credential are found, however deep it is in their settings."""
    channels = [Resource(channel(f"h{i}"), {"type": "unheard", "settings": one}) for i, (one, _) in enumerate(lines)]
    answered = [one for one, (_, inbound) in zip(channels, lines, strict=True) if inbound]
    fields = [{"agent": "a", "channel": one.address.key, "inbound": True} for one in answered]
    inbound = [Resource(attachment("a", each["channel"]), each) for each in fields]
    uses = {one.address: {s.reference for _, s in secrets_in(one.settings) if s.reference} for one in answered}
    sharing = {second for first, second in combinations(sorted(uses), 2) if uses[first] & uses[second]}

    desk = Resource(agent("a"), {"type": "inbound", "name": "A"})
    assert {who for who, _ in found("same-credential-inbound", desk, *channels, *inbound)} == set(map(str, sharing))
