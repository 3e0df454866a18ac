"""One run of one command: what the person chose around the verb, and where its words go."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

from flametree_cfg.errors import Diagnostic, ExitCode

if TYPE_CHECKING:
    from flametree_cfg.cli.reports import Wanted
    from flametree_cfg.engine import Options, PlanResult
    from flametree_cfg.model import Event
    from flametree_cfg.report import Document, Sink

LOCK_WAIT_S = 30.0  # seconds: longer than one slow apply of a small tenant, shorter than a CI step's patience
ENVIRONMENT = ("var_files", "variables", "tenant_id")
"""Options that make one folder serve several environments; see `cli/environment.py`."""

P = ParamSpec("P")


class Invocation:
    """
    What every command is handed.

    Attributes:
        command: as typed, without the program's name: `drift check`.
        format: of the result; the name of a file in `report`.
        debug: whether a crash shows its traceback.
        reports: what is to be written to files beside the result.
        known: secret values that the engine has seen; no output shows them.
    """

    def __init__(self) -> None:
        self.command = ""
        self.format = "text"
        self.debug = False
        self.reports: tuple[Wanted, ...] = ()
        self.known: set[str] = set()
        self._colour: bool | None = None
        self._chosen: dict[str, Any] = {}
        self._told: set[Diagnostic] = set()

    def take(self, command: str, chosen: dict[str, Any]) -> None:
        """Keep what was chosen around the verb."""
        self.command = command
        self.format = chosen.pop("format")
        self.debug = chosen.pop("debug")
        self.reports = chosen.pop("reports", ())
        self._colour = False if chosen.pop("no_color") else None
        self._chosen = chosen

    @functools.cached_property
    def out(self) -> Sink:
        """Where the result goes."""
        from flametree_cfg.report import Sink

        return Sink(sys.stdout, secrets=lambda: self.known, colour=self._colour)

    @functools.cached_property
    def err(self) -> Sink:
        """Where everything else goes."""
        from flametree_cfg.report import Sink

        return Sink(sys.stderr, secrets=lambda: self.known, colour=self._colour)

    @property
    def for_people(self) -> bool:
        """Whether the result is read by a person."""
        return self.format == "text"

    def options(self, **more: Any) -> Options:  # the command's own options
        """Say to the engine what was chosen."""
        from pathlib import Path

        from flametree_cfg.engine import Options

        schemas = self._chosen["schemas"]
        chosen = {**self._chosen, "schemas": None if schemas is None else Path(schemas)}
        return Options(**chosen, **more, debug=self.debug, command=self.command, mask=self.known.update)

    def show(self, kind: Document, document: object) -> None:
        """Write the result, and the reports that were asked for."""
        from flametree_cfg.report import render

        self.write_reports(kind, document)
        self.out.show(render(kind, self.format, document, command=self.command, symbols=self.out.symbols))

    def write_reports(self, kind: Document, document: object) -> None:
        """Write the reports that were asked for; each once."""
        from flametree_cfg.cli.reports import write_report

        wanted, self.reports = self.reports, ()
        for one in wanted:
            write_report(one, kind, document, command=self.command, secrets=lambda: self.known)

    @property
    def beside(self) -> Sink:
        """Where people read what stands before the result: the result's stream, unless a machine reads that."""
        return self.out if self.for_people else self.err

    def show_plan(self, result: PlanResult) -> None:
        """Write one tenant's plan for people, before it is carried out."""
        from flametree_cfg.report import tenant_lines

        if result.plan is None:
            self.tell(result.diagnostics)
        self._told.update(result.diagnostics)
        self.beside.show(tenant_lines(result, self.beside.symbols))

    def tell(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Write diagnostics for people, beside the result; each once."""
        found = [d for d in dict.fromkeys(diagnostics) if d not in self._told]
        self._told.update(found)
        if found:
            from flametree_cfg.report import diagnostic_lines

            self.err.show(diagnostic_lines(found))

    def progress(self, event: Event) -> None:
        """Write what an apply does, while it does it."""
        from flametree_cfg.report import event_lines

        self.err.show(event_lines(event, self.err.symbols))

    def fail(self, diagnostics: Iterable[Diagnostic], code: ExitCode) -> ExitCode:
        """Say why the command cannot go on, in the format that was asked for too."""
        found = tuple(diagnostics)
        self.tell(found)
        if self.reports or not self.for_people:
            from flametree_cfg.report import Document, Failure

            failure = Failure(found, code)
            self.write_reports(Document.FAILURE, failure)
            if not self.for_people:
                self.show(Document.FAILURE, failure)
        return code


class _Format(click.ParamType[str]):
    name = "format"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from flametree_cfg.report import formats

        known = formats()
        if value not in known:
            self.fail(f"{value!r} is not one of {', '.join(known)}.", param, ctx)
        return value


class Seconds(click.FloatRange):
    """How long; never `nan`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Check the number."""
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):  # nan is in every range, and waits for ever
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return seconds


def _common(
    name: str, *declarations: str, **settings: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # click's
    return click.option(*declarations, name, envvar=f"FLAMETREE_{name.upper()}", show_envvar=True, **settings)


_COMMON = (
    _common("platform", "--platform", metavar="URL", help="The registry.  [default: SQLite in .flametree/]"),
    _common("state", "--state", metavar="URL", help="The ledger.  [default: SQLite in .flametree/]"),
    _common(
        "schemas",
        "--schemas",
        metavar="FOLDER",
        help="More types, beside those that come with the program.",
    ),
    _common("errors", "-E", "--error", metavar="CODE", multiple=True, help="Make this code an error."),
    _common("warnings", "-W", "--warning", metavar="CODE", multiple=True, help="Make this code a warning."),
    _common(
        "lock_timeout",
        "--lock-timeout",
        metavar="SECONDS",
        type=Seconds(0),
        default=LOCK_WAIT_S,
        show_default=True,
        help="How long to wait for somebody else's apply.",
    ),
    _common(
        "format",
        "--format",
        type=_Format(),
        metavar="FORMAT",
        default="text",
        show_default=True,
        help="text, json, markdown, html, sarif, junit, github, gitlab, dot, mermaid or svg.",
    ),
    _common("no_cache", "--no-cache", is_flag=True, help="Read and compare everything anew; keep nothing."),
    _common("no_color", "--no-color", is_flag=True, help="No colours; NO_COLOR does the same."),
    _common("debug", "--debug", is_flag=True, help="Show the traceback of a crash, secrets masked."),
)


def common(function: Callable[Concatenate[Invocation, P], ExitCode]) -> Callable[..., Any]:
    """Give a command the options that all have, and its `Invocation` as first argument."""

    @click.pass_context
    @functools.wraps(function)
    def call(ctx: click.Context, /, *args: Any, **values: Any) -> ExitCode:  # click's
        invocation = ctx.ensure_object(Invocation)
        chosen = {name: values.pop(name) for name in _COMMON_NAMES}
        chosen["lock_wait_s"] = chosen.pop("lock_timeout")
        chosen["cache"] = not chosen.pop("no_cache")
        chosen["reports"] = values.pop("reports", ())
        chosen |= {name: values.pop(name) for name in ENVIRONMENT if name in values}
        invocation.take(ctx.command_path.partition(" ")[2], chosen)
        return function(invocation, *args, **values)

    for option in reversed(_COMMON):
        call = option(call)
    return call


_COMMON_NAMES = (
    "platform", "state", "schemas", "errors", "warnings", "lock_timeout", "format", "no_cache", "no_color", "debug",
)  # fmt: skip
