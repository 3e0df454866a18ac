"""Tests of `config/reader.py` and what it is made of: guard, events, syntax, document."""

from __future__ import annotations

import pytest

from flametree_cfg.config import Document
from flametree_cfg.config.reader import read_document
from flametree_cfg.errors import Diagnostic


def read(text: str | bytes) -> tuple[Document, list[str]]:
    """Read a text; what is wrong comes as `line:column code`."""
    document, found = read_document(text.encode() if isinstance(text, str) else text, "f.yaml")
    return document, [_short(one) for one in found]


def _short(found: Diagnostic) -> str:
    assert found.location is not None
    assert found.location.file == "f.yaml"
    return f"{found.location.line}:{found.location.column} {found.code}"


def test_values_of_every_kind() -> None:
    """Mappings, lists and scalars of every style become plain values."""
    text = "a: {b: [1, 2.5, ~], \"c\": no}\nd:\n- |\n  two\n  lines\n- 'it''s'\n- >-\n  one\n  line\n"

    document, found = read(text)

    assert found == []
    assert document.value == {"a": {"b": [1, 2.5, None], "c": "no"}, "d": ["two\nlines\n", "it's", "one line"]}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "\ufeff", "\n\n"])
def test_an_empty_file_has_no_value(text: str) -> None:
    """Nothing, comments, and a bare `---` are an empty document, not an error."""
    document, found = read(text)

    assert (document.value, document.whole, found) == (None, True, [])


def test_bom_and_crlf_are_accepted_and_do_not_move_places() -> None:
    """A file from Windows has the same places as one from anywhere else."""
    document, found = read(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: x\r\n")

    assert found == []
    assert str(document.place(("a",))) == "f.yaml:1:4"
    assert str(document.place(("b", "c"))) == "f.yaml:3:6"


def test_places_of_keys_and_values() -> None:
    """Every key and value is found by its path."""
    document, _ = read("a:\n  - x\n  - {k: v, l: [1, 2]}\nb: z\n")

    assert str(document.place(("a", 0))) == "f.yaml:2:5"
    assert str(document.key_place(("a", 1, "l"))) == "f.yaml:3:12"
    assert str(document.place(("a", 1, "l", 1))) == "f.yaml:3:19"
    assert str(document.place(("b",))) == "f.yaml:4:4"


def test_a_path_that_ends_early_has_the_nearest_place() -> None:
    """What is missing is shown where it is missing from."""
    document, _ = read("a:\n  b: 1\n")

    assert str(document.key_place(("a", "nope"))) == "f.yaml:1:1"


def test_places_below_an_alias_are_those_of_the_anchor() -> None:
    """The alias stands where it is written; what is in it stands where it was written."""
    document, found = read("a: &x {k: 1}\nb: *x\nc: 2\n")

    assert found == []
    assert document.value == {"a": {"k": 1}, "b": {"k": 1}, "c": 2}
    assert str(document.place(("b",))) == "f.yaml:2:4"
    assert str(document.place(("b", "k"))) == "f.yaml:1:11"
    assert str(document.place(("c",))) == "f.yaml:3:4"


def test_places_after_what_was_refused_are_right() -> None:
    """A refused key, and whatever stands under it, does not shift what follows."""
    document, found = read("a: 1\na: {x: [1, 2]}\n1: [3]\n? [q]\n: {z: 1}\nb: {c: 2}\n")

    assert found == ["2:1 duplicate-key", "3:1 non-text-key", "4:3 complex-key"]
    assert document.value == {"a": 1, "b": {"c": 2}}
    assert str(document.place(("b", "c"))) == "f.yaml:6:8"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\tb: 1\n", "2:1 tab-indent"),
        ("a:\n  b: 1\n\tc: 2\n", "3:1 tab-indent"),
        ("%YAML 1.1\n---\na: no\n", "1:1 yaml-version"),
        ("%YAML 1.3\n---\na: no\n", "1:1 yaml-version"),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", "1:1 yaml-directive"),
        ("%FOO\n---\na: 1\n", "1:5 yaml-directive"),
        ("a: !!python/object:os.system x\n", "1:4 yaml-tag"),
        ("a: !!binary aGk=\n", "1:4 yaml-tag"),
        ("a: !!set {x}\n", "1:4 yaml-tag"),
        ("a: !!int zz\n", "1:4 yaml-tag"),
        ("a: ! x\n", "1:4 yaml-tag"),
        ("!k a: 1\n", "1:1 yaml-tag"),
        ("a: 1\n---\nb: 2\n", "2:1 second-document"),
        ("1: x\n", "1:1 non-text-key"),
        ("true: x\n", "1:1 non-text-key"),
        ("~: x\n", "1:1 non-text-key"),
        ("? ~\n: x\n", "1:3 non-text-key"),
        ("? [a]\n: x\n", "1:3 complex-key"),
        ("a: &x 1\n*x : 2\n", "2:1 complex-key"),
        ("a: {}\nb: {<<: {}}\n", "2:5 merge-key"),
        ("a: {}\nb: {$secret: x}\n", "2:5 reserved-key"),
        ('a: {}\nb: {"$secret": x}\n', "2:5 reserved-key"),
        ('a: 1\n"\\x61": 2\n', "2:1 duplicate-key"),
        ("a: {b: 1, 'b': 2}\n", "1:11 duplicate-key"),
        ("a: *nope\n", "1:4 undefined-alias"),
        ("a: &x [*x]\n", "1:8 cyclic-alias"),
        ("a: {b: &x {c: *x}}\n", "1:15 cyclic-alias"),
        ("a: " + "9" * 5000 + "\n", "1:4 bad-number"),
        ("a: .nan\n", "1:4 bad-number"),
        ("a: 'x\n", "1:4 yaml-syntax"),
        ("a: b: c\n", "1:5 yaml-syntax"),
        ('a: "\\ud800"\n', "1:7 yaml-syntax"),
        ("a: [1, 2\n", "2:1 yaml-syntax"),
        ('a: "\\0"\n', "1:4 control-character"),
        ('a: "\\e[31m"\n', "1:4 control-character"),
        ('a: "\\u202e"\n', "1:4 hidden-character"),
        ('a: "\\N"\n', "1:4 line-separator"),
        ('"\\u200b": 1\n', "1:1 hidden-character"),
        ("a: x\u202e\n", "1:5 hidden-character"),
        ("a: 1 # \u2066\n", "1:8 hidden-character"),
        ("a: 1\nb\ufeff: 2\n", "2:2 hidden-character"),
        ("a: \u2028\n", "1:4 line-separator"),
        ("a: 1\nb: \x07\n", "2:4 control-character"),
    ],
)
def test_what_is_refused_has_a_code_and_a_place(text: str, expected: str) -> None:
    """Each thing that YAML allows and we do not, or that is no YAML, is named where it stands."""
    _, found = read(text)

    assert expected in found


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("a: 1\n".encode("utf-16"), "1:1"),
        ("a: 1\n".encode("utf-16-be"), "1:1"),
        ("a: 1\n".encode("utf-32"), "1:1"),
        ("a: 1\nb: é\n".encode("latin-1"), "2:4"),
        (b"a: 1\r\nb: \xc0\xaf\n", "2:4"),
        (b"a: \xed\xa0\x80\n", "1:4"),
        (b"a: \xf4\x90\x80\x80\n", "1:4"),
    ],
)
def test_what_is_not_utf8_has_a_line(data: bytes, place: str) -> None:
    """Other encodings, overlong forms and half surrogates are refused with line and column."""
    _, found = read(data)

    assert found == [f"{place} not-utf8"]


def test_a_duplicate_shows_both_places() -> None:
    """The second of two keys is the error, the first is related."""
    _, found = read_document(b"a: 1\nb: {x: 1}\na: 2\n", "f.yaml")

    assert [str(one.location) for one in found] == ["f.yaml:3:1"]
    assert [str(one.location) for one in found[0].related] == ["f.yaml:1:1"]


def test_everything_wrong_in_a_file_is_reported() -> None:
    """Only what is no YAML ends a file."""
    _, found = read("a: !t 1\nb: \u202e\nb: 2\n1: 3\nc: .inf\nd: [\n")

    assert found == [
        "2:4 hidden-character",
        "1:4 yaml-tag",
        "3:1 duplicate-key",
        "4:1 non-text-key",
        "5:4 bad-number",
        "7:1 yaml-syntax",
    ]


@pytest.mark.parametrize("text", ["a: {b: ${env:KEY}}\n", "a: [x, ${env:KEY}]\n", 'a: {b: "${env:X}", c: ${file:y}}\n'])
def test_an_unquoted_reference_in_braces_says_quote_it(text: str) -> None:
    """The commonest slip has its own hint."""
    _, found = read_document(text.encode(), "f.yaml")

    assert found[0].code == "yaml-syntax"
    assert "quote it" in found[0].hint


def test_an_unquoted_reference_outside_braces_is_text() -> None:
    """In a block a reference needs no quotes."""
    document, found = read("a: ${env:KEY}\n")

    assert (document.value, found) == ({"a": "${env:KEY}"}, [])


def test_no_text_of_the_file_is_shown() -> None:
    """Values may be secrets, so no message quotes one."""
    _, found = read_document(b"a: hunter2\na: hunter2\nb: !t hunter2\nc: 'hunter2\n", "f.yaml")

    assert len(found) == 3
    assert "hunter2" not in repr(found)


def test_a_very_long_key_is_cut_in_messages() -> None:
    """A message stays one line whatever the key."""
    _, found = read_document(b"? " + b"k" * 5000 + b"\n: 1\n? " + b"k" * 5000 + b"\n: 2\n", "f.yaml")

    assert [one.code for one in found] == ["duplicate-key"]
    assert len(found[0].detail) < 100


def test_tabs_that_are_no_indentation_are_fine() -> None:
    """A tab separates and stands inside texts."""
    document, found = read("a:\t1\nb: 'x\ty'\nc:\t# comment\n  - z\n")

    assert (document.value, found) == ({"a": 1, "b": "x\ty", "c": ["z"]}, [])


def test_lines_end_with_cr_alone_too() -> None:
    """Line numbers are right for old Macintosh files."""
    document, found = read("a: 1\rb: \x01\rc: 2\r")

    assert found == ["2:4 control-character"]
    assert str(document.place(("c",))) == "f.yaml:3:4"
