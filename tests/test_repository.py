"""The repository keeps its own promises: one fact in one place, imports that run one way, nothing stray."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HOMEPAGE, REPOSITORY = PROJECT["urls"]["Homepage"], PROJECT["urls"]["Repository"]
LEFT_OUT = {".git", ".venv", "_build", "build", "dist", "__pycache__", "node_modules"}
VENDORED = ("book/_static/vendor/", "book/_static/typefaces/", "src/hdintuition/page/assets/fonts/")
KIB = 1024


def our_files() -> list[str]:
    """Every file that is, or is about to be, in the repository; relative, with forward slashes."""
    asked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if asked.returncode == 0:
        return sorted({name for name in asked.stdout.splitlines() if (ROOT / name).is_file()})
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in files if not LEFT_OUT & set(path.parts))


def our_text() -> dict[str, str]:
    """The text files that were written here: everything but what is vendored or binary."""
    found = {}
    for name in our_files():
        if not name.startswith(VENDORED) or name.endswith(".md"):
            try:
                found[name] = (ROOT / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


FILES, TEXT = our_files(), our_text()


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def tool(name: str) -> str:
    """The tool that lies beside the Python that runs the tests; never one from elsewhere on the PATH."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        pytest.fail(f"{name} is not installed beside {sys.executable}; install with: make test")
    return str(path)


# --------------------------------------------------------------------------------- what is installed


def test_dependencies_are_floors_only():
    for line in PROJECT["dependencies"]:
        operators = [spec.operator for spec in Requirement(line).specifier]
        assert operators == [">="], f"{line}: only a floor (>=) is allowed; pins belong in constraints.txt"


def test_constraints_pin_every_requirement_to_a_version_it_allows():
    pins = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+", line), f"not a plain pin: {line!r}"
            name, _, pinned = line.partition("==")
            pins[canonicalize_name(name)] = pinned
    extras = PROJECT["optional-dependencies"]
    for line in PROJECT["dependencies"] + [line for extra in extras.values() for line in extra]:
        wanted = Requirement(line)
        pinned = pins.get(canonicalize_name(wanted.name))
        assert pinned, f"constraints.txt does not pin {wanted.name}"
        assert wanted.specifier.contains(pinned, prereleases=True), (
            f"constraints.txt pins {pinned}, but: {line}"
        )
    assert "torch" in pins, "make installs torch first, by its pin"


def test_environment_yml_agrees_with_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, by_pip = environment["dependencies"]
    assert environment["name"] == PROJECT["name"]
    assert pip == "pip"
    assert by_pip == {"pip": ["-e .[book]"]}, "what the book needs is said in pyproject.toml, not here"
    assert "book" in PROJECT["optional-dependencies"]
    name, _, number = python.partition("=")
    assert name == "python"
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(number)


def test_the_installed_package_is_this_version():
    assert version("hdintuition") == PROJECT["version"], "the installation is stale: make test installs again"


def test_every_public_name_is_documented_once():
    import hdintuition

    page = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    places = [place for line in re.findall(r"^```\{hd-library\} (.+)$", page, re.M) for place in line.split()]
    for name, module in hdintuition.WHERE.items():
        found = [place for place in places if f"{module}.".startswith(f"{place}.")]
        assert len(found) == 1, f"hdi.{name} ({module}) is documented {len(found)} times on book/api.md"


# ------------------------------------------------------------------------------- one fact, one place


def test_citation_agrees_with_pyproject():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert [a["name"] for a in citation["authors"]] == [a["name"] for a in PROJECT["authors"]]
    assert citation["title"] == yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    assert citation["url"] == HOMEPAGE
    assert citation["repository-code"] == REPOSITORY
    assert " AND ".join(citation["license"]) == PROJECT["license"]


def test_book_configuration_agrees_with_pyproject():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert config["author"] == PROJECT["authors"][0]["name"]
    assert config["repository"]["url"].rstrip("/") == REPOSITORY
    assert config["html"]["baseurl"].rstrip("/") == HOMEPAGE.rstrip("/")
    site = config.get("sphinx", {}).get("config", {}).get("ogp_site_url", HOMEPAGE)
    assert site.rstrip("/") == HOMEPAGE.rstrip("/")


def test_every_address_of_ours_is_the_one_in_pyproject():
    """Documents may spell the address out, but only this one; code reads it from the package's metadata."""
    owner_and_name = REPOSITORY.removeprefix("https://github.com/")
    allowed = (
        HOMEPAGE,
        HOMEPAGE.rstrip("/"),
        REPOSITORY,
        f"https://colab.research.google.com/github/{owner_and_name}/",
    )
    for name, text in TEXT.items():
        ours = re.findall(r"https?://[\w./-]*hdintuition[\w./-]*", text)
        wrong = [address for address in ours if not address.startswith(allowed)]
        assert not wrong, f"{name}: {wrong[0]} is not under {HOMEPAGE} or {REPOSITORY} (pyproject.toml)"
        if name.endswith(".py") and name.startswith(("src/", "book/_ext/")):
            assert not ours, f"{name}: read {ours[0]} from importlib.metadata instead of spelling it out"


# ------------------------------------------------------------------------------------- what is inside


def test_package_data_is_complete():
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    package = ROOT / "src" / "hdintuition"
    taken = {path for pattern in patterns["package-data"]["hdintuition"] for path in package.glob(pattern)}
    data = [ROOT / name for name in FILES if name.startswith("src/hdintuition/") and not name.endswith(".py")]
    missing = [path.relative_to(ROOT).as_posix() for path in data if path not in taken]
    assert not missing, f"not in the wheel: {missing}; see [tool.setuptools.package-data]"


def test_every_folder_of_modules_is_a_package():
    """A folder without __init__.py works in a checkout and is missing from the wheel."""
    folders = {
        Path(name).parent for name in FILES if name.startswith("src/hdintuition/") and name.endswith(".py")
    }
    bare = [folder.as_posix() for folder in folders if not (ROOT / folder / "__init__.py").exists()]
    assert not bare, f"no __init__.py in {bare}"


def test_reference_records_are_small_and_readable():
    for name in FILES:
        if name.startswith("src/hdintuition/reference/") and name.endswith(".json"):
            size = (ROOT / name).stat().st_size
            assert size <= 100_000, f"{name}: {size} bytes, at most 100 000 (keep intervals, not draws)"
            record = json.loads((ROOT / name).read_text(encoding="utf-8"))
            assert name.endswith(f"reference/{record['slug']}.json"), (
                f"{name} is the record of {record['slug']}"
            )


def test_no_large_file():
    limits = {
        "book/_static/": 1600 * KIB,
        "book/_vendor/": 1600 * KIB,
        "src/hdintuition/page/assets/": 400 * KIB,
    }
    for name in FILES:
        limit = next((most for folder, most in limits.items() if name.startswith(folder)), 200 * KIB)
        size = (ROOT / name).stat().st_size
        assert size <= limit, f"{name}: {size // KIB} KiB, at most {limit // KIB} here"
    assert sum((ROOT / name).stat().st_size for name in FILES) < 12 * KIB * KIB


def test_no_path_of_a_machine():
    """A path of somebody's computer works on that computer only."""
    pattern = re.compile(r"(?<![\w.:/~])/(?:tmp|work|root|home|Users|opt|mnt)/[\w.-]+")
    here = Path(__file__).relative_to(ROOT).as_posix()
    for name, text in TEXT.items():
        if name != here:
            found = pattern.search(text)
            assert not found, f"{name}: {found.group()} is a path of one machine"


def test_nothing_generated_is_committed():
    stray = [
        n
        for n in FILES
        if n.endswith((".ipynb", ".pyc", ".log", ".orig", ".rej", ".err")) or n.startswith("_build")
    ]
    assert not stray, f"generated, so not to be committed: {stray}"


def test_no_unfinished_marks():
    marks = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
    found = [name for name, text in TEXT.items() if marks.search(text) and not name.startswith(VENDORED)]
    assert not found, f"unfinished marks in {found}"


def test_the_readme_picture_is_up_to_date():
    code = "import picture, sys; sys.stdout.buffer.write(picture.picture().encode())"
    drawn = subprocess.run([sys.executable, "-B", "-c", code], cwd=ROOT / ".github", capture_output=True)
    assert drawn.returncode == 0, drawn.stderr.decode()
    committed = (ROOT / ".github" / "picture.svg").read_bytes()
    assert drawn.stdout == committed, "draw it again: python .github/picture.py"
    assert len(committed) <= 60_000
    alt = re.search(r'aria-label="([^"]+)"', committed.decode())[1]
    assert f'alt="{alt}"' in TEXT["README.md"], "the README describes another picture"


# -------------------------------------------------------------------------------------- style, imports


def test_imports_run_one_way():
    """The contracts are in pyproject.toml, under [tool.importlinter]."""
    result = run(tool("lint-imports"), "--no-cache", "--no-logo")
    assert result.returncode == 0, result.stdout + result.stderr


def test_numerical_rooms_import_nothing_else():
    """mathematics and networks: the leaves, each other's own files, and the numerical libraries."""
    import grimp

    graph = grimp.build_graph("hdintuition", include_external_packages=True, cache_dir=None)
    for room in ("mathematics", "networks"):
        own = f"hdintuition.{room}"
        libraries = "torch numpy scipy mpmath mlxtend sklearn threadpoolctl torchvision".split()
        allowed = {*libraries, "hdintuition.seeds", "hdintuition.scale"}
        for module in {own} | graph.find_descendants(own):
            for imported in graph.find_modules_directly_imported_by(module):
                inside = imported == own or imported.startswith(own + ".")
                standard = imported.split(".")[0] in sys.stdlib_module_names
                assert inside or standard or imported in allowed, (
                    f"{module} imports {imported}; allowed: {sorted(allowed)}"
                )


def test_python_is_formatted():
    result = run(tool("ruff"), "format", "--check", ".")
    assert result.returncode == 0, f"{result.stdout}{result.stderr}\nmake format puts it right"


def test_python_follows_the_rules():
    result = run(tool("ruff"), "check", "--output-format", "concise", ".")
    assert result.returncode == 0, f"{result.stdout}{result.stderr}"


def test_types_agree():
    result = run(tool("mypy"))
    assert result.returncode == 0, result.stdout + result.stderr


def chapters() -> list[str]:
    return [name for name in FILES if name.startswith("book/") and "format_name: myst" in TEXT.get(name, "")]


def test_cells_of_chapters_follow_the_rules():
    """ruff does not look into Markdown, and passes; jupytext hands it the cells."""
    asked = re.search(r"^CELL_CHECK\s*=\s*(.+)$", TEXT["Makefile"], re.MULTILINE)[1]
    assert chapters(), "no chapter found under book/"
    ruff = asked.replace("ruff", tool("ruff"), 1) + " {}"
    result = run(tool("jupytext"), "--quiet", "--check", ruff, *chapters())
    assert result.returncode == 0, result.stdout + result.stderr


def test_cells_of_chapters_are_formatted(monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(tool('ruff')).parent}{os.pathsep}{os.environ['PATH']}")
    result = run(sys.executable, "tools/format_cells.py", "--check", *chapters())
    assert result.returncode == 0, result.stdout + result.stderr


def test_cells_are_formatted_one_by_one_and_prose_is_left_alone(monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(tool('ruff')).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from format_cells import formatted

    prose = "# A  title\n\n```python\nx  = 1\n```\n"
    cell = "```{code-cell} ipython3\n---\ntags: [hide-input]\n---\ndef f( x ):\n  return x\n```\n"
    tidy = "```{code-cell} ipython3\n---\ntags: [hide-input]\n---\ndef f(x):\n    return x\n```\n"
    assert formatted(prose + cell + prose, "chapter") == prose + tidy + prose


def test_the_makefile_and_the_hooks_use_the_same_commands():
    makefile, hooks = TEXT["Makefile"], TEXT[".pre-commit-config.yaml"]
    for command in re.findall(r"^CELL_\w+\s*=\s*ruff (.+)$", makefile, re.MULTILINE):
        assert command in hooks, f".pre-commit-config.yaml lacks: {command}"
