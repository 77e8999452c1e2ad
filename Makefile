# Two commands: `make run` to try it, `make test` to check it. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Debian ships Python without venv; root may add it, anybody else is told how.
INSTALL_VENV = { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -qq -y python3-venv; } \
  || { echo "Python's venv module is missing. On Debian: sudo apt install python3-venv"; exit 1; }

.PHONY: run test coverage lint format languages lock bench simulate screenshots lighthouse clean

run: $(VENV)/ready
	@$(BIN)/lettercourse serve --migrate

test: $(VENV)/ready-for-tests
	@tests/prepare
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# Branches of the code that keeps a law. Apart from `test`, since it makes tests half as slow again.
coverage: $(VENV)/ready-for-tests
	@tests/prepare
	@$(BIN)/python -m pytest tests/course tests/emails tests/scheduler tests/app \
	  -n auto --dist loadfile --cov --cov-report=term

lint: $(VENV)/ready-for-tests
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

format: $(VENV)/ready-for-tests
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/ready-for-tests
	$(BIN)/python -m bench.rendering
	$(BIN)/python -m bench.rehearsal
	$(BIN)/python -m bench.startup
	$(BIN)/python -m bench.pipeline
	$(BIN)/python -m bench.scale
	$(BIN)/python -m bench.urgent
	$(BIN)/python -m bench.sizes
	$(BIN)/python -m bench.replies
	$(BIN)/python -m bench.reports
	$(BIN)/python -m bench.hooks
	$(BIN)/python -m bench.pages

SEEDS ?= 1000

# Trouble of every kind on a virtual clock; `make simulate SEEDS=10000` for a long evening.
simulate: $(VENV)/ready-for-tests
	$(BIN)/python -m tests.simulation --seeds $(SEEDS)

# Each language's catalogue is given the sentences that are new; what is missing then, tests name.
languages: $(VENV)/ready-for-tests
	$(BIN)/python -m tests.languages

# Every page in every state, and every email, into docs/screenshots.
screenshots: $(VENV)/ready-for-tests
	@tests/prepare
	@$(BIN)/python -m tests.screenshots

# What Lighthouse says of four pages; npm brings it.
lighthouse: $(VENV)/ready-for-tests
	@tests/prepare
	@$(BIN)/python -m tests.lighthouse

# New versions of everything, with their hashes.
lock: $(VENV)/ready-for-tests
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade \
	  pyproject.toml --group build -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade \
	  pyproject.toml --group build --group dev -o requirements-dev.txt

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Lettercourse needs Python 3.11 or newer; name one: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(INSTALL_VENV)
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/ready: requirements.txt pyproject.toml | $(VENV)/python
	@echo "Installing (once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/ready-for-tests: requirements-dev.txt pyproject.toml | $(VENV)/ready
	@echo "Installing what the tests need (once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) rehearsal
