# Everything a newcomer needs. No step wants an activated environment, root, Docker or a running service.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup run day test check bench proof requirements clean

help: ## what can be done here
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

$(STAMP): requirements-dev.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

setup: $(STAMP) ## install the compiled requirements into .venv

run: $(STAMP) ## play a provincial day and leave the dashboard up
	$(BIN)/python -m adapters.cli.main run all --sandbox

day: $(STAMP) ## play the same day and exit: 0 only when every check holds
	$(BIN)/python -m adapters.cli.main run all --sandbox --exit

test: $(STAMP) ## all tests
	@PYTHON=$(BIN)/python tests/support/packages.sh test
	$(PYTEST) -n $(WORKERS) tests

check: $(STAMP) ## lint, format, types, import direction, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) tests/architecture

bench: $(STAMP) ## measure beside the rivals; one table, JSON in var/bench
	test -f $(VENV)/.bench || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	touch $(VENV)/.bench
	@PYTHON=$(BIN)/python tests/support/packages.sh bench
	$(BIN)/python -m tests.benchmarks $(BENCH)

proof: $(STAMP) ## the full-size proofs: a million simulated payments, thousands of kills
	LIENTHONG_PROOF=full $(PYTEST) tests/simulation tests/crash
	$(BIN)/python -m tests.simulation --payments 1000000 --seed 1

requirements: ## compile the requirement files anew (versions and hashes, no index address)
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements-dev.txt -c requirements.txt
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --extra dev --extra bench --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements-bench.txt -c requirements-dev.txt

clean: ## remove what was built; never data
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
