"""Many checks at once stay few for one host, and few in all."""

from __future__ import annotations

import asyncio

from flametree_cfg.model import Health
from flametree_cfg.probe import Limits, check_all, make_policy, probe_all
from tests.probe.checks import HERE, Names, llm
from tests.probe.provider import Provider


def test_one_host_is_asked_a_few_at_a_time(provider: Provider) -> None:
    """The server counts: never more than the limit, and more than one."""
    provider.pause_s = 0.02
    requests = [llm(provider.url(f"/v{i}")) for i in range(40)]
    results = check_all(requests, HERE, Limits(host=4))

    assert {result.health for result in results} == {Health.HEALTHY}
    assert len(provider.asked) == 40
    assert provider.most == 4


def test_not_too_many_in_all(provider: Provider) -> None:
    """Many hosts share the slots of the run."""
    provider.pause_s = 0.02
    hosts = [f"h{i}.test" for i in range(20)]
    names = Names(**{host.replace(".", "_"): ["127.0.0.1"] for host in hosts})
    requests = [llm(f"http://{host}:{provider.port}/v1") for host in hosts for _ in range(3)]
    results = asyncio.run(probe_all(requests, HERE, Limits(total=6, host=2), resolve=names))

    assert {result.health for result in results} == {Health.HEALTHY}
    assert provider.most == 6


def test_a_slow_host_does_not_hold_the_others(provider: Provider) -> None:
    """Six calls that drip until the deadline leave a slot to who answers."""
    slow = [llm(f"http://slow.test:{provider.port}/drip") for _ in range(6)]
    names = Names(slow_test=["127.0.0.1"], quick_test=["127.0.0.1"])
    requests = [*slow, llm(f"http://quick.test:{provider.port}/v1")]
    *_, quick = asyncio.run(
        probe_all(requests, make_policy(["127.0.0.1"]), Limits(total=3, host=2, deadline_s=2), resolve=names)
    )

    assert quick.health is Health.HEALTHY
    assert [asked.path.split("/")[1] for asked in provider.asked].index("v1") < 4


def test_results_stand_in_the_order_asked(provider: Provider) -> None:
    """One result for each request, whoever was first."""
    requests = [llm(provider.url("/v1"), model_name=f"m-{i}") for i in range(8)]
    results = check_all(requests, HERE)

    assert [result.health is Health.HEALTHY for result in results] == [i == 1 for i in range(8)]
    assert f"`m-{7}`" in results[7].message


def test_nothing_to_check() -> None:
    """No requests, no results."""
    assert check_all([], HERE) == ()
