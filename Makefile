# What people type. `make help` lists it.

# The Python that makes the virtual environment; unset: the first fit one that is found.
PYTHON ?=
VENV ?= .venv
PYTEST_ARGS ?=
# How many processes run the tests. Each has a database server of its own.
PROCESSES ?= 2
ROUNDS ?= 100

export PYTHON
python := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test kill lint bench pictures requirements venv venv-dev

help:
	@echo "make run           start everything: database, worker, web server (Ctrl-C stops it)"
	@echo "make test          run all tests; PYTEST_ARGS=\"-k name\" picks some"
	@echo "make kill          kill worker, web and database at random, ROUNDS=100 times"
	@echo "make lint          check style, migrations and settings"
	@echo "make bench         list the benchmarks; BENCH=\"name --json\" runs one"
	@echo "make pictures      take the pictures of the documents again"
	@echo "make venv-dev      make or mend .venv with what tests and lint need"
	@echo "make requirements  pin the newest versions that pyproject.toml allows"
	@echo ""
	@echo "CONSOLE_PORT=8000            the port of make run"
	@echo "CONSOLE_DATA_DIR=var         where database, key and files are kept"
	@echo "PYTHON=/path/to/python3.12   the Python to use (3.11, 3.12 or 3.13)"

run: venv
	@exec $(python) -m console.launcher run

test: venv-dev
	@$(python) -m pytest --numprocesses=$(PROCESSES) $(PYTEST_ARGS)

kill: venv-dev
	@ROUNDS=$(ROUNDS) $(python) -m pytest -q tests/tenants/test_kill_rounds.py

lint: venv-dev
	@$(python) -m ruff check --quiet --output-format concise .
	@$(python) -m ruff format --check --quiet --output-format concise . || { \
		echo "Not formatted (above): run $(python) -m ruff format ." >&2; exit 1; }
	@$(python) manage.py makemigrations --check --dry-run
	@$(python) manage.py check --fail-level WARNING
	@echo "Nothing to complain about."

bench: venv-dev
	@$(python) -m benchmarks $(BENCH)

pictures: venv-dev
	@$(python) docs/pictures.py

# Each of the two does nothing when the environment already holds what its file says.
venv:
	@sh console/launcher/venv.sh $(VENV) requirements.txt

venv-dev:
	@sh console/launcher/venv.sh $(VENV) requirements.txt requirements-dev.txt

# Run it with Python 3.11: what is resolved there also installs on the newer ones.
requirements: compile = CUSTOM_COMPILE_COMMAND="make requirements" .venv-tools/bin/python \
	-m piptools compile --quiet --upgrade --strip-extras --no-emit-index-url \
	--no-emit-trusted-host --no-emit-find-links --no-emit-options
requirements: venv
	@test -x .venv-tools/bin/python || $(python) -m venv .venv-tools
	@.venv-tools/bin/python -m pip install -qq pip-tools
	@$(compile) --output-file requirements.txt pyproject.toml
	@$(compile) --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt pyproject.toml
