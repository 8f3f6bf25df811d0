# `make help` lists what there is. Nothing here touches the real archive's state, except `run` and `upgrade`, which use it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3.11
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
UV := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv
# A checkout that has run the tests keeps their tools; one that has not installs only what runs.
LOCK = $(if $(wildcard $(VENV)/.dev),requirements-dev.txt,requirements.txt)
JOBS ?= 3
export PYTHONUNBUFFERED := 1
# Every step is a process of its own: without compiled bytecode each one would compile its imports again (2.5 CPU s).
unexport PYTHONDONTWRITEBYTECODE

##@ To use it
.PHONY: demo run upgrade
demo: bare ## The whole stack with a small newsroom of its own, from nothing; ONCE=1 ends by itself
	@$(PYTHON) -m stack check --mode demo
	@$(MAKE) setup
	@exec $(BIN)/python -m stack.demo $(if $(filter-out 0,$(ONCE)),--once)

run: bare ## The stack on the outlets of outlets/ (or WARRAQ_OUTLETS); needs WARRAQ_CONTACT
	@$(PYTHON) -m stack check --mode real
	@$(MAKE) setup
	@exec $(BIN)/python -m stack up --mode real

upgrade: bare ## After `git pull`: stop, install, back up, migrate, start
	@$(PYTHON) -m stack stop
	@$(MAKE) setup
	@exec $(BIN)/python -m stack upgrade

##@ To work on it
.PHONY: setup dev test long check e2e testbed week bench floor peers kills drill faults attacks fuzz backlog lock
setup: bare $(VENV)/.runtime ## Make .venv with exactly the locked packages
dev: bare $(VENV)/.dev ## The same, with the tools of the tests

test: dev ## All tests; installs Chromium for them when it is root on Debian, else names it
	@deploy/system-packages
	@$(BIN)/pytest -m "not long and not e2e" -n $(JOBS) --dist loadscope $(PYTEST)

long: dev ## The tests that `make test` leaves out: cut short at every request, killed, each alarm provoked, hostile texts, the drill
	@$(BIN)/pytest -m long $(PYTEST)

e2e: dev ## The stack of `make demo` in a real browser, as admin, operator and viewer; screenshots in build/e2e; about 15 minutes
	@deploy/system-packages
	@$(BIN)/pytest -m e2e tests/e2e $(PYTEST)

check: dev ## ruff, mypy --strict, import-linter, then all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) test

testbed: dev ## Capture the six WordPress sites of ../shared/testbed and compare with its answer sheet
	@$(BIN)/python -m tests.testbed

week: dev ## A scaled week on the test bed, 2,000 changes; WEEK="--faults" through every fault; about 45 minutes
	@$(BIN)/python -m tests.week $(WEEK)

bench: dev ## Every performance figure, with its bound; search and pages take --postgresql, and --folder to keep what they filled
	@status=0; for one in pipeline reading warc store catalog search planning verify revisit pages; do echo "== bench.$$one"; $(BIN)/python -m bench.$$one || status=1; done; exit $$status

floor: dev ## How clean bodies are on checked pages: PAGES=DIR, default ../shared/pages/real; PEERS=1 beside other extractors
	@$(BIN)/python -m bench.extraction $(or $(PAGES),../shared/pages/real) $(if $(filter-out 0,$(PEERS)),--peers)

peers: dev ## The other extractors of `make floor PEERS=1`, in .venv-bench
	@$(PYTHON) -m venv .venv-bench
	@VIRTUAL_ENV=$(CURDIR)/.venv-bench $(BIN)/uv pip sync --quiet --require-hashes requirements-bench.txt

kills: dev ## kill -9 at 40 random moments and around every put, then run again; about 15 minutes
	@$(BIN)/python -m tests.faults.kill

faults: dev ## 8 processes append to the log at once, killed, stopped, the storage too, 200 rounds; about 10 minutes
	@$(BIN)/python -m tests.faults.log

attacks: dev ## Attacks on a bucket of 10,000 captures, each to be detected and named right; about 20 minutes
	@$(BIN)/python -m tests.attacks

MINUTES ?= 30
fuzz: dev ## Hostile and odd pages, read whole: no crash, nothing over 10 s or 500 MB; MINUTES=30
	@$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

drill: dev ## The first store is lost, a fresh machine goes on from the second copy
	@$(BIN)/python -m tests.faults.drill

backlog: dev ## A back catalogue of 5,000 posts at a delay of 1 s; takes two intervals of 15 minutes
	@$(BIN)/python -m tests.faults.backlog

lock: dev ## Resolve requirements*.in anew into requirements*.txt
	$(UV) pip compile --upgrade --quiet --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
		requirements.in -o requirements.txt
	$(UV) pip compile --upgrade --quiet --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
		requirements-dev.in -o requirements-dev.txt
	$(UV) pip compile --upgrade --quiet --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
		requirements-bench.in -o requirements-bench.txt

##@ To tidy up
.PHONY: clean help bare
clean: ## Remove .venv, caches and the demo's state; never the real archive's
	@$(PYTHON) -m stack clean
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9]+:.*## / {printf "  make %-8s  %s\n", $$1, $$2}' \
		$(firstword $(MAKEFILE_LIST))

bare:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed and $(PYTHON) is not there: install python3.11 and python3.11-venv, or name it: make PYTHON=/path/to/python3.11" >&2; exit 78; }
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "$(PYTHON) is not Python 3.11 with venv: install python3.11-venv, or name another: make PYTHON=/path/to/python3.11" >&2; exit 78; }

$(BIN)/uv:
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.runtime: $(BIN)/uv $(wildcard requirements*.txt) pyproject.toml
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes $(LOCK)
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(BIN)/uv $(wildcard requirements*.txt) pyproject.toml
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes requirements-dev.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime
