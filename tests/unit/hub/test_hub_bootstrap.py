"""The set-up does again only what changed, and needs nothing but Python."""

import ast
import sys
from pathlib import Path

import pytest

import bootstrap


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMPS", tmp_path / ".venv" / ".webvisio")
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / ".venv" / "set-up.log")
    (tmp_path / "input").write_text("one")
    return tmp_path


def run_step(checkout: Path, times: list[int], *outputs: Path) -> int:
    return bootstrap.step("name", "title", [checkout / "input"], lambda: times.append(1), *outputs)


def test_it_imports_the_standard_library_only() -> None:
    tree = ast.parse(Path(bootstrap.__file__).read_text())
    modules = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert modules <= set(sys.stdlib_module_names)


def test_a_step_runs_once_for_the_same_inputs(checkout: Path) -> None:
    times: list[int] = []
    assert [run_step(checkout, times) for _ in range(3)] == [1, 0, 0]
    assert len(times) == 1


def test_a_changed_input_runs_the_step_again(checkout: Path) -> None:
    times: list[int] = []
    run_step(checkout, times)
    (checkout / "input").write_text("two")
    run_step(checkout, times)
    assert len(times) == 2


def test_a_lost_output_runs_the_step_again(checkout: Path) -> None:
    times: list[int] = []
    output = checkout / "output"
    output.touch()
    run_step(checkout, times, output)
    output.unlink()
    run_step(checkout, times, output)
    assert len(times) == 2


def test_a_checkout_that_was_moved_is_set_up_again(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bootstrap.digest([checkout / "input"], "")
    moved = checkout / "moved"
    moved.mkdir()
    (moved / "input").write_text("one")
    monkeypatch.setattr(bootstrap, "CHECKOUT", moved)
    assert bootstrap.digest([moved / "input"], "") != before


def test_a_failed_step_leaves_no_stamp_and_shows_the_end_of_its_output(checkout: Path) -> None:
    def fail() -> None:
        bootstrap.run([sys.executable, "-c", "print('the reason'); raise SystemExit(3)"], checkout)

    with pytest.raises(bootstrap.SetUpError, match="the reason"):
        bootstrap.step("name", "title", [checkout / "input"], fail)
    assert not bootstrap.is_fresh("name", [checkout / "input"])


def test_a_missing_program_is_told_by_name(checkout: Path) -> None:
    with pytest.raises(bootstrap.SetUpError, match="no-such-program"):
        bootstrap.run(["no-such-program"], checkout)


def test_the_lab_extension_is_linked_even_where_an_old_copy_stands(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = checkout / "webvisio_ext" / "labextension"
    built.mkdir(parents=True)
    monkeypatch.setattr(bootstrap, "LAB_EXTENSION", built)
    place = checkout / ".venv" / "share" / "jupyter" / "labextensions" / "@webvisio" / "lab"
    place.mkdir(parents=True)
    (place / "old.js").touch()
    for _ in range(2):
        bootstrap.link_lab_extension()
        assert place.is_symlink()
        assert place.resolve() == built


@pytest.mark.parametrize(("told", "version"), [("v20.20.2", 20), ("v8.1.0", 8), ("", 0), ("nonsense", 0)])
def test_the_version_of_node_is_read(checkout: Path, told: str, version: int) -> None:
    node = checkout / "node"
    node.write_text(f"#!/bin/sh\necho {told}\n")
    node.chmod(0o755)
    assert bootstrap.node_version(str(node)) == version


def test_no_node_is_version_zero() -> None:
    assert bootstrap.node_version(None) == 0


def test_a_python_in_a_closed_folder_is_not_open_to_all(checkout: Path) -> None:
    closed = checkout / "closed"
    closed.mkdir(mode=0o700)
    python = closed / "python"
    python.touch(mode=0o755)
    assert not bootstrap.is_open_to_all(python)


def test_a_virtual_environment_that_works_is_kept(checkout: Path) -> None:
    folder = checkout / ".venv" / "bin"
    folder.mkdir(parents=True)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    bootstrap.make_venv()
    assert python.read_text().startswith("#!/bin/sh")
    assert not (checkout / ".venv" / "pyvenv.cfg").exists()
