# ProductOps workers. `make` alone lists what there is.
# Everything is written inside this checkout: .venv, and .productops for state and downloads.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
unexport PYTHONPATH PYTHONHOME

VENV := $(or $(PRODUCTOPS_VENV),.venv)
BIN := $(VENV)/bin
ARGS ?=
export PIP_CACHE_DIR ?= $(CURDIR)/.productops/cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP := $(BIN)/python -m pip --quiet --no-input --require-virtualenv
LOCKED := install --only-binary :all: --require-hashes
PROJECT := install --no-index --no-deps --no-build-isolation --editable .

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo 'ARGS="..." is passed on by demo, test, chaos, bench and kafka:  make test ARGS="tests/schemas -x"'

.PHONY: install
install: $(VENV)/.runtime ## .venv with the locked dependencies and this project

.PHONY: demo
demo: $(VENV)/.runtime ## everything on this machine with simulated vendors; Ctrl-C stops all
	@$(BIN)/productops demo $(ARGS)

.PHONY: test
test: $(VENV)/.development ## every test, with real Kafka
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: chaos
chaos: $(VENV)/.development ## kill, freeze, starve and cut off real workers and brokers; writes docs/reliability.md
	@$(BIN)/python -m pytest tests/integration/chaos --chaos=full $(ARGS)

.PHONY: bench
bench: $(VENV)/.development ## the streaming platform beside its peers, some 15 minutes; ARGS=--write keeps the tables
	@$(BIN)/python benchmarks/streaming $(ARGS)

.PHONY: check
check: $(VENV)/.development ## lint, format, strict types, import rules, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m schemas.generate --check
	$(BIN)/python docs/generate --check

.PHONY: kafka
kafka: $(VENV)/.runtime ## the embedded Kafka: start; ARGS=stop, ARGS=status
	@$(BIN)/productops kafka $(or $(ARGS),start)

.PHONY: generate
generate: $(VENV)/.development ## JSON Schemas, asyncapi.yaml and the pages of docs/ made from code
	$(BIN)/python -m schemas.generate
	$(BIN)/python docs/generate

.PHONY: pictures
pictures: $(VENV)/.development ## the README's pictures, from the demo's data (needs chromium)
	$(BIN)/python docs/pictures/make.py

.PHONY: lock
lock: .productops/tools/bin/uv ## requirements/*.lock from pyproject.toml; UPGRADE=1 takes newer versions
	$(call compile,dev,--extra dev --extra otel)
	$(call compile,runtime,--constraint requirements/dev.lock)
	$(call compile,image,--constraint requirements/dev.lock --extra otel)

.PHONY: clean
clean: ## lists what was made here, asks, removes it; YES=1 does not ask
	@scripts/clean.sh $(if $(filter 1,$(YES)),--yes)

$(BIN)/python:
	@scripts/venv.sh $(VENV)

$(VENV)/.runtime: requirements/runtime.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked dependencies into $(VENV) (about 250 MB to download the first time)."
	@$(PIP) $(LOCKED) --requirement requirements/runtime.lock
	@$(PIP) $(PROJECT)
	@touch $@

$(VENV)/.development: requirements/dev.lock requirements/runtime.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked dependencies and the test tools into $(VENV)."
	@$(PIP) $(LOCKED) --requirement requirements/dev.lock
	@$(PIP) $(PROJECT)
	@touch $(VENV)/.runtime $@

# The lock files hold for every supported Python and platform, and name no package index.
define compile
	UV_CUSTOM_COMPILE_COMMAND="make lock" UV_CACHE_DIR=.productops/cache/uv \
	.productops/tools/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url $(if $(filter 1,$(UPGRADE)),--upgrade) \
	pyproject.toml requirements/build.in $(2) --output-file requirements/$(1).lock
endef

.productops/tools/bin/uv:
	@scripts/venv.sh .productops/tools
	@.productops/tools/bin/python -m pip --quiet install 'uv>=0.8'
