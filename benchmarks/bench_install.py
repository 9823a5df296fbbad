"""How large an installation is: the base, and what each extra adds. It needs a package index."""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = str(Path(sys.executable).parent / "uv")
MEBIBYTE = 1024 * 1024


def measure(folder: Path, wheel: Path, extra: str) -> float:
    """The mebibytes of a new environment's packages, with what Python compiles of them."""
    environment = folder / (extra or "base")
    python = environment / "bin" / "python"
    _run(UV, "venv", "--quiet", "--python", sys.executable, str(environment))
    requirement = f"crashgate[{extra}] @ {wheel.as_uri()}" if extra else str(wheel)
    _run(UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), requirement)
    packages = next(environment.glob("lib/python*/site-packages"))
    return sum(path.stat().st_size for path in packages.rglob("*") if path.is_file()) / MEBIBYTE


def _run(*words: str) -> None:
    subprocess.run(words, check=True)  # noqa: S603 - our own words


def main() -> None:
    """Print a line for the base and one for each extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(UV, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT))
        wheel = next(folder.glob("*.whl"))
        base = measure(folder, wheel, "")
        print(f"wheel    {wheel.stat().st_size / MEBIBYTE:6.1f} MiB")
        print(f"base     {base:6.1f} MiB")
        for extra in project["optional-dependencies"]:
            whole = measure(folder, wheel, extra)
            print(f"{extra:<8} {whole:6.1f} MiB, {whole - base:6.1f} more than the base")


if __name__ == "__main__":
    main()
