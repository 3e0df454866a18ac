"""Two resources, field by field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flametree_cfg.config import load_catalog
from flametree_cfg.diff import Difference, agrees, compare, detail, fill_secrets, immutable_change, patch, same
from flametree_cfg.model import (
    MASKED,
    Address,
    FieldChange,
    Note,
    Resource,
    Secret,
    Value,
    agent,
    channel,
    connector,
    map_secrets,
)

CATALOG = load_catalog()
A, C, X = connector("a"), channel("c"), agent("x")


def llm(**changed: Value) -> Resource:
    """Make an LLM with some settings changed; None leaves one out."""
    known: dict[str, Value] = {"api_url": "https://llm.example/v1", "model_name": "m-1", "temperature": 0.0}
    kept = {key: value for key, value in {**known, **changed}.items() if value is not None}
    return Resource(A, {"type": "llm", "name": "Ann", "settings": kept})


def mail(*accounts: dict[str, Value]) -> Resource:
    """Make an email channel with accounts."""
    return Resource(C, {"type": "email", "name": "Mail", "settings": {"accounts": list(accounts)}})


def fields(before: Resource, after: Resource) -> list[tuple[tuple[str | int, ...], Value, Value]]:
    """Compare what `after` declares."""
    return [(change.path, change.before, change.after) for change in compare(before, after, after, CATALOG).fields]


def test_equal() -> None:
    """Two that say the same have no difference."""
    assert compare(llm(), llm(), llm(), CATALOG) == Difference()


def test_one_setting() -> None:
    """A changed setting is one change with its path."""
    assert fields(llm(), llm(model_name="m-2")) == [(("settings", "model_name"), "m-1", "m-2")]


def test_setting_comes_and_goes() -> None:
    """An unset setting is None before or after."""
    assert fields(llm(), llm(json_params={"n": 1})) == [(("settings", "json_params"), None, {"n": 1})]
    assert fields(llm(json_params={"n": 1}), llm()) == [(("settings", "json_params"), {"n": 1}, None)]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (True, 1, False),
        (False, 0, False),
        (0, 0.0, True),
        (1, 1.0, True),
        (True, True, True),
        ([True], [1], False),
        ({"n": 0}, {"n": 0.0}, True),
        ({"n": False}, {"n": 0}, False),
        ({"n": 1}, {"n": 1, "m": 2}, False),
        ("1", 1, False),
        (None, "", False),
    ],
)
def test_same(one: Value, other: Value, expected: bool) -> None:
    """Numbers are one by value; true is not 1, at any depth."""
    assert same(one, other) is expected
    assert same(other, one) is expected


def test_bool_for_number() -> None:
    """A setting that becomes true where 1 was is a change."""
    assert fields(llm(json_params={"n": 1}), llm(json_params={"n": True})) != []


def test_whole_number() -> None:
    """A platform that gives 0 for 0.0 changed nothing."""
    assert fields(llm(temperature=0), llm(temperature=0.0)) == []


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_empty_is_unset(empty: Value) -> None:
    """A platform that keeps something empty where nothing is declared changed nothing."""
    assert (
        fields(Resource(X, {"name": "Xen", "description": empty}), Resource(X, {"name": "Xen", "description": ""}))
        == []
    )


def test_zero_and_false_are_set() -> None:
    """Zero and false are values, not something empty."""
    assert fields(Resource(X, {}), Resource(X, {"daily_session_limit": 0})) == [(("daily_session_limit",), None, 0)]
    assert fields(Resource(X, {}), Resource(X, {"running": False})) == [(("running",), None, False)]


def test_only_what_is_managed() -> None:
    """A field that `managed` does not name does not count."""
    live = Resource(X, {"name": "Xen", "running": True, "instructions": "Theirs."})

    assert fields(live, Resource(X, {"name": "Xen"})) == []
    assert fields(live, Resource(X, {"name": "Xen", "running": False})) == [(("running",), True, False)]


def test_unknown_setting() -> None:
    """A setting that the type does not know is another hand's: neither a change nor lost when patched."""
    live = llm(strange="theirs")
    changes = compare(live, llm(model_name="m-2"), llm(model_name="m-2"), CATALOG).fields

    assert [change.path for change in changes] == [("settings", "model_name")]
    assert patch(live, changes, CATALOG).settings["strange"] == "theirs"


def test_roles() -> None:
    """Of an agent's connectors only the declared roles count; None and an empty list are one."""
    live = Resource(X, {"connectors": {"llm": "a", "mcp": ["m"]}})

    assert fields(live, Resource(X, {"connectors": {"llm": "a"}})) == []
    assert fields(live, Resource(X, {"connectors": {"llm": "b", "tts": []}})) == [(("connectors", "llm"), "a", "b")]
    assert fields(live, Resource(X, {"connectors": {"mcp": []}})) == [(("connectors", "mcp"), ["m"], None)]


def test_accounts_by_key() -> None:
    """Accounts are told apart by their key field: their order is none, and one that moved is no change."""
    p, q = {"address": "p@x", "imap_port": 993}, {"address": "q@x", "imap_port": 993}

    assert fields(mail(p, q), mail(q, p)) == []
    assert fields(mail(p, q), mail({**q, "imap_port": 143}, p)) == [
        (("settings", "accounts", "q@x", "imap_port"), 993, 143)
    ]
    assert fields(mail(p), mail(q)) == [
        (("settings", "accounts", "q@x"), None, q),
        (("settings", "accounts", "p@x"), p, None),
    ]


def test_environment_by_name() -> None:
    """Variables are compared one by one."""
    before = Resource(X, {"environment": {"ONE": "1", "TWO": "2"}})

    assert fields(before, Resource(X, {"environment": {"TWO": "3", "NEW": "4"}})) == [
        (("environment", "TWO"), "2", "3"),
        (("environment", "NEW"), None, "4"),
        (("environment", "ONE"), "1", None),
    ]


def test_empty_variable() -> None:
    """A variable that is empty is there: it comes and goes like any other."""
    without, empty = Resource(X, {"environment": {"ONE": "1"}}), Resource(X, {"environment": {"ONE": "1", "TWO": ""}})

    assert fields(without, empty) == [(("environment", "TWO"), None, "")]
    assert fields(empty, without) == [(("environment", "TWO"), "", None)]


KEY, OTHER = "${env:KEY}", "${env:OTHER}"


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        (Secret(KEY, "k1:aa"), Secret(KEY, "k1:aa"), None),
        (Secret(KEY, "k1:aa"), Secret(OTHER, "k1:aa"), Note.NONE),
        (Secret(KEY, "k1:aa"), Secret(KEY, "k1:bb"), Note.ROTATED),
        (Secret(KEY, "k1:aa"), Secret(OTHER, "k1:bb"), Note.NONE),
        (MASKED, Secret(KEY, "k1:aa"), Note.NONE),
        (MASKED, Secret(KEY), Note.NONE),
        (Secret(KEY, "k1:aa"), Secret(OTHER), Note.NONE),
        (Secret(KEY, "k1:aa"), Secret(OTHER, "k2:aa"), Note.NONE),
    ],
)
def test_secrets(before: Secret, after: Secret, note: Note | None) -> None:
    """Secrets compare by reference, then by fingerprint; what cannot be compared is never called rotated."""
    difference = compare(llm(access_token=before), llm(access_token=after), llm(access_token=after), CATALOG)

    assert [change.note for change in difference.fields] == ([] if note is None else [note])


@pytest.mark.parametrize("after", [Secret(KEY), Secret(KEY, "k2:aa")])
def test_secret_not_checked(after: Secret) -> None:
    """The same reference without a value here, or under another master key, is no change but listed."""
    before = llm(access_token=Secret(KEY, "k1:aa"))
    difference = compare(before, llm(access_token=after), llm(access_token=after), CATALOG)

    assert difference == Difference((), (("settings", "access_token"),))


def test_secret_never_resolved() -> None:
    """Equal references without fingerprints are listed too: nobody compared what they stand for."""
    unresolved = llm(access_token=Secret(KEY))

    assert compare(unresolved, unresolved, unresolved, CATALOG).not_checked == (("settings", "access_token"),)


def test_secrets_are_filled() -> None:
    """What the platform masks is filled from the ledger, accounts and variables by key; others stay masked."""
    secret = Secret(KEY, "k1:aa")
    live = mail({"address": "q@x", "password": MASKED}, {"address": "p@x", "password": MASKED})
    stored = mail({"address": "p@x", "password": secret})
    filled = fill_secrets(live.with_fields(environment={"T": MASKED}), stored.with_fields(environment={}), CATALOG)

    assert [account["password"] for account in filled.settings["accounts"]] == [MASKED, secret]
    assert filled.fields["environment"] == {"T": MASKED}


def test_nothing_to_fill() -> None:
    """Without secrets the live resource is given back as it is."""
    live = llm()

    assert fill_secrets(live, llm(), CATALOG) is live


def test_immutable() -> None:
    """Another type cannot be reached by an update; another setting can."""
    assert immutable_change(llm(), llm().with_fields(type="stt"), CATALOG)
    assert not immutable_change(llm(), llm(model_name="m-2"), CATALOG)
    assert immutable_change(Resource(X, {"type": "inbound"}), Resource(X, {"type": "outbound"}), CATALOG)


def test_detail_of_an_object() -> None:
    """A changed object is told by what changed inside, sorted by path; numbers of one value are one."""
    change = FieldChange(
        ("settings", "json_params"), {"a": {"b": 1}, "n": 0, "old": 1}, {"a": {"b": 2}, "n": 0.0, "new": 3}
    )

    assert [(inner.path[2:], inner.before, inner.after) for inner in detail(change)] == [
        (("a", "b"), 1, 2),
        (("new",), None, 3),
        (("old",), 1, None),
    ]


def test_detail_of_a_plain_value() -> None:
    """A plain change is its own detail."""
    change = FieldChange(("name",), "Ann", "Bea")

    assert detail(change) == (change,)


_texts = st.sampled_from(["", "1", "2"])
_names = st.sampled_from(["ONE", "TWO", "THREE"])
_plain = st.one_of(_texts, st.integers(0, 2), st.sampled_from([0.0, 0.5]), st.booleans())
_account = st.fixed_dictionaries({"imap_port": st.sampled_from([143, 993]), "password": st.just(Secret(KEY, "k1:aa"))})


def _maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def _emails(accounts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"accounts": [{"address": key, **account} for key, account in accounts.items()]}


_RESOURCES: dict[Address, st.SearchStrategy[dict[str, Any]]] = {
    A: st.fixed_dictionaries(
        {
            "type": st.just("llm"),
            "name": _texts,
            "settings": _maybe(
                model_name=_texts,
                temperature=st.sampled_from([0, 0.0, 1]),
                json_params=st.dictionaries(_names, _plain, max_size=2),
                access_token=st.sampled_from([Secret(KEY, "k1:aa"), Secret(KEY, "k1:bb")]),
            ),
        }
    ),
    C: st.fixed_dictionaries(
        {
            "type": st.just("email"),
            "settings": st.dictionaries(st.sampled_from(["p@x", "q@x", "r@x"]), _account, max_size=3).map(_emails),
            "environment": st.dictionaries(_names, st.one_of(_texts, st.just(Secret(KEY, "k1:aa"))), max_size=2),
        }
    ),
    X: st.fixed_dictionaries(
        {
            "type": st.just("inbound"),
            "description": _texts,
            "daily_session_limit": st.one_of(st.none(), st.integers(0, 1)),
            "connectors": st.fixed_dictionaries(
                {"llm": st.sampled_from([None, "a", "b"]), "mcp": st.sampled_from([[], ["m"], ["m", "n"]])}
            ),
            "push": _maybe(
                url=_texts,
                headers=st.dictionaries(_names, st.one_of(_texts, st.just(Secret(KEY, "k1:aa"))), max_size=2),
            ),
        }
    ),
}


@pytest.mark.parametrize("address", sorted(_RESOURCES), ids=str)
@settings(derandomize=True, database=None, deadline=None, max_examples=150)
@given(data=st.data())
def test_patch_undoes_compare(address: Address, data: st.DataObject) -> None:
    """What `compare` finds between two makes one the other: afterwards they have no difference."""
    before, after = (Resource(address, data.draw(_RESOURCES[address])) for _ in range(2))
    reached = patch(before, compare(before, after, after, CATALOG).fields, CATALOG)

    assert compare(reached, after, after, CATALOG) == Difference()
    assert compare(after, reached, after, CATALOG) == Difference()


VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, "", "a", MASKED, Secret("${env:A}", "k:1"), Secret("${env:A}")]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
ROLES = st.dictionaries(st.sampled_from(["llm", "mcp"]), st.sampled_from([None, "a", "b", [], ["a"], ["a", "b"]]))
FIELDS = st.fixed_dictionaries(
    {"name": st.sampled_from("ab")},
    optional={
        "running": st.sampled_from([True, False, 1, 0]),
        "settings": st.dictionaries(st.sampled_from(["model_name", "temperature", "json_params"]), VALUES, max_size=2),
        "environment": st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2),
        "connectors": ROLES,
    },
)


@given(FIELDS, FIELDS, st.booleans())
def test_what_agrees_at_a_glance_agrees_on_a_closer_look(seen: Value, wanted: Value, twin: bool) -> None:
    """Where a glance says that nothing differs, comparing finds nothing, and nothing that was not compared."""
    desired = Resource(A, {"type": "llm", **wanted})
    live = Resource(A, {"type": "llm", **seen, **(wanted if twin else {})})
    masked = Resource(A, {key: map_secrets(item, lambda *_: MASKED) for key, item in live.fields.items()})

    if agrees(masked, desired):
        assert compare(fill_secrets(masked, desired, CATALOG), desired, desired, CATALOG) == Difference()


def test_secrets_in_a_list_are_filled_by_place() -> None:
    """A list says which of its secrets is which only where it has as many as the ledger knows."""
    known = [Secret("${env:A}", "k:1"), {"b": Secret("${env:B}", "k:2")}]
    stored = llm(json_params=known)

    assert fill_secrets(llm(json_params=[MASKED, {"b": MASKED}]), stored, CATALOG) == stored
    shorter = llm(json_params=[MASKED])
    assert fill_secrets(shorter, stored, CATALOG) == shorter
    bare = llm(json_params=["a", {"b": 1}])
    assert fill_secrets(bare, stored, CATALOG) is bare


def test_a_glance_sees_what_agrees() -> None:
    """What is the same agrees at a glance, a secret whatever the platform says of it; another type does not."""
    desired = llm(access_token=Secret("${env:A}", "k:1"), json_params={"a": [1, {"b": True}]})

    assert agrees(llm(access_token=MASKED, json_params={"a": [1, {"b": True}]}), desired)
    assert not agrees(llm(access_token=MASKED, json_params={"a": [1, {"b": 1}]}), desired)
    assert not agrees(llm(json_params={"a": [1, {"b": True}]}), desired)
    assert not agrees(llm(access_token=MASKED), llm(access_token=Secret("${env:A}")))
