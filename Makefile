# Everything runs from .venv; `make` alone lists the targets.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
CODE   := src tests $(wildcard benchmarks/*.py clients/*.py)

# Each stamp is younger than what it was made from, so an install runs again only when the pins or the package change.
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev

# A test process for each core, up to four.
PYTEST_ARGS ?= --numprocesses=auto --maxprocesses=4

# What `make test-fast` runs: decisions, requests and answers in memory.
FAST := tests/policy tests/gate tests/audit tests/model tests/upstream tests/exports \
	$(patsubst %,tests/tools/test_%.py,bad_input given invariants listing long_arguments messages refusals untrusted)

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast test-dist dist mcpb check check-format lint prose types mypy basedpyright contracts check-docs site bench clients ablation nightly format docs images pins upgrade clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(RUN) ## make .venv with the package and its pinned dependencies

demo: $(RUN) ## three agents triage crashes in a sandbox, with what the log says of each call
	$(BIN)/crashgate demo

test: $(DEV) ## run the tests (PYTEST_ARGS="tests/policy -x" for some of them)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-fast: $(DEV) ## the tests that run in memory, with fewer examples, until one fails
	HYPOTHESIS_PROFILE=fast $(BIN)/python -m pytest $(PYTEST_ARGS) --quiet --exitfirst $(FAST)

test-dist: $(DEV) ## build the wheel, install it in empty environments, and try it as a new user would; some minutes
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m distribution

dist: $(DEV) ## build the wheel and the source distribution into dist/
	rm -rf dist
	$(BIN)/uv build --quiet --out-dir dist

mcpb: $(DEV) ## build the bundle for Claude Desktop into dist/; needs npx, whose tool checks it
	mkdir -p dist
	npx --yes @anthropic-ai/mcpb@2.1.2 validate mcpb/manifest.json
	npx --yes @anthropic-ai/mcpb@2.1.2 pack mcpb dist/crashgate.mcpb

check: check-format lint prose contracts check-docs site types ## format, lint, spelling, import contracts, generated docs, the site, types, tests
	$(MAKE) test

check-format: $(DEV) ## see that the code is formatted
	$(BIN)/ruff format --check .

lint: $(DEV) ## run the linter
	$(BIN)/ruff check .

prose: $(DEV) ## look for misspellings in pages, messages and comments
	$(BIN)/codespell

types: mypy basedpyright ## check the types, with mypy and basedpyright

mypy: $(DEV)
	$(BIN)/mypy $(CODE)

basedpyright: $(DEV)
	$(BIN)/basedpyright --warnings

contracts: $(DEV) ## check who imports whom
	$(BIN)/lint-imports

check-docs: $(DEV) ## see that the generated reference pages are current
	$(BIN)/crashgate reference --check

site: $(DEV) ## build the documentation site from docs/ into site/; a warning is an error
	$(BIN)/zensical build --strict

bench: $(DEV) ## compare with other servers and write docs/benchmarks.md (needs npm for one of them); ARGS=--quick takes 2 minutes
	$(BIN)/python -m benchmarks.run $(ARGS)

clients: $(DEV) ## see what real MCP clients give their models, and run the conformance suite; needs npm (CLIENTS="fastmcp" for some)
	$(BIN)/python -m clients.run $(CLIENTS)

ablation: $(DEV) ## remove each check of the gate in turn, and see its tests fail; ARGS="words of a name" for some
	$(BIN)/python -m tests.ablation.run $(ARGS)

nightly: $(DEV) ## what takes too long for every run: 100,000 comparisons with Cedar, every repetition, more examples
	$(BIN)/python -m benchmarks.differential
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m nightly
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest $(PYTEST_ARGS) -m hypothesis

format: $(DEV) ## format the code and fix what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEV) ## write the generated pages again
	$(BIN)/crashgate reference --write
	$(BIN)/crashgate policy schema > docs/policy.schema.json
	CRASHGATE_SNAPSHOTS=write $(BIN)/python -m pytest --quiet tests/project/test_threat_rows.py \
		tests/project/test_connect_pages.py

images: $(DEV) ## draw the pictures of terminals in the pages again
	$(BIN)/python -m tests.screenshots

PIN := UV_CUSTOM_COMPILE_COMMAND="make pins" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --extra all pyproject.toml

pins: $(DEV) ## pin what pyproject.toml newly asks for, with hashes; `make upgrade` moves every pin
	$(PIN) $(PIN_ARGS) --group build --output-file requirements/run.txt
	$(PIN) $(PIN_ARGS) --group build --group dev --constraints requirements/run.txt --output-file requirements/dev.txt

upgrade: ## move every pin to the newest version
	$(MAKE) pins PIN_ARGS=--upgrade

clean: ## remove .venv, caches and builds
	rm -rf $(VENV) .bench .clients build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks clients -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("crashgate needs Python 3.11 or later: make install PYTHON=path/to/it" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUN): requirements/run.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	$(PIP) install --require-hashes --requirement requirements/dev.txt
	@touch $@
