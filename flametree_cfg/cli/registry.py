"""`registry`: what a person would do in the portal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from flametree_cfg.cli.assignments import assignments, referring, secret_option, values_of
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.probing import verify_options
from flametree_cfg.errors import ExitCode

if TYPE_CHECKING:
    from flametree_cfg.model import LiveObject

KINDS = click.Choice(["connector", "channel", "agent"])


@click.group("registry", no_args_is_help=True)
def registry() -> None:
    """
    Do what a person would do in the portal: at once, without YAML, under the platform's rules.

    TENANT is a tenant's folder or its name. OBJECT is an address that the ledger knows, id:UUID or KIND:NAME. A value
    may be a reference such as ${env:NAME}, so that no secret stands on the command line.
    """


def on_tenant(name: str) -> Callable[[Callable[..., ExitCode]], Callable[..., Any]]:
    """Add a command whose first argument is a tenant."""

    def add(function: Callable[..., ExitCode]) -> Callable[..., Any]:
        argument = click.argument("tenant", metavar="TENANT")
        return registry.command(name)(common(argument(function)))

    return add


def on_object(name: str) -> Callable[[Callable[..., ExitCode]], Callable[..., Any]]:
    """Add a command on one object of a tenant."""

    def add(function: Callable[..., ExitCode]) -> Callable[..., Any]:
        argument = click.argument("target", metavar="OBJECT")
        return on_tenant(name)(argument(function))

    return add


@on_tenant("list")
@click.option("--kind", type=click.Choice(["connector", "channel", "agent", "attachment"]), show_envvar=True)
def list_objects(invocation: Invocation, tenant: str, kind: str | None) -> ExitCode:
    """List every object of a tenant, ours and others', and the system connectors it sees."""
    from flametree_cfg import engine
    from flametree_cfg.model import Kind
    from flametree_cfg.report import Document, Objects

    with engine.open_portal(tenant, invocation.options()) as desk:
        found = desk.portal.objects(Kind(kind) if kind else None)
        invocation.show(Document.OBJECTS, Objects(desk.portal.tenant, found))
    return ExitCode.OK


@on_object("show")
def show_object(invocation: Invocation, tenant: str, target: str) -> ExitCode:
    """Show one object as the platform reports it, secrets masked."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Object

    with engine.open_portal(tenant, invocation.options()) as desk:
        name = desk.named(target)
        found = desk.portal.find(name)
        invocation.show(Document.OBJECT, Object(desk.portal.tenant, found, desk.portal.used_by(f"id:{found.id}")))
    return ExitCode.OK


@on_tenant("create")
@click.argument("kind", metavar="KIND", type=KINDS)
@click.argument("type_name", metavar="TYPE")
@click.argument("name", metavar="NAME")
@assignments()
@secret_option
def create(
    invocation: Invocation,
    tenant: str,
    kind: str,
    type_name: str,
    name: str,
    typed: tuple[tuple[str, str], ...],
    secret: tuple[str, ...],
) -> ExitCode:
    """Make an object that no YAML declares."""
    from flametree_cfg import engine
    from flametree_cfg.model import Kind

    values = values_of(invocation, typed, tenant)
    with engine.open_portal(tenant, invocation.options(), write=True) as desk:
        made = desk.portal.create(Kind(kind), type_name, name, values, secret=(*secret, *referring(typed)))
    return _did(invocation, "Created", made)


@on_object("set")
@assignments(required=True)
@secret_option
def set_fields(
    invocation: Invocation, tenant: str, target: str, typed: tuple[tuple[str, str], ...], secret: tuple[str, ...]
) -> ExitCode:
    """Change fields; an empty value unsets. What is not named stays, secrets too."""
    from flametree_cfg import engine

    values = values_of(invocation, typed, tenant)
    with engine.open_portal(tenant, invocation.options(), write=True) as desk:
        changed = desk.portal.set(desk.named(target), values, secret=(*secret, *referring(typed)))
    return _did(invocation, "Changed", changed)


@on_object("delete")
def delete(invocation: Invocation, tenant: str, target: str) -> ExitCode:
    """Delete an object; agents that used it lose it."""
    return _act(invocation, tenant, target, "delete", "Deleted")


@on_object("make-default")
def make_default(invocation: Invocation, tenant: str, target: str) -> ExitCode:
    """Make a connector the default of its type; the one before is released."""
    return _act(invocation, tenant, target, "make_default", "Made the default:")


@on_object("clear-default")
def clear_default(invocation: Invocation, tenant: str, target: str) -> ExitCode:
    """Leave a connector's type without a default."""
    return _act(invocation, tenant, target, "clear_default", "No longer the default:")


@on_object("start")
@verify_options
def start(invocation: Invocation, tenant: str, target: str, **verifying: Any) -> ExitCode:
    """Start a channel or an agent."""
    return _act(invocation, tenant, target, "start", "Started", **verifying)


@on_object("stop")
def stop(invocation: Invocation, tenant: str, target: str) -> ExitCode:
    """Stop a channel or an agent."""
    return _act(invocation, tenant, target, "stop", "Stopped")


@on_tenant("attach")
@click.argument("agent", metavar="AGENT")
@click.argument("channel", metavar="CHANNEL")
@click.option("--inbound", is_flag=True, show_envvar=True, help="Let this agent answer there.")
def attach(invocation: Invocation, tenant: str, agent: str, channel: str, *, inbound: bool) -> ExitCode:
    """Attach a channel to an agent, or turn Inbound on or off where it is attached."""
    from flametree_cfg import engine

    with engine.open_portal(tenant, invocation.options(), write=True) as desk:
        desk.portal.attach(desk.named(agent), desk.named(channel), inbound=inbound)
    facts = {"agent": agent, "channel": channel, "inbound": inbound}
    return _done(invocation, f"Attached {channel} to {agent}{' (inbound)' if inbound else ''}", facts)


@on_tenant("detach")
@click.argument("agent", metavar="AGENT")
@click.argument("channel", metavar="CHANNEL")
def detach(invocation: Invocation, tenant: str, agent: str, channel: str) -> ExitCode:
    """Take a channel away from an agent."""
    from flametree_cfg import engine

    with engine.open_portal(tenant, invocation.options(), write=True) as desk:
        desk.portal.detach(desk.named(agent), desk.named(channel))
    return _done(invocation, f"Detached {channel} from {agent}", {"agent": agent, "channel": channel})


@on_tenant("link")
@click.argument("agent", metavar="AGENT")
@click.argument("connector", metavar="CONNECTOR")
@click.option("--role", default="", show_envvar=True, help="Where the connector's type fills more than one.")
def link(invocation: Invocation, tenant: str, agent: str, connector: str, role: str) -> ExitCode:
    """Link a connector to an agent."""
    from flametree_cfg import engine

    with engine.open_portal(tenant, invocation.options(), write=True) as desk:
        chosen = desk.portal.link(desk.named(agent), desk.named(connector), role)
    facts = {"agent": agent, "connector": connector, "role": chosen}
    return _done(invocation, f"Linked {connector} to {agent} as {chosen}", facts)


@on_tenant("unlink")
@click.argument("agent", metavar="AGENT")
@click.argument("connector", metavar="CONNECTOR")
def unlink(invocation: Invocation, tenant: str, agent: str, connector: str) -> ExitCode:
    """Unlink a connector from an agent, in every role."""
    from flametree_cfg import engine

    with engine.open_portal(tenant, invocation.options(), write=True) as desk:
        roles = desk.portal.unlink(desk.named(agent), desk.named(connector))
    facts = {"agent": agent, "connector": connector, "roles": list(roles)}
    return _done(invocation, f"Unlinked {connector} from {agent} ({', '.join(roles)})", facts)


@registry.command("system-add")
@common
@click.argument("type_name", metavar="TYPE")
@click.argument("name", metavar="NAME")
@assignments()
def system_add(invocation: Invocation, type_name: str, name: str, typed: tuple[tuple[str, str], ...]) -> ExitCode:
    """Add a system integration to the public tenant, as the platform's operator does; every tenant sees it."""
    from flametree_cfg import engine

    values = values_of(invocation, typed)
    made = engine.add_system_integration(type_name, name, values, invocation.options(), referring(typed))
    return _did(invocation, "Added", made)


def _act(invocation: Invocation, tenant: str, target: str, verb: str, words: str, **verifying: Any) -> ExitCode:
    from flametree_cfg import engine
    from flametree_cfg.model import TRANSITIONS, Status

    with engine.open_portal(tenant, invocation.options(**verifying), write=True) as desk:
        found: LiveObject = getattr(desk.portal, verb)(desk.named(target))
    if verb == "delete":  # how it was before says nothing of how it is
        found = replace(found, status=Status.NONE, message="")
    fell = verb == "start" and found.status is Status.ERROR
    moving = found.status in TRANSITIONS
    code = _did(
        invocation, "Could not start" if fell else f"Still {found.status.value.lower()}" if moving else words, found
    )
    return ExitCode.PARTIAL if fell or moving else code


def _did(invocation: Invocation, words: str, found: LiveObject) -> ExitCode:
    name = str(found.fields.get("name", ""))
    type_name = str(found.fields.get("type", ""))
    facts = {
        "kind": found.kind.value,
        "id": found.id,
        "type": type_name,
        "name": name,
        "status": found.status.value,
        "message": found.message,
    }
    state = f": {found.status.value}" if found.status.value else ""
    message = f" ({found.message})" if found.message else ""
    return _done(invocation, f'{words} {found.kind.value} {type_name} "{name}" ({found.id}){state}{message}', facts)


def _done(invocation: Invocation, sentence: str, facts: dict[str, Any]) -> ExitCode:
    from flametree_cfg.report import Document, Done

    invocation.show(Document.DONE, Done(sentence, facts))
    return ExitCode.OK
