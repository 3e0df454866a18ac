"""`check`: call providers, now or again and again."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.probing import reach_options
from flametree_cfg.cli.reports import report_option
from flametree_cfg.cli.stopping import heard
from flametree_cfg.cli.targets import AddressText
from flametree_cfg.errors import ExitCode, worst

if TYPE_CHECKING:
    from flametree_cfg.engine import Options
    from flametree_cfg.model import Probed

EVERY_S = 60.0  # seconds between two rounds: providers count calls, and a person looks once a minute
LONGEST_S = 86_400.0  # seconds: beyond a day it is a scheduler's work, and far beyond no clock counts so far


class _Every(click.ParamType[float]):
    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds <= LONGEST_S:  # nor is nan
            self.fail(
                f"{value!r} is no number of seconds up to a day; write --watch=30, or --watch after PATH.", param, ctx
            )
        return seconds


_GC_THRESHOLD = 50_000  # allocations: this run goes on, and what `main` sets is for those that end


@click.command("check")
@common
@click.argument("path", metavar="PATH")
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1, type=AddressText())
@click.option(
    "--watch",
    metavar="[SECONDS]",
    type=_Every(),
    is_flag=False,
    flag_value=EVERY_S,
    show_envvar=True,
    help="Check again and again, about so often (60 if not said), until interrupted.",
)
@environment_options
@reach_options
@report_option
def check(
    invocation: Invocation, path: str, addresses: tuple[str, ...], *, watch: float | None, **reach: Any
) -> ExitCode:
    """
    Call the providers of a tenant's connectors, and keep what they answer as health.

    Without ADDRESS, all connectors of the tenant or tenants; with it, those connectors and channels. Leaves with 9 when
    one is unhealthy.
    """
    options = invocation.options(**reach)
    if watch is None:
        return _once(invocation, path, addresses, options)
    reports = invocation.reports
    gc.set_threshold(_GC_THRESHOLD)
    with heard() as look:
        while True:
            invocation.reports = reports  # each round writes them anew
            _once(invocation, path, addresses, options)
            invocation.out.flush()
            look()
            options.outside.pause(watch)


def _once(invocation: Invocation, path: str, addresses: Sequence[str], options: Options) -> ExitCode:
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    results = engine.check_health(path, addresses, options, tell_checks(invocation))
    invocation.tell(d for result in results if not result.checks for d in result.diagnostics)
    invocation.show(Document.CHECK, results)
    return worst(result.exit_code for result in results)


def tell_checks(invocation: Invocation) -> Callable[[str, Probed], None]:
    """Make what writes each result to stderr as soon as there is one."""

    def tell(tenant: str, found: Probed) -> None:
        from flametree_cfg.report import check_line

        invocation.err.show([check_line(tenant, found, invocation.err.symbols)])

    return tell
