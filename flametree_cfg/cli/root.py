"""Every command there is, by name. Imports click and nothing else."""

from __future__ import annotations

import click

from flametree_cfg import __version__
from flametree_cfg.cli.group import Entry, LazyGroup

HELP = """Configuration as code for AI-agent tenants: connectors, channels and agents in YAML.

PATH is a tenant folder, or a folder of tenants. Options stand after the command; each can be set by its
FLAMETREE_... variable.
"""

root = LazyGroup(
    "flametree-cfg",
    {
        "validate": Entry("flametree_cfg.cli.validate:validate", "Check tenants; touches nothing."),
        "fmt": Entry("flametree_cfg.cli.fmt:fmt", "Put YAML into its canonical order and layout."),
        "render": Entry("flametree_cfg.cli.render:render", "Write a tenant as one file would say it."),
        "explain": Entry("flametree_cfg.cli.explain:explain", "Say what can be written for a type."),
        "schema": Entry("flametree_cfg.cli.schema:schema", "The schema that editors use."),
        "plan": Entry("flametree_cfg.cli.plan:plan", "Show what apply would do (also: diff)."),
        "apply": Entry("flametree_cfg.cli.apply:apply", "Make the platform as the YAML says (also: sync)."),
        "destroy": Entry("flametree_cfg.cli.destroy:destroy", "Delete everything of a tenant that is ours."),
        "drift": Entry("flametree_cfg.cli.drift:drift", "Find changes made outside."),
        "pull": Entry("flametree_cfg.cli.pull:pull", "Write a tenant as the platform has it."),
        "import": Entry("flametree_cfg.cli.adopt:adopt", "Take an object that exists into our care."),
        "show": Entry("flametree_cfg.cli.show:show", "Show objects as the portal's cards do."),
        "status": Entry("flametree_cfg.cli.status:status", "Say how connectors, channels and agents are."),
        "check": Entry("flametree_cfg.cli.check:check", "Call providers: do connectors and channels answer?"),
        "history": Entry("flametree_cfg.cli.history:history", "What was applied, when and by whom."),
        "blame": Entry("flametree_cfg.cli.blame:blame", "Say which apply set a field."),
        "rollback": Entry("flametree_cfg.cli.rollback:rollback", "Make objects what they were after an apply."),
        "state": Entry("flametree_cfg.cli.state:state", "The ledger of what was applied."),
        "start": Entry("flametree_cfg.cli.start:start", "Start channels and agents."),
        "stop": Entry("flametree_cfg.cli.stop:stop", "Stop channels and agents."),
        "restart": Entry("flametree_cfg.cli.restart:restart", "Stop channels and agents and start them again."),
        "logs": Entry("flametree_cfg.cli.logs:logs", "What a channel or an agent did."),
        "registry": Entry("flametree_cfg.cli.registry:registry", "Do what a person would do in the portal."),
        "why": Entry("flametree_cfg.cli.why:why", "Say where a value comes from."),
        "graph": Entry("flametree_cfg.cli.graph:graph", "Show what is connected to what; draw it."),
        "init": Entry("flametree_cfg.cli.init:init", "Begin a repository of tenants, with its CI."),
        "ci": Entry("flametree_cfg.cli.ci:ci", "Tell a pull request or an issue what was found."),
        "doctor": Entry("flametree_cfg.cli.doctor:doctor", "Say what is wrong with where this runs."),
        "completion": Entry("flametree_cfg.cli.completion:completion", "Complete commands in a shell."),
        "version": Entry("flametree_cfg.cli.version:version", "Say the version."),
    },
    aliases={"diff": "plan", "sync": "apply"},
    help=HELP,
)
root.context_settings = {
    "help_option_names": ["-h", "--help"],
    "auto_envvar_prefix": "FLAMETREE",
    "max_content_width": 100,
    "show_default": True,
}
root.params.append(
    click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        help="Say the version and leave.",
        callback=lambda ctx, _param, value: _say_version(ctx) if value else None,
    )
)


def _say_version(ctx: click.Context) -> None:
    click.echo(f"flametree-cfg {__version__}")
    ctx.exit()
