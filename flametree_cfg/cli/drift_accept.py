"""`drift accept`: what the platform has, into the YAML."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from flametree_cfg.cli.consent import ask
from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode

if TYPE_CHECKING:
    from flametree_cfg.engine import AcceptResult


@click.command("accept")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.argument("subjects", metavar="[ADDRESS[.FIELD]]...", nargs=-1)
@click.option("--patch", "as_patch", is_flag=True, show_envvar=True, help="Write nothing; print a patch.")
@click.option("--yes", "-y", is_flag=True, show_envvar=True, help="Do not ask before blocks are removed.")
def accept(invocation: Invocation, path: str, subjects: tuple[str, ...], *, as_patch: bool, yes: bool) -> ExitCode:
    """
    Write what the platform has into the lines of YAML it came from.

    Comments, order and quoting stay; no other byte changes. Secrets are written as references. Objects that were added
    outside are `pull`'s and `import`'s. Leaves with 3 when something could not be accepted.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    def confirm(removed: Sequence[str]) -> None:
        ask(invocation, f"Remove from the YAML: {', '.join(removed)}?", "yes")

    result = engine.accept_drift(
        path, subjects, invocation.options(), as_patch=as_patch, confirm=None if yes else confirm
    )
    invocation.tell(result.diagnostics)
    if as_patch and invocation.for_people:
        sys.stdout.write("".join(f"{line}\n" for line in result.patch))
        return result.exit_code
    invocation.show(Document.DONE, Done(_sentence(result), _facts(result)))
    return result.exit_code


def _sentence(result: AcceptResult) -> str:
    if not result.taken:
        return "Nothing to accept"
    if result.files:
        return f"Accepted {len(result.taken)} of {len(result.taken) + len(result.left)}: {', '.join(result.files)}"
    return f"Accepted {len(result.taken)}: the YAML says so already"


def _facts(result: AcceptResult) -> dict[str, object]:
    return {
        "tenant": result.tenant_name,
        "files": list(result.files),
        "accepted": [
            {
                "address": str(one.address),
                "kind": one.kind.value,
                "path": list(one.path),
                "file": one.file,
                "shared": one.shared,
                "secrets_to_fill": list(one.references),
            }
            for one in result.taken
        ],
        "left": [
            {"address": str(one.address), "path": list(one.path), "reason": one.reason, "hint": one.hint}
            for one in result.left
        ],
        "patch": list(result.patch),
        "serial": result.serial,
    }
