# run: start the platform; test: what CI runs. Everything else is `make help`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run test lint bench docs clean
help:
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile
