"""Runs inside of the sandbox: sets limits, loads the code, makes the calls, and says what came back.

It needs nothing but the standard library: a bare interpreter gets it as text. Standard input holds the program as
JSON, which also names the descriptor that takes the report.
"""

import ast
import json
import os
import resource
import sys
import textwrap
from typing import Any, cast

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def limit(megabytes: int, seconds: int, processes: int) -> None:
    """Memory, processor time, processes, file size, open files: no more than this, for whatever comes next."""
    for what, most in (
        (resource.RLIMIT_DATA, megabytes << 20),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_FSIZE, 16 << 20),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))


def plain(value: Any) -> Any:
    """A value as JSON has it: tuples and sets are lists, what is odd is its repr."""
    return json.loads(json.dumps(value, default=_odd))


def _odd(value: Any) -> Any:
    return sorted(cast(set[Any], value), key=repr) if isinstance(value, set) else repr(value)


def _nothing_typed(_: object = "") -> str:
    return ""


def whole(source: str) -> ast.Module:
    """The source as a tree; a first line that alone is indented, as answers often have it, is let go."""
    source = textwrap.dedent(source)
    try:
        return ast.parse(source)
    except IndentationError:
        return ast.parse(source.lstrip())


def load(tree: ast.Module, space: dict[str, Any]) -> None:
    """Run statement by statement: an example that fails below a function does not take it away."""
    for statement in tree.body:
        try:
            exec(compile(ast.Module([statement], []), "answer.py", "exec"), space)
        except Exception:
            if isinstance(statement, DEFINITIONS):
                raise


def called(program: dict[str, Any]) -> dict[str, Any] | None:
    """What comes of every call of the first function that the source defines; None where it defines none."""
    space: dict[str, Any] = {"__name__": "answer", "input": _nothing_typed}
    tree = whole(program["source"])
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    load(tree, space)
    if not functions:
        return None
    function = space[functions[0]]
    results: list[list[Any]] = []
    for arguments in filter(None, program["calls"]):
        try:
            results.append([arguments, True, plain(function(*json.loads(arguments)))])
        except BaseException as error:  # noqa: BLE001  it is somebody else's code, and may even call exit()
            results.append([arguments, False, f"{type(error).__name__}: {error}"])
    code = function.__code__
    names = list(code.co_varnames[: code.co_argcount])
    return {"name": functions[0], "parameters": names, "results": results}


def main() -> None:
    ours = os.getpid()
    program: dict[str, Any] = json.load(sys.stdin)
    limit(program["megabytes"], program["cpu_seconds"], program["processes"])
    if program["language"] == "javascript":
        handed = json.dumps({name: program[name] for name in ("source", "calls", "channel")})
        arguments = ["node", "--max-old-space-size=256", "-e", program["javascript"]]
        os.execve(program["node"], arguments, {"PROGRAM": handed})
    if not program["calls"]:
        exec(compile(whole(program["source"]), "answer.py", "exec"), {"__name__": "answer"})
        return
    with os.fdopen(program["channel"], "w") as channel:
        said = called(program)
        if said is not None and os.getpid() == ours:  # a copy of us that the code made has nothing to say
            json.dump(said, channel)


if __name__ == "__main__":
    main()
