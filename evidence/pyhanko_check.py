"""pyHanko, where it is installed, looks at the same seals a second time, and at what changed between revisions.

It only ever lowers what our own check says: a disagreement makes a seal broken. It fetches nothing.
"""

import io

try:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import ModificationLevel, SignatureCoverageLevel, validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext
except ImportError:
    PdfFileReader = None

MAX_FILE = 5 * 1024 * 1024  # pyHanko reads object by object: larger files would take longer than a reader may


def is_installed() -> bool:
    return PdfFileReader is not None


def check_revisions(content: bytes) -> tuple[bool, bool] | None:
    """(do all seals hold, did nothing change between revisions that needed a seal?); None where it cannot tell."""
    if not is_installed() or len(content) > MAX_FILE:
        return None
    try:
        reader = PdfFileReader(io.BytesIO(content))
        found = [check_signature(signature) for signature in reader.embedded_signatures]
    except Exception:  # noqa: BLE001  pyHanko raises what its own parsers and their libraries raise
        return None
    return (all(held for held, _same in found), all(same for _held, same in found)) if found else None


def check_signature(signature):
    if signature.sig_object_type == "/DocTimeStamp":
        signature.compute_integrity_info()
        return True, True
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[], allow_fetching=False))
    entire = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    kept = status.modification_level in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
    return status.intact and status.valid, entire or kept
