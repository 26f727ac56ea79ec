# The project's few commands; `make help` lists them. Needs Python 3.11 or newer, make and a package registry, no more.

PORT ?= 8000
HOST ?= 127.0.0.1
PROFILE ?= default
WEB ?=
NAME ?=
ARGS ?=
JOBS ?= 3

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$candidate" && break; done)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
INSTALL := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes

export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test setup lint format bench locks messages browser chromium wrk

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: $(VENV)/.run ## Start everything: PORT=8000 HOST=127.0.0.1 PROFILE=default|cluster WEB=1
	@exec $(BIN)/python manage.py up --port "$(PORT)" --host "$(HOST)" --profile "$(PROFILE)" $(if $(WEB),--web "$(WEB)") $(ARGS)

test: $(VENV)/.dev $(VENV)/.pages browser ## Run all tests against real servers and a real browser: ARGS="-k name" JOBS=3
	@echo "Running the tests."
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

setup: $(VENV)/.dev ## Install everything to work on the project
	@echo "Ready: $(BIN)/python has all that the lock files name."

lint: $(VENV)/.dev ## Check style, types, directions of imports and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint --quiet templates perfmon

format: $(VENV)/.dev ## Put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev ## Run the benchmarks and write benchmarks/README.md: NAME=overhead for one, all without
	@$(MAKE) --no-print-directory -k wrk chromium || echo "Benchmarks that need what is missing are going to say so." >&2
	@$(BIN)/python -m benchmarks $(or $(NAME),all) --write $(ARGS)

locks: $(VENV)/.dev ## Write both lock files anew from pyproject.toml
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock

messages: $(VENV)/.dev ## Collect and compile the translations (needs gettext)
	@$(call translate,.,--ignore 'perfmon/*' --ignore '.venv/*' --ignore 'var/*')
	@$(call translate,perfmon)

# $(1) is the folder with the catalogue, $(2) what in it has a catalogue of its own or is not ours.
define translate
cd $(1) && $(CURDIR)/$(BIN)/python $(CURDIR)/manage.py makemessages -l pt_BR $(2) --no-obsolete --no-location >/dev/null \
	&& $(CURDIR)/$(BIN)/python $(CURDIR)/manage.py compilemessages -l pt_BR --ignore .venv >/dev/null
endef

$(BIN)/uv:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is missing. Install it (Debian: apt-get install python3 python3-venv)," >&2; \
		echo "or name yours: make PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@echo "Creating $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv $(VENV) || { \
		echo "Python can't make virtual environments: its venv module is missing (Debian: apt-get install python3-venv)." >&2; \
		rm -rf $(VENV); exit 1; }
	@echo "Installing uv, the installer."
	@$(BIN)/python -m pip install -qq uv || { \
		echo "pip could not install uv. Is a package registry reachable?" >&2; exit 1; }

$(VENV)/.run: requirements.lock | $(BIN)/uv
	@echo "Installing $$(grep -c '^[a-z0-9].*==' requirements.lock) packages from requirements.lock."
	@$(INSTALL) -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(BIN)/uv
	@echo "Installing $$(grep -c '^[a-z0-9].*==' requirements-dev.lock) packages from requirements-dev.lock."
	@$(INSTALL) -r requirements-dev.lock
	@touch $@ $(VENV)/.run

# The npm tools that check pages; their Node came with the Python packages.
$(VENV)/.pages: tests/pages/package-lock.json $(VENV)/.dev
	@echo "Installing the tools that check pages from tests/pages/package-lock.json."
	@cd tests/pages && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --silent --ignore-scripts
	@touch $@

# Chromium's headless shell takes a third to a half less processor time; where there is none, the whole browser does.
browser:
	@command -v chromium-headless-shell >/dev/null || $(has_chromium) \
		|| $(call system_package,chromium-headless-shell chromium,Chromium,browser tests)

chromium:
	@$(has_chromium) || $(call system_package,chromium,Chromium,benchmarks)

wrk:
	@command -v wrk >/dev/null || $(call system_package,wrk,wrk,benchmarks)

has_chromium := { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null

# $(1) is the system's package, or several of which one is enough, $(2) its name, $(3) what needs it.
define system_package
{ \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing $(2) for the $(3) from the system's packages."; \
		apt-get -qq update && for package in $(1); do \
			DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$$package" >/dev/null && exit; \
		done; exit 1; \
	else \
		echo "The $(3) need $(2). Install it (Debian: sudo apt-get install $(firstword $(1))) and try again." >&2; exit 1; \
	fi; }
endef
