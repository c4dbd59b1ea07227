# Two commands for everybody: `make demo` and `make test`. Python 3.11 or later is all they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TRAFFIC ?=
FOR ?=
BENCH_TRAFFIC ?= ../shared/traffic

.DEFAULT_GOAL := help
.PHONY: help demo test test-labelstudio test-llm check soak bench lock generate clean

help: ## What there is to make
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.run ## Watch a simulated product being scored; FOR=60 ends by itself, TRAFFIC=file streams a file
	@$(BIN)/evergauge demo $(if $(FOR),--for $(FOR)) $(if $(TRAFFIC),--traffic $(TRAFFIC))

test: $(VENV)/.dev ## Run the tests, with a real Kafka and a real ClickHouse engine
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

test-labelstudio: $(VENV)/.dev ## Run the tests with a real Label Studio alone
	@$(BIN)/python -m pytest tests/labelstudio $(ARGS)

test-llm: $(VENV)/.dev ## Judge with a real small model, which is downloaded as a package first; not part of the tests
	@$(BIN)/python -m pytest -m llm tests/llm $(ARGS)

check: $(VENV)/.dev ## Format, lint, types, layers, dead code, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports
	@$(BIN)/vulture
	@$(BIN)/python -m docs.generate --check

soak: $(VENV)/.dev ## The long chaos and memory runs
	@$(BIN)/python -m pytest -m soak --timeout 5400 $(ARGS)

bench: $(VENV)/.dev ## Run every benchmark and write benchmarks/results
	@$(BIN)/python -m benchmarks --traffic $(BENCH_TRAFFIC)

generate: $(VENV)/.dev ## Write the generated files again
	@$(BIN)/python -m docs.generate

lock: $(VENV)/.dev ## Resolve the locked versions again
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra stream --extra embedded --extra console --generate-hashes --universal --no-header \
		--no-emit-index-url --python-version 3.11 --quiet --output-file requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes --universal --no-header \
		--no-emit-index-url --python-version 3.11 --quiet --output-file requirements-dev.lock

clean: ## Remove the environment; data stay
	@rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Evergauge needs Python 3.11 or later; name one: make PYTHON=python3.12 demo"; exit 1; }
	@echo "· making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "· installing packages, once"
	@test -f $(VENV)/.dev || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "· installing packages for development, once"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@ $(VENV)/.run
