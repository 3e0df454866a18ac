"""A webhook is told of each drift once, until it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flametree_cfg.drift import Drift, DriftKind, Fate, Judged
from flametree_cfg.engine.notifying import _marked, slack_message
from flametree_cfg.engine.options import DriftResult
from flametree_cfg.errors import ExitCode, WrongUsage
from flametree_cfg.forge.failure import ForgeFailed
from flametree_cfg.forge.retrying import Patience
from flametree_cfg.forge.webhook import post, read_webhook
from flametree_cfg.model import connector
from flametree_cfg.state.notices import open_notices
from tests.drift.hooks import TOKEN, Receiver, receiver
from tests.postgres import Server
from tests.scenario.running import SECRETS, Ended, Zoo
from tests.scenario.texts import BEFORE

EDITED = ("registry", "set", "zoo", "connector.going", "description=edited")
BACK = ("registry", "set", "zoo", "connector.going", "description=")


@pytest.fixture(params=["sqlite", "postgresql"])
def zoo(zoo: Zoo, request: pytest.FixtureRequest) -> Zoo:
    """Give a zoo in which a description was edited, its ledger in a file or on a server."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        key = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="
        zoo.environment |= {"FLAMETREE_STATE": server.url, "FLAMETREE_KEY": key}
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.ok(*EDITED)
    return zoo


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """Run a receiver."""
    with receiver() as found:
        yield found


def check(zoo: Zoo, hook: Receiver, *more: str, code: int = 3) -> Ended:
    """Check drift and notify."""
    done = zoo.run("drift", "check", "tenants", "--notify", hook.url, *more)
    assert done.returncode == code, done.said
    assert TOKEN not in done.said
    return done


def test_once_for_each(zoo: Zoo, hook: Receiver) -> None:
    """The same drift is told once, however often it is checked; more drift is told by itself."""
    for _ in range(3):
        check(zoo, hook)
    zoo.ok("registry", "set", "zoo", "channel.bot", "description=edited too")
    check(zoo, hook)
    told = [[(one["address"], one["path"]) for one in body["drift"]] for body in hook.bodies]

    assert told == [[("connector.going", ["description"])], [("channel.bot", ["description"])]]
    assert hook.bodies[0]["text"] == "Drift: 1 new in 1 tenant"
    assert hook.bodies[0]["format_version"] == 1


def test_another_value_is_new(zoo: Zoo, hook: Receiver) -> None:
    """A field that is changed again drifted again."""
    check(zoo, hook)
    zoo.ok("registry", "set", "zoo", "connector.going", "description=edited again")
    check(zoo, hook)

    assert len(hook.posts) == 2


def test_what_comes_back_is_new(zoo: Zoo, hook: Receiver) -> None:
    """Drift that ended is forgotten."""
    check(zoo, hook)
    zoo.ok(*BACK)
    check(zoo, hook, code=0)
    zoo.ok(*EDITED)
    check(zoo, hook)

    assert [body["new"] for body in hook.bodies] == [1, 1]


def test_a_tenant_that_was_not_judged(zoo: Zoo, hook: Receiver) -> None:
    """While a tenant cannot be read, what was told of it stays told."""
    check(zoo, hook)
    registry = zoo.home / "registry.db"
    kept = registry.rename(zoo.home / "kept")
    registry.write_bytes(b"garbage" * 1000)
    registry.chmod(0o600)
    check(zoo, hook, code=1)
    kept.rename(registry)
    check(zoo, hook)

    assert len(hook.posts) == 1


def test_two_checks_at_once(zoo: Zoo, hook: Receiver) -> None:
    """While one tells the receiver, another has nothing to tell."""
    hook.holding.set()
    first = zoo.start("drift", "check", "tenants", "--notify", hook.url)
    while not hook.posts:
        assert first.poll() is None
    check(zoo, hook)
    hook.holding.clear()
    first.communicate()
    check(zoo, hook)

    assert (first.returncode, len(hook.posts)) == (3, 1)


def test_a_check_that_died_while_it_told(tmp_path: Path) -> None:
    """What it had taken upon itself is somebody else's after a while, and told by one."""
    notices = open_notices(f"sqlite:{tmp_path / 'ledger.db'}", tmp_path)
    new = [("zoo", "a"), ("zoo", "b")]
    noon, later = "2026-01-01T12:00:00+00:00", "2026-01-01T12:05:00+00:00"
    claims = [notices.claim("hook", noon, new[:1], ""), notices.claim("hook", noon, new, "")]
    notices.release("hook", new[1:])
    claims.append(notices.claim("hook", later, new, noon))
    claims.append(notices.claim("hook", later, new, later))
    notices.close()

    assert claims == [{new[0]}, {new[1]}, {new[1]}, {new[0]}]


def test_each_receiver(zoo: Zoo, hook: Receiver) -> None:
    """Each receiver is told what it was not told yet."""
    check(zoo, hook)
    with receiver() as other:
        check(zoo, hook, "--notify", other.url)

        assert (len(hook.posts), len(other.posts)) == (1, 1)
    assert zoo.run("drift", "check", "tenants", FLAMETREE_NOTIFY=f"{hook.url}/2 {hook.url}/3").returncode == 3
    assert [path.rpartition("/")[2] for path, _ in hook.posts] == [TOKEN, "2", "3"]


def test_a_post_that_failed(zoo: Zoo, hook: Receiver) -> None:
    """It is a warning, the exit code stays, and the next run tries again."""
    hook.answers = [404]
    done = check(zoo, hook)
    again = check(zoo, hook)
    check(zoo, hook)

    assert done.codes == {"notify-failed"}
    assert "warning[notify-failed]" in done.stderr
    assert "127.0.0.1: it answered 404" in done.stderr
    assert again.codes == set()
    assert len(hook.posts) == 2


def test_a_receiver_that_is_busy(zoo: Zoo, hook: Receiver) -> None:
    """A fault that may pass is tried again in the same run."""
    hook.answers = [503]
    done = check(zoo, hook)

    assert done.codes == set()
    assert len(hook.posts) == 2


def test_an_answer_that_never_ends(hook: Receiver) -> None:
    """One that comes byte by byte is given up when its time is over, not when the bytes stop."""
    hook.dripping.set()
    with pytest.raises(ForgeFailed) as failed:
        post(read_webhook(hook.url), {}, Patience(timeout_s=0.5, attempts=1))

    assert failed.value.diagnostics[0].detail == "127.0.0.1: no answer in time"


def test_nobody_is_followed_elsewhere(zoo: Zoo, hook: Receiver) -> None:
    """A redirect is no success, and is not followed."""
    hook.answers = [302]
    done = check(zoo, hook)

    assert done.codes == {"notify-failed"}
    assert [path for path, _ in hook.posts] == [f"/services/{TOKEN}"]


def test_nobody_listens(zoo: Zoo) -> None:
    """A receiver that is not there is a warning."""
    with receiver() as gone:
        pass
    done = check(zoo, gone)

    assert done.codes == {"notify-failed"}
    assert json.loads(zoo.run("drift", "check", "tenants", "--format", "json").stdout)["summary"]["drift"] == 1


def test_slack(zoo: Zoo, hook: Receiver) -> None:
    """Slack gets a text and blocks."""
    check(zoo, hook, "--notify-format", "slack")
    (body,) = hook.bodies

    assert body.keys() == {"text", "blocks"}
    assert body["text"] == "Drift: 1 new in 1 tenant"
    assert "`connector.going.description` changed outside" in body["blocks"][1]["text"]["text"]


def test_no_text_is_markup() -> None:
    """What comes from a platform is neither a mention nor a link nor code in Slack."""
    path = ("environment", "<!here>&`*\u202e<https://evil.example|x>")
    drift = Drift(connector("a"), DriftKind.CHANGED, "llm", "A", judged=(Judged(path, Fate.LEFT),))
    result = DriftResult("tenants/zoo", "<!channel>", (drift,), "drifted", (), ExitCode.DRIFT)
    said = slack_message(list(_marked(result)))["blocks"][1]["text"]["text"]

    assert "&lt;!here&gt;&amp;'" in said
    assert "<" not in said
    assert said.count("`") == 2
    assert "\u202e" not in said


def test_nothing_secret_is_posted(zoo: Zoo, hook: Receiver) -> None:
    """Neither a secret nor any other value is in a post, nor in what is remembered."""
    zoo.ok("registry", "set", "zoo", "connector.going", "settings.api_key=${env:BOT_TOKEN}")
    check(zoo, hook)
    check(zoo, hook, "--notify-format", "slack")
    posted = json.dumps(hook.bodies)

    assert not [value for value in (*SECRETS.values(), "edited") if value in posted]
    for name, data in zoo.files().items():
        assert TOKEN.encode() not in data, name


def test_read_only(zoo: Zoo, hook: Receiver) -> None:
    """What was told is remembered without a write to ledger or platform."""
    check(zoo, hook, "--read-only")
    check(zoo, hook, "--read-only")

    assert len(hook.posts) == 1


def test_ignored_drift_is_not_told(zoo: Zoo, hook: Receiver) -> None:
    """Nobody is told of what is ignored."""
    words = ("connector.going.description", "--until", "2999-12-31", "--reason", "Theirs")
    zoo.ok("drift", "ignore", "tenants/zoo", *words)
    check(zoo, hook, code=0)

    assert hook.posts == []


def test_a_long_list_is_cut(zoo: Zoo, hook: Receiver) -> None:
    """A message for people has a bounded number of lines."""
    for number in range(30):
        key = "settings.api_key=${env:OTHER_KEY}"
        zoo.ok("registry", "create", "zoo", "connector", "api_key", f"Theirs {number}", key)
    check(zoo, hook, "--notify-format", "slack")
    said = hook.bodies[0]["blocks"][1]["text"]["text"]

    assert len(said.splitlines()) == 21
    assert "and 11 more" in said


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "http://hooks.example/x",
        "ftp://h/x",
        "https://",
        "https://h:x/y",
        "https://a b/c",
        "https://\u00e9/x",
    ],
)
def test_no_address(url: str) -> None:
    """An address that is none, or not safe, is refused without being repeated."""
    with pytest.raises(WrongUsage) as refused:
        read_webhook(url)

    assert not url or url not in str(refused.value)


def test_a_wrong_address_stops_before_anything(zoo: Zoo) -> None:
    """It is a mistake on the command line."""
    done = zoo.run("drift", "check", "tenants", "--notify", f"http://hooks.example/{TOKEN}")

    assert (done.returncode, done.codes) == (64, {"notify-url"})
    assert TOKEN not in done.said


@pytest.mark.parametrize(
    ("url", "wanted", "found"),
    [
        ("https://hooks.slack.com/services/T/B/X", None, "slack"),
        ("https://hooks.slack.com/services/T/B/X", "json", "json"),
        ("https://hooks.example/x?key=1", None, "json"),
        ("https://hooks.example/x", "slack", "slack"),
    ],
)
def test_the_format_goes_by_the_host(url: str, wanted: str | None, found: str) -> None:
    """Slack's own address needs no word; nothing shows the address."""
    hook = read_webhook(url, wanted)

    assert hook.format == found
    assert url not in repr(hook)
