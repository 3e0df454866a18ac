"""`drift accept` of a tenant that extends a base: each value goes where it was set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flametree_cfg.engine.accepting_files import Files
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from flametree_cfg.errors import ConfigInvalid
from tests.drift_accept.corpus import TIDY
from tests.scenario.running import Zoo

HEAD, _, _REST = TIDY.partition("connectors:\n")
CONNECTORS, _, TAIL = _REST.partition("channels:\n")
BASE = "vars:\n  words: Old words\nconnectors:\n" + CONNECTORS.replace("Old words", "${var:words}")
OWN = f"""\
tenant: zoo
extends: [../_shared/base]
connectors:
  model:
    settings: {{temperature: 0.5}}  # ours

channels:
{TAIL}"""


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Give a zoo that extends a base, applied."""
    zoo = Zoo(tmp_path)
    (zoo.root / "tenants/_shared/base").mkdir(parents=True)
    shared(zoo).write_text(BASE, encoding="utf-8")
    zoo.declare("").write_text(OWN, encoding="utf-8")
    zoo.apply()
    return zoo


def shared(zoo: Zoo) -> Path:
    """Give the base's file."""
    return zoo.root / "tenants/_shared/base/models.yaml"


def test_each_value_where_it_was_set(zoo: Zoo) -> None:
    """What the base says is changed in the base, which is said; what the tenant says in its own file."""
    zoo.ok("registry", "set", "zoo", "connector.model", "settings.temperature=0.9", "name=Other")
    done = zoo.run("drift", "accept", "tenants/zoo")

    assert done.returncode == 0
    assert done.codes == {"shared-file-changed"}
    assert shared(zoo).read_text(encoding="utf-8") == BASE.replace("name: Model", "name: Other")
    assert (zoo.folder / "zoo.yaml").read_text(encoding="utf-8") == OWN.replace("temperature: 0.5", "temperature: 0.9")
    assert zoo.settled()


def test_a_variable_is_not_overwritten(zoo: Zoo) -> None:
    """A value that is made of a variable stands for many: it is left and named."""
    zoo.ok("registry", "set", "zoo", "connector.model", "description=New words")
    done = zoo.run("drift", "accept", "tenants/zoo")

    assert done.returncode == 3
    assert done.codes == {"not-accepted"}
    assert shared(zoo).read_text(encoding="utf-8") == BASE


def test_a_tenant_that_would_be_wrong(zoo: Zoo) -> None:
    """The base's block is needed by an agent that goes on running: every file is put back."""
    zoo.ok("registry", "delete", "zoo", "connector.model")
    done = zoo.run("drift", "accept", "tenants/zoo", "connector.model", "--yes")

    assert done.returncode != 0
    assert shared(zoo).read_text(encoding="utf-8") == BASE
    assert (zoo.folder / "zoo.yaml").read_text(encoding="utf-8") == OWN


def test_of_many_values_in_a_shared_file_one_is_named(zoo: Zoo) -> None:
    """That others get the same is said once a file."""
    zoo.ok("registry", "set", "zoo", "connector.model", "name=Other", "settings.model_name=gpt-5")
    done = zoo.run("drift", "accept", "tenants/zoo")

    assert done.said.count("warning[shared-file-changed]") == 1
    assert "Accepted 2 of 2" in done.stdout


def test_who_is_asked_hears_that_a_block_is_shared(zoo: Zoo) -> None:
    """A block that goes from a base goes for all that extend it: the question says so."""
    zoo.ok("registry", "delete", "zoo", "connector.spare")
    told = zoo.run("drift", "accept", "tenants/zoo")

    assert told.codes == {"no-terminal"}
    assert "connector.spare (from tenants/_shared/base/models.yaml: for all that extend it)?" in told.said
    assert shared(zoo).read_text(encoding="utf-8") == BASE


def test_an_account_beside_one_of_a_variable(zoo: Zoo) -> None:
    """An account is added behind one that takes something from a variable, which stays as it is."""
    one = '{address: a@zoo.example, imap_server: "${var:words}", imap_port: 993, smtp_server: s, smtp_port: 465, '
    one += 'password: "${env:OPENAI_KEY}"}'
    mail = f"channels: {{mail: {{type: email, name: Mail, settings: {{accounts: [{one}]}}}}}}\n"
    file = zoo.folder / "zoo.yaml"
    file.write_text(
        f"tenant: zoo\nvars: {{words: i.example}}\nconnectors: {{}}\nagents: {{}}\n{mail}", encoding="utf-8"
    )
    zoo.apply("--allow-delete", "all", "--max-delete", "100%")
    account = {"imap_server": "i.example", "imap_port": 993, "smtp_server": "s", "smtp_port": 465}
    accounts = [{"address": f"{key}@zoo.example", "password": "${env:OPENAI_KEY}", **account} for key in "ab"]
    zoo.ok("registry", "set", "zoo", "channel.mail", f"settings.accounts={json.dumps(accounts)}")
    zoo.ok("drift", "accept", "tenants/zoo")

    assert one in file.read_text(encoding="utf-8")
    assert "b@zoo.example" in file.read_text(encoding="utf-8")


def test_a_base_that_changed_meanwhile(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody wrote the base after the tenant was read: nobody knows where values stand, and that is said."""
    monkeypatch.chdir(zoo.root)
    with Session(Options(), ["tenants/zoo"]) as session:
        ((reading, _),) = read_and_check(["tenants/zoo"], session)
        shared(zoo).write_text(f"# new\n{BASE}", encoding="utf-8")
        place = reading.locate("connector.model", ("name",))
        assert place is not None

        with pytest.raises(ConfigInvalid) as raised:
            Files(reading, session).of(place.file)
    assert {one.code for one in raised.value.diagnostics} == {"files-changed"}


def test_what_is_new_is_sent_to_pull(zoo: Zoo) -> None:
    """Accept takes over no object; pull does, into the tenant's own files."""
    settings = ("settings.openapi_url=https://x.example/s", "settings.base_url=https://x.example")
    zoo.ok("registry", "create", "zoo", "connector", "openapi", "New", *settings)
    told = zoo.run("drift", "accept", "tenants/zoo")
    zoo.ok("pull", "tenants/zoo")

    assert "hint: `pull` takes it over, or write its block and `import` it\n" in told.said
    assert "  new:\n" in (zoo.folder / "zoo.yaml").read_text(encoding="utf-8")
    assert shared(zoo).read_text(encoding="utf-8") == BASE
