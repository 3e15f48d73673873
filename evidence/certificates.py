"""Certificates and certification paths (RFC 5280), against nothing but the roots that somebody installed.

A path is followed by cryptography, names, validity at one moment, basic constraints and key usage.
Revocation is not checked: a result says so.
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import algos, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from . import der
from .base import MALFORMED, ParseProblem, SealBroken, SealNotChecked

HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
WEAK_HASHES = {"sha1"}
MIN_RSA_BITS = 2048
MAX_PATH = 5  # certificates between the signer and the root, the root included
MAX_VERIFICATIONS = 16
MAX_CERTIFICATES = 32
MAX_ROOT_BYTES = 256 * 1024
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,65536})-----END CERTIFICATE-----")
UNDERSTOOD = {
    "authority_information_access",
    "authority_key_identifier",
    "basic_constraints",
    "certificate_policies",
    "crl_distribution_points",
    "extended_key_usage",
    "key_identifier",
    "key_usage",
    "subject_alt_name",
}
SIGNS_DOCUMENTS = {
    "any_extended_key_usage",
    "client_auth",
    "email_protection",
    "1.3.6.1.5.5.7.3.36",  # id-kp-documentSigning (RFC 9336)
    "adobe_authentic_documents_trust",
    "microsoft_document_signing",
}


@dataclass(frozen=True, slots=True)
class Root:
    """One trusted certificate, for a screen: names, serial number (hexadecimal), validity (UTC, aware)."""

    name: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    sha256: str
    der: bytes


def read_roots(content: bytes) -> tuple[Root, ...] | ParseProblem:
    """The certificates of a PEM or DER file that somebody wants to trust; all of them can be used or none."""
    try:
        certificates = load_certificates(content)
        found = tuple(describe_root(certificate) for certificate in certificates)
    except (*MALFORMED, SealBroken, SealNotChecked):
        return ParseProblem("malformed", detail="This is not a certificate in PEM or DER.")
    if any(not is_authority(certificate) for certificate in certificates):
        return ParseProblem("not_an_authority", "application/pkix-cert", "This certificate may not sign others.")
    return found


def describe_root(certificate):
    name, issuer, serial = get_names(certificate)
    get_public_key(certificate)
    start, end = get_validity(certificate)
    return Root(name, issuer, serial, start, end, certificate.sha256.hex(), certificate.dump())


def load_certificates(content):
    """asn1crypto certificates of a PEM bundle or a DER file; raises one of MALFORMED."""
    if not content or len(content) > MAX_ROOT_BYTES:
        raise ValueError("A root is empty or too large.")
    blocks = [b64decode(match.group(1)) for match in PEM.finditer(content)] or [content]
    return [load_certificate(block) for block in blocks[:MAX_CERTIFICATES]]


def load_certificate(content):
    certificate = der.load(x509.Certificate, content)
    check_extensions(certificate)
    return certificate


def check_extensions(certificate):
    """Extensions lie in octet strings, where the walk over the certificate did not look."""
    for extension in certificate["tbs_certificate"]["extensions"]:
        der.check_limits(extension["extn_value"].contents)


def load_anchors(roots):
    """The usable ones of `roots` (bytes in PEM or DER) and whether one was unusable."""
    anchors, unusable = [], False
    for content in roots:
        try:
            anchors += load_certificates(bytes(content))
        except (*MALFORMED, SealBroken, SealNotChecked):
            unusable = True
    return anchors, unusable


def get_names(certificate):
    """Common names (else the last part of the name) of subject and issuer, and the serial number in hexadecimal."""
    serial = f"{certificate.serial_number:X}"
    return get_common_name(certificate.subject), get_common_name(certificate.issuer), serial


def get_common_name(name):
    parts = name.native
    value = parts.get("common_name") or (list(parts.values()) or [""])[-1]
    text = value if isinstance(value, str) else ", ".join(str(part) for part in value)
    return "".join(character for character in text if character.isprintable())[:200]


def get_validity(certificate):
    validity = certificate["tbs_certificate"]["validity"]
    return validity["not_before"].native, validity["not_after"].native


def is_valid_at(certificate, moment):
    start, end = get_validity(certificate)
    return start <= moment <= end


def is_authority(certificate):
    """May it sign other certificates (RFC 5280, 4.2.1.3 and 4.2.1.9)?"""
    constraints, usage = certificate.basic_constraints_value, certificate.key_usage_value
    return bool(constraints and constraints["ca"].native) and (usage is None or "key_cert_sign" in usage.native)


def get_public_key(certificate):
    """The public key of an asn1crypto certificate; raises SealNotChecked where we have no use for its kind."""
    try:
        key = serialization.load_der_public_key(certificate.public_key.dump())
    except UnsupportedAlgorithm:
        raise SealNotChecked("unsupported_algorithm") from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        raise SealNotChecked("unsupported_algorithm")
    return key


def is_weak_key(certificate):
    key = get_public_key(certificate)
    return isinstance(key, rsa.RSAPublicKey) and key.key_size < MIN_RSA_BITS


def get_hash_name(algorithm: algos.SignedDigestAlgorithm, default: str | None) -> str:
    """The hash of a signature algorithm, `default` where it names none; raises SealNotChecked unless known."""
    kind = algorithm["algorithm"].native
    if kind in ("rsassa_pkcs1v15", "ed25519"):
        name = default
    else:
        try:
            name = algorithm.hash_algo
        except ValueError:
            name = None
    if name not in HASHES:
        raise SealNotChecked("unsupported_algorithm")
    return name


def verify(certificate, algorithm, hash_name, signature, data, *, prehashed=False):
    """Does `signature` over `data` (its digest where `prehashed`) verify with the certificate's key?

    Raises SealNotChecked for keys and algorithms that we do not know.
    """
    key, kind = get_public_key(certificate), get_signature_kind(algorithm)
    hash_algorithm = HASHES[hash_name]()
    used = utils.Prehashed(hash_algorithm) if prehashed else hash_algorithm
    try:
        if isinstance(key, rsa.RSAPublicKey) and kind in ("rsassa_pkcs1v15", "rsassa_pss"):
            key.verify(signature, data, get_padding(algorithm, kind, hash_name), used)
        elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
            key.verify(signature, data, ec.ECDSA(used))
        elif isinstance(key, ed25519.Ed25519PublicKey) and kind == "ed25519" and not prehashed:
            key.verify(signature, data)
        else:
            raise SealNotChecked("unsupported_algorithm")
    except UnsupportedAlgorithm:
        raise SealNotChecked("unsupported_algorithm") from None
    except InvalidSignature:
        return False
    return True


def get_signature_kind(algorithm):
    try:
        return algorithm.signature_algo
    except ValueError:
        raise SealNotChecked("unsupported_algorithm") from None


def get_padding(algorithm, kind, hash_name):
    if kind == "rsassa_pkcs1v15":
        return padding.PKCS1v15()
    parameters = algorithm["parameters"]
    mask = parameters["mask_gen_algorithm"]
    if mask["algorithm"].native != "mgf1" or mask["parameters"]["algorithm"].native != hash_name:
        raise SealNotChecked("unsupported_algorithm")
    return padding.PSS(padding.MGF1(HASHES[hash_name]()), parameters["salt_length"].native)


def is_signed_by(certificate, issuer) -> bool:
    """Did the key of `issuer` sign `certificate`? False too where we do not know the algorithm."""
    algorithm = certificate["signature_algorithm"]
    if algorithm.dump() != certificate["tbs_certificate"]["signature"].dump():
        return False
    try:
        hash_name = get_hash_name(algorithm, "sha512")
        if hash_name in WEAK_HASHES or is_weak_key(issuer):
            return False
        content = certificate["tbs_certificate"].dump()
        return verify(issuer, algorithm, hash_name, certificate["signature_value"].native, content)
    except (*MALFORMED, SealNotChecked):
        return False


@dataclass(slots=True)
class PathSearch:
    """One search for a path to `anchors` with the help of the certificates `embedded` in the artefact."""

    embedded: list
    anchors: list
    moment: datetime
    verifications: int = 0

    def find_fault(self, certificate, depth=0) -> str:
        """ "" where a path leads from `certificate` to an anchor, else the code of what is missing."""
        if any(certificate.dump() == anchor.dump() for anchor in self.anchors):
            return ""
        fault = "path_too_long" if depth >= MAX_PATH else "unknown_root"
        for issuer in self.get_issuers(certificate) if depth < MAX_PATH else ():
            found = get_issuer_fault(issuer, self.moment, depth) or self.find_fault(issuer, depth + 1)
            if not found:
                return ""
            fault = found
        return fault

    def get_issuers(self, certificate):
        """Those whose name stands in `certificate` as its issuer and whose key signed it, anchors first."""
        wanted = certificate.issuer.dump()
        for candidate in [*self.anchors, *self.embedded]:
            if candidate.subject.dump() != wanted or candidate.dump() == certificate.dump():
                continue
            self.verifications += 1
            if self.verifications > MAX_VERIFICATIONS:
                return
            if is_signed_by(certificate, candidate):
                yield candidate


def get_issuer_fault(issuer, moment, below):
    """Why `issuer` may not stand in a path with `below` authorities under it at `moment`."""
    if not is_authority(issuer):
        return "issuer_not_authority"
    length = issuer.basic_constraints_value["path_len_constraint"].native
    if length is not None and below > length:
        return "path_too_long"
    if not is_valid_at(issuer, moment):
        return "expired_issuer"
    return get_critical_fault(issuer)


def get_critical_fault(certificate):
    """An extension that must be understood and is not stops the path (RFC 5280, 4.2)."""
    critical = certificate.critical_extensions
    return "unknown_critical_extension" if critical - UNDERSTOOD else ""


def get_usage_fault(certificate):
    """May this certificate sign documents, by its key usage and extended key usage?"""
    usage, purposes = certificate.key_usage_value, certificate.extended_key_usage_value
    if usage is not None and not usage.native & {"digital_signature", "non_repudiation"}:
        return "wrong_key_usage"
    if purposes is not None and not set(purposes.native) & SIGNS_DOCUMENTS:
        return "wrong_key_usage"
    return ""


def get_stamping_fault(certificate):
    """RFC 3161, 2.3: id-kp-timeStamping is the only extended key usage, and it is critical."""
    purposes = certificate.extended_key_usage_value
    alone = purposes is not None and purposes.native == ["time_stamping"]
    return "" if alone and "extended_key_usage" in certificate.critical_extensions else "not_time_stamping"


def get_trust_faults(certificate, embedded, anchors, moment, usage_fault):
    """The codes of all that keeps a signer's certificate from being trusted at `moment` (None: unknown)."""
    faults = [usage_fault(certificate), get_critical_fault(certificate)]
    faults += ["weak_key"] if is_weak_key(certificate) else []
    if moment is None:
        return [code for code in faults if code] + ["signing_time_missing"]
    if not is_valid_at(certificate, moment):
        faults.append("expired_signer" if moment > get_validity(certificate)[1] else "signer_not_yet_valid")
    faults.append(PathSearch(embedded, anchors, moment).find_fault(certificate))
    return [code for code in faults if code]
