# Everything starts here: `make demo` and `make test` set themselves up.
# All that is installed or fetched lands in .venv and .cache, both ignored by git.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export IMAGESEARCH_CACHE ?= $(CURDIR)/.cache

# The first of these that really runs and is one of ours.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { command -v $$p; break; }; done)
UV := .cache/uv/bin/uv
BIN := .venv/bin
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11
PORT ?= 8000
ARCH ?= x86_64
MODELS ?= 1=layers/model
DATA ?= .data
WORKERS ?= logical
FUZZ_CASES ?= 10100
FUZZ_SEED ?= $(shell date +%Y%m%d)

.PHONY: help setup model layers synth picture samples hostile servers demo test fuzz screenshots quality check format lock openapi clean distclean

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: .venv/.ready ## Build .venv with everything pinned by hash

$(UV): requirements/uv.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed: install it, or name it with PYTHON=..." >&2; exit 1; }
	@echo "Setting up with $(PYTHON)"
	@"$(PYTHON)" -m venv --clear .cache/uv || { echo "This Python has no venv: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@.cache/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

# Compiled here, once: tests start hundreds of processes, and not everybody's Python writes down what it compiles.
.venv/.ready: $(UV) requirements/dev.txt pyproject.toml
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$(PYTHON)" .venv
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

model: samples ## Export the model (VGG16, fetched and checked; calibrated with the samples) to layers/model
	$(BIN)/python -m model_export

layers: model ## Build Lambda's layers and weigh them (ARCH=x86_64, arm64 or both)
	$(BIN)/python -m build_layers --arch $(ARCH) $(MODELS:%=--model %) $(ARGS)

synth: layers ## Write the templates of both profiles to cdk.out (cdk-nag looks at them)
	@for profile in development production; do \
		CDK_CONTEXT_JSON="{\"profile\": \"$$profile\"}" CDK_OUTDIR="cdk.out/$$profile" $(BIN)/python -m infra.app; \
		ls cdk.out/$$profile/*.template.json; \
	done

picture: synth ## Draw docs/images/architecture.svg from the templates (needs Graphviz)
	$(BIN)/python -m infra.picture cdk.out/development docs/images/architecture.svg

samples: setup ## Fetch the sample pictures
	$(BIN)/imagesearch samples

demo: samples model ## Start everything on this machine with the sample pictures
	$(BIN)/imagesearch up --data "$(DATA)" --port "$(PORT)"

hostile: setup ## Fetch rare and hostile pictures for the tests
	$(BIN)/python tests/support/suites.py

servers: setup ## Fetch what the tests start: OpenSearch, LocalStack, Lambda's emulator
	$(BIN)/python tests/support/servers.py

# Each worker takes a file at a time and starts its own servers, 2 GB with them. The slowest files come first, so that
# all end together: in the order of their names, not of how many tests there are in each.
test: samples model hostile servers ## Run every test, on all cores (WORKERS=0: in this process)
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder --max-worker-restart 0 \
		--cov --cov-report=term $(ARGS)

fuzz: model ## Send 10,000 odd requests to the API, and write docs/fuzzing.md
	FUZZ_CASES=$(FUZZ_CASES) FUZZ_SEED=$(FUZZ_SEED) FUZZ_REPORT=docs/fuzzing.md $(BIN)/pytest tests/integration/test_fuzz.py $(ARGS)

screenshots: samples model ## Take the pictures of the page in docs/images (needs Chromium)
	PYTHONPATH=tests/support $(BIN)/python tests/browser/screenshots.py

quality: samples model ## Measure duplicates, visual expansion and suggested tags (docs/quality.md)
	$(BIN)/python benchmarks/duplicates.py $(ARGS)
	$(BIN)/python benchmarks/visual_expansion.py $(ARGS)
	$(BIN)/python benchmarks/tag_suggestion.py $(ARGS)

check: setup ## Lint, format, types, import contracts; lint of the page's scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/oxlint --deny-warnings web

format: setup ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(UV) ## Pin the newest versions that fit pyproject.toml
	$(COMPILE) --upgrade pyproject.toml -o requirements/runtime.txt
	$(COMPILE) --upgrade --all-extras pyproject.toml -o requirements/dev.txt
	$(COMPILE) --exclude-newer 2026-03-10 --overrides requirements/localstack.overrides requirements/localstack.in -o requirements/localstack.txt
	$(COMPILE) --upgrade requirements/sam.in -o requirements/sam.txt
	echo uv | $(COMPILE) --upgrade - -o requirements/uv.txt

openapi: setup ## Renew docs/openapi.json
	$(BIN)/python -m search_api > docs/openapi.json

clean: ## Remove what tests and tools leave behind
	rm -rf cdk.out .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -not -path './.cache/*' -prune -exec rm -rf {} +

distclean: clean ## ... and the environment, the model, the cache and the demo's data
	rm -rf .venv .cache .data build layers/model
