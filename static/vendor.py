"""Brings the files that pages are drawn with (styles, script, font, icons) from npm into `static/vendor/`.

Run it after changing a version in `static/package.json` or the lists below: `python static/vendor.py` (needs npm), and
commit what it wrote. `python static/vendor.py --check` needs nothing and says whether every file is still as brought.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
VENDOR = HERE / "vendor"
MANIFEST = VENDOR / "manifest.json"

# Icons that pages use, by their lucide name. A page that needs another one adds it here and runs this script.
ICONS = (
    "arrow-left",
    "arrow-right",
    "calendar",
    "check",
    "chevron-down",
    "circle",
    "circle-alert",
    "circle-check",
    "circle-pause",
    "circle-user-round",
    "clock",
    "download",
    "external-link",
    "eye",
    "file-question-mark",
    "flag",
    "flask-conical",
    "info",
    "life-buoy",
    "link-2-off",
    "loader-circle",
    "lock",
    "mail",
    "message-square",
    "minus",
    "octagon-x",
    "paperclip",
    "refresh-cw",
    "rotate-ccw",
    "search",
    "square",
    "trash-2",
    "undo-2",
    "upload",
    "user-plus",
    "user-x",
    "x",
)

# Package, then the files of it that we keep: (path in the package, path in our folder).
WANTED: dict[str, tuple[tuple[str, str], ...]] = {
    "bootstrap": (("dist/css/bootstrap.min.css", "bootstrap.min.css"), ("LICENSE", "LICENSE")),
    "htmx.org": (
        ("dist/htmx.min.js", "htmx.min.js"),
        ("dist/ext/hx-sse.min.js", "hx-sse.min.js"),
        ("LICENSE", "LICENSE"),
    ),
    "lucide-static": (*((f"icons/{name}.svg", f"icons/{name}.svg") for name in ICONS), ("LICENSE", "LICENSE")),
    "axe-core": (("axe.min.js", "axe.min.js"), ("LICENSE", "LICENSE")),
    "@fontsource-variable/hanken-grotesk": (
        *(
            (f"files/hanken-grotesk-{script}-wght-normal.woff2", f"hanken-grotesk-{script}-wght-normal.woff2")
            for script in ("latin", "latin-ext", "vietnamese")
        ),
        ("LICENSE", "LICENSE"),
    ),
}


def folder_of(package: str, version: str) -> str:
    """`@scope/name` becomes `name`, so that every folder reads NAME@VERSION."""
    return f"{package.rpartition('/')[2]}@{version}"


def versions() -> dict[str, str]:
    declared = json.loads((HERE / "package.json").read_text())
    return {**declared["dependencies"], **declared["devDependencies"]}


def bring() -> None:
    """Installs exactly what the lock file names into a temporary folder and copies the wanted files."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603  (a fixed command)
        if VENDOR.exists():
            shutil.rmtree(VENDOR)
        for package, version in versions().items():
            for source, target in WANTED[package]:
                into = VENDOR / folder_of(package, version) / target
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(folder, "node_modules", package, source), into)
    MANIFEST.write_text(json.dumps({"packages": packages(), "sha256": digests()}, indent=2) + "\n")


def packages() -> dict[str, str]:
    return {package.rpartition("/")[2]: folder_of(package, version) for package, version in sorted(versions().items())}


def digests() -> dict[str, str]:
    files = sorted(path for path in VENDOR.rglob("*") if path.is_file() and path != MANIFEST)
    return {path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def differences() -> list[str]:
    """What is not as it was brought: changed, missing or added files, and versions that were not brought yet."""
    manifest = json.loads(MANIFEST.read_text())
    kept, found = manifest["sha256"], digests()
    lines = [f"{name}: missing" for name in kept if name not in found]
    lines += [f"{name}: changed" for name in kept if name in found and found[name] != kept[name]]
    lines += [f"{name}: not in the manifest" for name in found if name not in kept]
    if manifest["packages"] != packages():
        lines.append("package.json names other versions than were brought: run python static/vendor.py")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="bring nothing, compare with the manifest")
    if not parser.parse_args().check:
        bring()
    found = differences()
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
