"""Tell a webhook of drift: once for each that is new, not once a run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.engine.options import DriftResult, Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Diagnostic, FlametreeError, Severity
from flametree_cfg.errors import Path as ValuePath
from flametree_cfg.model import Value, canonical

if TYPE_CHECKING:
    from flametree_cfg.forge.webhook import Webhook
    from flametree_cfg.state.notices import Notices

FORMAT_VERSION = 1
SHOWN = 20  # lines of one message: forty tenants that drift alike must not fill a channel
LISTED = 500  # drifts in the JSON of one post
CLAIMED_MINUTES = 2  # longer than a post with all its attempts takes; who did not tell by then has died
REMEMBERED_DAYS = 366  # what has drifted for a year is told again


class _New(Struct, frozen=True):
    """One field or object that drifted, not told yet; `mark` recognises it, value included."""

    tenant: str
    drift: Drift
    path: ValuePath
    fate: str
    mark: str


def notify(
    results: Sequence[DriftResult], hooks: Sequence[Webhook], paths: Sequence[str | Path], options: Options
) -> list[Diagnostic]:
    """
    Post what each receiver was not told yet, and remember that it was.

    What ended is forgotten, so that it is told again if it comes back; of a tenant that was not judged nothing is.
    Memory is beside the ledger, whatever `options.read_only` says: neither ledger nor platform is written to.

    Returns:
        A warning for each receiver that could not be told; the next run tries again.
    """
    from flametree_cfg.state.notices import open_notices

    with Session(options, paths) as session:
        notices = open_notices(options.state or f"sqlite:{session.home / 'ledger.db'}", session.home)
    try:
        return [
            replace(problem, severity=Severity.WARNING)
            for hook in hooks
            for problem in _tell(results, hook, notices, options.outside.now())
        ]
    finally:
        notices.close()


def _tell(results: Sequence[DriftResult], hook: Webhook, notices: Notices, now: str) -> Sequence[Diagnostic]:
    receiver = hashlib.sha256(hook.url.encode()).hexdigest()[:32]  # the address itself is a secret
    new: list[_New] = []
    ended: list[tuple[str, str]] = []
    try:
        for result in results:
            if result.status in ("clean", "drifted") and result.tenant_name:
                told = notices.told(receiver, result.tenant_name)
                present = {one.mark: one for one in _marked(result)}
                new += [one for mark, one in present.items() if mark not in told]
                ended += [(result.tenant_name, mark) for mark in told if mark not in present]
        if new:
            given_up = _before(now, timedelta(minutes=CLAIMED_MINUTES))
            mine = notices.claim(receiver, now, [(one.tenant, one.mark) for one in new], given_up)
            new = [one for one in new if (one.tenant, one.mark) in mine]
        if new:
            _post(hook, new, lambda: notices.release(receiver, mine))
        if new or ended:
            year_ago = _before(now, timedelta(days=REMEMBERED_DAYS))
            notices.remember(receiver, now, [(one.tenant, one.mark) for one in new], ended, year_ago)
    except FlametreeError as problem:
        return problem.diagnostics
    return ()


def _post(hook: Webhook, new: Sequence[_New], release: Callable[[], None]) -> None:
    from flametree_cfg.forge.webhook import post

    try:
        post(hook, slack_message(new) if hook.format == "slack" else json_message(new))
    except BaseException:
        release()
        raise


def _before(now: str, long: timedelta) -> str:
    return (datetime.fromisoformat(now) - long).isoformat(timespec="seconds")


def _marked(result: DriftResult) -> Iterator[_New]:
    for drift in result.drift:
        after: Mapping[ValuePath, Value] = {field.path: field.after for field in drift.fields}
        for judged in drift.judged:
            facts = [str(drift.address), drift.kind.value, list(judged.path), after.get(judged.path)]
            mark = hashlib.sha256(canonical(facts)).hexdigest()[:32]
            yield _New(result.tenant_name, drift, judged.path, judged.fate.value, mark)


def json_message(new: Sequence[_New]) -> dict[str, Any]:
    """Write what is new as plain JSON: addresses and fields, never a value."""
    listed = [
        {
            "tenant": one.tenant,
            "address": str(one.drift.address),
            "kind": one.drift.kind.value,
            "type": one.drift.type,
            "name": one.drift.name,
            "path": list(one.path),
            "fate": one.fate,
        }
        for one in new[:LISTED]
    ]
    tenants = len({one.tenant for one in new})
    return {
        "format_version": FORMAT_VERSION,
        "event": "drift",
        "text": _head(new),
        "new": len(new),
        "tenants": tenants,
        "drift": listed,
    }


def slack_message(new: Sequence[_New]) -> dict[str, Any]:
    """Write what is new as Slack takes it: a text for notifications, blocks to read."""
    lines = [f"• {_slack(one.tenant)}: `{_slack(_subject(one))}` {_WORDS[one.drift.kind]}" for one in new[:SHOWN]]
    if len(new) > SHOWN:
        lines.append(f"and {len(new) - SHOWN} more: `flametree-cfg drift check` lists them")
    head = {"type": "header", "text": {"type": "plain_text", "text": _head(new)[:150]}}
    body = {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines)[:3000]}}
    return {"text": _head(new), "blocks": [head, body]}


_WORDS = {
    DriftKind.CHANGED: "changed outside",
    DriftKind.DELETED: "deleted outside",
    DriftKind.ADDED: "added outside",
}


def _head(new: Sequence[_New]) -> str:
    tenants = len({one.tenant for one in new})
    return f"Drift: {len(new)} new in {tenants} {'tenant' if tenants == 1 else 'tenants'}"


def _subject(one: _New) -> str:
    return ".".join((str(one.drift.address), *map(str, one.path)))


def _slack(text: str) -> str:
    """Keep data from being markup, a mention or a link (docs.slack.dev, Formatting message text)."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "'")
    return "".join(c if c.isprintable() else " " for c in escaped)[:120]
