"""Known secret values are found however they are cut up."""

from __future__ import annotations

import itertools
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flametree_cfg.report._escape import escape
from flametree_cfg.report._markup import ENCODERS
from flametree_cfg.report._mask import FEW, HEAD, MASK, Masker

CANARY = "q\"7' \\%<&é-Zk3Vb9Qw8Rt2Ly6Pd1Xs4"

secrets = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), min_size=8, max_size=40)


def hidden(values: list[str], *chunks: str) -> str:
    """Give what comes out of a masker that is fed chunks, whether or not it is told which one is the last."""
    fed, told = Masker(values), Masker(values)
    out = "".join([*map(fed.feed, chunks), fed.finish()])
    assert out == "".join([*map(told.feed, chunks[:-1]), told.finish("".join(chunks[-1:]))])
    return out


@given(
    secret=st.text('abcdefgh-_%\\"é', min_size=8, max_size=40),
    before=st.text("0123456789\n"),
    after=st.text("0123456789"),
    cuts=st.lists(st.integers(0, 100)),
)
def test_a_secret_is_found_wherever_it_is_cut(secret: str, before: str, after: str, cuts: list[int]) -> None:
    """However the text is cut into chunks, the value is replaced and everything else stays."""
    text = before + secret + after
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    chunks = [text[start:end] for start, end in itertools.pairwise(places)]

    assert hidden([secret], *chunks) == before + MASK + after


@given(st.lists(secrets, max_size=3), st.lists(st.text(st.characters(max_codepoint=0x2000))))
def test_text_without_secrets_comes_out_as_it_was(values: list[str], chunks: list[str]) -> None:
    """Nothing but known values is ever changed."""
    text = "".join(chunks)
    out = hidden(values, *chunks)

    assert out == text or MASK in out


@pytest.mark.parametrize(
    "spelled",
    [
        CANARY,
        escape(CANARY),
        json.dumps(CANARY),
        json.dumps(CANARY, ensure_ascii=False),
        quote(CANARY, safe=""),
        CANARY[:12] + "\n    " + CANARY[12:],
        CANARY[:12] + "\\x1b[31m" + CANARY[12:],
        CANARY[:12] + "\x1b[0m" + CANARY[12:],
    ],
)
def test_a_secret_is_found_in_each_spelling(spelled: str) -> None:
    """Quoted, escaped, percent-encoded, broken over lines or by colour codes: still found."""
    out = hidden([CANARY], f"the key {spelled} was refused")

    assert "Zk3Vb9Qw8Rt2Ly6Pd1Xs4" not in out.replace("\n    ", "")
    assert out.startswith("the key ")
    assert out.endswith(" was refused")


@pytest.mark.parametrize("word", ["true", "admin", "a", "1234567"])
def test_short_values_are_left_alone(word: str) -> None:
    """A value of fewer than eight characters is not hidden: hiding it wherever it stands would reveal it."""
    assert hidden([word], f"x {word} y") == f"x {word} y"
    assert hidden(["====="], "x %3D%3D%3D%3D%3D y") == "x %3D%3D%3D%3D%3D y"


def test_lines_of_a_long_secret_are_found_one_by_one() -> None:
    """A key file's lines are hidden also where they stand alone."""
    key = "-----BEGIN-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END-----"

    assert hidden([key], "found hkiG9w0BAQEFAASC in it") == "found *** in it"


def test_many_secrets_are_found() -> None:
    """Beyond what is searched one by one, values are still found."""
    values = [f"sk-proj-{n:04}-secret" for n in range(500)]

    assert hidden(values, "a sk-proj-0007-secret b sk-proj-0499-secret") == "a *** b ***"


def test_the_longest_value_wins() -> None:
    """Where one value begins another, nothing of the longer one stays."""
    assert hidden(["abcdefgh", "abcdefgh-longer"], "x abcdefgh-longer y") == "x *** y"


@given(
    secret=st.text("abcdefgh", min_size=8, max_size=2 * HEAD),
    before=st.text("0123456789", max_size=2 * HEAD),
    after=st.text("0123456789", max_size=2 * HEAD),
    width=st.sampled_from([3, 40]),
)
def test_one_of_very_many_is_found_wherever_it_begins(secret: str, before: str, after: str, width: int) -> None:
    """Among more values than are looked for one by one, each is found at every place of the text, short or long."""
    others = [f"other-value-{number:0{width}}" for number in range(2 * FEW)]

    assert hidden([*others, secret], before + secret + after) == before + MASK + after
    assert hidden([*others, secret], f"{before}{others[7]}{after}") == before + MASK + after


@given(secret=st.text("aZ09_.~:/+=@!?$*-", min_size=8, max_size=24))
def test_what_is_nearly_spelled_alike_is_found_in_every_spelling(secret: str) -> None:
    """Characters of tokens are spelled otherwise in URLs and properties alone: no spelling is left out."""
    spelled = (secret, escape(secret), json.dumps(secret)[1:-1], quote(secret, safe=""))

    for text in (*spelled, *(encode(one) for one in spelled[:3] for encode in ENCODERS)):
        assert hidden([secret], f" {text} ") == f" {MASK} ", text
