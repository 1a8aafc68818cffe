#!/usr/bin/env python3
"""Runs clang-tidy over the sources of src/, and a syntax check over each header that no source includes first; what
passed before and has not changed since is skipped.

Most of clang-tidy's time goes into the headers of the libraries, so that sources are looked at in batches: one file
that includes them all. A batch that does not pass is halved until what is wrong stands alone."""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.M)
CONFIGURATION = f"--config-file={ROOT / '.clang-tidy'}"  # a batch stands outside of the project
MAX_BATCH = 12
# What a source defines for itself at the left margin: two sources of one namespace that share a name need two batches.
OWN_NAME = re.compile(r"^(?:(?:struct|class|union|enum|enum class|using) (\w+)"
                      r"|[\w:][\w:<>,&*\[\] ]*?[ &*](\w+)(?=[(\[{;]| = ))", re.M)
NAMESPACE = re.compile(r"^namespace (\w[\w:]*) \{", re.M)
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


def compiler_flags(command):
    """Without the compiler, the source and the object."""
    keep, skip = [], False
    words = shlex.split(command)
    for word in words[next(i for i, word in enumerate(words) if "clang++" in word) + 1:]:
        if skip:
            skip = False
        elif word in ("-o", "-c"):
            skip = True
        else:
            keep.append(word)
    return keep


def header_command(commands):
    """Any product file's flags fit every header: include folders and dialect are the same for all modules."""
    flags = compiler_flags(next(iter(commands.values())))
    return ["clang++-19", *flags, "-fsyntax-only", "-Wno-pragma-once-outside-header", "-x", "c++"]


def headers_to_check():
    """The headers that no source includes before all else; the others are proved self-contained by every build."""
    first = {match[1] for path in (ROOT / "src").rglob("*.cc") if (match := FIRST_INCLUDE.match(path.read_text()))}
    return [path for path in sorted((ROOT / "src").rglob("*.h")) if str(path.relative_to(ROOT / "src")) not in first]


def own_names(path):
    text = path.read_text()
    namespace = match[1] if (match := NAMESPACE.search(text)) else ""
    return {(namespace, first or second) for first, second in OWN_NAME.findall(text)}


def make_batches(paths, jobs):
    """Lists of paths that share no name. No batch is so long that another job has nothing to do."""
    size = max(1, min(MAX_BATCH, -(-len(paths) // jobs)))
    batches = []
    for path in paths:
        names = own_names(path)
        for batch, taken in batches:
            if len(batch) < size and not taken & names:
                batch.append(path)
                taken |= names
                break
        else:
            batches.append(([path], names))
    return [batch for batch, _ in batches]


class Tidy:
    """clang-tidy over batches of sources."""

    def __init__(self, build, commands, folder):
        self.build, self.commands, self.folder = build, commands, folder

    def look_at(self, batch):
        """[(path, exit code, output)]"""
        if len(batch) == 1:
            code, output = run(["clang-tidy-19", "--quiet", "-p", str(self.build), str(batch[0])])
            return [(batch[0], code, output)]
        flags = []
        for path in batch:  # include folders differ between modules
            flags += [flag for flag in compiler_flags(self.commands[path]) if flag not in flags]
        name = hashlib.sha256("\n".join(map(str, batch)).encode()).hexdigest()[:16]
        source = self.folder / f"{name}.cc"
        source.write_text("".join(f'#include "{path}"\n' for path in batch))
        code, _ = run(["clang-tidy-19", "--quiet", CONFIGURATION, str(source), "--", *flags])
        if code == 0:
            return [(path, 0, "") for path in batch]
        middle = len(batch) // 2
        return self.look_at(batch[:middle]) + self.look_at(batch[middle:])


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
    keys = {path: fingerprints.of(path, command) for path, command in commands.items()}
    keys |= {path: fingerprints.of(path, "syntax") for path in headers_to_check()}
    due = sorted(path for path, key in keys.items() if key not in passed)
    batches = make_batches([path for path in due if path in commands], options.jobs)
    print(f"{len(keys)} files, {len(due)} to look at, {len(batches)} batches", flush=True)

    failures = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        tidy = Tidy(build, commands, Path(folder))
        futures = [pool.submit(tidy.look_at, batch) for batch in batches]
        futures += [pool.submit(lambda path: [(path, *run([*syntax, str(path)]))], path)
                    for path in due if path not in commands]
        for future in concurrent.futures.as_completed(futures):
            for path, code, output in future.result():
                if code == 0:
                    passed.add(keys[path])
                else:
                    failures += 1
                    print(f"{path.relative_to(ROOT)}:\n{output}\n", flush=True)
    memory.write_text("\n".join(sorted(passed & set(keys.values()))))
    print(f"{failures} of {len(keys)} files failed" if failures else "clean")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
