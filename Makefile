# Every target does its own set-up, quickly and again without harm. `make help` lists them.
PYTHON ?= python3.11
VENV   ?= .venv
BIN    := $(VENV)/bin
PARTS  := contract sidecar platform client dashboard sample_agents experiments
IMAGES := platform sidecar dashboard samples
FAST_TESTS := tests/unit tests/ports tests/wire tests/architecture

.DEFAULT_GOAL := help
.PHONY: help up demo chaos chaos-fast test test-fast test-docker drill test-pythons wheels check format bench bench-dashboard lock clean setup setup-dev

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

up: setup ## Run the platform, the dashboard and the samples behind their sidecars, with gentle traffic, until Ctrl-C
	@$(BIN)/tagent up || [ $$? -eq 130 ]

demo: setup ## Break each sample, watch it heal, print the timelines, end (under 3 minutes)
	@$(BIN)/tagent demo

chaos: setup ## Run the whole catalog of experiments on a platform and samples of its own (about 10 minutes)
	@$(BIN)/tagent chaos run --own-stack

chaos-fast: setup ## Run the fast experiments likewise (under 3 minutes)
	@$(BIN)/tagent chaos run --own-stack --tag fast

test: setup-dev ## Run every test
	@$(BIN)/python -m pytest -q -n 4 --dist worksteal

test-docker: setup-dev ## Build the images and run the compose stack on a real Docker engine: inject, kill, heal (minutes)
	@tests/install-debian-packages docker-compose
	@$(BIN)/python -m pytest -q -s --durations=5 tests/docker

test-fast: setup-dev ## Run the tests that need no process: unit, ports, wire, architecture
	@$(BIN)/python -m pytest -q $(FAST_TESTS)

drill: setup-dev ## Kill two platforms on one Firestore at random for two minutes, then take Firestore away for one
	@TAGENT_TEST_DRILL_S=120 TAGENT_TEST_AWAY_S=60 $(BIN)/python -m pytest -q -rP -o timeout=400 tests/e2e/replicas

test-pythons: ## Run every test on Python 3.12 and 3.13 too, where they are present
	@for python in python3.12 python3.13; do \
	  if $$python --version >/dev/null 2>&1; then $(MAKE) --no-print-directory test PYTHON=$$python VENV=.venv-$$python || exit 1; \
	  else echo "skipped: no $$python on this machine"; fi; done

check: setup-dev ## Check format, lint, types and layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(foreach part,$(PARTS),$(part)/src)
	@$(BIN)/lint-imports --no-cache

format: setup-dev ## Format the code and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup-dev ## Measure against the peers in one run, and print the table
	@bench/install-peers
	@$(BIN)/python -m bench

bench-dashboard: setup-dev ## Measure the dashboard over 500 services, with 20 open pages for a quarter of an hour
	@$(BIN)/python -m bench.dashboard

# What one image needs and no more, in the versions of run.lock: its name, and what asks for it.
lock-image = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
  --excludes requirements/ours.in -c requirements/run.lock $(2) -o requirements/$(1).lock

lock: $(BIN)/uv ## Pin what we depend on, with hashes and without addresses
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/bootstrap.in -o requirements/bootstrap.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-emit-package tagent-contract --no-emit-package tagent-client \
	  $(foreach part,$(PARTS),$(part)/pyproject.toml) requirements/run.in -o requirements/run.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-emit-package tagent-contract --no-emit-package tagent-client \
	  $(foreach part,$(PARTS),$(part)/pyproject.toml) requirements/run.in requirements/dev.in -c requirements/run.lock -o requirements/dev.lock
	@$(BIN)/uv pip compile -q --no-deps --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/terraform-tests.in -o requirements/terraform-tests.lock
	@$(call lock-image,build,-c requirements/bootstrap.lock requirements/build.in)
	@$(call lock-image,platform,contract/pyproject.toml platform/pyproject.toml)
	@$(call lock-image,sidecar,contract/pyproject.toml sidecar/pyproject.toml)
	@$(call lock-image,dashboard,contract/pyproject.toml dashboard/pyproject.toml client/pyproject.toml)
	@$(call lock-image,samples,sample_agents/pyproject.toml)

wheels: $(BIN)/uv $(foreach image,build $(IMAGES),deploy/images/wheels/$(image)) ## Fetch what the images are built from, for builds without network

deploy/images/wheels/%: requirements/%.lock
	@rm -rf $@
	@$(BIN)/python -m pip download -q --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: -d $@ -r $<
	@touch $@

clean: ## Remove what make made: environments, caches, the local state
	@rm -rf .venv .venv-* .tagent .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: $(VENV)/.run-installed
setup-dev: $(VENV)/.dev-installed

$(BIN)/uv: requirements/bootstrap.lock
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

$(VENV)/.run-installed: $(BIN)/uv requirements/run.lock $(foreach part,$(PARTS),$(part)/pyproject.toml)
	@echo "installing what Tagent runs on (once) ..."
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --compile-bytecode --require-hashes -r requirements/run.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps --no-build-isolation $(foreach part,$(PARTS),-e ./$(part))
	@touch $@

$(VENV)/.dev-installed: $(VENV)/.run-installed requirements/dev.lock tests/install-debian-packages
	@tests/install-debian-packages
	@echo "installing what the checks and tests need (once) ..."
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --compile-bytecode --require-hashes -r requirements/dev.lock
	@touch $@
