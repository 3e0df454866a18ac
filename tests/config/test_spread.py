"""Many processes read what one reads."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

READ = """
    import os, sys
    from flametree_cfg.config import load_catalog
    from flametree_cfg.config.part import read_part
    from flametree_cfg.config.spread import Unread, read_all

    catalog = load_catalog()
    settings = "settings: {{api_url: https://a.example/v1, access_token: '${{env:A}}', model_name: m}}"
    good = "connectors:\\n  a-{n}: {{type: llm, name: A {n}, " + settings + "}}\\n"
    wrong = "connectors:\\n  b-{n}: {{type: llm, name: B, settings: {{}}, unknown: 1}}\\n"
    cut = "connectors: {{a: [\\n# {n}"
    warned = "tenant: zoo\\nagents: {{c-{n}: {{type: inbound, name: C {n}, channels: {{d: {{inbound: true}}}}}}}}\\n"
    texts = [(good, wrong, good, warned, good, cut, good)[n % 7].format(n=n) for n in range(200)]
    texts[3] += "# long\\n" * 5000
    files = [Unread(f"{n}.yaml", f"zoo/{n}.yaml", text.encode()) for n, text in enumerate(texts)]
    alone = [read_part(file.data, file.name, file.label, catalog) for file in files]
    assert any(part.found for part in alone)
"""


def run(script: str) -> str:
    """Run Python in a process of its own, which has one thread."""
    code = textwrap.dedent(READ) + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("processes", [1, 2, 3, 8, 250])
def test_many_processes_read_what_one_reads(processes: int) -> None:
    """Parts are the same, in the same order, right ones and wrong ones, warnings and places too."""
    run(f"assert read_all(files, catalog, {processes}) == alone; assert read_all([], catalog, {processes}) == []")


def test_a_process_that_dies_costs_nothing_but_time() -> None:
    """What it should have read is read by the one that asked; no zombie stays."""
    run("""
        import signal
        os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGKILL))
        assert read_all(files, catalog, 4) == alone
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            sys.exit(0)
        sys.exit("a child was left")
    """)


def test_a_process_writes_nothing_of_its_parent_twice() -> None:
    """What the parent has yet to write is written once."""
    assert run("print('once'); read_all(files, catalog, 3)") == "once\n"


def test_descriptors_are_closed() -> None:
    """Nothing stays open, however often files are read."""
    run("""
        before = len(os.listdir("/dev/fd"))
        for _ in range(5):
            read_all(files, catalog, 3)
        assert len(os.listdir("/dev/fd")) == before
    """)


def test_half_an_answer_is_none() -> None:
    """An answer that is cut, were it by a byte, is not used."""
    run("""
        from flametree_cfg.config.beside import Beside
        for answer, whole in ((b"{}\\n{}\\nend", True), (b"{}\\n{}\\nen", False), (b"{}\\n{", False), (b"", False)):
            here, there = os.pipe()
            os.write(there, answer)
            os.close(there)
            process = os.fork()
            if not process:
                os._exit(0)
            assert Beside(process, here).answer() == (b"{}\\n{}" if whole else None), answer
    """)
