"""The wheel, outside the checkout, among what Colab has: what a reader gets who presses the Colab button.

A fresh environment sees PyTorch, NumPy and the rest of Colab's packages by links to the copies that the
tests run with (no download), and nothing else: none of the book's tools, no file of the checkout. The wheel
is installed into it, and every generated notebook runs there in a kernel of its own, its install cell
left out.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import nbclient
import nbformat
import pytest
import yaml
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COLAB = (
    "torch",
    "numpy",
    "scipy",
    "matplotlib",
    "ipywidgets",
    "scikit-learn",
    "pandas",
    "statsmodels",
    "tqdm",
)
KERNEL = ("ipykernel", "ipython")  # what runs a cell there
SMALL = 2_000_000  # bytes; mlxtend, the largest that pip may bring beside ours, has 1.4 MB
CELL_SECONDS = 120

pytestmark = pytest.mark.slow


def installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def needed_by(requirement: Requirement) -> Iterator[Requirement]:
    """What a requirement needs in its turn, on this Python."""
    found = installed(requirement.name)
    for line in (found.requires or []) if found else []:
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield needed


def closure(*names: str) -> dict[str, Distribution]:
    """The distributions of these names and all they need, as far as they are installed here."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(name) for name in names]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        dist = installed(name)
        if dist is not None and name not in found:
            found[name] = dist
            waiting.extend(needed_by(requirement))
    return found


def link(dist: Distribution, into: Path) -> None:
    """A link to every file and folder that ``dist`` has at the top of site-packages."""
    top = {
        file.parts[0]
        for file in dist.files or []
        if ".." not in file.parts and file.parts[0] != "__pycache__"
    }
    for name in top:
        place = into / name
        if not place.exists():
            place.symlink_to(Path(str(dist.locate_file(name))).resolve())


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_"))}
    environment = cleared | {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INPUT": "1"} | variables
    return subprocess.run([str(c) for c in command], cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colab")
    assert ROOT not in folder.parents, "the temporary folder must lie outside the checkout"
    return folder


@pytest.fixture(scope="module")
def wheel(outside: Path) -> Path:
    """The wheel, built from a copy, so that nothing is left behind in the checkout."""
    source = outside / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-CONTENT"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    command = (
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "-q",
        "-w",
        outside / "dist",
        source,
    )
    built = run(sys.executable, *command, cwd=outside)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = (outside / "dist").glob("hdintuition-*.whl")
    return path


@pytest.fixture(scope="module")
def colab_python(outside: Path, wheel: Path) -> Path:
    """The Python of an environment with Colab's packages, what pip would add to them, and the wheel."""
    made = run(sys.executable, "-m", "venv", outside / "venv", cwd=outside)
    assert made.returncode == 0, made.stdout + made.stderr
    links = outside / "packages"
    links.mkdir()
    for dist in closure(*COLAB, *KERNEL, *PROJECT["dependencies"]).values():
        link(dist, links)
    python = outside / "venv" / "bin" / "python"
    (site,) = (outside / "venv" / "lib").glob("python*/site-packages")
    (site / "colab.pth").write_text(f"{links}\n", encoding="utf-8")
    pip = ("-m", "pip", "install", "-q", "--no-index", "--no-deps", "--find-links", wheel.parent)
    put = run(python, *pip, "hdintuition", cwd=outside)
    assert put.returncode == 0, put.stdout + put.stderr
    return python


# ------------------------------------------------------------------------------------- the package


def test_the_wheel_holds_everything_but_python_caches(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if name.startswith("hdintuition/")}
    package = ROOT / "src" / "hdintuition"
    wanted = {p for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert inside == {p.relative_to(package.parent).as_posix() for p in wanted}


def test_the_wheel_is_small(wheel):
    assert wheel.stat().st_size < 5_000_000, "Colab fetches the wheel at every start"


def test_what_pip_adds_to_colab_is_small_and_pure():
    """Anything else would bring a compiled library under a running kernel."""
    there = set(closure(*COLAB, *KERNEL))
    for name, dist in closure(*PROJECT["dependencies"]).items():
        if name not in there:
            tags = [line for line in (dist.read_text("WHEEL") or "").splitlines() if line.startswith("Tag:")]
            assert all("-none-any" in tag for tag in tags), f"{name} is not a pure wheel: {tags}"
            size = sum((file.size or 0) for file in dist.files or [])
            assert size < 4 * SMALL, f"{name} takes {size} bytes"


def test_it_is_the_wheel_that_is_imported(colab_python, outside):
    shown = run(colab_python, "-c", "import hdintuition; print(hdintuition.__file__)", cwd=outside)
    assert shown.returncode == 0, shown.stderr
    assert Path(shown.stdout.strip()).is_relative_to(outside / "venv")


def test_nothing_of_the_books_tools_is_there(colab_python, outside):
    tried = run(colab_python, "-c", "import sphinx", cwd=outside)
    assert "ModuleNotFoundError" in tried.stderr, "this environment should have no more than Colab has"


def test_every_requirement_is_met(colab_python, outside):
    checked = run(colab_python, "-m", "pip", "check", cwd=outside)
    ours = [line for line in checked.stdout.splitlines() if "hdintuition" in line]
    assert not ours, checked.stdout


def test_every_public_name_imports(colab_python, outside):
    code = "import hdintuition as hdi; [getattr(hdi, name) for name in hdi.__all__]; print(len(hdi.__all__))"
    tried = run(colab_python, "-W", "error::SyntaxWarning", "-c", code, cwd=outside)
    assert tried.returncode == 0, tried.stderr


def test_the_claims_are_in_the_package(colab_python, outside):
    listed = run(colab_python, "-m", "hdintuition", "claims", cwd=outside)
    assert listed.returncode == 0, listed.stderr
    assert "W2" in listed.stdout


# ------------------------------------------------------------------------------------ the notebooks


def chapters() -> list[str]:
    """Every page of _toc.yml that lies in a part's folder."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    names = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    return [name for name in names if "/" in name]


def generated(slug: str) -> nbformat.NotebookNode:
    """The notebook that the site offers for a chapter, made here from its source."""
    import jupytext

    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    from hdbook.colab import BookWords, colab_notebook
    from hdbook.project import Project

    source = jupytext.read(ROOT / "book" / f"{slug}.md", fmt="md:myst")
    return colab_notebook(source, BookWords(Project.of(ROOT), slug))


class OneKernel(KernelSpecManager):
    """Knows one kernel: the Python of the environment under test."""

    python = ""

    def get_kernel_spec(self, kernel_name: str):
        arguments = [self.python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return self.kernel_spec_class(argv=arguments, display_name=kernel_name, language="python")


@pytest.mark.parametrize("slug", chapters())
def test_every_notebook_runs_where_colab_would_run_it(slug, colab_python, outside):
    notebook = generated(slug)
    install, *cells = notebook.cells
    assert "%pip install" in install.source, "the first cell installs the library"
    assert "hdintuition @ git+https://" in install.source
    notebook.cells = cells
    folder = outside / slug
    folder.mkdir(parents=True)
    specs = OneKernel()
    specs.python = str(colab_python)
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
    client = nbclient.NotebookClient(
        notebook, km=manager, timeout=CELL_SECONDS, resources={"metadata": {"path": str(folder)}}
    )
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    client.execute(env=kept | {"HDI_SCALE": "smoke", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"})
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    loud = [output["text"] for output in outputs if output.get("name") == "stderr"]
    assert not loud, f"a reader would see: {loud}"
    shown = [output["data"] for output in outputs if "data" in output]
    ours = [data for data in shown if "application/vnd.hdintuition.v1+json" in data]
    assert all("text/html" in data for data in ours), "outside the book only html is understood"
    kinds = [data["application/vnd.hdintuition.v1+json"]["kind"] for data in ours]
    assert kinds.count("verdicts") == 1
    assert not any(folder.iterdir()), "a chapter writes no files"
    assert len(json.dumps(shown)) < 20_000_000, "Colab keeps outputs inside the notebook, of at most 20 MB"
