# `make` alone lists the targets. Needs Python 3.11 or newer and nothing else: the first target that
# needs packages installs a private uv in .tools/ and the locked packages in .venv/.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

PYTHON ?= python3
UV_VERSION := 0.13.8
LANDING_ROOT ?= landing
DEMO_SCALE ?= 0.01
DEMO_DAYS ?= 365
BUILD ?=
JOBS ?=
BENCH ?=

export LANDING_ROOT
export DBT_PROFILES_DIR := profiles
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
# An interpreter that is on the machine, never a downloaded one, and always this folder's .venv.
export UV_PYTHON_DOWNLOADS := never
unexport UV_PROJECT_ENVIRONMENT VIRTUAL_ENV PYTHONHOME PYTHONPATH

BIN := .venv/bin
UV := .tools/bin/uv
UV_STAMP := .tools/.stamp-uv-$(UV_VERSION)
BASE := .venv/.stamp-base
DEV := .venv/.stamp-dev
PEERS := .venv/.stamp-bench
# --inexact: a narrower sync leaves alone what a wider one installed.
SYNC = $(UV) sync --frozen --inexact --compile-bytecode --no-progress \
	--python "$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')"

.PHONY: help setup demo simulate build summary test check lint format bench docs clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(DEV) ## Install everything that development needs into .venv

demo: BUILD = --full-refresh # a new company, not more days of the old one
demo: simulate build summary ## Simulate a company's year, build the warehouse, print what it says

simulate: $(BASE) ## Write the simulated company's exports to LANDING_ROOT
	$(BIN)/headwater simulate --scale $(DEMO_SCALE) --days $(DEMO_DAYS) --start 2025-01-01 --seed 7 \
		--to "$$LANDING_ROOT"

build: $(BASE) ## Build, test and publish what landed since (all of it: BUILD=--full-refresh)
	@echo "Building and testing every model; only what fails is shown."
	$(BIN)/headwater build $(BUILD)

summary: $(BASE) ## Print what the warehouse says
	$(BIN)/headwater summary

test: $(DEV) ## Run all tests, in two processes; a file's tests stay together and share what they build
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: lint test ## Run everything that CI runs

lint: $(DEV) ## Check style, types and the project's YAML and SQL
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	mkdir -p warehouse
	$(BIN)/dbt --warn-error-options '{"error": "all"}' parse --no-partial-parse \
		--target ci --target-path target/ci
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 0

format: $(DEV) ## Rewrite Python and SQL in the project's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	mkdir -p warehouse
	$(BIN)/sqlfluff fix --disable-progress-bar

bench: $(PEERS) ## Time the jobs of bench/jobs.toml (JOBS="land" for some) into bench/results.md
	$(BIN)/python -m bench.run $(BENCH) $(JOBS)

docs: $(BASE) ## Write the catalogue of all models to target/static_index.html
	mkdir -p warehouse
	$(BIN)/dbt docs generate --static

clean: ## Remove what the targets made, except landed data and the warehouse
	rm -rf .venv .tools target logs .mypy_cache .ruff_cache .pytest_cache

$(UV_STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Headwater needs Python 3.11 or newer; $(PYTHON) is not." \
			"Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo "$(PYTHON) lacks the venv module; on Debian: apt-get install python3-venv" >&2; exit 1; }
	rm -rf .tools
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	touch $@

$(BASE): pyproject.toml uv.lock $(UV_STAMP)
	$(SYNC)
	touch $@

$(DEV): pyproject.toml uv.lock $(UV_STAMP)
	$(SYNC) --extra dev
	touch $(BASE) $@

$(PEERS): pyproject.toml uv.lock $(UV_STAMP)
	$(SYNC) --extra dev --extra bench
	touch $(BASE) $(DEV) $@
