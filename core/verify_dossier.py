#!/usr/bin/env python3
"""Checks a dossier made by account_dunning, with nothing of account_dunning: handed out in each as ``verify.py``.

    python3 verify.py                 the folder in which it lies
    python3 verify.py DOSSIER         a folder, or the ZIP as it was handed over
    python3 verify.py --anchor LINE   compares with a line that was kept outside

Exit status: 0 intact, 1 tampered with, 2 not checkable. It reads, and writes nothing. Python 3.9 or later, the
standard library only; ``chain.py``, which lies beside it, has the rules of the chain of proofs.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import re
import struct
import sys
import types
import zipfile
import zlib

OLDEST = (3, 9)
INTACT, TAMPERED, NOT_CHECKABLE = 0, 1, 2
FORMAT, VERSION = "account_dunning dossier", 1
SUMS, MANIFEST, RECORDS, RULES, PROGRAM = "SHA256SUMS", "manifest.json", "chain.jsonl", "chain.py", "verify.py"
PIECES, ANCHORS = "pieces/", "anchors/"
SAFE = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*/)*[A-Za-z0-9_][A-Za-z0-9_.-]*")
SUM = re.compile(r"([0-9a-f]{64})  (.+)")
CHUNK, LARGEST_TEXT = 1 << 20, 1 << 28

SAY = {  # code: (English, French)
    "verdict_0": ("INTACT: nothing in this dossier was changed.", "INTACT : rien n'a été modifié dans ce dossier."),
    "verdict_1": (
        "TAMPERED WITH: something in this dossier was changed. What is wrong:",
        "ALTÉRÉ : un élément de ce dossier a été modifié. Anomalies :",
    ),
    "verdict_2": ("NOT CHECKABLE:", "NON VÉRIFIABLE :"),
    "checked": ("Checked:", "Contrôles effectués :"),
    "remarks": ("To be noted:", "À noter :"),
    "unchecked": ("Not checked by this program:", "Ce que ce programme n'a pas contrôlé :"),
    # what was checked
    "did_sums": (
        "{count} files were compared with their SHA-256 sums ({bad} do not agree).",
        "{count} fichiers comparés à leur empreinte SHA-256 ({bad} en désaccord).",
    ),
    "did_pieces": (
        "{count} pieces were compared with the list of pieces.",
        "{count} pièces comparées à la liste des pièces.",
    ),
    "did_chain": (
        "The chain of proofs {chain} was recomputed from record 1 to record {last}: {shown} records with their "
        "content, {withheld} by their place alone, since they concern other customers or files.",
        "La chaîne des preuves {chain} a été recalculée de l'enregistrement 1 à l'enregistrement {last} : {shown} "
        "avec leur contenu, {withheld} par leur seule place, car ils concernent d'autres clients ou dossiers.",
    ),
    "did_head": ("The last record has the hash {hash}.", "Le dernier enregistrement a l'empreinte {hash}."),
    "did_anchor": (
        "It was compared with the line kept outside for record {sequence}.",
        "Elle a été comparée à la ligne conservée à l'extérieur pour l'enregistrement {sequence}.",
    ),
    "did_archive": (
        "The ZIP file was compared byte for byte with the one that these files make.",
        "Le fichier ZIP a été comparé, octet par octet, à celui que forment ces fichiers.",
    ),
    "fingerprint": (
        "Fingerprint of the whole dossier (SHA-256 of SHA256SUMS): {sha256}. The creditor's log of exports has the "
        "same.",
        "Empreinte de l'ensemble du dossier (SHA-256 de SHA256SUMS) : {sha256}. Le journal des exports du créancier "
        "comporte la même.",
    ),
    # what is wrong with files
    "sum_line": ("SHA256SUMS: line {line} cannot be read.", "SHA256SUMS : la ligne {line} est illisible."),
    "sum_form": (
        "SHA256SUMS is not written as it was made.",
        "SHA256SUMS n'est pas écrit tel qu'il a été établi.",
    ),
    "missing": ("{name}: the file is missing.", "{name} : le fichier manque."),
    "emptied": ("{name}: the file is empty.", "{name} : le fichier est vide."),
    "changed": (
        "{name}: the file was changed (SHA-256 {found} instead of {expected}).",
        "{name} : le fichier a été modifié (SHA-256 {found} au lieu de {expected}).",
    ),
    "unreadable": (
        "{name}: the file is damaged and cannot be read.",
        "{name} : le fichier est endommagé et illisible.",
    ),
    "moved": (
        "{name}: this file has the bytes of {other}: it was renamed or exchanged.",
        "{name} : ce fichier contient les octets de {other} : il a été renommé ou échangé.",
    ),
    "stray": (
        "{name}: the file was added, it does not belong to the dossier.",
        "{name} : ce fichier a été ajouté, il n'appartient pas au dossier.",
    ),
    "archive": (
        "The ZIP file differs outside its files, near {name}: it was changed or packed anew. The result on the files "
        "stands above; unpack it and check the folder if you packed it yourself.",
        "Le fichier ZIP diffère en dehors de ses fichiers, près de {name} : il a été modifié ou recompressé. Le "
        "résultat sur les fichiers figure ci-dessus ; s'il a été recompressé par vos soins, décompressez-le et "
        "contrôlez le dossier obtenu.",
    ),
    "piece_sum": (
        "Piece {number} ({name}): the list of pieces has another SHA-256 than SHA256SUMS.",
        "Pièce {number} ({name}) : la liste des pièces comporte une autre empreinte que SHA256SUMS.",
    ),
    "piece_unlisted": (
        "{name}: this file is in no line of the list of pieces.",
        "{name} : ce fichier ne figure pas dans la liste des pièces.",
    ),
    "piece_before": (
        "Piece {number} ({name}): its bytes were no longer those recorded ({expected}) when the dossier was made, and "
        "the dossier says so.",
        "Pièce {number} ({name}) : ses octets n'étaient déjà plus ceux enregistrés ({expected}) lors de "
        "l'établissement du dossier, qui le signale.",
    ),
    # what is wrong with the chain
    "record_line": (
        "chain.jsonl: line {line} is no record of the chain.",
        "chain.jsonl : la ligne {line} n'est pas un enregistrement de la chaîne.",
    ),
    "no_records": (
        "The chain {chain} has {last} records, and chain.jsonl has none.",
        "La chaîne {chain} compte {last} enregistrements, et chain.jsonl n'en contient aucun.",
    ),
    "record_changed": (
        "Record {sequence}: its field {field} was changed.",
        "Enregistrement {sequence} : son champ {field} a été modifié.",
    ),
    "record_unknown_version": (
        "Record {sequence}: its version is unknown.",
        "Enregistrement {sequence} : sa version est inconnue.",
    ),
    "record_gap": (
        "Record {sequence} is missing from the chain.",
        "Enregistrement {sequence} : il manque dans la chaîne.",
    ),
    "record_reordered": (
        "Record {sequence}: it does not stand at its place, records were exchanged.",
        "Enregistrement {sequence} : il n'est pas à sa place, des enregistrements ont été intervertis.",
    ),
    "record_file_missing": (
        "Record {sequence}: its file is missing.",
        "Enregistrement {sequence} : son fichier manque.",
    ),
    "record_file_empty": (
        "Record {sequence}: its file is empty.",
        "Enregistrement {sequence} : son fichier est vide.",
    ),
    "record_file_changed": (
        "Record {sequence}: its file is not the one that was received.",
        "Enregistrement {sequence} : son fichier n'est pas celui qui a été reçu.",
    ),
    "record_erased_without_record": (
        "Record {sequence}: its content was erased, and no record of the chain says so.",
        "Enregistrement {sequence} : son contenu a été effacé sans qu'aucun enregistrement de la chaîne ne le dise.",
    ),
    "record_tail_cut": (
        "Record {sequence} and those after it were cut off: the chain ended at record {head}.",
        "L'enregistrement {sequence} et les suivants ont été retranchés : la chaîne finissait à l'enregistrement "
        "{head}.",
    ),
    "record_unknown_head": (
        "Record {sequence}: the chain does not end as the list of pieces says.",
        "Enregistrement {sequence} : la chaîne ne finit pas comme l'indique la liste des pièces.",
    ),
    "record_older_copy": (
        "The line kept outside names record {anchor}, and the chain ends before it: its end was cut off, or the line "
        "was noted after the dossier was made. Compare with a line of the day of the dossier, or an earlier one.",
        "La ligne conservée à l'extérieur vise l'enregistrement {anchor}, au-delà de la fin de la chaîne : la fin a "
        "été retranchée, ou la ligne a été notée après l'établissement du dossier. Comparer avec une ligne du jour du "
        "dossier ou antérieure.",
    ),
    "record_rewritten": (
        "Record {sequence}: its hash is not the one noted outside: the chain was rewritten.",
        "Enregistrement {sequence} : son empreinte n'est pas celle notée à l'extérieur : la chaîne a été réécrite.",
    ),
    "record_letter": (
        "Record {sequence}: what was sent (SHA-256 {sha256}) is not among the pieces.",
        "Enregistrement {sequence} : ce qui a été envoyé (SHA-256 {sha256}) ne figure pas parmi les pièces.",
    ),
    "record_hidden": (
        "Record {sequence}: piece {number} belongs to it, and its content is not shown.",
        "Enregistrement {sequence} : la pièce {number} en relève, et son contenu n'est pas communiqué.",
    ),
    "token_record": (
        "{name}: the time-stamp is for a record {sequence} that the chain does not have.",
        "{name} : l'horodatage vise un enregistrement {sequence} que la chaîne ne comporte pas.",
    ),
    # what is to be noted
    "withheld_piece": (
        "Missing when the dossier was made: {title}.",
        "Pièce manquante lors de l'établissement du dossier : {title}.",
    ),
    "record_is_test": (
        "Record {sequence}: TEST - WITHOUT VALUE. It comes from a test service and proves nothing.",
        "Enregistrement {sequence} : ESSAI - SANS VALEUR. Il provient d'un service d'essai et ne prouve rien.",
    ),
    "beside": (
        "{name} lies beside the dossier and is no part of it.",
        "{name} se trouve à côté du dossier et n'en fait pas partie.",
    ),
    "no_chain": (
        "The dossier has no chain of proofs: nothing was received that would stand in one.",
        "Le dossier ne comporte pas de chaîne de preuves : aucune preuve n'y a été enregistrée.",
    ),
    # what was not checked
    "not_outside": (
        "Whoever can rewrite the whole dossier can rewrite its sums too. Compare the fingerprint above with what the "
        "creditor told you by another way, and the end of the chain with a line kept outside: verify.py --anchor "
        '"account_dunning chain ..."',
        "Qui peut réécrire tout le dossier peut aussi en réécrire les empreintes. Comparer l'empreinte ci-dessus à "
        "celle que le créancier vous a communiquée par une autre voie, et la fin de la chaîne à une ligne conservée à "
        'l\'extérieur : verify.py --anchor "account_dunning chain ..."',
    ),
    "not_seals": (
        "The seals of these PDF receipts, which their issuer put on them:",
        "Les cachets électroniques apposés par leur émetteur sur ces accusés PDF :",
    ),
    "in_file": ("      {name}", "      {name}"),
    "with_pyhanko": (
        "    with pyHanko (pip install pyhanko-cli), ROOTS.pem being the certificates that you trust:\n"
        "      pyhanko sign validate --pretty-print --trust ROOTS.pem FILE\n"
        "    with poppler-utils and OpenSSL (the first writes the signature to FILE.sig0):\n"
        "      pdfsig -dump FILE\n"
        "      openssl cms -inform DER -in FILE.sig0 -cmsout -print",
        "    avec pyHanko (pip install pyhanko-cli), ROOTS.pem étant les certificats auxquels vous faites confiance :\n"
        "      pyhanko sign validate --pretty-print --trust ROOTS.pem FICHIER\n"
        "    avec poppler-utils et OpenSSL (la première commande écrit la signature dans FICHIER.sig0) :\n"
        "      pdfsig -dump FICHIER\n"
        "      openssl cms -inform DER -in FICHIER.sig0 -cmsout -print",
    ),
    "not_tokens": (
        "The time-stamps over the end of the chain (RFC 3161):",
        "Les horodatages de la fin de la chaîne (RFC 3161) :",
    ),
    "with_openssl_ts": (
        "      openssl ts -verify -in {name} -digest {digest} -CAfile ROOTS.pem",
        "      openssl ts -verify -in {name} -digest {digest} -CAfile ROOTS.pem",
    ),
    "not_content": (
        "Whether what the pieces say is true, and whether the list of pieces is complete.",
        "L'exactitude de ce que disent les pièces, et l'exhaustivité de leur liste.",
    ),
    # why it cannot be checked
    "too_old": (
        "Python {found} is too old: take Python {needed} or later.",
        "Python {found} est trop ancien : utiliser Python {needed} ou plus récent.",
    ),
    "not_found": (
        "{name}: there is neither a folder nor a ZIP file of this name that can be read.",
        "{name} : ni dossier ni fichier ZIP lisible de ce nom.",
    ),
    "no_file": (
        "{name} is missing or cannot be read: is this the whole dossier, unpacked?",
        "{name} manque ou est illisible : s'agit-il du dossier complet, décompressé ?",
    ),
    "newer_format": (
        "manifest.json is not in the format that this program knows: take the verify.py of the dossier.",
        "manifest.json n'est pas au format connu de ce programme : utiliser le verify.py du dossier.",
    ),
    "no_rules": (
        "chain.py must lie beside verify.py, as it is in the dossier.",
        "chain.py doit se trouver à côté de verify.py, tel qu'il figure dans le dossier.",
    ),
    "bad_anchor": (
        'This is no line of a chain: "{line}". It reads: account_dunning chain UUID NUMBER HASH.',
        "Ceci n'est pas une ligne de chaîne : « {line} ». Elle s'écrit : account_dunning chain UUID NUMÉRO EMPREINTE.",
    ),
    "other_anchor": (
        "The line kept outside is of another chain ({found}) than the dossier ({chain}).",
        "La ligne conservée à l'extérieur vise une autre chaîne ({found}) que celle du dossier ({chain}).",
    ),
    "file_not_there": (
        "Record {sequence}: its file was not there when the dossier was made, so it cannot be compared.",
        "Enregistrement {sequence} : son fichier n'existait plus lors de l'établissement du dossier et ne peut être "
        "comparé.",
    ),
}


# === The ZIP, byte for byte: stored, in a fixed order, without the time of its making === #


def write_entry(name, size, crc):
    """What stands before the bytes of a file (APPNOTE.TXT 4.3.7); 0x21 is 1980-01-01."""
    name = name.encode("ascii")
    return struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0x21, crc, size, size, len(name), 0) + name


def write_directory(entries):
    """What stands behind the last file (4.3.12, 4.3.16); `entries` are (name, size, crc), in order."""
    directory, offset = b"", 0
    for name, size, crc in entries:
        written = name.encode("ascii")
        sizes = crc, size, size, len(written), 0, 0, 0, 0, 0o100644 << 16, offset
        directory += struct.pack("<4s6H3I5H2I", b"PK\1\2", 3 << 8 | 20, 20, 0, 0, 0, 0x21, *sizes) + written
        offset += 30 + len(written) + size
    count = len(entries)
    return directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), offset, 0)


# === Where the dossier lies === #


class NotCheckable(Exception):  # noqa: N818 - it is no error of the program
    def __init__(self, code, **facts):
        super().__init__(code)
        self.code, self.facts = code, facts


class Folder:
    """A dossier unpacked."""

    def __init__(self, path):
        self.path = path

    def list(self):
        found = []
        for place, folders, files in os.walk(self.path):
            folders.sort()
            inside = os.path.relpath(place, self.path)
            found += [name if inside == "." else "/".join([*inside.split(os.sep), name]) for name in sorted(files)]
        return found

    def open(self, name):
        return open(os.path.join(self.path, *name.split("/")), "rb")

    def find_difference(self):
        return ""


class Archive:
    """A dossier as it was handed over."""

    def __init__(self, path):
        self.path, self.zip = path, zipfile.ZipFile(path)

    def list(self):
        return [info.filename for info in self.zip.infolist()]

    def open(self, name):
        return self.zip.open(name)

    def find_difference(self):
        """The first file near which the ZIP is not the one that its files make, empty where it is."""
        entries = [(info.filename, info.file_size, info.CRC) for info in self.zip.infolist()]
        try:
            return self._compare(entries)
        except (UnicodeEncodeError, struct.error):
            return self.path

    def _compare(self, entries):
        with open(self.path, "rb") as file:
            for name, size, crc in entries:
                head = write_entry(name, size, crc)
                if file.read(len(head)) != head:
                    return name
                file.seek(size, os.SEEK_CUR)
            rest = write_directory(entries)
            return "" if file.read(len(rest) + 1) == rest else SUMS


def open_dossier(path):
    try:
        return Folder(path) if os.path.isdir(path) else Archive(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise NotCheckable("not_found", name=path) from error


BROKEN = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def measure(dossier, name):
    """(size, SHA-256) of a file, read piece by piece; None where it cannot be read."""
    size, digest = 0, hashlib.sha256()
    try:
        with dossier.open(name) as file:
            while True:
                chunk = file.read(CHUNK)
                if not chunk:
                    return size, digest.hexdigest()
                size += len(chunk)
                digest.update(chunk)
    except BROKEN:
        return None


def read(dossier, name):
    try:
        with dossier.open(name) as file:
            content = file.read(LARGEST_TEXT + 1)
    except (KeyError, *BROKEN) as error:
        raise NotCheckable("no_file", name=name) from error
    if len(content) > LARGEST_TEXT:
        raise NotCheckable("no_file", name=name)
    return content


# === What is found === #


class Report:
    def __init__(self):
        self.checked, self.findings, self.remarks, self.unchecked, self.obstacles = [], [], [], [], []
        self.languages = (0, 1)

    def find(self, code, **facts):
        self.findings.append((code, facts))

    def get_status(self):
        if self.findings:
            return TAMPERED
        return NOT_CHECKABLE if self.obstacles else INTACT

    def write(self, file):
        file.write("\n\n".join(self._write_in(language) for language in self.languages) + "\n")

    def _write_in(self, language):
        def say(code, facts):
            return SAY[code][language].format(**facts)

        lines = [say(f"verdict_{self.get_status()}", {})]
        lines += [f"  - {say(*one)}" for one in (*self.findings, *self.obstacles)]
        for title in ("checked", "remarks", "unchecked"):
            told = getattr(self, title)
            if told:
                lines += ["", say(title, {})]
                lines += [said if said.startswith("    ") else f"  - {said}" for said in (say(*one) for one in told)]
        return "\n".join(lines)


# === The files === #


def check_sums(dossier, report):
    """{name: (size, SHA-256)} of the files as they are, those that cannot be read left out; and {name: expected}."""
    content = read(dossier, SUMS)
    expected = read_sums(content, report)
    present = set(dossier.list())
    found = {name: measure(dossier, name) for name in expected if name in present}
    by_hash = {sha256: name for name, sha256 in expected.items()}
    bad = 0
    for name, sha256 in expected.items():
        fault = find_fault(name, sha256, found.get(name), name in present, by_hash)
        if fault:
            report.find(*fault[:1], **fault[1])
            bad += 1
    report.checked.append(("did_sums", {"count": len(expected), "bad": bad}))
    report.checked.append(("fingerprint", {"sha256": hashlib.sha256(content).hexdigest()}))
    check_strays(dossier, present - set(expected) - {SUMS}, by_hash, report)
    return {name: one for name, one in found.items() if one}, expected


def read_sums(content, report):
    """{name: SHA-256}"""
    sums = {}
    text = content.decode("utf-8", "replace")
    for number, line in enumerate(text.split("\n"), 1):
        match = SUM.fullmatch(line)
        if match and SAFE.fullmatch(match.group(2)) and match.group(2) not in sums:
            sums[match.group(2)] = match.group(1)
        elif line:
            report.find("sum_line", line=number)
    if not report.findings and write_sums(sums) != content:
        report.find("sum_form")
    return sums


def write_sums(sums):
    """The file that `sha256sum -c` reads."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sums.items()).encode()


def find_fault(name, expected, measured, is_there, by_hash):
    """(code, facts), None for a sound file"""
    if not is_there:
        return "missing", {"name": name}
    if measured is None:
        return "unreadable", {"name": name}
    size, sha256 = measured
    if sha256 == expected:
        return None
    if not size:
        return "emptied", {"name": name}
    if sha256 in by_hash:
        return "moved", {"name": name, "other": by_hash[sha256]}
    return "changed", {"name": name, "found": sha256, "expected": expected}


def check_strays(dossier, names, by_hash, report):
    """What was added; what merely lies in the same folder is only noted."""
    for name in sorted(names):
        measured = measure(dossier, name)
        other = by_hash.get(measured[1]) if measured else None
        if other and measured[0]:
            report.find("moved", name=name, other=other)
        elif name.startswith((PIECES, ANCHORS)) or name in (MANIFEST, RECORDS, RULES, PROGRAM):
            report.find("stray", name=name)
        else:
            report.remarks.append(("beside", {"name": name}))


def check_archive(dossier, report):
    if not isinstance(dossier, Archive):
        return
    place = dossier.find_difference()
    if place:
        report.find("archive", name=place)
    else:
        report.checked.append(("did_archive", {}))


# === The list of pieces === #


def read_manifest(dossier):
    try:
        manifest = json.loads(read(dossier, MANIFEST).decode())
    except (ValueError, RecursionError) as error:
        raise NotCheckable("no_file", name=MANIFEST) from error
    if not isinstance(manifest, dict) or (manifest.get("format"), manifest.get("version")) != (FORMAT, VERSION):
        raise NotCheckable("newer_format")
    return manifest


def check_pieces(manifest, expected, found, report):
    listed = set()
    for piece in manifest["pieces"]:
        name = piece["path"]
        listed.add(name)
        facts = {"number": piece["number"], "name": name}
        if expected.get(name) != piece["sha256"]:
            report.find("piece_sum", **facts)
        recorded = piece.get("recorded_sha256") or piece["sha256"]
        if recorded != piece["sha256"]:
            report.find("piece_before", expected=recorded, **facts)
    for name in sorted(expected):
        if name.startswith(PIECES) and name not in listed:
            report.find("piece_unlisted", name=name)
    report.checked.append(("did_pieces", {"count": len(manifest["pieces"])}))
    for missing in manifest["missing"]:
        report.remarks.append(("withheld_piece", {"title": missing["title"]}))


# === The chain === #


def load_rules(dossier, expected, found):
    """chain.py: the one beside this program, else that of the dossier, which is run only if it is sound."""
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), RULES)
    is_sound = RULES in found and found[RULES][1] == expected[RULES]
    is_own = os.path.isfile(own) and not (
        isinstance(dossier, Folder) and os.path.realpath(own) == os.path.realpath(os.path.join(dossier.path, RULES))
    )
    if not is_own and not is_sound:
        raise NotCheckable("no_rules")
    source = read(Folder(os.path.dirname(own)), RULES) if is_own else read(dossier, RULES)
    rules = types.ModuleType("dossier_chain")
    sys.modules[rules.__name__] = rules  # dataclasses look their module up
    exec(compile(source, RULES, "exec"), rules.__dict__)
    return rules


def read_records(rules, content, report):
    records = []
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        try:
            records.append(rules.read_record(line))
        except (ValueError, RecursionError):
            report.find("record_line", line=number)
    return records


def check_chain(dossier, manifest, rules, outside, found, report):
    chain = manifest["chain"]
    records = read_records(rules, read(dossier, RECORDS), report)
    if chain["last"] and not records:
        report.find("no_records", chain=chain["uuid"], last=chain["last"])
        return
    records = [give_file(rules, record, manifest, found) for record in records]
    head = rules.Head(chain["last"], chain["head"])
    anchors = read_anchors(dossier, rules, chain["uuid"], outside, report)
    check_links(rules, chain["uuid"], records, head, anchors, report)
    check_letters(manifest, records, report)
    check_tokens(manifest, records, report)
    tests = [record.sequence for record in records if record.values and record.values.get("is_test")]
    report.remarks += [("record_is_test", {"sequence": sequence}) for sequence in tests]
    shown = sum(record.values is not None for record in records)
    facts = {"chain": chain["uuid"], "last": chain["last"], "shown": shown, "withheld": len(records) - shown}
    report.checked += [("did_chain", facts), ("did_head", {"hash": chain["head"]})]


def give_file(rules, record, manifest, found):
    """The record with the bytes of its piece, as they are."""
    piece = next((one for one in manifest["pieces"] if one.get("record") == record.sequence), None)
    if piece is None:
        return record
    size, sha256 = found.get(piece["path"], (None, ""))
    return dataclasses.replace(record, file=rules.StoredFile(size, sha256))


def read_anchors(dossier, rules, chain, outside, report):
    """[Head] of the lines in the dossier and of those given; one of another chain is of no use."""
    anchors = []
    for name in dossier.list():
        if name.startswith(ANCHORS) and name.endswith(".txt"):
            anchors += [head for uuid, head in rules.read_anchors(read(dossier, name).decode("utf-8", "replace"))]
    for line in outside:
        read_lines = rules.read_anchors(line)
        if not read_lines:
            report.obstacles.append(("bad_anchor", {"line": line[:200]}))
        for uuid, head in read_lines:
            if uuid != chain:
                report.obstacles.append(("other_anchor", {"found": uuid, "chain": chain}))
                continue
            anchors.append(head)
            report.checked.append(("did_anchor", {"sequence": head.sequence}))
    return anchors


def check_links(rules, chain, records, head, anchors, report):
    """The first break of the chain, then each other record that is broken in itself."""
    by_sequence = {record.sequence: record for record in records}
    first = rules.verify(chain, records, head) or find_against(rules, by_sequence, head, anchors)
    findings = [first] if first else []
    for record in records:
        if record.version in rules.SEALED and (not first or record.sequence != first.sequence):
            findings += filter(None, [rules.check_values(record) or rules.check_file(record)])
    for finding in findings:
        facts = {"head": "", "anchor": "", **finding.facts, "sequence": finding.sequence, "field": finding.name}
        report.find(f"record_{finding.kind}", **facts)


def find_against(rules, by_sequence, head, anchors):
    """Every line counts, several of one record too."""
    for anchor in sorted(anchors, key=lambda one: one.sequence):
        if anchor.sequence > head.sequence:
            return rules.Finding(rules.OLDER_COPY, head.sequence + 1, facts={"anchor": anchor.sequence})
        record = by_sequence.get(anchor.sequence)
        if record and record.record_hash != anchor.record_hash:
            return rules.Finding(rules.REWRITTEN, anchor.sequence)
    return None


def check_letters(manifest, records, report):
    """What a proof says was sent is a piece, or named among the missing ones; so is the file of each shown record."""
    pieces = {piece["sha256"] for piece in manifest["pieces"]}
    pieces |= {piece.get("recorded_sha256") for piece in manifest["pieces"]}
    named = {missing.get("sha256") for missing in manifest["missing"]}
    by_record = {piece["record"]: piece for piece in manifest["pieces"] if piece.get("record")}
    for record in records:
        if record.values is None:
            if record.sequence in by_record:
                report.find("record_hidden", sequence=record.sequence, number=by_record[record.sequence]["number"])
            continue
        for name in ("letter_sha256", "content_sha256"):
            sha256 = record.values.get(name)
            if sha256 and sha256 not in pieces | named:
                report.find("record_letter", sequence=record.sequence, sha256=sha256)
        check_own_file(record, by_record, named, report)


def check_own_file(record, by_record, named, report):
    sha256 = record.values.get("sha256")
    if not sha256 or record.is_erased or record.sequence in by_record:
        return
    if sha256 in named:
        report.obstacles.append(("file_not_there", {"sequence": record.sequence}))
    else:
        report.find("record_file_missing", sequence=record.sequence)


def check_tokens(manifest, records, report):
    hashes = {(record.sequence, record.record_hash) for record in records}
    for token in manifest["tokens"]:
        if (token["sequence"], token["record_hash"]) not in hashes:
            report.find("token_record", name=token["path"], sequence=token["sequence"])


# === What is left to others === #


def get_stamped_digest(chain, token):
    """What the authority stamped: the SHA-256 of the line that is kept outside."""
    line = f"account_dunning chain {chain['uuid']} {token['sequence']} {token['record_hash']}"
    return hashlib.sha256(line.encode()).hexdigest()


def tell_unchecked(manifest, outside, report):
    sealed = [one["path"] for one in manifest["pieces"] if one.get("record") and one["path"].endswith(".pdf")]
    if sealed:
        report.unchecked.append(("not_seals", {}))
        report.unchecked += [("in_file", {"name": name}) for name in sealed]
        report.unchecked.append(("with_pyhanko", {}))
    if manifest["tokens"]:
        report.unchecked.append(("not_tokens", {}))
        for token in manifest["tokens"]:
            facts = {"name": token["path"], "digest": get_stamped_digest(manifest["chain"], token)}
            report.unchecked.append(("with_openssl_ts", facts))
    if not outside:
        report.unchecked.append(("not_outside", {}))
    report.unchecked.append(("not_content", {}))


# === From the command line === #


def check(path, outside, report):
    dossier = open_dossier(path)
    found, expected = check_sums(dossier, report)
    check_archive(dossier, report)
    try:
        manifest = read_manifest(dossier)
        report.languages = (1, 0) if str(manifest.get("language", "")).startswith("fr") else (0, 1)
        check_pieces(manifest, expected, found, report)
        tell_unchecked(manifest, outside, report)
        if manifest["chain"] is None:
            report.remarks.append(("no_chain", {}))
            return
        rules = load_rules(dossier, expected, found)
        check_chain(dossier, manifest, rules, outside, found, report)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise NotCheckable("no_file", name=MANIFEST) from error


def read_outside(given):
    """Lines, or files that hold them."""
    lines = []
    for one in given:
        if os.path.isfile(one):
            with open(one, encoding="utf-8", errors="replace") as file:
                one = file.read(LARGEST_TEXT)
        lines.append(one)
    return lines


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Checks a dossier / Contrôle un dossier")
    parser.add_argument("dossier", nargs="?", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--anchor", action="append", default=[], metavar="LINE")
    chosen = parser.parse_args(arguments)
    report = Report()
    try:
        if sys.version_info[:2] < OLDEST:
            found = ".".join(map(str, sys.version_info[:2]))
            raise NotCheckable("too_old", found=found, needed=".".join(map(str, OLDEST)))
        check(chosen.dossier, read_outside(chosen.anchor), report)
    except NotCheckable as obstacle:
        report.obstacles.append((obstacle.code, obstacle.facts))
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    report.write(sys.stdout)
    return report.get_status()


if __name__ == "__main__":
    sys.exit(main())
