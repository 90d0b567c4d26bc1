# One command each; `make help` lists them. Everything is installed into .venv.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CODE := src tests benchmarks training app.py
# The benchmarks' data sets, and the environment of the systems that they are run beside.
DATA := datasets
PEERS := .venv-bench
# What asks about known weaknesses.
AUDIT := .venv-audit
# The version that newly trained models get.
MODELS := 3
# The first of these that is there and new enough makes the virtual environment.
PYTHONS := python3 python3.13 python3.12 python3.11 python
# A process of the tests that dies ends them with the name of its test: others would wait for it.
PYTEST = $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --max-worker-restart 0

.DEFAULT_GOAL := help
.PHONY: run test cover check fmt lint types index bench growth load soak faults runs train eval-quality fuzz audit screenshots clean help setup

run: setup ## Serve the page at http://127.0.0.1:7860, after building the index if need be
	@$(BIN)/coursebot serve --build

test: $(VENV)/dev ## Run all tests
	@$(PYTEST)

cover: $(VENV)/dev ## Run all tests and see that they reach nine lines in ten (a fifth slower)
	@$(PYTEST) --cov --cov-report=

check: lint types ## Lint, formatting, types and import contracts

lint: $(VENV)/dev ## Check style, formatting and who may import whom
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/lint-imports

types: $(VENV)/dev ## Check types
	@$(BIN)/mypy

fmt: $(VENV)/dev ## Format the code and correct what can be corrected
	@$(BIN)/ruff check --fix-only $(CODE)
	@$(BIN)/ruff format $(CODE)

index: setup ## Build the index of corpus/
	@$(BIN)/coursebot index

bench: $(VENV)/dev $(PEERS)/installed ## Measure speed and quality beside the peers
	@$(BIN)/python -m benchmarks --data $(DATA) --peers $(PEERS) --write --only '$(ONLY)'

growth: $(VENV)/dev ## Measure how time and memory of a build grow from 10,000 to 100,000 passages (an hour)
	@$(BIN)/python -m benchmarks.growth --data $(DATA) --write

runs: $(VENV)/dev ## Make the runs that the README's figures of quality come from
	@$(BIN)/python -m benchmarks.runs --data $(DATA) --only '$(ONLY)'

load: $(VENV)/dev ## Measure many learners at once on a real server (1.5 hours; ONLY=PART,…)
	@$(BIN)/python -m benchmarks.load --data $(DATA) --write --only '$(ONLY)'

soak: $(VENV)/dev ## Ask a real server steadily for half an hour and look at its memory
	@$(BIN)/python -m benchmarks.load --soak 30 --write

faults: $(VENV)/dev ## Inject every fault and see that what was promised held
	@$(BIN)/python -m benchmarks.faults --write --only '$(ONLY)'

eval-quality: $(VENV)/dev ## Measure the answers by language and kind, beside the peers where they are
	@$(BIN)/python -m benchmarks.quality --data $(DATA) --peers $(PEERS) --write --only '$(ONLY)'

fuzz: $(VENV)/dev ## Feed hostile input to all that reads any: SECONDS=600 for each, ONLY=courses,api
	@$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60) --only '$(ONLY)'

audit: $(VENV)/dev $(AUDIT)/installed ## See which pinned versions have known weaknesses or unusual licences (asks api.osv.dev)
	@$(BIN)/python -m pip check
	@$(BIN)/python -m tests.audit $(AUDIT)/bin/pip-audit

train: $(VENV)/dev ## Train encoder and reader again and fit what stands on them (two hours)
	@$(BIN)/python -m training.encoder $(DATA) --steps 480
	@$(BIN)/python -m training.pack encoder build/training/encoder/layers.safetensors --version $(MODELS)
	@$(BIN)/python -m training.reader encyclopaedia $(DATA) --start build/training/encoder/layers.safetensors --steps 360 --batch 12 --most 6000
	@$(BIN)/python -m training.reader notes $(DATA) --start build/training/reader-encyclopaedia/layers.safetensors --steps 1200 --batch 12
	@$(BIN)/python -m training.pack reader build/training/reader-notes/layers.safetensors --version $(MODELS)
	@$(BIN)/python -m training.fit $(DATA)

$(PEERS)/installed: benchmarks/peers/requirements.txt | $(BIN)/python
	@echo "Installing the peers into $(PEERS) (once; a few minutes)"
	@$(BIN)/python -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install --requirement $<
	@touch $@

$(AUDIT)/installed: Makefile | $(BIN)/python
	@$(BIN)/python -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip --disable-pip-version-check --quiet install pip-audit==2.10.1
	@touch $@

screenshots: $(VENV)/dev index ## Take the README's pictures again, with Chromium
	@$(BIN)/python -m tests.screenshots

setup: $(VENV)/installed ## Install coursebot into .venv

clean: ## Remove .venv, the index and everything else that was made here
	@rm -rf $(VENV) .venv-bench .venv-audit .bench dist build .coverage .hypothesis .import_linter_cache .mypy_cache .ruff_cache
	@find index -mindepth 1 ! -name README.md -delete
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@for python in $(PYTHONS); do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	    2>/dev/null; then \
	    echo "Making $(VENV) with $$($$python --version)"; \
	    exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "Error: no Python 3.11, 3.12 or 3.13 was found. Install one and try again." >&2; exit 1

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing coursebot into $(VENV) (once; a few minutes)"
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev: $(VENV)/installed
	@echo "Installing what the tests need into $(VENV)"
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@
