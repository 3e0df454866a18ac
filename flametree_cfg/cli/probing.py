"""Options of the commands that call providers: the operator's, never the tenant YAML's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from flametree_cfg.cli.invocation import Seconds

WAIT_S = 60.0  # seconds: some slow providers one after the other, shorter than a CI step's patience


def reach_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says where checks may go."""
    for option in (
        click.option(
            "--authorities",
            metavar="FILE",
            default="",
            envvar="FLAMETREE_AUTHORITIES",
            show_envvar=True,
            show_default=False,
            callback=_judged_authorities,
            help="A PEM file of certificate authorities that checks trust beside the public ones.",
        ),
        click.option(
            "--endpoint",
            metavar="TYPE=URL",
            multiple=True,
            envvar="FLAMETREE_ENDPOINT",
            show_envvar=True,
            callback=_judged_endpoints,
            help="A base URL that stands in for the provider's of a type, such as a local Bot API server.",
        ),
        click.option(
            "--allow-address",
            metavar="CIDR|HOST",
            multiple=True,
            envvar="FLAMETREE_ALLOW_ADDRESS",
            show_envvar=True,
            callback=_judged_addresses,
            help="Let checks call this network or host although it is not public; may stand several times.",
        ),
    ):
        function = option(function)
    return function


def verify_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add whether what is started or applied is checked, and where checks may go."""
    verify = click.option(
        "--verify/--no-verify",
        default=True,
        envvar="FLAMETREE_VERIFY",
        show_envvar=True,
        help="Check connectors and channels against their providers after they were written or started.",
    )
    wait = click.option(
        "--wait-timeout",
        "wait_s",
        metavar="SECONDS",
        type=Seconds(0),
        default=WAIT_S,
        envvar="FLAMETREE_WAIT_TIMEOUT",
        show_envvar=True,
        show_default=True,
        help="How long to wait each time for channels and agents to start or to stop.",
    )
    return wait(verify(reach_options(function)))


def _judged_addresses(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    if value:
        from flametree_cfg.probe import make_policy

        make_policy(allow=value)
    return value


def _judged_endpoints(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    if value:
        from flametree_cfg.probe import make_policy

        make_policy(endpoints=value)
    return value


def _judged_authorities(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Read the file before anything is done: an apply must not find out after it has written."""
    if value:
        from flametree_cfg.probe.authorities import judge_authorities

        judge_authorities(value)
    return value
