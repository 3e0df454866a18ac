"""`completion`: what a shell has to know to complete our commands."""

from __future__ import annotations

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode

VARIABLE = "_FLAMETREE_CFG_COMPLETE"


@click.command("completion")
@common
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(("bash", "zsh", "fish")))
def completion(invocation: Invocation, shell: str) -> ExitCode:
    """
    Write the script that makes a shell complete our commands.

    \b
    bash: flametree-cfg completion bash >~/.local/share/bash-completion/completions/flametree-cfg
    zsh:  flametree-cfg completion zsh >DIRECTORY_OF_FPATH/_flametree-cfg
    fish: flametree-cfg completion fish >~/.config/fish/completions/flametree-cfg.fish
    """  # noqa: D301  # click's mark for lines that stay as they are
    from click.shell_completion import get_completion_class

    from flametree_cfg.cli.root import root

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  # one of the three
    script = kind(root, {}, "flametree-cfg", VARIABLE)
    invocation.out.write((script.source_template % script.source_vars()).strip() + "\n")
    return ExitCode.OK
