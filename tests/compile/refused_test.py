"""Compiles a file with the lines that must not compile, and holds the compiler's errors against the marks in it.

usage: refused_test.py COMPILE_COMMANDS.json FILE
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

MARK = "// refused"


def command_of(commands, file):
    """How the build compiles the file, without what it makes."""
    entry = next(each for each in json.loads(commands.read_text()) if pathlib.Path(each["file"]) == file)
    words = shlex.split(entry["command"])
    out = words.index("-o")
    return words[:out] + words[out + 2:], entry["directory"]


def errors_in(file, text):
    """The numbers of the lines of the file that the compiler names in an error."""
    return {int(line) for line in re.findall(re.escape(str(file)) + r":(\d+):\d+: (?:fatal )?error:", text)}


def main():
    commands, file = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    words, folder = command_of(commands, file)
    words += ["-fsyntax-only", "-DVESTA_WAYS_AROUND", "-fmax-errors=0", "-fdiagnostics-color=never"]
    checked = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False,
                             env={**os.environ, "LC_ALL": "C"})
    lines = file.read_text().splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith(MARK)}
    refused = errors_in(file, checked.stderr)
    for number in sorted(marked - refused):
        print(f"{file.name}:{number}: it compiles: {lines[number - 1].strip()}")
    for number in sorted(refused - marked):
        print(f"{file.name}:{number}: it does not compile, though nothing says so: {lines[number - 1].strip()}")
    if not marked or marked != refused:
        print(checked.stderr)
        return 1
    print(f"{len(marked)} lines are refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
