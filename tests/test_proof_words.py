"""Every code that a reader of evidence can give has words for who has to act on it."""

import ast
import re
from pathlib import Path

from odoo.tests import freeze_time

from .. import evidence
from ..evidence import delivery_report
from .common import TODAY
from .proof_common import ProofCommon

FOLDER = Path(evidence.__file__).parent
CODE = re.compile(r"[a-z]+(_[a-z]+)*")
RAISED = {"SealBroken", "SealNotChecked", "ParseProblem"}
LISTS = {"remarks", "fault", "faults"}
JUDGING = {"certificates.py", "pdf.py", "timestamp.py"}  # their functions return codes


def get_codes():
    """By the syntax: what is raised, listed as a remark or fault, or returned where certificates are judged."""
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            yield from filter(CODE.fullmatch, find_codes(node, path.name in JUDGING))


def find_codes(node, is_judging):
    match node:
        case ast.Call(func=ast.Name(id=name), args=[first, *_others]) if name in RAISED:
            yield from read(first)
        case ast.Call(func=ast.Name(id="to_evidence"), args=[*_others, value]):
            yield from read(value)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value]) if name in LISTS:
            yield from read(value)
        case ast.keyword(arg=name, value=value) if name in LISTS:
            yield from read(value)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in LISTS:
            yield from read(value)
        case ast.AugAssign(target=ast.Name(id=name), value=value) if name in LISTS:
            yield from read(value)
        case ast.Return(value=value) if is_judging and not isinstance(value, ast.Call):
            yield from read(value)


def read(node):
    """The texts in a value, not those that it is compared with."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.BoolOp(values=values) | ast.Call(args=values):
            for value in values:
                yield from read(value)
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, right=second):
            yield from (*read(first), *read(second))
        case ast.Starred(value=value):
            yield from read(value)


@freeze_time(TODAY)
class TestProofWords(ProofCommon):
    def test_the_walk_finds_the_codes(self):
        """Of each way in which they are given."""
        known = {"truncated", "not_der", "path_too_long", "weak_key", "signing_time_missing", "too_many_signatures"}
        known |= {
            "signer_not_bound",
            "imprint_not_compared",
            "encrypted",
            "untrusted_stamp",
            "indication_only",
            "unknown_format",
            "wrong_key_usage",
            "times_differ",
        }
        self.assertLessEqual(known, set(get_codes()))

    def test_each_code_has_words(self):
        reported = [f"action_{one}" for one in delivery_report.ACTIONS]
        reported += [f"disposition_{one}" for one in delivery_report.DISPOSITIONS]
        for code in sorted({*get_codes(), *reported}):
            with self.subTest(code=code):
                self.check_words(code, self.proofs._say_problem(code))

    def check_words(self, code, said):
        self.assertNotIn(code, said.split())
        self.assertRegex(said, r"^[A-Z].* .*\.$")

    def test_each_remark_has_words(self):
        problems = set(self.proofs._get_problems()) - set(self.proofs._get_remarks())
        for code in sorted(set(get_codes()) - problems):
            with self.subTest(code=code):
                self.check_words(code, self.proofs._say_remarks([code]))

    def test_what_is_wrong_with_a_time_stamp_is_said_of_it(self):
        said = self.proofs._say_remarks(["stamp_digest_mismatch"])
        self.assertEqual(said, "The time-stamp: The file was changed after it was sealed.")

    def test_the_status_of_a_report_is_told(self):
        self.assertEqual(self.proofs._say_remarks(["status_5.1.1"]), "Status code of the mail system: 5.1.1.")
