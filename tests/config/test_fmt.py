"""The canonical form, rule by rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from flametree_cfg.config.layout import canonical
from tests.config.formed import EXAMPLES


def formed(text: str) -> str:
    """Format a text that is valid."""
    after, found = canonical(text.encode(), "f.yaml")
    assert not found
    return after.decode()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_examples_are_in_canonical_form(path: Path) -> None:
    """What we show is what we ask for."""
    assert formed(path.read_text()) == path.read_text()


def test_order_and_layout() -> None:
    """Sections, keys of resources, indentation, empty lines; settings and resources stay in the author's order."""
    before = """

agents: {}
connectors:
    z:  # the large one


        # what the portal shows
        name: "Zed"   \n        settings:
            b: 1
            a:
            -   x: 1
                y: 2
            - z
        type: llm
    a: {name: A, type: llm}
tenant: t
"""
    assert (
        formed(before)
        == """\
tenant: t

connectors:
  z:  # the large one
    type: llm
    # what the portal shows
    name: "Zed"
    settings:
      b: 1
      a:
        - x: 1
          y: 2
        - z

  a: {name: A, type: llm}

agents: {}
"""
    )


def test_comments_stay_with_what_they_are_about() -> None:
    """Above its key, below a deeper one, on top of the file, at its end."""
    before = """\
# yaml-language-server: $schema=x
# about the agents
agents:
  a:
    settings:
      x: 1
      # y: 2
    # about the name
    name: n
      # more of it
    type: t
# about the tenant
tenant: t
# the end
"""
    assert (
        formed(before)
        == """\
# yaml-language-server: $schema=x
# about the tenant
tenant: t

# about the agents
agents:
  a:
    type: t
    # about the name
    name: n
      # more of it
    settings:
      x: 1
      # y: 2
# the end
"""
    )


def test_the_head_of_a_file_stays_on_top() -> None:
    """What an empty line separates from the first key is the file's, whatever key comes first."""
    assert formed("# head\n\n# a\nagents: {}\ntenant: t\n") == "# head\n\ntenant: t\n\n# a\nagents: {}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\ufefftenant: t\r\n\r\n\r\n\r\nagents: {}\r\n\r\n", "tenant: t\n\nagents: {}\n"),
        ("tenant: t", "tenant: t\n"),
        ("tenant: t\n   ", "tenant: t\n"),
        ("", ""),
        ("\n\n", ""),
        ("# only\n\n\n\n#   words   ", "# only\n\n#   words\n"),
        ("%YAML 1.2\n--- # c\n\n\ntenant: t\n...\n\n# below", "%YAML 1.2\n--- # c\ntenant: t\n...\n\n# below\n"),
        ("? tenant\n: t\n", "? tenant\n: t\n"),
        ("{tenant: t,\r\n agents: {}}", "{tenant: t,\n agents: {}}\n"),
        ("a: {\n      x: 1,\n  y: 2,\n}\n", "a: {\n      x: 1,\n  y: 2,\n}\n"),
        ("a:\n    - {x: 1,\n       y: 2}\n", "a:\n  - {x: 1,\n     y: 2}\n"),
        ("a: |\n      x  \n       y\n", "a: |\n  x  \n   y\n"),
        ("a: >1\n   x\n y\n", "a: >1\n   x\n y\n"),
        ("a: |+\n  x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
        ("a: |\n  x", "a: |-\n  x\n"),
        ("a:\n   b: 'x\n     y'\n", "a:\n  b: 'x\n    y'\n"),
        ("a: [ 1,2 ]   #  c  \n", "a: [ 1,2 ]   #  c\n"),
    ],
)  # fmt: skip
def test_layout_of_one_thing(before: str, after: str) -> None:
    """One rule each."""
    assert formed(before) == after
    assert formed(after) == after


def test_keys_stay_where_an_alias_would_mean_something_else() -> None:
    """An alias before its anchor would be one of nothing; where the order of both is kept, keys move."""
    bound = "connectors:\n  a:\n    settings: &s {x: 1}\n    type: t\n    name: *s\n"
    free = "connectors:\n  a:\n    settings: &s {x: 1}\n    type: t\n"

    assert formed(bound) == bound
    assert formed(free) == "connectors:\n  a:\n    type: t\n    settings: &s {x: 1}\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"a: [", "yaml-syntax"),
        (b"a: 1\r\na: 2", "duplicate-key"),
        (b"a: 1\n---\nb: 1", "second-document"),
        (b"a: *b", "undefined-alias"),
        (b"\xff\xfea", "not-utf8"),
        ("a: \u202e".encode(), "hidden-character"),
        (b"a: {<<: {}}", "merge-key"),
    ],
)
def test_what_is_wrong_is_left(text: bytes, code: str) -> None:
    """Byte for byte, with what is wrong."""
    after, found = canonical(text, "f.yaml")

    assert after == text
    assert code in {one.code for one in found}
