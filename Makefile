# Each target makes what it needs first; `make` alone explains.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test check dev bench lock

help: ## Say what can be done here
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(READY) ## Make .venv with everything in it

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Run the main job on sample content, then serve it on http://127.0.0.1:8000
	$(BIN)/outreach demo

test: setup ## Run the tests; without PostgreSQL, Redis or Chromium they say what they left out
	$(BIN)/pytest -q -rs -n auto --dist worksteal

check: setup ## Style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

dev: setup ## Serve the data in var/ with readable logs
	OUTREACH_LOG_JSON=false $(BIN)/outreach serve

bench: setup ## Measure sending on this machine
	$(BIN)/python -m benchmarks.send --provider null --recipients 100000 --json

lock: ## Resolve the dependencies anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o requirements.txt pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -c requirements.txt -o requirements-dev.txt --all-extras pyproject.toml
