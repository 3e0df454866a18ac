"""Nothing passes the sink that a terminal would obey or that is a known secret."""

from __future__ import annotations

import errno
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flametree_cfg.errors import FlametreeError
from flametree_cfg.report import Line, Sink, Tone, escape
from flametree_cfg.report._lines import Panel

HOSTILE = ["\x1b]0;x\x07", "\x1b[31m", "\x9b31m", "\r", "\b", "\x7f", "\u202e", "\u2066", "\u200b", "\u2028", "\ud800"]


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """It is one."""
        return True


class Failing(io.StringIO):
    """A stream whose reader went away, or whose disk is full."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, _text: str) -> int:
        """Fail."""
        raise OSError(self.number, "no")


def shown(*lines: Line, secrets: tuple[str, ...] = ()) -> str:
    """Give what a sink makes of lines."""
    stream = io.StringIO()
    Sink(stream, secrets=lambda: secrets).show(lines)
    return stream.getvalue()


@given(st.text(st.characters() | st.sampled_from("".join(HOSTILE))))
def test_a_line_stays_one_line_of_printable_characters(text: str) -> None:
    """Whatever stands in data, no control or invisible format character gets out."""
    out = shown(Line(text))

    assert out.endswith("\n")
    assert [c for c in out[:-1] if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in "\u200b\u202e"] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_control_characters_are_shown(text: str) -> None:
    """Escape sequences, carriage returns and bidi controls appear as text."""
    assert "\\" in escape(text)
    assert escape(text).isascii()


def test_escape_keeps_what_people_write() -> None:
    """Letters, signs and emoji of any script pass as they are."""
    assert escape("naïve — 日本語 🔥 שלום") == "naïve — 日本語 🔥 שלום"


def test_markup_is_data() -> None:
    """What looks like rich's markup is shown, on a terminal too."""
    stream = Terminal()
    Sink(stream).show([Line("[red]x[/red] [link=http://a]b[/link]", Tone.HEAD), Panel("[bold]t", (Line("[/]"),))])

    assert "[red]x[/red] [link=http://a]b[/link]" in stream.getvalue()
    assert "[bold]t" in stream.getvalue()
    assert "[/]" in stream.getvalue()


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets colour, a pipe and NO_COLOR get none."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured, forbidden, quiet = Terminal(), Terminal(), Terminal()
    Sink(coloured).show([Line("x", Tone.ERROR)])
    Sink(forbidden, colour=False).show([Line("x", Tone.ERROR)])
    monkeypatch.setenv("NO_COLOR", "1")
    Sink(quiet).show([Line("x", Tone.ERROR)])

    assert "\x1b[" in coloured.getvalue()
    assert forbidden.getvalue() == "x\n"
    assert quiet.getvalue() == "x\n"


def test_colour_codes_never_come_from_data() -> None:
    """On a terminal, an escape sequence in data is still text."""
    stream = Terminal()
    Sink(stream).show([Line("a\x1b[2Jb", Tone.CREATE), Panel("\x1b]0;t\x07", (Line("\x1b[2J"),))])

    assert "\x1b[2J" not in stream.getvalue()
    assert "\x1b]0" not in stream.getvalue()
    assert "\\x1b[2J" in stream.getvalue()


def test_a_narrow_terminal_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty columns are enough for a frame, and nothing of the text is lost."""
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    Sink(stream).show([Panel("connector.openai-prod", (Line("model: gpt-4o-with-a-long-name"),))])

    assert max(map(len, stream.getvalue().splitlines())) <= 100
    assert "gpt-4o" in stream.getvalue()


def test_an_ascii_stream_gets_ascii() -> None:
    """Under LANG=C, what cannot be written is spelled out."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    sink = Sink(stream)
    sink.show([Line("café → 🔥")])

    assert raw.getvalue() == b"caf\\xe9 \\u2192 \\U0001f525\n"
    assert sink.symbols.arrow == "->"


@pytest.mark.parametrize("stream", [None, Failing(errno.EPIPE)])
def test_nobody_there_is_quiet(stream: io.StringIO | None) -> None:
    """A stream that is closed, or whose reader went away, is written to in silence."""
    sink = Sink(stream)
    sink.show([Line("x")])
    sink.write("y")
    sink.flush()

    assert not sink.terminal


def test_a_closed_stream_is_quiet() -> None:
    """A stream closed under us is as good as none."""
    stream = io.StringIO()
    stream.close()

    Sink(stream).show([Line("x")])


def test_a_full_disk_is_told() -> None:
    """Output that cannot be kept is an error, or a truncated plan would be believed."""
    with pytest.raises(FlametreeError) as caught:
        Sink(Failing(errno.ENOSPC)).show([Line("x")])

    assert caught.value.diagnostics[0].code == "output-failed"


def test_secrets_learnt_on_the_way_are_hidden() -> None:
    """A value that becomes known between two writes is hidden from then on."""
    known: set[str] = set()
    stream = io.StringIO()
    sink = Sink(stream, secrets=lambda: known)
    sink.show([Line("before")])
    known.add("hunter2-hunter2")
    sink.show([Line("key hunter2-hunter2 refused")])

    assert stream.getvalue() == "before\nkey *** refused\n"


def test_secrets_are_hidden_in_frames() -> None:
    """A frame on a terminal hides them before it wraps."""
    stream = Terminal()
    Sink(stream, secrets=lambda: ("hunter2-hunter2",)).show([Panel("t", (Line("hunter2-hunter2"),))])

    assert "hunter2" not in stream.getvalue()
