"""Compiles a file with the lines that must not compile, and holds the compiler's errors against the marks in it.

A mark, `// refused: WORDS`, is at the end of a line, and an error of that line has the words.

usage: refused_test.py COMPILE_COMMANDS.json FILE
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

MARK = re.compile(r"// refused: (.+)$")


def command_of(commands, file):
    """How the build compiles the file, without what it makes."""
    entry = next(each for each in json.loads(commands.read_text()) if pathlib.Path(each["file"]) == file)
    words = shlex.split(entry["command"])
    out = words.index("-o")
    return words[:out] + words[out + 2:], entry["directory"]


def errors_in(file, text):
    """What the compiler says in errors of each line of the file."""
    said = {}
    for line, message in re.findall(re.escape(str(file)) + r":(\d+):\d+: (?:fatal )?error: (.*)", text):
        said[int(line)] = said.get(int(line), "") + message + "\n"
    return said


def main():
    commands, file = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    words, folder = command_of(commands, file)
    words += ["-fsyntax-only", "-DVESTA_WAYS_AROUND", "-fmax-errors=0", "-fdiagnostics-color=never"]
    checked = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False,
                             env={**os.environ, "LC_ALL": "C"})
    errors = errors_in(file, checked.stderr)
    marks, wrong = 0, []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        mark = MARK.search(line)
        marks += mark is not None
        if mark and mark[1] not in errors.get(number, ""):
            wrong.append(f"{file.name}:{number}: not refused as '{mark[1]}': {errors.get(number, 'it compiles')}")
        if number in errors and not mark:
            wrong.append(f"{file.name}:{number}: refused, though nothing says so: {errors[number]}")
    print("\n".join(wrong) or f"{marks} lines are refused")
    return 1 if wrong or marks == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
