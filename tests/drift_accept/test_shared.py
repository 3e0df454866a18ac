"""`drift accept` of a tenant that extends a base: each value goes where it was set."""

from __future__ import annotations

from pathlib import Path

import pytest

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
