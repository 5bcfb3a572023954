# Every target works on a fresh clone. The set-up is in scripts/; a second call finds it done.
#   PYTHON=python3.12    the interpreter .venv is made with (default: the first one that is 3.11 or newer)
#   CAMPAIGN=NAME RUN_ARGS=... PYTEST_ARGS=... BENCH_ARGS=...    are passed on
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run test fuzz docs docs-test bench lint clean
export PYTHON

CAMPAIGN ?= lats2024

help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1	\2/p' Makefile
	@echo "Arguments: CAMPAIGN, RUN_ARGS, PYTEST_ARGS, BENCH_ARGS, PYTHON (see the top of the Makefile)"

run: ## Set up, run the campaign (lats2024); the last line is the report's path
	@bash scripts/install-ngspice.sh
	@bash scripts/make-venv.sh
	@.venv/bin/faultsim run $(CAMPAIGN) $(RUN_ARGS)

test: ## Set up, run the whole test suite
	@bash scripts/install-ngspice.sh
	@bash scripts/make-venv.sh test
	@bash scripts/install-chromium.sh
	@.venv/bin/python -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

fuzz: ## Set up, look at public, spoilt and random decks and expressions many times more than the test suite does
	@bash scripts/install-ngspice.sh
	@bash scripts/make-venv.sh test
	@FAULTSIM_EXAMPLES=$${FAULTSIM_EXAMPLES:-20} .venv/bin/python -m pytest tests/decks/test_fuzz.py tests/circuits/test_flatten.py tests/circuits/test_formula.py $(PYTEST_ARGS)

docs: ## Set up, build the documentation; the last line is the path of its first page
	@bash scripts/make-venv.sh docs
	@NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs build --strict --quiet
	@echo site/index.html

docs-test: ## Set up, run every command of README and docs in full, which takes hours
	@bash scripts/install-ngspice.sh
	@bash scripts/make-venv.sh test
	@bash scripts/install-chromium.sh
	@FAULTSIM_ALL_COMMANDS=1 .venv/bin/python -m pytest -o faulthandler_timeout=0 tests/docs $(PYTEST_ARGS)

bench: ## Set up, run every benchmarks/bench_*.py
	@bash scripts/install-ngspice.sh
	@bash scripts/make-venv.sh bench
	@for file in benchmarks/bench_*.py; do \
	    [ -e "$$file" ] || { echo "no benchmarks/bench_*.py to run"; break; }; \
	    echo "== $$file"; \
	    .venv/bin/python "$$file" $(BENCH_ARGS) || exit; \
	done

lint: ## Set up, run ruff and mypy
	@bash scripts/make-venv.sh lint
	@.venv/bin/python -m ruff check .
	@.venv/bin/python -m mypy faultsim

clean: ## Remove .venv, builds and caches; results in runs/ stay
	rm -rf .venv build dist site .pytest_cache .hypothesis .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
