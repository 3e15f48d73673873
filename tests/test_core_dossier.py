"""Dossiers, broken in every way; the program that finds it runs as a process of its own, from what is handed out."""

import ast
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.account_dunning.core import chain, dossier, verify_dossier

CORE = Path(dossier.__file__).resolve().parent
VERIFIER = CORE / "verify_dossier.py"
PROGRAMS = {
    dossier.RULES: (CORE / "chain.py").read_bytes(),
    dossier.PROGRAM: VERIFIER.read_bytes(),
}
CHAIN = "6c1f4a53-54a1-4f0a-9d6f-0a6f1f1d2b77"
OURS, OTHERS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
LETTER, MAIL = b"%PDF-1.7 formal notice", b"From: office@creditor.example\r\n\r\nPay.\r\n"
FACTS = {"company": {"name": "Créancier SARL", "siren": "994127009"}, "language": "en", "as_of": "2026-03-31"}


def get_sha256(content):
    return hashlib.sha256(content).hexdigest()


def get_values(number, **vals):
    """What a record says; the content of a file is told by its sum."""
    content = vals.pop("content", f"%PDF-1.7 proof {number}".encode())
    return {
        **dict.fromkeys(chain.SEALED[chain.VERSION], ""),
        "uuid": str(uuid.UUID(int=number)),
        "kind": "receipt",
        "source": "collection",
        "is_test": False,
        "delivery": OURS,
        "letter_sha256": get_sha256(LETTER),
        "size": len(content),
        "sha256": get_sha256(content),
        **vals,
    }


def seal(contents, uuid_of_chain=CHAIN):
    """Records of a chain that say these values."""
    head, records = chain.Head(0, chain.origin(uuid_of_chain)), []
    for number, values in enumerate(contents, 1):
        record = chain.seal(uuid_of_chain, head, values, f"salt {number}")
        records.append(record)
        head = chain.Head(record.sequence, record.record_hash)
    return records


def get_records():
    """Ours are 2, 3 and 5; 1 and 4 are another customer's."""
    return seal(
        [
            get_values(1, delivery=OTHERS, addressee="Other Customer SA", file_name="other.pdf"),
            get_values(2, addressee="Debtor SAS", kind="submission"),
            get_values(3, addressee="Debtor SAS"),
            get_values(4, delivery=OTHERS, addressee="Other Customer SA"),
            get_values(5, addressee="Debtor SAS", kind="content", note="as sent"),
        ]
    )


def get_head(records):
    return chain.Head(records[-1].sequence, records[-1].record_hash)


def withhold(records):
    """The records as our customer's dossier shows them."""
    references = [(one.values["uuid"], one.values["delivery"], one.values["refers_to"]) for one in records]
    shown = dossier.find_shown(references, {OURS})
    return [one if one.values["uuid"] in shown else dossier.withhold(one) for one in records]


def make(records=None, missing=(), anchors=(), tokens=(), changed=b"", left_out=(), **facts):
    """(bytes of the ZIP, its fingerprint)"""
    records = get_records() if records is None else records
    output = io.BytesIO()
    made = dossier.Dossier(output)
    contents = [("Formal notice", "pdf", LETTER, 0), ("E-mail", "eml", MAIL, 0)]
    shown = withhold(records)
    for record in shown:
        if record.values and record.sequence not in left_out:
            number = int(uuid.UUID(record.values["uuid"]))
            contents.append((f"Proof {record.sequence}", "pdf", f"%PDF-1.7 proof {number}".encode(), record.sequence))
    for number, (title, ending, content, sequence) in enumerate(contents, 1):
        recorded = get_sha256(content)
        content = changed if changed and number == 1 else content
        piece = dossier.Piece(number, dossier.get_path(number, title, ending), title, "2026-03-03", sequence, recorded)
        made.add_piece(piece, content)
    proofs = dossier.Chain(CHAIN, shown, get_head(records), anchors, tokens) if records else None
    texts = {"bordereau.pdf": b"%PDF-1.7 list", "README.txt": b"Read me.\n"}
    fingerprint = made.finish({**FACTS, **facts}, missing, proofs, PROGRAMS, texts)
    return output.getvalue(), fingerprint


def unpack(content, folder):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return Path(folder)


def pack(files):
    """A ZIP of {name: bytes}, written as ours are."""
    output, made = io.BytesIO(), dossier.Dossier(io.BytesIO())
    made.output = output
    for name, content in files.items():
        made._add(name, content)
    made._write(dossier.write_directory(made.entries))
    return output.getvalue()


def read_files(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sum_up(files):
    """The files with sums that agree, as somebody would write them who knows how."""
    files = {name: content for name, content in files.items() if name != dossier.SUMS}
    return {
        **files,
        dossier.SUMS: dossier.write_sums({name: get_sha256(content) for name, content in files.items()}),
    }


def run(*arguments, program=VERIFIER, cwd=None):
    """(exit status, what it says) of the checking program, which sees nothing of ours."""
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-I", str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=60, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


CONTENT, FINGERPRINT = make()
FILES = read_files(CONTENT)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def check(content, *arguments):
    """The result for these bytes of a ZIP."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "dossier.zip")
        path.write_bytes(content)
        return run(path, *arguments)


def check_files(files, *arguments):
    return check(pack(files), *arguments)


def check_with_sums(files, *arguments):
    """As changed by somebody who wrote the sums anew."""
    return check_files(sum_up(files), *arguments)


def flip(content, place):
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def piece(word):
    return next(name for name in FILES if word in name)


def get_lines(files):
    return files["chain.jsonl"].splitlines(keepends=True)


def change_manifest(files, change):
    manifest = json.loads(files["manifest.json"])
    change(manifest)
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def get_line(sequence, records=None):
    """The line that was kept outside when the chain had this many records."""
    record = (records or get_records())[sequence - 1]
    return chain.write_anchor(CHAIN, chain.Head(record.sequence, record.record_hash))


# === As it was made === #


def test_the_same_data_give_the_same_bytes():
    assert make() == (CONTENT, FINGERPRINT)


def test_an_intact_dossier_is_intact():
    status, said = check(CONTENT)
    assert status == 0, said
    assert said.startswith("INTACT: nothing")
    assert "INTACT : rien" in said
    assert FINGERPRINT in said
    assert "3 records with their content, 2 by their place alone" in said


def test_it_is_checked_where_it_was_unpacked_with_what_lies_there():
    with tempfile.TemporaryDirectory() as folder:
        unpack(CONTENT, folder)
        status, said = run(program=Path(folder, "verify.py"), cwd="/")
        assert status == 0, said
        assert sorted(path.name for path in Path(folder).iterdir()) == sorted({name.split("/")[0] for name in FILES})


def test_the_program_alone_reads_the_rules_from_the_zip():
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "verify.py")
        program.write_bytes(FILES["verify.py"])
        Path(folder, "any.zip").write_bytes(CONTENT)
        assert run(Path(folder, "any.zip"), program=program)[0] == 0


def test_sha256sum_agrees():
    with tempfile.TemporaryDirectory() as folder:
        unpack(CONTENT, folder)
        command = ["sha256sum", "--strict", "-c", "SHA256SUMS"]
        assert not subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode
        Path(folder, piece("E-mail")).write_bytes(b"")
        assert subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


@pytest.mark.parametrize("command", [["unzip", "-tq"], ["python3", "-m", "zipfile", "-t"]])
def test_other_programs_read_the_zip(command, tmp_path):
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    path = tmp_path / "dossier.zip"
    path.write_bytes(CONTENT)
    assert not subprocess.run([*command, path], capture_output=True, check=False).returncode


def test_names_are_plain_and_times_fixed():
    with zipfile.ZipFile(io.BytesIO(CONTENT)) as archive:
        for info in archive.infolist():
            assert re.fullmatch(r"[A-Za-z0-9_./-]+", info.filename)
            assert ".." not in info.filename and not info.filename.startswith("/")
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.compress_type == zipfile.ZIP_STORED


@given(st.integers(1, 9999), st.text(), st.text(max_size=30))
def test_any_title_gives_a_safe_name(number, title, ending):
    assert verify_dossier.SAFE.fullmatch(dossier.get_path(number, title, ending))
    assert len(dossier.get_path(number, title, ending)) < 90


def test_no_other_customer_appears():
    assert b"Other Customer" not in CONTENT
    assert b"other.pdf" not in CONTENT
    assert OTHERS.encode() not in CONTENT
    assert str(uuid.UUID(int=1)).encode() not in CONTENT
    assert b"Debtor SAS" in CONTENT


def test_what_belongs_together_is_shown_together():
    """A file that came without its delivery, the record that assigns it, and its erasure; not another's."""
    uuids = [str(uuid.UUID(int=number)) for number in range(1, 6)]
    records = seal(
        [
            get_values(1, delivery=""),
            get_values(2, delivery=OTHERS, refers_to=uuids[0]),
            get_values(3, delivery=OURS, refers_to=uuids[0]),
            get_values(4, delivery="", refers_to=uuids[2], kind=chain.ERASURE),
            get_values(5, delivery=""),
        ]
    )
    shown = withhold(records)
    assert [record.values is not None for record in shown] == [True, False, True, True, False]
    assert chain.verify(CHAIN, shown, get_head(records)) is None


def test_a_dossier_without_proofs_says_so():
    status, said = check(make(records=[])[0])
    assert status == 0, said
    assert "no chain of proofs" in said


def test_the_language_of_the_dossier_comes_first():
    assert check(make(language="fr_FR")[0])[1].startswith("INTACT : rien")


def test_what_is_missing_is_named():
    missing = [dossier.Missing("Signed delivery note of invoice 12")]
    status, said = check(make(missing=missing)[0])
    assert status == 0
    assert "Signed delivery note of invoice 12" in said


def test_seals_are_left_to_others_with_their_commands():
    said = check(CONTENT)[1]
    assert "pyhanko sign validate" in said and "openssl" in said
    assert piece("Proof-2") in said


# === Single bytes === #


@SLOW
@given(st.data())
def test_any_byte_of_any_file_is_found_and_its_file_named(data):
    name = data.draw(st.sampled_from(sorted(FILES)))
    place = data.draw(st.integers(0, len(FILES[name]) - 1))
    status, said = check_files({**FILES, name: flip(FILES[name], place)})
    assert status == 1, said
    if name != "SHA256SUMS":
        assert name in said.split("Checked:")[0]


@SLOW
@given(st.integers(0, len(CONTENT) - 1))
def test_any_byte_of_the_zip_is_found(place):
    assert check(flip(CONTENT, place))[0] in (1, 2)


@SLOW
@given(st.integers(0, len(CONTENT) - 1))
def test_a_zip_cut_anywhere_is_found(place):
    assert check(CONTENT[:place])[0] in (1, 2)


@SLOW
@given(st.binary(max_size=300))
def test_a_zip_with_something_behind_it_is_found(more):
    assert check(CONTENT + more)[0] in ((1, 2) if more else (0,))


@SLOW
@given(st.data())
def test_any_byte_of_the_sums_is_found(data):
    place = data.draw(st.integers(0, len(FILES["SHA256SUMS"]) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda one: one != FILES["SHA256SUMS"][place]))
    sums = bytearray(FILES["SHA256SUMS"])
    sums[place] = value
    assert check_files({**FILES, "SHA256SUMS": bytes(sums)})[0] == 1


@SLOW
@given(st.data())
def test_any_byte_of_the_records_is_found_although_the_sums_agree(data):
    place = data.draw(st.integers(0, len(FILES["chain.jsonl"]) - 1))
    records = bytearray(FILES["chain.jsonl"])
    records[place] ^= data.draw(st.integers(1, 127))
    status, said = check_with_sums({**FILES, "chain.jsonl": bytes(records)})
    kept = [chain.read_record(line) for line in FILES["chain.jsonl"].decode().splitlines()]
    try:
        read = [chain.read_record(line) for line in bytes(records).decode().splitlines()]
    except ValueError:
        read = None
    assert status == (0 if read == kept else 1), said


# === Pieces === #


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("pieces/")])
def test_a_piece_removed_renamed_or_emptied_is_named(name):
    without = {one: content for one, content in FILES.items() if one != name}
    for files, word in (
        (without, "is missing"),
        ({**without, "pieces/099_other.pdf": FILES[name]}, "was renamed or exchanged"),
        ({**FILES, name: b""}, "is empty"),
    ):
        status, said = check_files(files)
        assert status == 1
        assert name in said and word in said


def test_exchanged_pieces_are_named():
    one, other = piece("Proof-2"), piece("Proof-3")
    status, said = check_files({**FILES, one: FILES[other], other: FILES[one]})
    assert status == 1
    assert f"{one}: this file has the bytes of {other}" in said
    assert "Record 2: its file is not the one that was received" in said


def test_exchanged_proofs_are_found_although_the_sums_agree():
    """The list of pieces written anew, too: the records know their files."""
    one, other = piece("Proof-2"), piece("Proof-3")

    def exchange(manifest):
        for listed in manifest["pieces"]:
            listed["path"] = {one: other, other: one}.get(listed["path"], listed["path"])

    status, said = check_with_sums(change_manifest(FILES, exchange))
    assert status == 1
    assert "SHA-256" in said


def test_a_letter_replaced_with_all_sums_is_found_by_its_proofs():
    name = piece("Formal-notice")
    content = b"%PDF-1.7 another letter"

    def replace(manifest):
        for listed in manifest["pieces"]:
            if listed["path"] == name:
                listed.update(sha256=get_sha256(content), size=len(content), recorded_sha256="")

    status, said = check_with_sums(change_manifest({**FILES, name: content}, replace))
    assert status == 1
    assert "Record 2: what was sent" in said


def test_a_file_that_was_added_is_named():
    status, said = check_files({**FILES, "pieces/050_added.pdf": b"%PDF-1.7"})
    assert status == 1
    assert "pieces/050_added.pdf: the file was added" in said


def test_what_lies_beside_an_unpacked_dossier_is_only_noted():
    with tempfile.TemporaryDirectory() as folder:
        unpack(CONTENT, folder)
        Path(folder, ".DS_Store").write_bytes(b"x")
        status, said = run(folder)
    assert status == 0
    assert ".DS_Store" in said


def test_a_letter_that_was_changed_before_is_named():
    status, said = check(make(changed=b"%PDF-1.7 not as sent")[0])
    assert status == 1
    assert "Piece 1" in said and "were no longer those recorded" in said


def test_a_proof_whose_file_was_gone_cannot_be_checked():
    gone = dossier.Missing("Receipt", sha256=get_sha256(b"%PDF-1.7 proof 3"))
    status, said = check(make(missing=[gone], left_out=[3])[0])
    assert status == 2
    assert "Record 3: its file was not there" in said


def test_a_proof_left_out_is_named():
    status, said = check(make(left_out=[3])[0])
    assert status == 1
    assert "Record 3: its file is missing" in said


# === The chain, with sums that agree === #


def alter(sequence, field, value):
    lines = get_lines(FILES)
    record = json.loads(lines[sequence - 1])
    record["values"][field] = value
    lines[sequence - 1] = chain.canonical(record) + b"\n"
    return {**FILES, "chain.jsonl": b"".join(lines)}


@pytest.mark.parametrize("field", [name for name in chain.SEALED[chain.VERSION] if name != "is_test"])
def test_each_field_of_a_record_is_named(field):
    status, said = check_with_sums(alter(2, field, 7 if field == "size" else "something else"))
    assert status == 1
    assert f"Record 2: its field {field} was changed" in said


@pytest.mark.parametrize("sequence", [1, 2, 4])
def test_a_record_taken_out_is_named(sequence):
    lines = get_lines(FILES)
    del lines[sequence - 1]
    status, said = check_with_sums({**FILES, "chain.jsonl": b"".join(lines)})
    assert status == 1
    assert f"Record {sequence} is missing from the chain" in said


def test_records_that_were_exchanged_are_named():
    lines = get_lines(FILES)
    lines[1], lines[2] = lines[2], lines[1]
    status, said = check_with_sums({**FILES, "chain.jsonl": b"".join(lines)})
    assert status == 1
    assert "Record 2" in said


def test_no_records_at_all_are_found():
    assert check_with_sums({**FILES, "chain.jsonl": b""})[0] == 1


def cut_tail(count=1):
    """By somebody who wrote everything anew: records, list, lines and sums."""
    records = get_records()[:-count]
    return make(records)[0]


def test_a_tail_that_is_cut_is_named():
    status, said = check_with_sums({**FILES, "chain.jsonl": b"".join(get_lines(FILES)[:-1])})
    assert status == 1
    assert "Record 5 and those after it were cut off" in said


def test_a_tail_that_is_cut_everywhere_is_found_by_a_line_kept_outside_only():
    content = cut_tail()
    assert check(content)[0] == 0
    assert check(content, "--anchor", get_line(4))[0] == 0
    status, said = check(content, "--anchor", get_line(5))
    assert status == 1
    assert "names record 5" in said


def test_a_chain_written_anew_is_found_by_a_line_kept_outside_only():
    forged = seal([{**record.values, "note": "forged"} for record in get_records()])
    content = make(forged)[0]
    assert check(content)[0] == 0
    status, said = check(content, "--anchor", get_line(3))
    assert status == 1
    assert "Record 3: its hash is not the one noted outside" in said


def test_a_line_may_be_in_a_file():
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(f"Re: daily line\n> {get_line(5)}\n")
        file.flush()
        assert check(CONTENT, "--anchor", file.name)[0] == 0
        assert check(cut_tail(), "--anchor", file.name)[0] == 1


def test_a_line_in_the_dossier_counts_as_well():
    forged = seal([{**record.values, "note": "forged"} for record in get_records()])
    old = get_records()[1]
    content = make(forged, anchors=(chain.Head(2, old.record_hash),))[0]
    assert check(content)[0] == 1


def test_a_time_stamp_of_another_chain_is_named():
    records = get_records()
    right = dossier.Token(5, records[4].record_hash, b"token")
    status, said = check(make(tokens=(right,))[0])
    assert status == 0
    assert "openssl ts -verify" in said and records[4].record_hash in said
    wrong = dossier.Token(5, records[3].record_hash, b"token")
    assert check(make(tokens=(wrong,))[0])[0] == 1


# === What cannot be checked === #


@pytest.mark.parametrize("name", ["SHA256SUMS"])
def test_without_the_sums_nothing_can_be_checked(name):
    status, said = check_files({one: content for one, content in FILES.items() if one != name})
    assert status == 2
    assert name in said


@pytest.mark.parametrize("line", ["nonsense", "account_dunning chain x 1 y", get_line(1).replace("6c1f", "7c1f")])
def test_a_line_that_is_none_or_another_chain_s_cannot_be_compared(line):
    assert check(CONTENT, "--anchor", line)[0] == 2


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_dossier_cannot_be_checked(content):
    assert check(content)[0] == 2


def test_an_empty_folder_or_none_cannot_be_checked(tmp_path):
    assert run(tmp_path)[0] == 2
    assert run(tmp_path / "none")[0] == 2


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_cannot_be_checked(version):
    assert check_with_sums(change_manifest(FILES, lambda manifest: manifest.update(version=version)))[0] == 2


@pytest.mark.parametrize("content", [b"[]", b"{}", b"[" * 100000, b"\xff", b'{"format": "account_dunning dossier"}'])
def test_a_list_of_pieces_that_is_none_cannot_be_checked(content):
    assert check_with_sums({**FILES, "manifest.json": content})[0] == 2


@pytest.mark.parametrize("key", ["pieces", "missing", "chain", "tokens"])
@pytest.mark.parametrize("value", [7, "x", [7], [{}], {"uuid": 1}])
def test_a_list_of_pieces_of_a_strange_form_ends_without_a_crash(key, value):
    status, _said = check_with_sums(change_manifest(FILES, lambda manifest: manifest.update({key: value})))
    assert status in (1, 2)


def test_rules_that_were_changed_are_not_run():
    with tempfile.TemporaryDirectory() as folder:
        unpack(CONTENT, folder)
        Path(folder, "chain.py").write_text("open('ran', 'w')")
        status, said = run(program=Path(folder, "verify.py"), cwd=folder)
        assert status == 1
        assert "chain.py: the file was changed" in said
        assert not Path(folder, "ran").exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "pieces/../../x"])
def test_a_sum_of_a_file_elsewhere_is_not_followed(name):
    sums = FILES["SHA256SUMS"] + f"{'0' * 64}  {name}\n".encode()
    status, said = check_files({**FILES, "SHA256SUMS": sums})
    assert status == 1
    assert "line" in said


@pytest.mark.parametrize("name", ["chain.py", "verify_dossier.py"])
def test_what_is_handed_out_runs_on_python_3_9(name):
    tree = ast.parse((CORE / name).read_text(), feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            assert not {"slots", "kw_only", "strict"} & {keyword.arg for keyword in node.keywords}
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
            assert not any(one.startswith("odoo") for one in names)


def test_too_much_for_a_zip_is_refused():
    made = dossier.Dossier(io.BytesIO())
    made.size = dossier.LARGEST
    with pytest.raises(dossier.TooLarge):
        made.add_piece(dossier.Piece(1, "pieces/001.pdf", "Large"), b"x")


def test_a_record_of_a_test_service_is_named_as_one(tmp_path):
    records = seal([get_values(1), get_values(2, is_test=True), get_values(3, delivery=OTHERS, is_test=True)])
    content, _fingerprint = make(records, language="fr")
    status, said = run(unpack(content, tmp_path))
    assert status == 0, said
    assert "Record 2: TEST - WITHOUT VALUE" in said
    assert "Enregistrement 2 : ESSAI - SANS VALEUR" in said
    assert "Record 1: TEST" not in said
    assert "Record 3: TEST" not in said
