"""Somebody who wants to break it, and somebody who is only clumsy: always a code and a next step, never a traceback."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tests.scenario.running import PROGRAM, Ended, Zoo, obey_modes
from tests.scenario.texts import AFTER, BEFORE

READING = (
    ("validate", "tenants/zoo"),
    ("plan", "tenants/zoo"),
    ("drift", "check", "tenants/zoo"),
    ("show", "tenants/zoo"),
    ("state", "list", "tenants/zoo"),
    ("state", "export", "tenants/zoo"),
    ("history", "list", "tenants/zoo"),
    ("registry", "list", "zoo"),
)
WRITING = (
    ("apply", "tenants/zoo", "--yes"),
    ("state", "rm", "tenants/zoo", "connector.going"),
    ("registry", "delete", "zoo", "connector.going"),
)


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a zoo that is applied, once."""
    zoo = Zoo(tmp_path_factory.mktemp("applied"))
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.declare(AFTER)
    return zoo.root


@pytest.fixture
def zoo(applied: Path, tmp_path: Path) -> Zoo:
    """Give a copy of a zoo that is applied and wants another apply."""
    shutil.copytree(applied, tmp_path, dirs_exist_ok=True)
    return Zoo(tmp_path)


def decent(ended: Ended) -> bool:
    """Tell whether a failure is told as it should be: a code, a next step, nothing a terminal obeys, no traceback."""
    told = "error[" in ended.said and "hint: " in ended.said
    return (
        (ended.returncode in (0, 2, 3) or told)
        and ended.returncode in (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 64, 130)
        and "internal-error" not in ended.codes
        and "Traceback" not in ended.said
        and "\x1b" not in ended.said
    )


GARBAGE = (
    "",
    "-",
    "--nonsense",
    ".",
    "\x1b[31mred\x1b]0;title\x07",
    "a\nb",
    "\udcff\u202e",
    "x" * 5000,
    "9" * 40,
    "connector.",
    "attachment.day/bot",
    "attachment.x/y",
    "id:",
    "connector.id:x",
    "tenants/zoo/zoo.yaml",
    "/proc/self/environ",
)
PLACES: tuple[tuple[str, ...], ...] = (
    ("@",),
    ("validate", "@"),
    ("plan", "@"),
    ("plan", "tenants/zoo", "--target", "@"),
    ("plan", "tenants/zoo", "--format", "@"),
    ("plan", "tenants/zoo", "--state", "@"),
    ("plan", "tenants/zoo", "--state", "sqlite:@"),
    ("plan", "tenants/zoo", "--platform", "@"),
    ("plan", "tenants/zoo", "--platform", "sqlite:@"),
    ("plan", "tenants/zoo", "--schemas", "@"),
    ("plan", "tenants/zoo", "--lock-timeout", "@"),
    ("plan", "tenants/zoo", "-E", "@"),
    ("apply", "tenants/zoo", "--yes", "--allow-delete", "@"),
    ("destroy", "@", "--yes", "--allow-delete", "all"),
    ("drift", "check", "@"),
    ("drift", "@"),
    ("show", "@"),
    ("show", "tenants/zoo", "@"),
    ("explain", "@"),
    ("explain", "connector/@"),
    ("history", "list", "@"),
    ("history", "show", "tenants/zoo", "@"),
    ("state", "list", "@"),
    ("state", "show", "tenants/zoo", "@"),
    ("state", "rm", "tenants/zoo", "@"),
    ("state", "import", "tenants/zoo", "@"),
    ("state", "unlock", "@"),
    ("registry", "list", "@"),
    ("registry", "show", "zoo", "@"),
    ("registry", "create", "zoo", "@", "llm", "X"),
    ("registry", "create", "zoo", "connector", "@", "X"),
    ("registry", "create", "zoo", "connector", "llm", "@"),
    ("registry", "create", "zoo", "agent", "inbound", "Y", "@=1"),
    ("registry", "create", "zoo", "agent", "inbound", "Z", "environment.A=1", "--secret", "@"),
    ("registry", "set", "zoo", "@", "description=x"),
    ("registry", "set", "zoo", "connector.day-model", "@"),
    ("registry", "set", "zoo", "connector.day-model", "@=1"),
    ("registry", "set", "zoo", "connector.day-model", "settings.@=1"),
    ("registry", "set", "zoo", "connector.day-model", "settings.temperature=@"),
    ("registry", "set", "zoo", "connector.day-model", "settings.json_params=@"),
    ("registry", "set", "zoo", "agent.day", "environment.@=1"),
    ("registry", "set", "zoo", "agent.day", "push.@=1"),
    ("registry", "set", "zoo", "agent.day", "web_widget=@"),
    ("registry", "set", "zoo", "agent.day", "max_opened_sessions=@"),
    ("registry", "delete", "zoo", "@"),
    ("registry", "make-default", "zoo", "@"),
    ("registry", "start", "zoo", "@"),
    ("registry", "stop", "zoo", "@"),
    ("registry", "attach", "zoo", "@", "channel.bot"),
    ("registry", "attach", "zoo", "agent.day", "@"),
    ("registry", "detach", "zoo", "agent.day", "@"),
    ("registry", "link", "zoo", "agent.day", "@"),
    ("registry", "link", "zoo", "agent.day", "connector.day-model", "--role", "@"),
    ("registry", "unlink", "zoo", "agent.day", "@"),
    ("registry", "system-add", "@", "X"),
    ("registry", "system-add", "llm", "@"),
)


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_garbage(zoo: Zoo, place: tuple[str, ...]) -> None:
    """Garbage in any argument of any command is refused, or does what it says."""
    for garbage in GARBAGE:
        ended = zoo.run(*(part.replace("@", garbage) for part in place))

        assert decent(ended), (garbage, ended)
    assert zoo.run("registry", "list", "zoo").returncode == 0


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "Infinity",
        "1e400",
        "-1e400",
        "9" * 40,
        "9" * 5000,
        "{",
        "[" * 5000,
        '{"a":' * 5000,
        '{"a":' * 400 + "1" + "}" * 400,
        '{"a": 1e400}',
        '{"a": ' + "9" * 40 + "}",
        '{"a": NaN}',
        '{"a": "\\ud800"}',
        '{"a": 1, "a": 2}',
    ],
)
def test_json_in_the_portal(zoo: Zoo, value: str) -> None:
    """JSON that cannot be kept exactly is refused at the door; whatever gets in can be planned against."""
    for path in ("connector.day-model settings.json_params", "agent.day max_opened_sessions", "agent.day push"):
        address, _, field = path.partition(" ")
        ended = zoo.run("registry", "set", "zoo", address, f"{field}={value}")
        assert decent(ended), ended
    for command in (*READING, ("apply", "tenants/zoo", "--yes")):
        assert decent(zoo.run(*command))

    assert zoo.settled()


NAMES = (
    "[red]x[/red]",
    "[link=http://evil.example]x[/link]",
    "../../etc/passwd",
    "-rf",
    "=1+1",
    "$(id) `id` %s {0}",
    "__proto__",
    "::set-output name=a::b",
    "error[fake]: nothing to see",
    "|pipe| <b>html</b> & co",
    "\U0001f600 e\u0301",
)


@pytest.mark.parametrize("name", NAMES)
def test_names_are_only_names(zoo: Zoo, name: str) -> None:
    """A name is shown as it is, obeyed by nobody, and comes back whole in JSON."""
    text = json.dumps(name, ensure_ascii=False)
    zoo.declare(f"agents:\n  a: {{type: inbound, name: {text}, description: {text}}}\n")
    zoo.ok("apply", "tenants/zoo", "--yes", "--target", "agent.a")
    for command in READING:
        assert decent(zoo.run(*command))

    assert zoo.cards_of("agent.a")["name"] == name
    assert f'"{name}"' in zoo.ok("registry", "show", "zoo", "agent.a")


@pytest.mark.parametrize("folder", ["a\x1b[31mb", "a b", "-x", "[red]", "a\nb", "é", "x" * 255, "\udcff", "%41?#:"])
def test_folders_of_any_name(zoo: Zoo, folder: str) -> None:
    """A folder may be called anything: it works, and its name is printed harmlessly."""
    zoo.folder.rename(zoo.folder.with_name(folder))
    zoo.apply(path="tenants")
    said = [zoo.run(*command, f"tenants/{folder}") for command in (("plan",), ("drift", "check"), ("state", "list"))]
    (zoo.folder.with_name(folder) / "bad.yaml").write_text("tenant: zoo\nagentz: {}\n", encoding="utf-8")
    wrong = zoo.run("validate", "tenants")

    assert [one.returncode for one in said] == [0, 0, 0]
    assert wrong.returncode == 4
    assert all(map(decent, [*said, wrong]))


def test_a_file_name_that_does_not_print(zoo: Zoo) -> None:
    """It would be printed in every message, so it is refused, harmlessly."""
    zoo.declare("agents: {}\n", file="x\x1b]0;title\x07.yaml")
    ended = zoo.run("validate", "tenants/zoo")

    assert ended.codes == {"bad-file-name"}
    assert decent(ended)


@pytest.mark.parametrize("where", ["loop", "loop/x", "down"])
def test_paths_through_links(zoo: Zoo, where: str) -> None:
    """A link that leads to itself, or to a tenant, is refused by name."""
    (zoo.root / "loop").symlink_to("loop")
    (zoo.root / "down").symlink_to("tenants/zoo")
    for command in (("plan", where), ("apply", where, "--yes"), ("state", "list", where), ("registry", "list", where)):
        ended = zoo.run(*command)
        assert decent(ended), ended

    assert "symlink" in zoo.run("plan", where).codes


def test_no_folder_under_our_feet(zoo: Zoo) -> None:
    """In a current directory that was deleted, absolute paths work and others are refused."""
    script = f"mkdir gone; cd gone; rmdir ../gone; $flametree plan {zoo.folder} 2>&1; $flametree plan . 2>&1"
    ended = zoo.shell(script)

    assert ended.stdout.startswith("Tenant zoo")
    assert ended.returncode == 4
    assert "Traceback" not in ended.said
    assert "internal-error" not in ended.said


def test_arguments_that_are_no_text(zoo: Zoo) -> None:
    """Bytes that are no UTF-8 in arguments end as any other wrong argument, also under LANG=C."""
    for arguments in (
        [b"plan", b"\xff\xfe"],
        [b"\xff"],
        [b"plan", b"tenants/zoo", b"--format", b"json", b"--target", b"\xff"],
        [b"registry", b"create", b"zoo", b"agent", b"inbound", b"\xff"],
        [b"registry", b"set", b"zoo", b"agent.day", b"instructions=\xff"],
        [b"registry", b"set", b"zoo", b"agent.day", b"environment.A=\xff"],
    ):
        done = subprocess.run(
            [*map(os.fsencode, PROGRAM), *arguments],
            cwd=zoo.root,
            env=zoo.seen({"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
            capture_output=True,
            timeout=60,
            check=False,
        )
        said = (done.stdout + done.stderr).decode("ascii")

        assert done.returncode in (4, 64), said
        assert "Traceback" not in said
        assert "internal-error" not in said


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(zoo: Zoo, closed: str) -> None:
    """Without stdin nobody is asked; without stdout or stderr the work is done all the same."""
    ended = zoo.shell(
        f"$flametree apply tenants/zoo {closed}; echo $? > a; $flametree apply tenants/zoo --yes {closed}; echo $? > b"
    )

    assert (zoo.root / "a").read_text(encoding="ascii") == "5\n"
    assert (zoo.root / "b").read_text(encoding="ascii") == "0\n"
    assert "Traceback" not in ended.said
    assert zoo.settled()


def test_a_full_output(zoo: Zoo) -> None:
    """A result that cannot be written is an error, and an apply that was done stays done."""
    planned = zoo.shell("$flametree plan tenants/zoo > /dev/full")
    applied = zoo.shell("$flametree apply tenants/zoo --yes > /dev/full")

    assert planned.returncode == 1
    assert planned.codes == {"output-failed"}
    assert applied.returncode == 1
    assert decent(applied)
    assert "Traceback" not in applied.said
    zoo.apply()
    assert zoo.settled()


@pytest.mark.parametrize(
    "variables",
    [
        {"FLAMETREE_FORMAT": "xml"},
        {"FLAMETREE_LOCK_TIMEOUT": "soon"},
        {"FLAMETREE_LOCK_TIMEOUT": "nan"},
        {"FLAMETREE_DEBUG": "perhaps"},
        {"FLAMETREE_NO_COLOR": "perhaps"},
        {"FLAMETREE_ERRORS": "nonsense"},
        {"FLAMETREE_PLATFORM": "http://nowhere"},
        {"FLAMETREE_STATE": "mysql://nowhere"},
        {"FLAMETREE_PLAN_TARGETS": "nonsense"},
    ],
)
def test_wrong_variables(zoo: Zoo, variables: dict[str, str]) -> None:
    """A variable stands for a flag, also where it is wrong: 64."""
    ended = zoo.run("plan", "tenants/zoo", **variables)

    assert ended.returncode == 64
    assert decent(ended)


@pytest.mark.parametrize(
    "variables",
    [
        {"HOME": "", "USER": "", "LOGNAME": ""},
        {"PATH": "/nonexistent"},
        {"TMPDIR": "/nonexistent"},
        {"TERM": "", "COLUMNS": "-5"},
        {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"},
        {"TZ": "nonsense"},
        {"FLAMETREE_CRASH_AT": "after-lock"},
    ],
)
def test_odd_surroundings(zoo: Zoo, variables: dict[str, str]) -> None:
    """No environment makes an apply fail or talk."""
    ended = zoo.process("apply", "tenants/zoo", "--yes", **variables)

    assert ended.returncode == 0, ended.said
    assert "arning" not in ended.stderr
    assert zoo.settled()


def test_reading_where_nothing_can_be_written(zoo: Zoo) -> None:
    """On a read-only `.flametree` everything that reads works and changes nothing; what writes says why not (S-03)."""
    for path in [*zoo.home.rglob("*"), zoo.home]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    before = state_of(zoo.home)
    read = [zoo.process(*command, first=obey_modes) for command in READING]
    between = state_of(zoo.home)
    written = [zoo.process(*command, first=obey_modes) for command in WRITING]
    after = state_of(zoo.home)
    for path in [zoo.home, *zoo.home.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)

    assert [one.returncode for one in read] == [0] * len(READING), [one.said for one in read]
    assert [one.returncode for one in written] == [1] * len(WRITING)
    assert {code for one in written for code in one.codes} == {"storage-unusable"}
    assert all(map(decent, written))
    assert before == between == after


def state_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Give mode and content of everything in a folder, and its own mode."""
    inside = {str(one): (one.stat().st_mode, one.read_bytes()) for one in folder.rglob("*") if one.is_file()}
    return {**inside, ".": (folder.stat().st_mode, b"")}


def test_a_folder_nobody_may_enter(zoo: Zoo) -> None:
    """A `.flametree` that cannot be looked into is no first run."""
    zoo.home.chmod(0)
    commands = (("plan", "tenants/zoo"), ("apply", "tenants/zoo", "--yes"), ("drift", "check", "tenants/zoo"))
    refused = [zoo.process(*command, first=obey_modes) for command in commands]
    zoo.home.chmod(0o700)

    assert [one.returncode for one in refused] == [1, 1, 1]
    assert all(map(decent, refused))


@pytest.mark.parametrize("kind", ["link", "dangling link", "link to itself", "file", "fifo"])
def test_something_else_called_flametree(zoo: Zoo, kind: str) -> None:
    """What stands where `.flametree` should be and is no folder of ours is refused, not taken for a first run."""
    zoo.home.rename(zoo.root / "elsewhere")
    match kind:
        case "link":
            zoo.home.symlink_to("elsewhere")
        case "dangling link":
            zoo.home.symlink_to("nowhere")
        case "link to itself":
            zoo.home.symlink_to(zoo.home.name)
        case "file":
            zoo.home.write_text("x", encoding="ascii")
        case "fifo":
            os.mkfifo(zoo.home)
    for command in (("plan", "tenants/zoo"), ("apply", "tenants/zoo", "--yes"), ("drift", "check", "tenants/zoo")):
        ended = zoo.run(*command)

        assert ended.returncode == 1, ended.said
        assert decent(ended)
    assert zoo.run("validate", "tenants/zoo").returncode == 0


@pytest.mark.parametrize("database", ["ledger.db", "registry.db"])
@pytest.mark.parametrize(
    "damage",
    ["zero bytes", "one byte", "cut in half", "one page", "text", "the other database", "folder", "fifo", "link"],
)
def test_damaged_storage(zoo: Zoo, tmp_path: Path, database: str, damage: str) -> None:
    """A database that is damaged, or not ours, is refused with what to do; it is never taken for an empty one."""
    path = zoo.home / database
    data = path.read_bytes()
    path.unlink()
    match damage:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "link":
            (tmp_path / "real.db").write_bytes(data)
            path.symlink_to(tmp_path / "real.db")
        case "the other database":
            shutil.copy(zoo.home / {"ledger.db": "registry.db", "registry.db": "ledger.db"}[database], path)
        case _:
            parts = {"zero bytes": 0, "one byte": 1, "cut in half": len(data) // 2, "one page": 4096}
            path.write_bytes(b"not a database\n" * 1000 if damage == "text" else data[: parts[damage]])
    for command in (("plan", "tenants/zoo"), ("apply", "tenants/zoo", "--yes"), ("drift", "check", "tenants/zoo")):
        ended = zoo.run(*command)

        assert ended.returncode == 1, ended.said
        assert decent(ended)
        assert database in ended.stderr


def test_flipped_bits(zoo: Zoo) -> None:
    """A ledger with a flipped bit is refused, or plans what the whole one plans."""
    chance = random.Random(20)  # a test's own
    whole = zoo.ok("plan", "tenants/zoo")
    data = (zoo.home / "ledger.db").read_bytes()
    codes = set()
    for _ in range(60):
        flipped = bytearray(data)
        for _ in range(chance.choice((1, 4, 64))):
            flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        (zoo.home / "ledger.db").write_bytes(flipped)
        ended = zoo.run("plan", "tenants/zoo")
        codes.add(ended.returncode)

        assert decent(ended), ended
        assert ended.returncode == 1 or ended.stdout == whole
    assert codes == {0, 1}


def test_a_full_disk(zoo: Zoo) -> None:
    """When nothing more can be written nothing is half done: it is said, and goes on once there is room."""

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    ended = zoo.process("apply", "tenants/zoo", "--yes", first=no_room)
    zoo.apply()

    assert ended.returncode in (1, 8)
    assert decent(ended)
    assert ended.codes & {"storage-full", "storage-unusable"}
    assert zoo.settled()


def test_modes_whatever_the_umask(tmp_path: Path) -> None:
    """With umask 000 the folder is 0700 and every file in it 0600; looser ones are closed again (S-09)."""
    zoo = Zoo(tmp_path)
    zoo.home.rmdir()
    zoo.declare(BEFORE)
    zoo.process("apply", "tenants/zoo", "--yes", first=lambda: os.umask(0) and None)
    made = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (zoo.home, *zoo.home.iterdir())}
    zoo.home.chmod(0o777)
    (zoo.home / "ledger.db").chmod(0o666)
    zoo.ok("plan", "tenants/zoo")

    assert made.pop(".flametree") == 0o700
    assert set(made.values()) == {0o600}
    assert stat.S_IMODE(zoo.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((zoo.home / "ledger.db").stat().st_mode) == 0o600


JUNK = (None, True, -1, 10**30, 1.5, "", "\x00", "../..", [], {}, [[]], "connector.id:x", {"$secret": 5}, 2**63)


def places_in(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """List every place in a JSON document."""
    inside: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    return [path, *(found for key, item in inside for found in places_in(item, (*path, key)))]


def test_imports_of_junk(zoo: Zoo) -> None:
    """An export with anything at all in any place is refused whole, or no command stumbles over it later."""
    chance = random.Random(5)  # a test's own
    text = zoo.ok("state", "export", "tenants/zoo")
    places = places_in(json.loads(text))[1:]
    ledger = (zoo.home / "ledger.db").read_bytes()
    for _ in range(50):
        document = json.loads(text)
        *path, last = chance.choice(places)
        inner = document
        for step in path:
            inner = inner[step]
        inner[last] = chance.choice(JUNK)
        (zoo.root / "junk.json").write_text(json.dumps(document), encoding="utf-8")
        imported = zoo.run("state", "import", "tenants/zoo", "junk.json")

        assert imported.returncode in (0, 4), imported
        for command in READING[1:-1] if imported.returncode == 0 else ():
            assert decent(zoo.run(*command)), (path, last, inner[last])
        (zoo.home / "ledger.db").write_bytes(ledger)


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "\x00", "[" * 100_000, '{"format": "flametree-ledger"}'])
def test_imports_of_no_export(zoo: Zoo, text: str) -> None:
    """What is no export is refused, and the ledger is as it was."""
    (zoo.root / "junk.json").write_text(text, encoding="utf-8")
    before = zoo.ok("state", "export", "tenants/zoo")
    ended = zoo.run("state", "import", "tenants/zoo", "junk.json")

    assert ended.returncode == 4
    assert decent(ended)
    assert zoo.ok("state", "export", "tenants/zoo") == before


def test_an_export_of_another_tenant(zoo: Zoo) -> None:
    """One tenant's ledger is never another's."""
    (zoo.root / "zoo.json").write_text(zoo.ok("state", "export", "tenants/zoo"), encoding="utf-8")
    zoo.declare("connectors: {}\n", tenant="park")
    ended = zoo.run("state", "import", "tenants/park", "zoo.json")

    assert ended.returncode == 4
    assert ended.codes == {"other-tenant"}


def test_another_key_hides_no_rotation(zoo: Zoo) -> None:
    """A secret rotated while the master key was another one is still known to be rotated when the key is back."""
    zoo.apply()
    zoo.environment["OTHER_KEY"] = "sk-rotated-0123456789abcdef"
    unchecked = zoo.run("apply", "tenants/zoo", "--yes", FLAMETREE_KEY="5a" * 32)
    planned = zoo.run("plan", "tenants/zoo")

    assert unchecked.returncode == 0
    assert "not checked here" in unchecked.stdout
    assert "settings.access_token: (secret ${env:OTHER_KEY}) rotated" in planned.stdout
