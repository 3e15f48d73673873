"""pyHanko, where it is installed, looks at the same seals a second time, and at what changed between revisions.

It only ever lowers what our own check says: a disagreement makes a seal broken. It fetches nothing.
"""

import io

try:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity
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
    """Long-term validation data, time-stamps and further seals (as filled forms) are all that may follow a seal."""
    signature.compute_integrity_info()
    found = signature.diff_result  # None for the last revision, an exception where what changed is suspicious
    level = ModificationLevel.NONE if found is None else getattr(found, "modification_level", ModificationLevel.OTHER)
    same = level in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING)
    if signature.sig_object_type == "/DocTimeStamp":
        return True, same
    held = validate_sig_integrity(signature.signer_info, signature.signer_cert, "data", signature.compute_digest())
    return all(held), same
