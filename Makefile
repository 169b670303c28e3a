# make demo   restores the pictures in examples/pictures with the base install, no torch
# make test   every check and test that CI runs
# make docs   serves the documentation on this machine
# make clean  removes what the others made, the environments included

PYTHON ?= python3
DEMO_ENV := .venv
TEST_ENV := .venv-test
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test docs clean
help:
	@sed -n 's/^# //p' Makefile

## A stamp in each environment says that what pyproject.toml asks for is there, so a second run
## needs no network. The package is linked, not copied: an edit is seen at once.
$(DEMO_ENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEMO_ENV)
	$(DEMO_ENV)/bin/python -m pip install --quiet -c constraints.txt -e .
	touch $@

$(TEST_ENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(TEST_ENV)
## moto with flask is a real S3 server for the tests
	$(TEST_ENV)/bin/python -m pip install --quiet -c constraints.txt \
		-e '.[train,web,video,cloud,cluster,openvino,dev]' moto flask flask-cors
## without the torchvision that spandrel names and we do not need: one for another torch breaks both
	$(TEST_ENV)/bin/python -m pip install --quiet -c constraints.txt --no-deps einops safetensors spandrel
	touch $@

demo: $(DEMO_ENV)/installed
	@$(DEMO_ENV)/bin/python scripts/demo.py

test: $(TEST_ENV)/installed
	@PATH="$(abspath $(TEST_ENV))/bin:$$PATH" bash scripts/check.sh

docs: $(TEST_ENV)/installed
	$(TEST_ENV)/bin/mkdocs serve

clean:
	rm -rf $(DEMO_ENV) $(TEST_ENV) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache build demo dist site
