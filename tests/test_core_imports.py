"""Imports point one way: core -> standard library; evidence, delivery -> core; models -> all three.

The sandbox is a service of its own: it may use core, and nothing that runs in Odoo imports it.
"""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "odoo.addons.account_dunning"
READERS = {"core", "evidence", "delivery"}
PURE = {*READERS, "sandbox"}
OURS = {*PURE, "models", "wizard", "report", "controllers"}
MAY_IMPORT = {
    "core": set(),
    "evidence": {"core"},
    "delivery": {"core"},
    "sandbox": {"core"},
    "models": READERS,
    "wizard": {"models", *READERS},
    "report": {"models", *READERS},
    "controllers": {"models", *READERS},
}
EVIDENCE_LIBRARIES = {"asn1crypto", "cryptography", "pyhanko", "pyhanko_certvalidator"}
SANDBOX_LIBRARIES = {"asn1crypto", "cryptography", "reportlab"}
DELIVERY_LIBRARIES = {"requests", "urllib3"}
LIBRARIES = {
    "core": set(),
    "evidence": EVIDENCE_LIBRARIES,
    "delivery": DELIVERY_LIBRARIES,
    "sandbox": SANDBOX_LIBRARIES,
}


def absolute_names(source, module):
    """The absolute dotted names that `source`, the text of `module`, imports."""
    package = module.split(".")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{prefix}.{alias.name}" for alias in node.names)


def violations(folder, source, module):
    found = []
    for name in absolute_names(source, module):
        if name.startswith(f"{PREFIX}."):
            part = name.removeprefix(f"{PREFIX}.").split(".")[0]
            if part in OURS and part != folder and part not in MAY_IMPORT[folder]:
                found.append(name)
        elif folder in PURE and name.split(".")[0] not in sys.stdlib_module_names | LIBRARIES[folder]:
            found.append(name)
    return found


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_imports_point_one_way(folder):
    found = {}
    for path in (ROOT / folder).rglob("*.py"):
        module = ".".join([PREFIX, *path.relative_to(ROOT).with_suffix("").parts])
        if names := violations(folder, path.read_text(), module):
            found[str(path.relative_to(ROOT))] = names
    assert not found


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("core", "import odoo"),
        ("core", "from odoo.tools import SQL"),
        ("core", "from ..models import account_move"),
        ("core", "import requests"),
        ("delivery", "from ..models import res_company"),
        ("evidence", "from ..delivery import base"),
        ("evidence", "from lxml import etree"),
        ("evidence", "from ..sandbox.seal import Seal"),
        ("models", "from ..sandbox import seal"),
        ("sandbox", "from ..evidence import read"),
        ("models", "from ..wizard import anything"),
    ],
)
def test_a_wrong_import_is_found(folder, source):
    assert violations(folder, source, f"{PREFIX}.{folder}.some_module")


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("core", "from decimal import Decimal"),
        ("core", "from .escalation import decide"),
        ("evidence", "from asn1crypto import cms"),
        ("sandbox", "from cryptography import x509"),
        ("delivery", "from ..core import escalation"),
        ("models", "from ..core.escalation import decide"),
    ],
)
def test_a_right_import_passes(folder, source):
    assert not violations(folder, source, f"{PREFIX}.{folder}.some_module")
