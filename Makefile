# `make demo` and `make test` need python3 (3.11 or newer) with venv, and make; pip fetches everything else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Where Python's venv package is missing, a first try leaves a folder without pip behind.
HAS_VENV = $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)

# Tests and benchmarks start omnitui hundreds of times: as an installed program is, not compiled anew at each start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check lint format bench torture docs dist pictures screens checked pins clean

demo: $(READY)
	@$(BIN)/omnitui demo

# A third of their time tests wait for other programs: three at once fill two cores.
# pytest-xdist 3.8 never ends where a worker that crashed is replaced (its issue 1378): a crash ends the run, with a word.
test: $(READY)
	@$(BIN)/pytest -n 3 --dist loadgroup --max-worker-restart 0

check: lint test

lint: $(VENV)/.ready-lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/bandit -q -r omnitui connectors docs -c pyproject.toml
	@# The two type checkers take the longest, and a core each.
	$(BIN)/pyright & other=$$!; $(BIN)/mypy; mine=$$?; wait $$other && exit $$mine
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tests.support.sinks
	$(BIN)/python -m docs.generate --check

format: $(VENV)/.ready-lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	@$(BIN)/pytest tests/bench -m bench -q -s -p no:xdist --timeout 3600
	@$(BIN)/python -m tests.bench.page

# The long forms of all attacks, on both cores of this machine alone: about an hour. Figures go to docs/trust.md.
torture: $(READY)
	@$(BIN)/pytest -m torture -n 2 --dist worksteal -q --timeout 7200
	@$(BIN)/python -m docs.trust
	@$(BIN)/python -m docs.generate

docs: $(READY)
	$(BIN)/python -m docs.generate

# The wheel, the sources and the list of what the wheel needs. The same sources make the same bytes anywhere.
dist: $(READY)
	@rm -rf dist
	@$(BIN)/python -m hatchling build -d dist
	@$(BIN)/python -m docs.sbom dist
	@cd dist && sha256sum * >SHA256SUMS && cat SHA256SUMS

# The pictures of README.md and docs/, drawn by the demo.
pictures: $(READY)
	$(BIN)/python -m docs.screenshot

# The screens kept in tests/e2e/screens; look at the difference before you commit it.
screens: $(READY)
	OMNITUI_RENEW_SCREENS=1 $(BIN)/pytest -q -n 2 tests/e2e/test_screens.py tests/e2e/test_looks.py

$(READY): pyproject.toml constraints.txt
	@$(HAS_VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/.ready-lint: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,lint]'
	@touch $@

# The same tools and versions, each file checked against its hash before it is installed: what CI runs with.
checked: requirements-ci.txt
	@$(HAS_VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-ci.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY) $(VENV)/.ready-lint

# requirements-ci.txt anew, after a change of constraints.txt or of the dependencies.
pins: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-header --no-emit-index-url --extra dev --extra lint --constraint constraints.txt pyproject.toml \
	    --output-file requirements-ci.txt >/dev/null

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
