"""The rules of the house, held by tests. Each message says what to do."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from fastapi.routing import iter_route_contexts

from app.access.rights import RIGHTS
from app.caspen.tables import BY_NAME
from app.checklist import CHECKS
from app.main import create_app
from app.migration.mail_names import Mail
from app.problems import catalogue
from app.settings import Environment, Settings
from app.sources import SOURCES
from app.sources.invented import sample_writer
from app.wizard import STEPS
from tests.harness.fixed_waits import Module, fixed_waits

ROOT = Path(__file__).parent.parent
CODE = ("app", "workers")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "service", "manager", "misc"}
LONGEST = 600
VAGUE_WORDS = {
    "told": "reported, lines, or what the variable holds",
    "said": "answer, value, or what the variable holds",
    "says": "a verb of the act",
    "found": "match, rows, or what the variable holds",
    "one": "the singular of the collection",
    "here": "the place by its name",
    "look": "check, verify, view",
    "draw": "render",
    "seen": "known, read, or what the variable holds",
    "stays": "is_kept, remaining",
    "standing": "state, overview",
    "beside": "the relation by its name",
    "came": "arrived, imported",
    "lies": "changes, or what the variable holds",
}
"""Words that name nothing, with what to write instead."""


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders or ("app", "workers", "tests", "e2e"):
        yield from (p for p in (ROOT / folder).rglob("*.py") if "__pycache__" not in p.parts)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_python_file_is_longer_than_600_lines() -> None:
    long = {names(p): n for p in python_files() if (n := len(text_of(p).splitlines())) > LONGEST}
    assert not long, f"split these by what varies in them: {long}"


def test_no_file_has_a_name_that_says_nothing() -> None:
    tables = ROOT / "app/caspen/tables"  # a service is something that a clinic offers
    vague = [names(p) for p in python_files() if p.stem in FORBIDDEN_NAMES and p.parent != tables]
    assert not vague, f"name these after what they are about: {vague}"


def vague_names(path: Path) -> Iterator[str]:
    """Each name that a file gives to a variable, an argument, a function or a class and that names nothing."""
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name
        else:
            continue
        if (word := name.strip("_").lower()) in VAGUE_WORDS:
            yield f"{names(path)}: `{name}`: write {VAGUE_WORDS[word]}"


def test_a_name_says_what_its_value_is() -> None:
    files = list(python_files("app"))
    tables = ROOT / "app/caspen/tables"  # columns of a database keep their names
    code = [path for path in (*files, *python_files("workers")) if path.parent != tables]
    wrong = [line for path in code for line in vague_names(path)]
    assert len(files) > 100
    assert not wrong, "\n".join(wrong)


UNTYPED = re.compile(r"\b(?:dict|Dict|MutableMapping)\[str, (?:Any|object)\]")
"""A dict whose keys nobody describes and whose values nobody checks."""


def public_functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The public functions and methods of a module or a class."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from public_functions(child)
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not child.name.startswith("_"):
            yield child


def untyped_dicts(path: Path) -> Iterator[str]:
    """Each public function with an untyped dict in its signature, and each module-wide name for an untyped dict."""
    tree = ast.parse(text_of(path))
    for function in public_functions(tree):
        if UNTYPED.search(signature(function)):
            yield f"{names(path)}: {function.name}"
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Subscript | ast.BinOp):
            name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            if not name.startswith("_") and UNTYPED.search(ast.unparse(node.value)):
                yield f"{names(path)}: {name}"


def test_no_untyped_dict_crosses_the_border_of_a_module() -> None:
    files = list(python_files("app"))
    untyped = [line for path in files for line in untyped_dicts(path)]
    advice = "describe each key once, in a TypedDict or dataclass; JSON of other software is a JsonObject"
    assert len(files) > 100
    assert not untyped, f"{advice}: {untyped}"


def signature(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The arguments and the result of a function as code."""
    result = ast.unparse(function.returns) if function.returns is not None else ""
    return f"{ast.unparse(function.args)} -> {result}"


def test_every_class_has_a_name_of_its_own() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in python_files("app", "workers"):
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(names(path))
    assert len(places) > 500
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


LISTS = (
    *("app/checklist", "app/records/kinds", "app/records/sections", "app/resolving", "app/wizard"),
    *("app/links/providers", "app/sources", "app/schema"),
)
"""Folders whose modules are variants in a list: checks, kinds, sections, rules, pages, providers, revisions."""


def test_every_module_has_a_name_of_its_own() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in python_files("app", "workers"):
        if path.stem != "__init__" and not names(path).startswith(tuple(f"{folder}/" for folder in LISTS)):
            places[path.stem].append(names(path))
    assert len(places) > 300
    shared = {name: paths for name, paths in places.items() if len(paths) > 1}
    assert not shared, f"give each of these a name that says what it is about: {shared}"


def test_every_module_says_what_it_is() -> None:
    silent = [names(p) for p in python_files(*CODE) if not ast.get_docstring(ast.parse(text_of(p)))]
    assert not silent, f"begin these with a sentence from the customer's world: {silent}"


def test_only_db_commits() -> None:
    wrong = [
        names(p)
        for p in python_files(*CODE)
        if p != ROOT / "app/db.py" and re.search(r"\.commit\(\)|\bCOMMIT\b\s*[\"']", text_of(p))
    ]
    assert not wrong, f"use Database.write() or .connection() instead of committing: {wrong}"


def test_only_advance_writes_a_migrations_state() -> None:
    wrong = []
    for path in python_files("app", "workers"):
        if path.name == "advance.py":
            continue
        assigned = [node for node in ast.walk(ast.parse(text_of(path))) if isinstance(node, ast.Assign)]
        for node in assigned:
            for target in node.targets:
                owner = target.value if isinstance(target, ast.Attribute) and target.attr == "state" else None
                if isinstance(owner, ast.Name) and "migration" in owner.id:
                    wrong.append(f"{names(path)}:{node.lineno}")
    assert not wrong, f"cause an event with advance() instead: {wrong}"


def test_the_source_is_named_in_its_own_folder_alone() -> None:
    word = "cli" + "niko"
    allowed = ("app/sources/" + word, "app/DECISIONS.md")
    wrong = [
        names(p)
        for folder in ("app", "workers", "templates", "static")
        for p in (ROOT / folder).rglob("*")
        if p.is_file()
        and p.suffix in {".py", ".html", ".txt", ".js", ".css", ".toml"}
        and "vendor" not in p.parts
        and not names(p).startswith(allowed)
        and word in without_imports(p)
    ]
    assert not wrong, f"take the name from Source.label: {wrong}"


CASPENS_OWN = frozenset(
    {
        *("updated_at", "from_", "is_page", "letters", "folder_name", "folder_below"),
        *(f"found_{part}" for part in ("key", "path", "root", "size", "sha256", "type", "code")),
    }
)
"""Words of a source's columns that Caspen uses itself: for its own columns, for pages, and for what reading adds."""


def words_of_sources() -> frozenset[str]:
    """The names of kinds, lists and columns of every source, without single words and those of the workspace."""
    kinds = [kind for source in SOURCES.values() for kind in source.kinds]
    named = {name for kind in kinds for name in (kind.name, *kind.recognition.json_keys)}
    columns = {placed.name for kind in kinds for placed in kind.columns if "_" in placed.name}
    own = {name for table in BY_NAME.values() for name in (table.__tablename__, *table.model_fields)}
    return frozenset((named | columns) - own - CASPENS_OWN)


def words_used(path: Path) -> Iterator[tuple[int, str]]:
    """Each name and each text of a module, with its line. Docstrings do not count."""
    for node in ast.walk(ast.parse(text_of(path))):
        for field_name in ("id", "attr", "arg", "name", "value"):
            word = getattr(node, field_name, None)
            if isinstance(word, str):
                yield getattr(node, "lineno", 0), word


def test_only_a_sources_folder_knows_its_kinds_and_columns() -> None:
    words = words_of_sources()
    outside = (p for p in python_files(*CODE) if not p.is_relative_to(ROOT / "app/sources"))
    known = [f"{names(p)}:{line} {word}" for p in outside for line, word in words_used(p) if word in words]
    quoted = re.compile(r"[\"'](\w+)[\"']")
    known += [
        f"{names(p)} {word}"
        for p in (ROOT / "templates").rglob("*.html")
        for word in quoted.findall(text_of(p))
        if word in words
    ]
    assert not known, (
        "ask the source for the kind with a role, or for a trait (app/mapping/kind_roles.py), "
        f"or add words that mean something else there to CASPENS_OWN: {known}"
    )


def without_imports(path: Path) -> str:
    """The text without the one line of the list of sources that has to name the folder."""
    lines = text_of(path).lower().splitlines()
    return "\n".join(line for line in lines if not re.match(r"from app\.sources\.\w+(\.source)? import \w+$", line))


def codes_used() -> dict[str, set[str]]:
    """Every string in our code that is a catalogued code, or is given to Problem() or stop()."""
    used: dict[str, set[str]] = {}
    known = catalogue().keys()
    for path in python_files(*CODE):
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known:
                used.setdefault(node.value, set()).add(names(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Problem", "stop"}:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    used.setdefault(first.value, set()).add(names(path))
    for toml in [p for folder in CODE for p in (ROOT / folder).rglob("*.toml") if p.name != "problems.toml"]:
        for code in re.findall(r'"([a-z_]+)"', text_of(toml)):
            if code in known:
                used.setdefault(code, set()).add(names(toml))
    return used


def test_every_problem_code_that_is_used_has_words() -> None:
    without = {code: sorted(where) for code, where in codes_used().items() if code not in catalogue()}
    assert not without, f"add words for these to app/problems.toml: {without}"


def test_every_problem_code_with_words_is_used() -> None:
    idle = sorted(catalogue().keys() - codes_used().keys())
    assert not idle, f"nothing raises these: use them, or take them out of app/problems.toml: {idle}"


def test_the_catalogue_is_in_alphabetical_order() -> None:
    codes = list(catalogue())
    assert codes == sorted(codes), "sort app/problems.toml, so that a code is found and added once"


def test_no_words_of_a_problem_leave_a_blank() -> None:
    for entry in catalogue().values():
        for said in (entry.title, entry.todo):
            assert said.strip(), f"{entry.code} says nothing"
            assert not re.search(r"[!]|\bplease\b|\bsorry\b|\boops\b|successfully", said, re.I), entry.code


def test_every_revision_of_a_database_follows_another() -> None:
    for folder in (ROOT / "app/schema").glob("*/versions"):
        numbers = sorted(path.name[:4] for path in folder.glob("[0-9]*.py"))
        assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)], f"number these anew: {names(folder)}"


def test_every_route_has_a_line_in_the_role_matrix(tmp_path: Path) -> None:
    app = create_app(Settings(environment=Environment.DEVELOPMENT, var=tmp_path))
    routes = {
        (method, route.path)
        for route in iter_route_contexts(app.routes)
        for method in (getattr(route, "methods", None) or ())
        if method not in {"HEAD", "OPTIONS"} and route.path not in {"/openapi.json"}
    }
    assert routes - RIGHTS.keys() == set(), "say in app/access/rights.py who may open these"
    assert RIGHTS.keys() - routes == set(), "these lines of app/access/rights.py lead nowhere"


def test_every_setting_is_documented() -> None:
    example = text_of(ROOT / ".env.example")
    missing = [name.upper() for name in Settings.model_fields if f"{name.upper()}=" not in example]
    assert not missing, f"document these in .env.example: {missing}"


def test_a_step_has_the_same_name_everywhere() -> None:
    for step in STEPS:
        name = step.__name__.rsplit(".", 1)[-1]
        for place in (f"templates/wizard/{name}.html", f"tests/wizard/test_{name}.py", f"e2e/pages/{name}.py"):
            assert (ROOT / place).exists(), f"the step {name} has no {place}"


def test_every_kind_of_a_source_is_in_a_file_of_its_name() -> None:
    for source in SOURCES.values():
        folder = ROOT / "app/sources" / source.name
        files = {p.stem for p in folder.rglob("*.py")} | {p.stem for p in folder.rglob("*.toml")}
        alone = [kind.name for kind in source.kinds if kind.imported and kind.name not in files]
        assert not alone, f"give each of these a file of its name: {alone}"


STORIES_TOGETHER = {
    **dict.fromkeys(("businesses", "users", "appointment_types", "practitioners"), "clinic"),
    **dict.fromkeys(("treatment_note_templates", "patient_form_templates"), "templates"),
    "attendees": "groups",
    "medical_alerts": "lists",
}
"""Kinds whose stories are in a file with those of other kinds."""


def test_every_imported_kind_has_stories() -> None:
    kinds = [kind.name for source in SOURCES.values() for kind in source.kinds if kind.imported]
    files = {kind: f"tests/kinds/test_{STORIES_TOGETHER.get(kind, kind)}.py" for kind in kinds}
    missing = [file for kind, file in files.items() if not (ROOT / file).exists() or kind not in text_of(ROOT / file)]
    assert not missing, f"tell in these what becomes of the kind's rows: {missing}"


def test_every_imported_kind_is_in_the_sample_of_its_source() -> None:
    without = [name for name in SOURCES if sample_writer(name) is None]  # the import fails where a kind is missing
    assert not without, f"write a sample for these sources: {without}"


def test_every_check_has_stories() -> None:
    imported = {
        alias.name
        for path in (ROOT / "tests/checklist").glob("test_*.py")
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.ImportFrom) and node.module == "app.checklist"
        for alias in node.names
    }
    without = [name for check in CHECKS if (name := check.__module__.rpartition(".")[2]) not in imported]
    assert not without, f"add tests/checklist/test_NAME.py for these checks: {without}"


def mails_sent(path: Path) -> Iterator[str]:
    """The e-mails that a module gives to a call, such as `post(session, migration, Mail.FAILED)`, by member of Mail."""
    calls = [node for node in ast.walk(ast.parse(text_of(path))) if isinstance(node, ast.Call)]
    for given in (value for call in calls for value in (*call.args, *(each.value for each in call.keywords))):
        mail = given.value if isinstance(given, ast.Attribute) and given.attr == "value" else given
        if isinstance(mail, ast.Attribute) and isinstance(mail.value, ast.Name) and mail.value.id == "Mail":
            yield mail.attr


def test_every_mail_has_a_place_that_sends_it() -> None:
    modules = [path for path in python_files("app") if path != ROOT / "app/notify/mails.py"]
    sent = {name for path in modules for name in mails_sent(path)}
    unsent = [mail.name for mail in Mail if mail.name not in sent]
    assert not unsent, f"send these with post() of app/migration/outbox.py, or with a move of states.py: {unsent}"


def test_every_section_of_the_decisions_is_in_their_contents() -> None:
    text = text_of(ROOT / "app/DECISIONS.md")
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    contents = re.findall(r"^\| \[(.+?)\]\(#", text, re.MULTILINE)
    assert sections == contents, "put the entry of app/DECISIONS.md under one of its sections as ###"
    entries = re.findall(r"^### (.+)$", text, re.MULTILINE)
    repeated = sorted({title for title in entries if entries.count(title) > 1})
    assert not repeated, f"keep one entry of each title: {repeated}"


def test_a_test_waits_for_an_event_and_never_for_a_fixed_time() -> None:
    files = [path for path in python_files("tests", "e2e") if path != ROOT / "tests/harness/waiting.py"]
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): Module.of(path) for path in files}
    wrong = [f"{name}, line {line}: {remedy}" for name, line, remedy in fixed_waits(modules, "tests.figures.")]
    assert len(modules) > 500
    assert not wrong, "\n".join(wrong)


def test_every_python_file_that_a_document_names_exists() -> None:
    endings = [f"/{names(path)}" for path in python_files()]
    documents = ("README.md", "app/DECISIONS.md", "app/README.md", "app/caspen/README.md", "templates/README.md")
    for document in documents:
        named = set(re.findall(r"`([\w./-]+\.py)`", text_of(ROOT / document)))
        existing = {name for name in named if any(ending.endswith(f"/{name}") for ending in endings)}
        missing = sorted(name for name in named - existing if not (ROOT / name).exists())
        assert not missing, f"{document}: mend the names of these files: {missing}"


def test_the_project_speaks_of_itself_alone() -> None:
    words = re.compile(r"(?<![\w.])/(work|tmp)/|\bTODO\b|\bFIXME\b|NotImplementedError")
    wrong = [names(p) for p in python_files(*CODE) if words.search(text_of(p))]
    assert not wrong, f"finish or remove what these speak of: {wrong}"


def test_a_module_that_can_be_run_is_run_after_all_its_definitions() -> None:
    wrong = []
    for path in python_files():
        body = ast.parse(text_of(path)).body
        wrong += [
            names(path) for node in body[:-1] if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)
        ]
    assert not wrong, f"move the block of __main__ to the end of these: {wrong}"
