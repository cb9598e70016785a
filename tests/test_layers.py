"""The import table of the design, and where SQL, Flask and the clock may stand, read from the source with
`ast`.

Imports go down only: web, cli -> service -> storage, mail, links, ledger -> domain -> handbook.policy; and in
the handbook hooks, cli -> site -> pages -> redline -> policy.
"""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("ackservice", "handbook")
    for path in (ROOT / package).rglob("*.py")
)

MAILER = "ackservice/mail/mailer.py"  # sends by Flask-Mail, in an application context

# What a part may import of the project, besides itself. The longest prefix names a module's part.
POLICY = {"handbook.policy"}
BASE = {"ackservice.errors", *POLICY}  # errors know nothing; the policy library knows nothing of the service
PAGES = {"handbook.pages", "handbook.redline", *POLICY}
DOMAIN = {"ackservice.domain", *BASE}
BELOW_SERVICE = {
    "ackservice.storage", "ackservice.mail", "ackservice.links", "ackservice.ledger", "ackservice.clock",
    "ackservice.config", *DOMAIN,
}  # fmt: skip
SERVICE = {
    "ackservice.service",
    "handbook",
    "handbook.pages",
    "handbook.redline",
    *BELOW_SERVICE,
}  # `handbook` itself has its version alone
TABLE: dict[str, set[str]] = {
    "ackservice": {
        "ackservice.web",
        "ackservice.service",
        "ackservice.config",
        "ackservice.clock",
    },  # the factory
    "ackservice.errors": set(),
    "ackservice.clock": set(),
    "ackservice.ledger": set(),
    "ackservice.links": {"ackservice.errors"},
    "ackservice.config": BASE,
    "ackservice.domain": BASE,
    "ackservice.storage": {"ackservice.ledger", "ackservice.clock", *DOMAIN},
    "ackservice.mail": DOMAIN,
    "ackservice.service": SERVICE,
    "ackservice.service.building": {"handbook.site.build", *SERVICE},
    "ackservice.commands": {
        "ackservice.web",
        "ackservice.demo",
        "handbook.day_type",
        *SERVICE,
    },
    "ackservice.cli": {"ackservice.commands.app", "ackservice.mail.errors", *BASE},
    "ackservice.web": {
        "ackservice",
        "ackservice.web.demo",
        "handbook.site.build",
        *SERVICE,
    },
    "ackservice.web.demo": {"ackservice.demo", "ackservice.web", *SERVICE},
    "ackservice.demo": {"handbook.site.build", *SERVICE},
    "ackservice.demo.serve": {"ackservice", "ackservice.demo", "ackservice.web", *SERVICE},
    "handbook.policy": set(),
    "handbook.redline": POLICY,
    "handbook.pages": {"handbook.redline", *POLICY},
    "handbook.clock": set(),
    "handbook.site": {"handbook.clock", "handbook.day_type", "handbook.terminal", *PAGES},
    "handbook.hooks": {"handbook.site", *POLICY},
    "handbook": {"handbook.clock", "handbook.site", *PAGES},
}


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def part_of(module: str) -> str:
    """The entry of the table a module belongs to."""
    return max((part for part in TABLE if module == part or module.startswith(part + ".")), key=len)


def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"), path)


def imports(path: str) -> Iterator[str]:
    """Every module a file imports, anywhere in it; `from package import name` counts as the submodule where
    there is one.

    What is imported for type checkers alone is no import.
    """
    parsed = tree(path)
    for block in [node for node in ast.walk(parsed) if isinstance(node, ast.If)]:
        if isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING":
            block.body = []
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if is_module(inner) else node.module


def is_module(name: str) -> bool:
    path = name.replace(".", "/")
    return f"{path}.py" in SOURCES or f"{path}/__init__.py" in SOURCES


def is_allowed(imported: str, allowed: set[str]) -> bool:
    return any(imported == part or ("." in part and imported.startswith(part + ".")) for part in allowed)


@pytest.mark.parametrize("path", SOURCES)
def test_imports_go_down_only(path):
    part = part_of(module_of(path))
    ours = {name for name in imports(path) if name.split(".")[0] in ("ackservice", "handbook")}
    upward = {name for name in ours if part_of(name) != part and not is_allowed(name, TABLE[part])}
    assert upward == set(), f"{path} ({part}) may not import this"


def test_no_module_imports_itself_by_way_of_others():
    """Imports inside functions count; those for type checkers alone do not."""
    graph = {module_of(path): {name for name in imports(path) if is_module(name)} for path in SOURCES}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules


@pytest.mark.parametrize("path", [p for p in SOURCES if p.startswith("handbook/")])
def test_the_handbook_never_imports_the_service(path):
    assert [name for name in imports(path) if name.split(".")[0] == "ackservice"] == []


ROOMS = ("handbook/policy/", "handbook/redline/", "handbook/pages/")
MAY_READ_FILES = ("handbook/policy/library.py", "handbook/pages/wording.py")


@pytest.mark.parametrize("path", [p for p in SOURCES if p.startswith(ROOMS)])
def test_what_a_site_is_made_of_is_pure_and_knows_no_generator(path):
    """The generator is replaceable: what is published is a function of the policy library."""
    outside = {"os", "tempfile", "subprocess", "socket", "shutil", "sqlite3", "click", "mkdocs", "material"}
    outside |= {"pathlib", "urllib.request"}
    imported = {name for name in imports(path) if {name, name.split(".")[0]} & outside}
    calls = {name for name in called(path) if name in ("open", "print", "input")}
    if path not in MAY_READ_FILES:
        assert (imported, calls) == (set(), set())


@pytest.mark.parametrize("path", SOURCES)
def test_sql_stands_in_storage_alone(path):
    if path.startswith("ackservice/storage/"):
        return
    statement = re.compile(
        r"\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM"
        r"|CREATE\s+(TABLE|INDEX|TRIGGER)|PRAGMA)\s",
        re.DOTALL,
    )
    found = [text for text in strings(path) if statement.match(text)]
    assert found == []
    if any(name in ("sqlite3", "sqlite_utils") for name in imports(path)):
        assert path.startswith("ackservice/service/"), "only a service may name a connection, to hand it on"
        attributes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)]
        uses = {node.attr for node in attributes if ast.unparse(node.value) == "sqlite3"}
        assert uses <= {"Connection", "Row", "sqlite_version", "sqlite_version_info"}
    executed = [name for name in called(path) if name in ("execute", "executemany", "executescript")]
    assert executed == []


@pytest.mark.parametrize("path", SOURCES)
def test_flask_is_used_in_web_the_factory_and_the_mailer_alone(path):
    web = {"flask", "flask_mail", "werkzeug", "waitress"}
    found = {name.split(".")[0] for name in imports(path)} & web
    if path.startswith(("ackservice/web/", "ackservice/demo/")) or path in (
        "ackservice/__init__.py",
        MAILER,
    ):
        return
    assert found == set()


CLOCK_READERS = ("ackservice/clock.py", "handbook/clock.py")
CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"), ("time", "gmtime"),
}  # fmt: skip


@pytest.mark.parametrize("path", SOURCES)
def test_the_clock_is_read_at_the_edges_alone(path):
    """Durations (time.monotonic, time.perf_counter) are no dates."""
    found = {
        (node.value.id, node.attr)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    } & CLOCKS
    if path in CLOCK_READERS or path.startswith(("ackservice/web/", "ackservice/demo/")):
        return
    assert found == set()


@pytest.mark.parametrize("path", [p for p in SOURCES if p.startswith("ackservice/web/")])
def test_the_web_imports_no_storage_and_opens_no_transaction(path):
    assert [name for name in imports(path) if name.startswith("ackservice.storage")] == []
    stores = [
        node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute) and node.attr == "store"
    ]
    assert stores == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.startswith("ackservice/storage/")])
def test_the_database_reads_no_clock_either(path):
    banned = re.compile(
        r"CURRENT_(TIMESTAMP|DATE|TIME)|strftime\(|datetime\('now'|julianday\(", re.IGNORECASE
    )
    assert [text for text in strings(path) if banned.search(text)] == []


@pytest.mark.parametrize("path", SOURCES)
def test_a_file_says_in_its_first_line_what_it_does(path):
    said = ast.get_docstring(tree(path))
    assert said and said.splitlines()[0].strip()


@pytest.mark.parametrize("package", ["handbook.policy.library", "handbook.pages.assemble", "handbook.cli"])
def test_the_handbook_loads_without_the_services_dependencies(package):
    """The site is built where Flask, itsdangerous, sqlite-utils and the rest are not installed."""
    code = (
        "import sys, importlib\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'flask', 'flask_mail', 'itsdangerous', 'sqlite_utils', "
        "'waitress', 'msal', 'xlsxwriter',\n"
        "                                  'segno', 'email_validator', 'flufl', 'holidays', "
        "'requests', 'ackservice'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        f"importlib.import_module('{package}')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def called(path: str) -> Iterator[str]:
    """The names of what a file calls, without what they are called on."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


def strings(path: str) -> Iterator[str]:
    """Every text of a file but its docstrings; of an f-string, its fixed parts joined."""
    parsed = tree(path)
    told = {
        id(node.body[0].value)
        for node in ast.walk(parsed)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(parsed):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "?".join(
                v.value for v in node.values if isinstance(v, ast.Constant) and isinstance(v.value, str)
            )
