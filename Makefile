# Two commands for people: `make run` and `make test`. Everything else serves them.
PYTHON ?= python3.11
UV      = .tools/bin/uv
export UV_PYTHON_DOWNLOADS = never
export RASA_TELEMETRY_ENABLED = false
export PYTHONDONTWRITEBYTECODE =  # what was compiled is kept: each of a hundred processes starts half a second earlier

.PHONY: lock lock-check setup run test nightly check format rasa rasa-full pictures bench clean

# uv lives in an environment of its own, so a bare Debian with Python 3.11 is enough.
.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/.synced: requirements.lock pyproject.toml | .tools/bin/uv
	test -x .venv/bin/python || $(UV) venv --quiet --python $(PYTHON) .venv
	$(UV) pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
	$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
	touch $@

rasa_project/.venv/.synced: rasa_project/requirements.lock rasa_project/pyproject.toml | .tools/bin/uv
	test -x rasa_project/.venv/bin/python || (cd rasa_project && ../$(UV) venv --quiet --python $(PYTHON) .venv)
	cd rasa_project && ../$(UV) pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
	touch $@

setup: .venv/.synced rasa_project/.venv/.synced  ## both environments, from the locks

run: setup  ## everything on this machine; prints the addresses of simulator and console
	.venv/bin/faro run

test: setup  ## the whole suite
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/pytest -m "not nightly"

nightly: setup  ## long fuzz and state-machine runs
	.venv/bin/pytest -m nightly

check: setup
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy

format: setup
	.venv/bin/ruff check --fix . ; .venv/bin/ruff format .

rasa: setup  ## Rasa's own commands in the slim environment: make rasa ARGS="shell nlu"
	cd rasa_project && .venv/bin/python faro_rasa.py $(ARGS)

rasa_project/full/.venv/.synced: rasa_project/full/requirements.lock | .tools/bin/uv
	test -x rasa_project/full/.venv/bin/python || (cd rasa_project/full && ../../$(UV) venv --quiet --python $(PYTHON) .venv)
	cd rasa_project/full && ../../$(UV) pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
	touch $@

rasa-full: setup rasa_project/full/.venv/.synced  ## Rasa with TensorFlow (1.7 GB, x86-64 Linux): only for `faro bench diet`

pictures: setup  ## docs/images/console/: every page of the console, anew
	.venv/bin/python -m tests.browser.pictures

bench: setup
	.venv/bin/faro bench

lock: .tools/bin/uv  ## write the locks anew from each pyproject.toml
	$(UV) pip compile pyproject.toml --all-extras --generate-hashes --no-emit-index-url --universal --python-version 3.11 -o requirements.lock
	cd rasa_project && ../$(UV) pip compile pyproject.toml --generate-hashes --no-emit-index-url --universal --python-version 3.11 -o requirements.lock
	cd rasa_project/full && ../../$(UV) pip compile pyproject.toml --generate-hashes --no-emit-index-url --universal --python-version 3.11 -o requirements.lock

PLATFORMS = x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu aarch64-apple-darwin
lock-check: .tools/bin/uv  ## both locks resolve, with their hashes, on every platform Faro is meant for
	@set -e; for platform in $(PLATFORMS); do for folder in . rasa_project; do \
	  (cd $$folder && $(CURDIR)/$(UV) pip install --quiet --dry-run --target /tmp/faro-lock-check --python-platform $$platform \
	    --python-version 3.11 --only-binary :all: --no-binary docopt --no-binary randomname \
	    --require-hashes -r requirements.lock); echo "$$platform $$folder: resolves"; done; done

clean:
	rm -rf .venv .tools rasa_project/.venv rasa_project/full/.venv rasa_project/models
