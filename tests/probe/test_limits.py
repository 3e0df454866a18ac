"""Many checks at once stay few for one host, and few in all."""

from __future__ import annotations

import asyncio

from flametree_cfg.model import Health
from flametree_cfg.probe import Limits, Result, check_all, make_policy, probe_all
from flametree_cfg.probe.pace import Pace
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


def test_results_are_told_as_they_come(provider: Provider) -> None:
    """Who waits hears of each check once, the quick one before the slow one."""
    told: list[Result] = []
    slow, quick = llm(provider.url("/drip")), llm(provider.url("/v1"))
    results = check_all([slow, quick], HERE, Limits(deadline_s=2), told=told.append)

    assert told == [results[1], results[0]]


def test_one_host_is_not_asked_too_often() -> None:
    """After a burst calls are due in even steps, and time that passed gives new ones."""
    pace = Pace(Limits(host_burst=3, host_per_s=10))
    due = [pace._due_in(100.0) for _ in range(6)]
    later = [pace._due_in(110.0) for _ in range(5)]

    assert [round(wait, 3) > 0 for wait in due] == [False, False, False, True, True, True]
    assert [round(wait, 3) for wait in due[3:]] == [0.1, 0.2, 0.3]
    assert [round(wait, 3) > 0 for wait in later] == [False, False, False, True, True]


def test_a_pace_is_kept(provider: Provider) -> None:
    """Nobody is forgotten who has to wait for the pace."""
    results = check_all([llm(provider.url("/v1"))] * 6, HERE, Limits(host_burst=2, host_per_s=50))

    assert {result.health for result in results} == {Health.HEALTHY}
    assert len(provider.asked) == 6
