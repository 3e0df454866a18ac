# On a fresh machine: Python 3.11 or newer, make and a package index are enough. Every target makes what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PYTEST_ARGS ?=

# A checkout that never writes bytecode would start slowly for ever.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test lint types contracts bench lock clean

help:  ## List the targets.
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | expand -t 12

demo: $(INSTALLED)  ## Take the example tenants through the whole loop, in a copy.
	PATH="$(CURDIR)/$(BIN):$$PATH" .ci/demo

test: $(INSTALLED)  ## Run every test; PYTEST_ARGS="-k plan" narrows it.
	@.ci/system
	$(BIN)/pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

lint: $(INSTALLED)  ## Check style and formatting.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)  ## Check types.
	$(BIN)/mypy

contracts: $(INSTALLED)  ## Check that imports only go down.
	$(BIN)/lint-imports

bench: $(INSTALLED)  ## Compare speed and memory with others; BENCH_ARGS="--quick" or "--only apply-1000" for less.
	$(BIN)/python -m bench $(BENCH_ARGS)

# uv only resolves: it lives in a folder of its own, and the lock names no index.
LOCK := build/lock/bin
COMPILE := $(LOCK)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock:  ## Resolve the dependencies anew; add LOCK_ARGS=--upgrade to move them.
	$(PYTHON) -m venv build/lock
	$(LOCK)/pip install --quiet uv
	$(COMPILE) $(LOCK_ARGS) pyproject.toml -o requirements.lock
	$(COMPILE) $(LOCK_ARGS) pyproject.toml --group dev -o requirements-dev.lock

clean:  ## Remove what the other targets made.
	rm -rf $(VENV) build dist bench/out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "flametree-cfg needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@
