# Two commands from a fresh machine: `make study` and `make test`. Python 3.11 or later and a package index are all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

.PHONY: study test bench lint native protos clean

$(VENV)/.study: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[study]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.native

study: $(VENV)/.study
	$(BIN)/caudal study iris --out results/iris
	$(BIN)/caudal study mnist --no-tune --nets lenet --sizes 5000 --epochs 5 --repeats 1 --out results/mnist

test: lint $(VENV)/.native
	$(BIN)/python -m pytest -n 2 tests

.venv-peers/.done:
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check 'tensorflow-cpu==2.21.*'
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --extra-index-url $(TORCH_INDEX) 'torch==2.13.0'
	@touch $@

bench: $(VENV)/.dev .venv-peers/.done
	$(BIN)/python bench/run.py

# After a change to a kernel. Without a compiler Caudal works as well, slower.
$(VENV)/.native: $(VENV)/.dev $(wildcard src/native/*)
	-$(BIN)/cmake -S src/native -B build/native -DSKBUILD_STATE=editable -DPython_EXECUTABLE=$(abspath $(BIN)/python) && \
	$(BIN)/cmake --build build/native --parallel
	@touch $@

native: $(VENV)/.native

lint: $(VENV)/.dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
	$(BIN)/basedpyright

protos: $(VENV)/.dev
	cd src && ../$(BIN)/python -m grpc_tools.protoc -I. --python_out=. caudal/formats/proto/*.proto

clean:
	rm -rf $(VENV) .venv-peers results build src/caudal/backend/*.so
