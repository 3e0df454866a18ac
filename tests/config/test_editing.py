"""Edits of YAML: what people would have typed, and not a byte more."""

from __future__ import annotations

import pytest

from flametree_cfg.config.editing import Add, Edit, Remove, Set, edited
from flametree_cfg.config.layout import canonical
from flametree_cfg.errors import ConfigInvalid
from tests.config.formed import value_of


def after(text: str, *edits: Edit) -> str:
    """Give the text with edits."""
    return edited(text.encode(), "f.yaml", edits).data.decode()


@pytest.mark.parametrize(
    ("text", "value", "wanted"),
    [
        ("k: 'a'   # c\n", "it's", "k: 'it''s'   # c\n"),
        ('k: "a"\n', "b\\", 'k: "b\\\\"\n'),
        ("k: a\n", "yes", 'k: "yes"\n'),
        ("k: a\n", "30", 'k: "30"\n'),
        ('k: "30"\n', 30, "k: 30\n"),
        ("k:   # c\n", True, "k: true   # c\n"),
        ("k: a # c\n", "x\ny\n", "k: | # c\n  x\n  y\n"),
        ("k: |4- # c\n    x\n", "y", "k: |4- # c\n    y\n"),
        ("k: >\n   one\n   two\n\n   three\n", "one two\nfour\n", "k: >\n   one\n   two\n\n   four\n"),
        ("k: {a: 1,b: [x]}\n", {"a": 2, "b": ["x", "y, z"]}, 'k: {a: 2,b: [x, "y, z"]}\n'),
        ("k:\n- a # 1\n- b # 2\n", ["b", "c"], "k:\n- b # 2\n- c\n"),
        ("k: 1", "x\ny\n", "k: |\n  x\n  y\n"),
        ("k: |\n  x", "x\nz", "k: |-\n  x\n  z"),
        ("\ufeffk: 1\r\n", 2, "\ufeffk: 2\r\n"),
    ],
)
def test_another_value(text: str, value: object, wanted: str) -> None:
    """Quotes, block scalars, braces, comments and line ends are those that stand there."""
    assert after(text, Set(("k",), value)) == wanted


def test_a_shared_value_is_unshared() -> None:
    """The anchor goes to the next use, so that those keep their value; it is said."""
    text = "a: &x 1 # one\nb: *x\nc: *x\n"
    done = edited(text.encode(), "f.yaml", [Set(("a",), 2)])

    assert done.data == b"a: 2 # one\nb: &x 1\nc: *x\n"
    assert [note.code for note in done.notes] == ["value-unshared"]
    assert after(text, Set(("b",), 2)) == "a: &x 1 # one\nb: 2\nc: *x\n"


def test_all_uses_change_together() -> None:
    """Where every use gets the same value, they go on sharing it."""
    text = "a: &x 1\nb: *x\nc: {d: *x}\n"

    assert after(text, *(Set(path, 2) for path in [("b",), ("a",), ("c", "d")])) == "a: &x 2\nb: *x\nc: {d: *x}\n"


def test_a_resource_more_and_one_less() -> None:
    """It is spaced and indented as the others are; what goes takes its comment along."""
    text = "agents:\n    a:\n        name: A\n\n    # about b\n    b:\n        name: B  # b\n# end\n"
    one_more = after(text, Add(("agents",), "c", {"name": "C", "on": True}))

    assert one_more == text.replace("# end", '\n    c:\n        name: C\n        "on": true\n# end')
    assert after(one_more, Remove(("agents", "b"))) == one_more.replace(
        "    # about b\n    b:\n        name: B  # b\n\n", ""
    )


def test_a_resource_in_somebodys_words() -> None:
    """A text is taken as it is, indented, into a section that may not be there yet."""
    words = "c:  # new\n  name: C\n"

    assert after("tenant: t\n", Add(("agents",), "c", {"name": "C"}, words.rstrip("\n"))) == (
        "tenant: t\n\nagents:\n  c:  # new\n    name: C\n"
    )


@pytest.mark.parametrize(
    ("text", "edit", "code"),
    [
        ("a: 1\n", Remove(("b",)), "no-such-place"),
        ("a: 1\n", Set(("a", "b"), 1), "no-such-place"),
        ("a: 1\n", Set(("a",), "hidden\u200b"), "value-not-writable"),
        ("? a\n: 1\n", Set(("a",), 2), "not-editable"),
        ("a: 1\na: 2\n", Set(("a",), 2), "duplicate-key"),
    ],
)
def test_refused(text: str, edit: Edit, code: str) -> None:
    """What cannot be done is said in words, and nothing is given."""
    with pytest.raises(ConfigInvalid) as refused:
        after(text, edit)

    assert [one.code for one in refused.value.diagnostics] == [code]


def test_thousands_of_edits() -> None:
    """A large file is read a few times, not once an edit."""
    text = "".join(f"s{number}:\n  name: n{number}\n  more: [a]\n" for number in range(3_000))
    edits: list[Edit] = [Set((f"s{number}", "name"), "x") for number in range(3_000)]
    edits += [Add((f"s{number}",), "also", number) for number in range(0, 3_000, 2)]
    edits += [Remove((f"s{number}",)) for number in range(1, 3_000, 3)]
    value = value_of(after(text, *edits))

    assert isinstance(value, dict)
    assert len(value) == 2_000
    assert value["s6"] == {"name": "x", "more": ["a"], "also": 6}


def test_a_new_key_stands_where_fmt_would_have_it() -> None:
    """A tidy file stays tidy; in one that is in no order the new key follows those that come before it."""
    tidy = b"tenant: zoo\n\nagents:\n  a:\n    type: inbound\n    name: A\n    channels: {}\n"
    after = edited(
        tidy,
        "zoo.yaml",
        [Set(("agents", "a", "description"), "new"), Set(("agents", "a", "push"), {}), Set(("channels",), {})],
    ).data

    assert after == canonical(after, "zoo.yaml")[0]
    assert b"    name: A\n    description: new\n    channels: {}\n    push: {}\n" in after
    untidy = b"agents:\n  a:\n    channels: {}\n    name: A # who\n    type: inbound\n"
    assert edited(untidy, "zoo.yaml", [Set(("agents", "a", "running"), True)]).data == untidy + b"    running: true\n"
    first = edited(b"agents:\n  a:\n    name: A\n", "zoo.yaml", [Set(("agents", "a", "type"), "inbound")]).data
    assert first == b"agents:\n  a:\n    type: inbound\n    name: A\n"
