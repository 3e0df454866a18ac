"""The list of commands is known without loading them."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from flametree_cfg.cli.root import root


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """List every command below a group."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(commands(root))


def test_every_command_of_the_design_is_there() -> None:
    """Nothing that the issue names is missing."""
    wanted = {
        *("validate", "explain", "schema export", "plan", "apply", "destroy", "drift check", "show", "version"),
        *("history list", "history show"),
        *(f"state {verb}" for verb in ("list", "show", "rm", "unlock", "export", "import")),
        *(f"registry {verb}" for verb in ("create", "set", "delete", "make-default", "attach", "detach", "link")),
        *(f"registry {verb}" for verb in ("unlink", "start", "stop", "list", "show", "system-add")),
    }

    assert {" ".join(path) for path in ALL} >= wanted


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_each_command_has_the_common_options(path: tuple[str, ...]) -> None:
    """Where state is, how the result looks, what a code weighs: the same on every command."""
    names = {option for parameter in ALL[path].params for option in parameter.opts}

    assert names >= {"--platform", "--state", "--schemas", "-E", "-W", "--format", "--debug", "--lock-timeout"}


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_each_flag_has_its_variable(path: tuple[str, ...]) -> None:
    """Every flag can be set by a variable that its help names."""
    context = click.Context(root, info_name="flametree-cfg", **root.context_settings)
    group: click.Group = root
    for name in path:
        command = group.get_command(context, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            group = command
    options = [p for p in ALL[path].params if isinstance(p, click.Option)]

    assert [o.name for o in options if not o.show_envvar] == []
    assert "FLAMETREE_STATE" in ALL[path].get_help(context)


def test_aliases_are_the_same_commands() -> None:
    """`diff` is `plan`, `sync` is `apply`."""
    context = click.Context(root)

    assert root.get_command(context, "diff") is root.get_command(context, "plan")
    assert root.get_command(context, "sync") is root.get_command(context, "apply")
