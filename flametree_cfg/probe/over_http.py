"""The check that a type's `x-check` describes as one HTTP request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flametree_cfg.probe.answer import Answer, read_answer
from flametree_cfg.probe.attempt import Attempt, Means
from flametree_cfg.probe.call import Call, make_call
from flametree_cfg.probe.judging import judge
from flametree_cfg.probe.policy import Policy
from flametree_cfg.probe.result import Request, Verdict

_NOT_TAKEN = frozenset({400, 422})  # what is answered to a field that a model does not take


def prepare(request: Request, policy: Policy) -> list[Attempt]:
    """
    Fill the request in.

    Raises:
        NoCall: of `make_call`.
    """
    from flametree_cfg.probe.door import shown

    check = request.check or {}
    endpoint = policy.endpoint(request.type)
    call = make_call(request, endpoint)
    where = shown(call.url)

    async def make(means: Means) -> Verdict:
        answer = await _ask(means, call)
        refused = _refused(check, answer)
        if refused:
            answer = await _ask(means, make_call(request, endpoint, without=refused))
        return judge(check, answer, where)

    return [Attempt(where, make, call.hidden)]


async def _ask(means: Means, call: Call) -> Answer:
    response = await means.door.send(call, means.deadline_s)
    try:
        return await read_answer(response.status_code, response.headers, response.aiter_raw())
    finally:
        await response.aclose()


def _refused(check: Mapping[str, Any], answer: Answer) -> frozenset[str]:
    """List the optional fields that the provider names in refusing the call: it may take it without them."""
    if answer.status not in _NOT_TAKEN:
        return frozenset()
    said = answer.content.decode("utf-8", "replace")
    return frozenset(name for name in check.get("optional", ()) if name in said)
