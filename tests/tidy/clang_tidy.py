#!/usr/bin/env python3
"""Runs clang-tidy over the sources of src/, and a syntax check over each header that no source includes first, several
at a time; what passed before and has not changed since is skipped."""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.M)
FIRST_INCLUDE = re.compile(r'\A(?:\s*//.*\n|\s*\n)*\s*#include\s+"([^"]+)"')


class Fingerprints:
    """A hash for a file and all project headers that it includes, so that a passed file need not be looked at again."""

    def __init__(self):
        self.texts = {}
        self.salt = (ROOT / ".clang-tidy").read_bytes() + Path(__file__).read_bytes()

    def text(self, path):
        if path not in self.texts:
            self.texts[path] = path.read_bytes() if path.exists() else b""
        return self.texts[path]

    def of(self, path, command):
        digest = hashlib.sha256(self.salt + command.encode())
        seen, waiting = set(), [path]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            content = self.text(current)
            digest.update(str(current).encode() + content)
            for name in sorted(INCLUDE.findall(content.decode("utf-8", "replace"))):
                header = ROOT / "src" / name
                if header.exists():
                    waiting.append(header)
        return digest.hexdigest()


def read_commands(build):
    """source path -> compiler command, for the files of src/ that are part of the product."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["directory"], entry["file"]).resolve()
        if not path.is_relative_to(ROOT / "src") or path.stem.endswith(("_test", "_fuzz", "_bench")):
            continue
        commands[path] = entry["command"]
    return commands


def header_command(commands):
    """Any product file's flags fit every header: include folders and dialect are the same for all modules."""
    words = next(iter(commands.values())).split()
    keep, skip = [], False
    for word in words[1:]:
        if skip:
            skip = False
        elif word in ("-o", "-c"):
            skip = True
        else:
            keep.append(word)
    return [words[0], *keep, "-fsyntax-only", "-Wno-pragma-once-outside-header", "-x", "c++"]


def headers_to_check():
    """The headers that no source includes before all else; the others are proved self-contained by every build."""
    first = {match[1] for path in (ROOT / "src").rglob("*.cc") if (match := FIRST_INCLUDE.match(path.read_text()))}
    return [path for path in sorted((ROOT / "src").rglob("*.h")) if str(path.relative_to(ROOT / "src")) not in first]


def run(arguments):
    result = subprocess.run(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = [line for line in (result.stdout + result.stderr).splitlines()
             if not re.match(r"^\d+ warnings? (generated|treated as error)|^Suppressed |^Use -header-filter", line)]
    return result.returncode, "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="a build folder configured with clang")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    build = options.build.resolve()
    commands = read_commands(build)
    syntax = header_command(commands)

    fingerprints = Fingerprints()
    memory = build / "clang-tidy.passed"
    passed = set(memory.read_text().split()) if memory.exists() else set()
    tidy = ["clang-tidy-19", "--quiet", "-p", str(build)]
    work = [(path, [*tidy, str(path)], commands[path]) for path in sorted(commands)]
    work += [(path, [*syntax, str(path)], "syntax") for path in headers_to_check()]
    keys = {(path, command): fingerprints.of(path, command) for path, _, command in work}
    due = [item for item in work if keys[item[0], item[2]] not in passed]
    print(f"{len(work)} files, {len(due)} to look at", flush=True)

    failures = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(run, arguments): (path, command) for path, arguments, command in due}
        for future in concurrent.futures.as_completed(futures):
            path, command = futures[future]
            code, output = future.result()
            if code == 0:
                passed.add(keys[path, command])
            else:
                failures += 1
                print(f"{path.relative_to(ROOT)}:\n{output}\n", flush=True)
    memory.write_text("\n".join(sorted(passed & set(keys.values()))))
    print(f"{failures} of {len(work)} files failed" if failures else "clean")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
