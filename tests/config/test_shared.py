"""Tests of `config/layers.py`, `merging.py`, `variables.py` and `layered.py`: bases and variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from flametree_cfg.config import read_tree
from flametree_cfg.config.given import MAX_VALUE
from flametree_cfg.config.layers import MAX_BASES
from flametree_cfg.errors import ConfigInvalid, WrongUsage
from tests.config.folders import catalog, codes, llm, write
from tests.config.layering import BASE, OWN, estate, fields, one

CHAT = "connector.chat"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def at(address: str, *path: str | int) -> str:
    """Say where a value of the tenant stands."""
    return str(one().locate(address, path))


# Merging


def test_a_tenant_overrides_its_base_key_by_key(here: Path) -> None:
    """Mappings are merged, scalars and lists take the place of what was there."""
    estate(here, OWN + "connectors: {chat: {settings: {model_name: large, json_params: {stop: [z]}}}}\n")

    settings = fields(one(), CHAT)["settings"]
    assert (settings["model_name"], settings["api_url"]) == ("large", "https://api.example/v1")
    assert settings["json_params"] == {"max_tokens": 100, "stop": ["z"]}


def test_null_takes_away_what_a_base_says(here: Path) -> None:
    """At any depth; a whole resource or section too."""
    estate(here, OWN + "connectors: {chat: {settings: {json_params: {stop: null}}}}\nagents: null\n")

    tenant = one().tenant
    assert tenant is not None
    assert fields(one(), CHAT)["settings"]["json_params"] == {"max_tokens": 100}
    assert tenant.sections == {"connectors"}


def test_null_for_a_role_means_none(here: Path) -> None:
    """There null is a value of its own: the agent has no such connector, which is not the same as unmanaged."""
    estate(here, OWN + "agents: {desk: {connectors: {llm: null}}}\n")

    assert fields(one(), "agent.desk")["connectors"] == {"llm": None}


def test_null_over_nothing_stays(here: Path) -> None:
    """It is judged as ever."""
    estate(here, OWN + "connectors:\n  chat:\n    description: null\n")

    assert codes(one()) == ["t/acme/tenant.yaml:5:5 wrong-type"]


def test_later_bases_win_and_the_tenant_over_all(here: Path) -> None:
    """In the order of the list."""
    own = "tenant: acme\nextends: [../_shared/base, ../_shared/big]\nconnectors: {chat: {name: Mine}}\n"
    big = "connectors: {chat: {name: Theirs, settings: {model_name: large}}}\n"
    estate(here, own, _shared__big__b=big)

    chat = fields(one(), CHAT)
    assert (chat["name"], chat["settings"]["model_name"]) == ("Mine", "large")


def test_bases_extend_bases_and_each_is_merged_once(here: Path) -> None:
    """A base that two others extend does not come back over the first of them."""
    estate(
        here,
        "tenant: acme\nextends: [../_shared/one, ../_shared/two]\n",
        _shared__one__a="extends: [../base]\nconnectors: {chat: {settings: {model_name: of-one}}}\n",
        _shared__two__a="extends: [../base]\nconnectors: {chat: {name: Of two}}\n",
    )

    chat = fields(one(), CHAT)
    assert (chat["name"], chat["settings"]["model_name"]) == ("Of two", "of-one")


def test_a_base_below_the_tenant_itself(here: Path) -> None:
    """Any folder will do whose way there has a `_`."""
    write(here, {"t/acme/a.yaml": "tenant: acme\nextends: _base\n", "t/acme/_base/b.yaml": BASE})

    assert fields(one(), CHAT)["name"] == "Chat"


@pytest.mark.parametrize(("stand", "path"), [("t/acme", "."), ("t", "acme"), ("t/_shared", "../acme"), (".", "t")])
def test_it_does_not_matter_where_the_person_stands(
    here: Path, stand: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bases are found from the tenant's folder."""
    estate(here, OWN)
    monkeypatch.chdir(here / stand)

    assert fields(one(path), CHAT)["name"] == "Chat"


def test_a_tenant_may_spread_over_files(here: Path) -> None:
    """Only one of them extends; all are over the base."""
    estate(here, OWN, acme__more="connectors: {chat: {name: More}}\n")

    assert fields(one(), CHAT)["name"] == "More"


# Places


def test_places_are_those_of_the_last_word(here: Path) -> None:
    """A value of the base stands in the base, one of the tenant in the tenant."""
    estate(here, OWN + "connectors:\n  chat:\n    settings:\n      model_name: large\n")

    assert at(CHAT, "settings", "model_name") == "t/acme/tenant.yaml:6:19"
    assert at(CHAT, "settings", "temperature") == "t/_shared/base/base.yaml:9:20"
    assert at(CHAT, "settings", "json_params", "stop", 1) == "t/_shared/base/base.yaml:10:48"
    assert at(CHAT) == "t/acme/tenant.yaml:4:3"
    assert at("agent.desk", "connectors", "llm") == "t/_shared/base/base.yaml:15:23"


def test_what_is_wrong_is_said_where_it_was_set(here: Path) -> None:
    """Also if it is the base's fault; what is missing, where it is missing from."""
    estate(
        here,
        OWN + "connectors:\n  chat: {settings: {model_name: null}}\n",
        BASE.replace("temperature: 0", "temperature: hot"),
    )

    assert codes(one()) == ["t/_shared/base/base.yaml:9:20 wrong-type", "t/acme/tenant.yaml:4:10 missing-setting"]


def test_a_link_of_the_base_to_what_the_tenant_took_away(here: Path) -> None:
    """The rules judge what is merged, and point into the base."""
    from flametree_cfg.config import located
    from flametree_cfg.invariants import check_tenant

    estate(here, OWN + "connectors: {chat: null}\n")
    reading = one()
    assert reading.tenant is not None

    found = located(reading, check_tenant(reading.tenant, catalog()))
    assert [f"{f.location} {f.code}" for f in found] == ["t/_shared/base/base.yaml:15:23 missing-reference"]


def test_a_file_that_changed_meanwhile_gives_no_wrong_line(here: Path) -> None:
    """Then the folder is the place."""
    estate(here, OWN)
    reading = one()
    estate(here, OWN, "# one line more\n" + BASE)

    assert str(reading.locate(CHAT, ("name",))) == "t/acme:0:0"


# What bases may not


@pytest.mark.parametrize(
    ("extends", "code"),
    [
        ("../../elsewhere", "base-outside"),
        ("/etc", "base-outside"),
        ("../.git/_x", "base-outside"),
        ("..", "base-outside"),
        (".", "base-not-shared"),
        ("../other", "base-not-shared"),
        ("../_shared/none", "no-such-path"),
        ("../_shared/link", "symlink"),
        ("../_shared/link/base", "symlink"),
        ("../_shared/empty", "empty-tenant"),
        ("../_shared/base/base.yaml", "not-a-folder"),
        ("[../_shared/base, ../_shared/base]", "base-twice"),
        ("[../_shared/base, ../_shared/../_shared/base]", "base-twice"),
        ("[3]", "bad-extends"),
        ("{a: b}", "bad-extends"),
        ('""', "bad-extends"),
        ("null", "bad-extends"),
    ],
)
def test_bases_that_are_refused(here: Path, extends: str, code: str) -> None:
    """Each is said where it is extended."""
    write(here, {"elsewhere/x.yaml": BASE, "t/other/x.yaml": "tenant: other\n"})
    estate(here, f"tenant: acme\nextends: {extends}\n")
    (here / "t/_shared/empty").mkdir()
    (here / "t/_shared/link").symlink_to(here / "elsewhere")

    found = one().diagnostics
    assert [one.code for one in found] == [code]
    assert found[0].location is not None
    assert (found[0].location.file, found[0].location.line) == ("t/acme/tenant.yaml", 2)


def test_a_circle_names_all_its_places(here: Path) -> None:
    """So that one of them can be taken out."""
    estate(here, OWN, "extends: [../b]\n", _shared__b__b="extends: [../base]\n")

    (found,) = [d for d in one().diagnostics if d.code == "extends-cycle"]
    assert str(found.location) == "t/_shared/b/b.yaml:1:11"
    assert [str(other.location) for other in found.related] == ["t/_shared/base/base.yaml:1:11"]


def test_a_base_that_extends_itself(here: Path) -> None:
    """The smallest circle."""
    estate(here, OWN, "extends: [.]\n")

    assert "t/_shared/base/base.yaml:1:11 extends-cycle" in codes(one())


def test_a_long_chain_of_bases_ends(here: Path) -> None:
    """No stack is run over."""
    chain = {f"_shared__b{n}__a": f"extends: [../b{n + 1}]\n" for n in range(2_000)}
    estate(here, "tenant: acme\nextends: ../_shared/b0\n", **chain)

    found = [one.split()[1] for one in codes(one())]
    assert found == ["too-many-bases"]
    assert MAX_BASES < 100


def test_a_base_names_no_tenant(here: Path) -> None:
    """It serves many."""
    estate(here, OWN, "tenant: acme\n" + BASE)

    assert codes(one()) == ["t/_shared/base/base.yaml:1:1 tenant-in-base"]


def test_what_is_wrong_with_a_base_file_is_said(here: Path) -> None:
    """Once, whatever else follows from it."""
    estate(here, OWN + "connectors: {chat: {type: llm}}\n", "connectors: [\n", _shared__base__z="tables: {}\n")

    assert [c for c in codes(one()) if "_shared" in c] == [
        "t/_shared/base/base.yaml:2:1 yaml-syntax",
        "t/_shared/base/z.yaml:1:1 unknown-section",
    ]


def test_extends_in_two_files_has_no_order(here: Path) -> None:
    """It is refused."""
    estate(here, OWN, acme__z="extends: [../_shared/base]\n")

    (found,) = one().diagnostics
    assert (found.code, str(found.location)) == ("extends-twice", "t/acme/z.yaml:1:1")


def test_a_key_twice_in_one_layer(here: Path) -> None:
    """It is refused as in a tenant without bases; over a base it is an override."""
    estate(here, OWN + "connectors:\n" + llm("x"), acme__z="connectors:\n" + llm("x", "Other"))

    assert codes(one()) == ["t/acme/z.yaml:2:3 duplicate-key"]


def test_a_section_that_is_no_mapping(here: Path) -> None:
    """Null takes a section away only where a base has it."""
    estate(here, OWN + "channels:\n")

    assert codes(one()) == ["t/acme/tenant.yaml:3:1 not-a-mapping"]


def test_many_tenants_of_a_huge_base_are_too_much(here: Path) -> None:
    """What is merged counts, not what is read: a base of 4 MB and many tenants is a bomb."""
    estate(here, OWN, "x" * 4_900_000)
    for number in range(30):
        write(here, {f"t/t{number}/t.yaml": f"tenant: t{number}\nextends: ../_shared/base\n"})

    readings = read_tree(["t"], catalog())
    assert any(one.endswith("tree-too-large") for reading in readings for one in codes(reading))


# Variables


def with_vars(here: Path, name: str = "Chat ${var:region}", more: str = "", base: str = "") -> None:
    """Write a tenant whose connector's name has a variable."""
    estate(here, f"tenant: acme\nextends: ../_shared/base\n{more}connectors:\n  chat:\n    name: {name}\n", base + BASE)


def test_a_variable_stands_inside_a_text(here: Path) -> None:
    """Numbers and booleans are written as YAML writes them."""
    more = "vars: {region: eu, n: 3, x: 1.5, on: true}\n"
    with_vars(here, '"${var:region}-${var:n}-${var:x}-${var:on} $ {var:region}"', more)

    assert fields(one(), CHAT)["name"] == "eu-3-1.5-true $ {var:region}"


@pytest.mark.parametrize(("value", "expected"), [("0.5", 0.5), ("1", 1), ("1.0", 1.0)])
def test_a_value_that_is_one_variable_keeps_its_type(here: Path, value: str, expected: float) -> None:
    """So that numbers stay numbers."""
    estate(here, OWN + f"vars: {{t: {value}}}\nconnectors: {{chat: {{settings: {{temperature: '${{var:t}}'}}}}}}\n")

    found = fields(one(), CHAT)["settings"]["temperature"]
    assert (found, type(found)) == (expected, type(expected))


def test_who_overrides_a_variable(here: Path) -> None:
    """Base, tenant, files in order, command line."""
    with_vars(here, more="vars: {region: tenant}\n", base="vars: {region: base}\n")
    write(here, {"a.yaml": "region: a\n", "b.yaml": "region: b\nunused: 1\n"})

    names = [
        fields(one(), CHAT)["name"],
        fields(one("t/acme", files=("a.yaml", "b.yaml")), CHAT)["name"],
        fields(one("t/acme", "region=x", "region=y", files=("a.yaml",)), CHAT)["name"],
    ]
    assert names == ["Chat tenant", "Chat b", "Chat y"]


@pytest.mark.parametrize(
    ("declared", "typed", "expected"),
    [
        ("vars: {region: '1.0'}\n", "2.0", "Chat 2.0"),
        ("vars: {region: 1.0}\n", "2", "Chat 2"),
        ("", "007", "Chat 7"),
        ("", "", "Chat "),
        ("", "null", "Chat null"),
        ("", "a=b", "Chat a=b"),
        ("vars: {region: true}\n", "false", "Chat false"),
    ],
)
def test_the_type_of_what_is_typed(here: Path, declared: str, typed: str, expected: str) -> None:
    """A text stays a text; elsewhere it is what YAML makes of it."""
    with_vars(here, more=declared)

    assert fields(one("t/acme", f"region={typed}"), CHAT)["name"] == expected


def test_a_tenant_without_bases_may_have_variables(here: Path) -> None:
    """With `vars`, or with the command line alone."""
    text = f"tenant: acme\nconnectors:\n{llm('chat', '${var:region}')}"
    write(here, {"t/acme/a.yaml": text})

    assert fields(one("t/acme", "region=eu"), CHAT)["name"] == "eu"
    assert codes(one()) == ["t/acme/a.yaml:5:11 unknown-variable"]


def test_variables_may_stand_in_another_file_of_the_folder(here: Path) -> None:
    """A layer is its files together."""
    with_vars(here)
    write(here, {"t/acme/vars.yaml": "vars: {region: eu}\n"})

    assert fields(one(), CHAT)["name"] == "Chat eu"


def test_an_unknown_variable_has_a_place_and_a_hint(here: Path) -> None:
    """What is near is named, and nothing else is said about that value."""
    with_vars(here, "'${var:regon}'", "vars: {region: eu}\n")

    (found,) = one().diagnostics
    assert (found.code, str(found.location), found.hint) == (
        "unknown-variable",
        "t/acme/tenant.yaml:6:11",
        "did you mean `region`?",
    )


def test_a_wrong_value_names_the_variable_that_made_it(here: Path) -> None:
    """Both places, of the use and of the variable."""
    estate(here, OWN + "vars:\n  t: 9\n", BASE.replace("temperature: 0", 'temperature: "${var:t}"'))

    (found,) = one().diagnostics
    assert (found.code, str(found.location)) == ("bad-value", "t/_shared/base/base.yaml:9:20")
    assert [str(other.location) for other in found.related] == ["t/acme/tenant.yaml:4:6"]


@pytest.mark.parametrize("written", ["${var:KEY}", "${env:${var:KEY}}", "x${var:KEY}"])
@pytest.mark.parametrize("value", ["sk-canary-000", "KEY"])
def test_no_secret_travels_through_a_variable(here: Path, written: str, value: str) -> None:
    """A secret field takes a reference, whatever the variable holds; the value is never shown."""
    estate(here, OWN + f"vars: {{KEY: {value}}}\n", BASE.replace("${env:KEY}", f'"{written}"'))

    (found,) = one().diagnostics
    assert (found.code, str(found.location)) == ("secret-in-variable", "t/_shared/base/base.yaml:7:21")
    assert "no secret travels through a variable" in found.hint
    assert "canary" not in str(one().diagnostics)


def test_no_secret_of_an_environment_is_a_variable(here: Path) -> None:
    """Nor one of a push header: what stands under `secret`."""
    agent = 'agents: {desk: {environment: {A: {secret: "${var:k}"}, B: "${var:k}"}}}\n'
    estate(here, OWN + "vars: {k: v}\n" + agent)

    assert codes(one()) == ["t/acme/tenant.yaml:4:43 secret-in-variable"]


@pytest.mark.parametrize("value", ["${env:KEY}", "${file:x}", "a ${var:b}", "${"])
def test_a_variable_holds_no_reference(here: Path, value: str) -> None:
    """Neither in `vars`, nor in a file, nor on the command line."""
    with_vars(here, more=f'vars: {{region: "{value}"}}\n')
    write(here, {"v.yaml": f'region: "{value}"\n'})

    assert [c.split()[1] for c in codes(one())] == ["secret-in-variable", "unknown-variable"]
    with pytest.raises(ConfigInvalid, match="Secret in a variable"):
        one("t/acme", files=("v.yaml",))
    with pytest.raises(WrongUsage, match="holds a reference"):
        one("t/acme", f"region={value}")


def test_variables_do_not_make_a_reference_together(here: Path) -> None:
    """What comes out is judged, and put in nowhere again."""
    with_vars(here, '"${var:a}{env:KEY}"', 'vars: {a: "$"}\n')

    assert codes(one()) == ["t/acme/tenant.yaml:6:11 reference-not-allowed"]


@pytest.mark.parametrize(
    ("own", "place"),
    [
        ('connectors:\n  "${var:a}": {name: x}\n', "4:3"),
        ('connectors:\n  chat: {settings: {json_params: {"${var:a}": 1}}}\n', "4:35"),
        ('agents:\n  desk: {environment: {"${var:a}": x}}\n', "4:24"),
    ],
)
def test_no_variable_in_a_key(here: Path, own: str, place: str) -> None:
    """Addresses and names of settings are written out."""
    estate(here, "tenant: acme\nextends: ../_shared/base\n" + own)

    assert f"t/acme/tenant.yaml:{place} variable-in-key" in codes(one("t/acme"))


@pytest.mark.parametrize(
    ("vars_", "code"),
    [
        ("{1a: x}", "bad-variable"),
        ("{'a b': x}", "bad-variable"),
        ("{a: null}", "bad-variable"),
        ("{a: [x]}", "bad-variable"),
        ("[a]", "not-a-mapping"),
        (f"{{a: {'x' * (MAX_VALUE + 1)}}}", "bad-variable"),
    ],
)
def test_variables_of_a_wrong_form(here: Path, vars_: str, code: str) -> None:
    """Each is said where it stands, and in a file of variables too."""
    estate(here, OWN + f"vars: {vars_}\n")
    write(here, {"v.yaml": vars_})

    assert [c.split()[1] for c in codes(one())] == [code]
    with pytest.raises(ConfigInvalid):
        one("t/acme", files=("v.yaml",))


def test_a_variable_is_not_closed(here: Path) -> None:
    """It would go to the platform as it is."""
    with_vars(here, '"${var:region"', "vars: {region: eu}\n")

    assert codes(one()) == ["t/acme/tenant.yaml:6:11 bad-variable"]


def test_a_variable_twice_in_one_layer(here: Path) -> None:
    """As any key."""
    with_vars(here, more="vars: {region: a}\n")
    write(here, {"t/acme/z.yaml": "vars: {region: b}\n"})

    assert codes(one()) == ["t/acme/z.yaml:1:8 duplicate-key"]


def test_variables_are_no_bomb(here: Path) -> None:
    """A large value in very many places is refused."""
    uses = ", ".join(["'${var:a}'"] * 2_000)
    estate(
        here,
        OWN + f"vars: {{a: {'x' * MAX_VALUE}}}\nconnectors: {{chat: {{settings: {{json_params: {{x: [{uses}]}}}}}}}}\n",
    )

    assert [c.split()[1] for c in codes(one())] == ["variables-expand"]


@pytest.mark.parametrize(
    "typed", ["region", "=x", "1a=x", "region=\x1b", "region=\u202e", "region=" + "x" * (MAX_VALUE + 1)]
)
def test_what_is_typed_has_a_form(here: Path, typed: str) -> None:
    """Else the command is not understood."""
    with_vars(here)

    with pytest.raises(WrongUsage):
        one("t/acme", typed)


def test_a_misspelt_variable_on_the_command_line(here: Path) -> None:
    """What was meant would stay as it is, so it is refused."""
    with_vars(here, more="vars: {region: eu}\n")

    with pytest.raises(WrongUsage) as refused:
        one("t/acme", "regoin=us")
    assert refused.value.diagnostics[0].hint == "did you mean `region`?"


def test_another_name_is_for_one_tenant(here: Path) -> None:
    """It would be the same for two."""
    estate(here, OWN, other__t="tenant: other\n")

    assert one("t/acme", tenant="acme-prod").name == "acme-prod"
    with pytest.raises(WrongUsage, match="--tenant-id names one tenant"):
        one("t", tenant="acme-prod")


def test_who_made_a_value_can_be_asked(here: Path) -> None:
    """Whoever writes values back must not write over a variable."""
    with_vars(here, more="vars: {region: eu}\n")
    reading = one()

    assert reading.variables(CHAT, ("name",)) == ("region",)
    assert reading.variables(CHAT, ("settings", "model_name")) == ()
    assert reading.variables("connector.none", ("name",)) == ()
