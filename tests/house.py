"""The house from its imports: `python tests/house.py` prints rooms, floors, arrows and circles.

Every import of every file counts, those inside functions and for type checkers too, and so does
`import_module(f"{__package__}.{name}")`: it may load any file of that folder. A room is a file or a
folder at the top of the package; it stands one floor above the highest room that it imports from.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "lstminspect"

#: From a file to the files that it imports from.
Arrows = dict[str, set[str]]


def files(package: Path = PACKAGE) -> dict[str, Path]:
    """Every module of the package by its dotted name, without the name of the package."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        found[".".join(parts)] = path
    return found


def room(module: str) -> str:
    """The room of a module: `models` of `models.layers.merging`."""
    return module.partition(".")[0]


def arrows(package: Path = PACKAGE, inside: bool = True) -> Arrows:
    """What each file imports from; without `inside`, by the imports at its top level alone."""
    known = files(package)
    return {
        module: set(_targets(module, path, package.name, known, inside)) - {module}
        for module, path in known.items()
    }


def _targets(
    module: str, path: Path, package: str, known: dict[str, Path], inside: bool
) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree) if inside else tree.body:
        match node:
            case ast.ImportFrom(module=str(name), names=names, level=0):
                if name == package or name.startswith(f"{package}."):
                    inner = name.removeprefix(package).removeprefix(".")
                    for alias in names:
                        full = f"{inner}.{alias.name}".removeprefix(".")
                        yield _module(full, known) or _module(inner, known) or inner
            case ast.ImportFrom(level=level) if level:
                raise ValueError(f"{path}: a relative import is not followed. Write it in full.")
            case ast.Import(names=names):
                for alias in names:
                    if alias.name.startswith(f"{package}."):
                        inner = alias.name.removeprefix(f"{package}.")
                        yield _module(inner, known) or inner
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.JoinedStr(values=values)]):
                if module == "__init__":
                    continue  # Any public name, from the top of the house.
                folder = _folder(module, values, package)
                named = _in_table(tree, values[-1])
                for each in known:
                    parent, _, last = each.rpartition(".")
                    if parent == folder and last != "__init__" and (not named or last in named):
                        yield each


def _module(name: str, known: dict[str, Path]) -> str | None:
    """The module called `name`; of a folder, the file that stands for it."""
    inside = f"{name}.__init__".removeprefix(".")
    return name if name in known else inside if inside in known else None


def _in_table(tree: ast.Module, value: ast.expr) -> set[str]:
    """The texts in the table at the top of a file that `{TABLE[name]}` takes its text from."""
    while isinstance(value, ast.FormattedValue | ast.Subscript):
        value = value.value
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as table)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as table)
            ):
                if isinstance(value, ast.Name) and name == value.id:
                    inner = (each for entry in table.values for each in ast.walk(entry))
                    return {each.value for each in inner if isinstance(each, ast.Constant)}
    return set()


def _folder(module: str, values: list[ast.expr], package: str) -> str:
    """The folder that an f-string of `import_module` begins with."""
    match values[0]:
        case ast.FormattedValue(value=ast.Name(id="__package__")):
            folder = module.rpartition(".")[0]
            rest = values[1] if len(values) > 2 else None
            middle = rest.value if isinstance(rest, ast.Constant) else ""
            return f"{folder}{str(middle).rstrip('.')}"
        case ast.Constant(value=str(text)) if text.startswith(f"{package}."):
            return text.removeprefix(f"{package}.").rstrip(".")
    raise ValueError(f"{module}: import_module takes an f-string that begins with its folder.")


def of_rooms(found: Arrows) -> Arrows:
    """The same arrows between rooms."""
    rooms: Arrows = {}
    for module, targets in found.items():
        mine = rooms.setdefault(room(module), set())
        mine |= {room(target) for target in targets} - {room(module)}
    return rooms


def circles(found: Arrows) -> list[list[str]]:
    """Sets of names that can all reach each other (Tarjan's algorithm), the largest first."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in sorted(found.get(name, ())):
            if target not in index:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], index[target])
        if low[name] == index[name]:
            start = stack.index(name)
            groups.append(sorted(stack[start:]))
            del stack[start:]

    for name in sorted(found):
        if name not in index:
            visit(name)
    return sorted((group for group in groups if len(group) > 1), key=len, reverse=True)


def floors(found: Arrows) -> dict[str, int]:
    """The floor of each name: 1 for those that import from nothing. Raises for a circle."""
    level: dict[str, int] = {}

    def of(name: str) -> int:
        if name not in level:
            level[name] = 1 + max((of(target) for target in found.get(name, ())), default=0)
        return level[name]

    if tied := circles(found):
        raise ValueError(f"a circle: {' '.join(tied[0])}")
    for name in found:
        of(name)
    return level


def main() -> None:
    found = arrows()
    known = files()
    rooms = of_rooms(found)
    lines = dict.fromkeys(rooms, 0)
    for module, path in known.items():
        lines[room(module)] += len(path.read_text("utf-8").splitlines())
    tied, tied_rooms = circles(found), circles(rooms)
    between = sum(
        room(module) != room(target) for module, targets in found.items() for target in targets
    )
    print(f"{len(known)} files in {len(rooms)} rooms, {sum(lines.values()):,} lines")
    print(f"{sum(map(len, found.values()))} imports, {between} of them between rooms")
    print(f"{sum(map(len, rooms.values()))} arrows between rooms")
    for what, groups in (("files", tied), ("rooms", tied_rooms)):
        print(f"{len(groups)} circles of {what}")
        for group in groups:
            print(f"    {len(group)}: {' '.join(group)}")
    if not tied_rooms:
        level = floors(rooms)
        for floor in sorted(set(level.values()), reverse=True):
            on = sorted(name for name in level if level[name] == floor)
            print(f"floor {floor:2}  {', '.join(f'{name} {lines[name]:,}' for name in on)}")


if __name__ == "__main__":
    main()
