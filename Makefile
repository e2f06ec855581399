# run: start the platform; test: what CI runs. `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
BOOTSTRAP := $(PYTHON) hub_config/bootstrap.py
PYTEST := $(BIN)/python -m pytest

.PHONY: help run setup test lint unit hub browser lesson bench fuzz soak docs constraints clean
help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

run: ## Set up what is missing, then start the platform (WEBVISIO_PORT, WEBVISIO_HOME)
	@exec $(BOOTSTRAP)

setup: ## Set up everything, test tools included, and start nothing
	@$(BOOTSTRAP) --dev --no-start

test: setup ## Run every check and test, as CI does
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory unit
	$(MAKE) --no-print-directory hub
	$(MAKE) --no-print-directory browser

lint: ## Check style, types, layers and generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --no-cache .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m webvisio_protocol.typescript --check
	$(BIN)/python -m webvisio_billing.clauses_page --check
	cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check

unit: ## Run the quick tests, Python and TypeScript
	$(PYTEST) -q -n auto --dist loadfile tests/unit tests/scenarios tests/properties
	cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" npm test --silent

hub: ## Run the tests with a real JupyterHub
	$(PYTEST) -q tests/hub

browser: ## Run the tests with a real Chromium
	$(PYTEST) -q -m 'not long' tests/browser

lesson: setup ## Play lessons in three browsers, each on a platform of its own: following, exercises, helping hands, faults (a quarter of an hour)
	@for lesson in $$(grep -l 'mark.long' tests/browser/test_*.py); do $(PYTEST) -q -m long $$lesson || exit; done

bench: setup ## Measure, and write benchmarks/results
	$(BIN)/python -m benchmarks

fuzz: setup ## Play 100,000 lives of a contract and 10,000 scenarios, hurt 20,000 packets a parser (takes hours)
	$(PYTEST) -q tests/properties/test_contract_lives.py --hypothesis-profile contract-lives
	$(PYTEST) -q tests/properties --ignore tests/properties/test_contract_lives.py --hypothesis-profile contract-scenarios
	$(PYTEST) -q tests/fuzz
	WEBVISIO_FUZZ_EDITS=10000 $(PYTEST) -q tests/unit/rooms_documents/test_documents_fuzz.py

soak: setup ## Churn the media worker for an hour (WEBVISIO_SOAK_S) and see that nothing grows
	$(BIN)/python benchmarks/media_soak.py

docs: ## Check that the documentation's links and commands hold
	$(PYTEST) -q tests/unit/hub/test_hub_documentation.py

constraints: ## Write down the versions of the present virtual environment
	$(BIN)/python hub_config/constraints.py

clean: ## Remove what was built, but for the state in var/
	rm -rf .venv build hub_config/proxy/node_modules labextension/node_modules labextension/lib \
	  webvisio_ext/labextension services/webvisio_rooms/web/static
