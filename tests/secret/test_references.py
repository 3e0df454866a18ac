"""What tenant YAML may read, and what it may not (reliability.md X-13)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flametree_cfg.model import parse_reference, parse_references
from flametree_cfg.secret import Policy, resolve_all

CANARY = "c4n4ry-value"


def outcome(reference: str, policy: Policy) -> tuple[str | None, str]:
    """Resolve one reference; gives value and problem, and makes sure that no problem shows the value."""
    resolved = resolve_all([reference], policy)
    problem = resolved.problems.get(reference, "")
    assert CANARY not in problem
    assert CANARY not in repr(resolved)
    return resolved.values.get(reference), problem


def env(**variables: str) -> Policy:
    """Make the default policy over some variables."""
    return Policy(environment=variables)


_LINES = st.sampled_from(
    ["${env:A}", "${file:b}", "${env:A}\n", "\n${env:A}", "${env:A}\n${env:B}", "", "\n", "${env:}"]
)


@given(st.lists(_LINES | st.text("${env:A}\n \r\u2028", max_size=12)))
def test_many_are_split_as_one_is(texts: list[str]) -> None:
    """All at once or each by itself, whatever stands beside it."""
    assert parse_references(texts) == [parse_reference(text) for text in texts]


def test_variable_is_read() -> None:
    """A plain variable gives its value."""
    assert outcome("${env:OPENAI_API_KEY}", env(OPENAI_API_KEY=CANARY)) == (CANARY, "")


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI", "CI_JOB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        *("RUNNER_TEMP", "AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET", "GOOGLE_APPLICATION_CREDENTIALS"),
        *("FLAMETREE_KEY", "flametree_key", "PATH", "HOME", "LD_PRELOAD", "PYTHONPATH", "SSH_AUTH_SOCK"),
        *("HOSTNAME", "USER", "SHELL", "PWD", "SYSTEM_ACCESSTOKEN", "VAULT_TOKEN", "NPM_TOKEN"),
    ],
)
def test_variables_of_the_runner_are_denied(name: str) -> None:
    """What runners, clouds and shells put there is not for tenants."""
    value, problem = outcome(f"${{env:{name}}}", env(**{name: CANARY}))

    assert value is None
    assert "may not be read" in problem


def test_allow_list_is_the_whole_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the operator lists what may be read, nothing else may; our own key never."""
    monkeypatch.setenv("FLAMETREE_ALLOW_SECRETS", "SUPPORT_*, AWS_BEDROCK_KEY ,FLAMETREE_*")
    for name in ("SUPPORT_TOKEN", "AWS_BEDROCK_KEY", "OPENAI_API_KEY", "FLAMETREE_KEY"):
        monkeypatch.setenv(name, CANARY)
    policy = Policy.from_environment(file_root=None)
    read = [
        name
        for name in ("SUPPORT_TOKEN", "AWS_BEDROCK_KEY", "OPENAI_API_KEY", "FLAMETREE_KEY")
        if outcome(f"${{env:{name}}}", policy)[0] == CANARY
    ]

    assert read == ["SUPPORT_TOKEN", "AWS_BEDROCK_KEY"]


def test_empty_allow_list_allows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set but empty means none."""
    monkeypatch.setenv("FLAMETREE_ALLOW_SECRETS", "")
    monkeypatch.setenv("SUPPORT_TOKEN", CANARY)

    assert outcome("${env:SUPPORT_TOKEN}", Policy.from_environment(file_root=None))[0] is None


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("${env:ABSENT}", "is not set"),
        ("${env:EMPTY}", "is empty"),
        ("${env:BELL}", "control characters"),
        ("${env:ESCAPE}", "control characters"),
        ("${env:RETURN}", "control characters"),
        ("${env:BYTES}", "not text"),
        ("${env:HUGE}", "too long"),
        ("${vault:x}", "no place"),
        ("${policy:x}", "no place"),
        ("${references:x}", "no place"),
        ("plain", "not written as"),
    ],
)
def test_what_does_not_resolve_says_why(reference: str, problem: str) -> None:
    """Each reason is told without the value."""
    policy = env(
        EMPTY="",
        BELL=CANARY + "\a",
        ESCAPE=CANARY + "\x9b",
        RETURN=CANARY + "\r",
        BYTES=CANARY + "\udcff",
        HUGE=CANARY * 10_000,
    )
    value, found = outcome(reference, policy)

    assert value is None
    assert problem in found


def test_lines_and_other_scripts_are_values() -> None:
    """A certificate has lines, a password may be in any script."""
    pem = "-----BEGIN-----\nabc\n-----END-----"

    assert outcome("${env:PEM}", env(PEM=pem))[0] == pem
    assert outcome("${env:WORD}", env(WORD="пароль 密码"))[0] == "пароль 密码"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a folder of tenants with secrets in it, and something outside it."""
    (tmp_path / "outside").write_text(CANARY)
    root = tmp_path / "tenants"
    (root / "acme" / "secrets").mkdir(parents=True)
    (root / "acme" / "secrets" / "help").write_text(f"{CANARY}\n")
    return root


def test_file_is_read_without_its_last_newline(root: Path) -> None:
    """An editor's newline is not part of a password; further ones are."""
    policy = Policy(file_root=root)
    (root / "two").write_text(f"{CANARY}\n\n")
    (root / "dos").write_bytes(CANARY.encode() + b"\r\n")

    assert outcome("${file:acme/secrets/help}", policy)[0] == CANARY
    assert outcome("${file:two}", policy)[0] == f"{CANARY}\n"
    assert outcome("${file:dos}", policy)[0] == CANARY


@pytest.mark.parametrize(
    "name",
    [
        *(
            "/etc/passwd",
            "../outside",
            "acme/../../outside",
            "acme/./secrets/help",
            "acme//secrets/help",
            "./acme",
            "..",
        ),
        *(".flametree/key", "acme/.env", "absent", "acme", "acme/secrets", "acme/secrets/help/x", "acme/secrets/help/"),
        *("linked", "folder-link/help", "pipe", "huge", "binary", "empty", "a\0b"),
    ],
)
def test_nothing_outside_or_odd_is_read(root: Path, name: str) -> None:
    """Absolute, upward, hidden, linked, endless and binary files give no value."""
    (root / ".flametree").mkdir()
    for place in (".flametree/key", "acme/.env"):
        (root / place).write_text(CANARY)
    (root / "linked").symlink_to(root.parent / "outside")
    (root / "folder-link").symlink_to(root / "acme" / "secrets")
    os.mkfifo(root / "pipe")
    (root / "huge").write_text("x" * 65_537)
    (root / "binary").write_bytes(CANARY.encode() + b"\xff\xfe")
    (root / "empty").write_text("\n")
    value, problem = outcome(f"${{file:{name}}}", Policy(file_root=root))

    assert value is None
    assert problem


def test_file_needs_a_root() -> None:
    """Without a folder of tenants no file is read."""
    assert outcome("${file:etc/passwd}", Policy())[0] is None


def test_every_reference_is_in_one_of_the_two() -> None:
    """Doubles are looked up once; nothing is lost."""
    resolved = resolve_all(["${env:A}", "${env:B}", "${env:A}"], env(A=CANARY))

    assert dict(resolved.values) == {"${env:A}": CANARY}
    assert list(resolved.problems) == ["${env:B}"]
