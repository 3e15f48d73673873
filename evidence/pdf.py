"""Seals in PDF files (ISO 32000-1, 12.8; PAdES, ETSI EN 319 142-1).

A seal holds for a file only when its ByteRange covers all but its own value, up to the last byte: what is added
after it, even in ways that the format allows, was not sealed.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from . import certificates, der, pdf_text, pyhanko_check, signed_data, timestamp
from .base import Evidence, ParseProblem, SealBroken, SealNotChecked
from .signed_data import SealCheck

MAX_SIGNATURES = 8
DICTIONARY = 64 * 1024  # bytes searched for the rest of the dictionary before and after its signature
BYTE_RANGE = re.compile(
    rb"/ByteRange\s{0,20}\[\s{0,20}(\d{1,10})\s{1,20}(\d{1,10})\s{1,20}(\d{1,10})\s{1,20}(\d{1,10})\s{0,100}]"
)
SUB_FILTER = re.compile(rb"/SubFilter\s{0,20}/([A-Za-z0-9.]{1,40})")
SEAL = re.compile(rb"/ByteRange|/adbe\.(?:pkcs7|x509)\.|/ETSI\.(?:CAdES|RFC3161)|/Adobe\.PPK")
CLAIMED = re.compile(rb"/M\s{0,20}\(D:(\d{14})(?:Z|([+-])(\d\d)'(\d\d)'?)")
CMS_FILTERS = {"adbe.pkcs7.detached", "ETSI.CAdES.detached"}
STAMP_FILTER = "ETSI.RFC3161"
TOLERANCE = timedelta(days=1)
WORST_FIRST = ("broken", "not_checked", "intact", "trusted")


@dataclass(frozen=True, slots=True)
class Place:
    """One signature dictionary: the range it claims (four numbers), its format, the time it claims."""

    ranges: tuple[int, int, int, int]
    sub_filter: str
    claimed_at: datetime | None

    @property
    def end(self):
        return self.ranges[2] + self.ranges[3]

    @property
    def is_stamp(self):
        return self.sub_filter == STAMP_FILTER


def read_pdf(content: bytes, anchors=()) -> Evidence | ParseProblem:
    """The seals of a PDF and the references found in it. `anchors`: see certificates.load_anchors."""
    if not SEAL.search(content):
        return read_unsealed(content)
    places = find_places(content)
    found = [(place, check_place(content, place, anchors)) for place in places[:MAX_SIGNATURES]]
    checked = combine(content, found, len(places) > MAX_SIGNATURES)
    checked = confirm(content, checked)
    encrypted = pdf_text.is_encrypted(content)
    return Evidence(
        format="pdf",
        mimetype="application/pdf",
        seal_state=checked.state,
        signer=checked.signer,
        issuer=checked.issuer,
        serial=checked.serial,
        signed_at=checked.signed_at,
        stamped_at=checked.stamped_at,
        references=() if encrypted else pdf_text.find_references(content),
        remarks=tuple(dict.fromkeys([*checked.remarks, *(["encrypted"] if encrypted else [])])),
    )


def read_unsealed(content):
    """A scan, or a receipt without a seal."""
    if pdf_text.is_encrypted(content):
        return ParseProblem("encrypted", "application/pdf", "This PDF can only be opened with a password.")
    if not pdf_text.is_complete(content):
        return ParseProblem("malformed", "application/pdf", "The end of this PDF is missing.")
    return Evidence("pdf", "application/pdf", "none", references=pdf_text.find_references(content))


def find_places(content):
    """The signature dictionaries, at most one more than MAX_SIGNATURES, in the order of their ends."""
    places = []
    for match in BYTE_RANGE.finditer(content):
        ranges = tuple(int(number) for number in match.groups())
        around = get_dictionary(content, match, ranges)
        found = SUB_FILTER.search(around)
        places.append(Place(ranges, found.group(1).decode() if found else "", get_claimed_time(around)))
        if len(places) > MAX_SIGNATURES:
            break
    return sorted(places, key=lambda place: place.end)


def get_dictionary(content, match, ranges):
    """The signature dictionary without its value, as far as it can be found near its ByteRange."""
    gap_start, gap_end = ranges[1], ranges[2]
    first, last = min(match.start(), gap_start), max(match.end(), gap_end)
    head = content[max(first - DICTIONARY, 0) : first]
    tail = content[last : last + DICTIONARY]
    head, tail = head[head.rfind(b" obj") + 1 :], tail[: max(tail.find(b"endobj"), 0)]
    middle = (match.end(), gap_start) if match.end() <= gap_start else (gap_end, match.start())
    return head + content[middle[0] : min(middle[1], middle[0] + DICTIONARY)] + tail


def get_claimed_time(around):
    """The entry M, where it says its distance from UTC."""
    match = CLAIMED.search(around)
    if not match:
        return None
    digits, sign, hours, minutes = (part.decode() if part else "" for part in match.groups())
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        return (datetime.strptime(digits, "%Y%m%d%H%M%S") - offset).replace(tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        return None


def check_place(content, place, anchors) -> SealCheck:
    return signed_data.judged(lambda: check_value(content, place, get_value(content, place.ranges), anchors))


def get_value(content, ranges) -> bytes:
    """The DER signature between the two ranges, where nothing else may lie."""
    start, first, second, rest = ranges
    if start or first >= second or second + rest > len(content):
        raise SealBroken("truncated" if second + rest > len(content) and not start else "false_byte_range")
    gap = content[first:second]
    if not content[max(first - 64, 0) : first].rstrip().endswith(b"/Contents"):
        raise SealBroken("false_byte_range")
    if gap[:1] != b"<" or gap[-1:] != b">" or len(gap) > 4 * der.MAX_BYTES:
        raise SealBroken("contents_gap")
    return trim(decode_hexadecimal(gap[1:-1]))


def decode_hexadecimal(digits):
    """Digits of one case and nothing between them: other spellings would leave room for changes."""
    if digits not in (digits.lower(), digits.upper()) or not digits.isalnum():
        raise SealBroken("contents_gap")
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        raise SealBroken("contents_gap") from None


def trim(padded):
    """The signature without the zeros that fill its place."""
    if padded[1:2] == b"\x80":
        raise SealNotChecked("not_der")
    end = der.read_header(padded, 0, len(padded))[2]
    if padded[end:].strip(b"\0"):
        raise SealBroken("contents_gap")
    return padded[:end]


def check_value(content, place, value, anchors):
    def digest(hash_name):
        return digest_ranges(content, place.ranges, hash_name)

    if place.is_stamp:
        return timestamp.check_token(value, digest, anchors)
    if place.sub_filter not in CMS_FILTERS:
        raise SealNotChecked("unsupported_signature_format")
    detached = signed_data.load(value)
    if detached["encap_content_info"]["content"].contents:
        raise SealBroken("malformed_signature")
    signed = signed_data.check(detached, "data", digest, anchors)
    return judge(signed, place, anchors)


def digest_ranges(content, ranges, hash_name):
    """Hashed in place: a copy of a large file for each signature would take its memory."""
    view = memoryview(content)
    digest = hashlib.new(hash_name, view[: ranges[1]])
    digest.update(view[ranges[2] : ranges[2] + ranges[3]])
    return digest.digest()


def judge(signed, place, anchors) -> SealCheck:
    """Trusted or only intact, at the stamped moment where it is trusted itself, else at the claimed one."""
    stamp = check_stamp_of(signed, anchors)
    if stamp and stamp.state in ("broken", "not_checked"):
        return signed_data.describe(signed, stamp.state, remarks=[f"stamp_{code}" for code in stamp.remarks])
    claimed = signed.signed_at or place.claimed_at
    stamped_at = stamp.stamped_at if stamp else None
    moment = stamped_at if stamp and stamp.state == "trusted" else claimed
    faults = certificates.get_trust_faults(
        signed.certificate, signed.embedded, anchors, moment, certificates.get_usage_fault
    )
    faults += ["weak_digest"] if signed.weak_digest else []
    remarks = [*faults, *get_time_remarks(stamp, claimed)]
    state = "intact" if faults else "trusted"
    remarks += [] if faults else ["revocation_not_checked"]
    return signed_data.describe(signed, state, signed_at=claimed, stamped_at=stamped_at, remarks=remarks)


def check_stamp_of(signed, anchors):
    """The time-stamp of the signature's value, None where there is none; of several the worst."""

    def digest(hash_name):
        return hashlib.new(hash_name, signed.signature).digest()

    stamps = [timestamp.check_token(token, digest, anchors) for token in signed.tokens]
    return min(stamps, key=lambda stamp: WORST_FIRST.index(stamp.state)) if stamps else None


def get_time_remarks(stamp, claimed):
    if stamp is None:
        return ["signing_time_not_proved"]
    remarks = ["signing_time_not_proved", "untrusted_stamp"] if stamp.state != "trusted" else []
    apart = claimed is not None and abs(stamp.stamped_at - claimed) > TOLERANCE
    return [*remarks, "times_differ"] if apart else remarks


def combine(content, found, too_many) -> SealCheck:
    """One answer for a file with several seals: the last must cover it to its end, the worst decides."""
    if not found:
        return SealCheck("broken", remarks=("false_byte_range",))
    remarks = [code for _place, check in reversed(found) for code in check.remarks]
    states = [check.state for _place, check in found]
    last, last_check = found[-1]
    if last.end != len(content) and "truncated" not in remarks:
        states.append("broken")
        remarks.append("not_entire_file")
    if too_many:
        states.append("not_checked")
        remarks.append("too_many_signatures")
    seal, stamped_at = last_check, last_check.stamped_at
    if len(found) > 1:
        remarks += ["several_signatures", "revision_not_checked"]
    if last.is_stamp:
        seal = next((check for place, check in reversed(found) if not place.is_stamp), last_check)
        states.append("not_checked" if seal is not last_check else last_check.state)
    state = min(states, key=WORST_FIRST.index)
    remarks = [code for code in remarks if code != "revocation_not_checked" or state == "trusted"]
    return replace(seal, state=state, stamped_at=stamped_at or seal.stamped_at, remarks=tuple(dict.fromkeys(remarks)))


def confirm(content, checked) -> SealCheck:
    """The same after pyHanko's look, where it is installed: it breaks what it does not confirm.

    Only trusted signers get that far: pyHanko has no limits of its own on what a stranger may have made.
    """
    if checked.state != "trusted":
        return checked
    found = pyhanko_check.check_revisions(content)
    if found is None:
        return checked
    held, same = found
    if not held:
        return replace(checked, state="broken", remarks=(*checked.remarks, "second_check_disagrees"))
    if "revision_not_checked" not in checked.remarks:
        return checked
    if not same:
        return replace(checked, state="broken", remarks=(*checked.remarks, "changed_between_revisions"))
    return replace(checked, remarks=tuple(code for code in checked.remarks if code != "revision_not_checked"))
