# Everything a clone needs: python3 and make; Node comes from PyPI where the machine has none.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3

OS := $(shell uname -s | tr '[:upper:]' '[:lower:]')
ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,amd64,$(shell uname -m)))
EMPTY :=
SPACE := $(EMPTY) $(EMPTY)

# The native binaries: npm's wrappers of them exit 0 even when a test fails.
FOUNDRY := $(foreach tool,anvil cast forge,$(CURDIR)/node_modules/@foundry-rs/$(tool)-$(OS)-$(ARCH)/bin)
export PATH := $(subst $(SPACE),:,$(CURDIR)/.venv/bin $(FOUNDRY)):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv
export SOLCX_BINARY_PATH := $(CURDIR)/tools/solcx
export APE_DATA_FOLDER := $(CURDIR)/.ape
unexport PYTHONHOME PYTHONPATH

# A port of our own, so that two clones can work side by side.
ifndef ANVIL_PORT
ANVIL_PORT := $(shell $(PYTHON) -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null)
endif
export ANVIL_PORT

SOURCES := $(shell find contracts interfaces -name .cache -prune -o -name '*.sol' -print 2>/dev/null)
SOLIDITY := $(wildcard contracts interfaces tests/forge)

define section
@printf '\n== %s\n' '$(1)'
endef

.PHONY: help setup compile demo demo-issuance demo-uses test format lint deep gas requirements clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

setup: .venv/.stamp node_modules/.stamp ## install everything, inside this folder

.venv/.stamp: requirements.lock pyproject.toml tools/uv.lock
	$(call section,Python packages)
	@tools/check python $(PYTHON)
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/uv.lock
	@uv pip sync --quiet --require-hashes requirements.lock
	@uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.stamp: .venv/.stamp package.json package-lock.json tools/node.lock
	$(call section,Solidity packages and tools)
	@tools/check node 2>/dev/null || uv pip install --quiet --require-hashes -r tools/node.lock
	@tools/check node
	@npm ci --no-progress --loglevel=error
	@tools/check foundry $(OS)-$(ARCH)
	@touch $@

compile: setup .build/.stamp ## compile the contracts, all together

# All from scratch, as Ape sees neither a changed interface nor what imports a changed file.
.build/.stamp: $(SOURCES) ape-config.yaml package-lock.json tools/solcx/solc-v0.8.37 | .venv/.stamp node_modules/.stamp
	$(call section,Contracts)
	@ape compile --force -v SUCCESS
	@touch $@

demo: setup compile ## bring up a chain with three currencies and show them at work
	@ape run demo --network ethereum:local:foundry

demo-issuance: setup compile ## play a day at the desks: a bank's file, redemptions, a typhoon
	@ape run demo issuance --network ethereum:local:foundry

demo-uses: setup compile ## payments abroad and by file, a shop, an invoice, an envelope, a fund share
	@ape run demo uses --network ethereum:local:foundry

test: setup compile ## every test but the long ones
	$(call section,Tests on Anvil and pyrevm)
	@ape test tests -n 2 --dist loadfile --no-loadscope-reorder --network ethereum:local:foundry
	$(call section,Forge invariants)
	@forge test

deep: setup compile ## long fuzzing
	$(call section,Deep hypothesis runs)
	@HYPOTHESIS_PROFILE=deep ape test tests/invariant tests/fuzz --network ethereum:local:foundry
	$(call section,Deep forge runs)
	@FOUNDRY_PROFILE=deep forge test

gas: setup compile ## measure gas into tests/gas/gas.json
	@PEGBOARD_GAS=write ape test tests/gas --network ethereum:local:foundry
	@git diff --stat -- tests/gas/gas.json

requirements: setup compile ## write docs/requirements.md anew
	@PEGBOARD_REQUIREMENTS=write python -m pytest tests --collect-only -q | tail -n 1
	@git diff --stat -- docs/requirements.md

format: setup ## lay out all sources
	@forge fmt $(SOLIDITY)
	@ruff check --quiet --fix-only --select I .
	@ruff format .

lint: setup .venv-slither/.stamp ## check layout, types and known faults
	$(call section,forge fmt)
	@forge fmt --check $(SOLIDITY)
	$(call section,ruff)
	@ruff check .
	@ruff format --check .
	$(call section,mypy)
	@mypy
	$(call section,slither)
	@FOUNDRY_OUT=cache/slither FOUNDRY_CACHE_PATH=cache/slither-forge .venv-slither/bin/slither . --config-file slither.config.json

.venv-slither/.stamp: requirements-slither.lock .venv/.stamp
	$(call section,Slither)
	@test -x .venv-slither/bin/python || .venv/bin/python -m venv --without-pip .venv-slither
	@VIRTUAL_ENV=$(CURDIR)/.venv-slither uv pip sync --quiet --require-hashes requirements-slither.lock
	@touch $@

clean: ## remove everything that was made here
	rm -rf .venv .venv-slither node_modules .ape .build contracts/.cache out cache cache_forge
	rm -rf .hypothesis .pytest_cache .mypy_cache .ruff_cache
