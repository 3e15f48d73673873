"""CMS signatures (RFC 5652): one signer, whose certificate is found by issuer and serial number."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms
from asn1crypto import tsp as tsp  # registers the attributes of RFC 5035 and RFC 3161

from . import certificates, der
from .base import MALFORMED, SealBroken, SealNotChecked

SET = b"\x31"
# The elements of SignedData and SignerInfo by their tags (RFC 5652, 5.1 and 5.3): readers of ASN.1 skip others.
SIGNED_DATA_TAGS = re.compile(rb"\x02\x31\x30\xa0?\xa1?\x31", re.DOTALL)
SIGNER_INFO_TAGS = re.compile(rb"\x02[\x30\x80]\x30\xa0?\x30\x04\xa1?", re.DOTALL)
NO_PARAMETERS = (b"", b"\x05\x00")
TIME_STAMP = "signature_time_stamp_token"
ESS_HASH = "sha256"  # default of ESSCertIDv2 (RFC 5035)


@dataclass(frozen=True, slots=True)
class SignedData:
    """One signature, checked: it holds for its content. Whether its signer can be trusted is not asked here."""

    certificate: object
    embedded: list
    signature: bytes
    signed_at: datetime | None
    tokens: tuple[bytes, ...]  # RFC 3161 tokens over `signature`, in DER
    bound: bool  # the signed attributes name the signer's certificate (RFC 5035)
    weak_digest: bool


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What is known of one seal; the fields are those of Evidence."""

    state: str
    signer: str = ""
    issuer: str = ""
    serial: str = ""
    signed_at: datetime | None = None
    stamped_at: datetime | None = None
    remarks: tuple[str, ...] = ()


def judged(check) -> SealCheck:
    """What `check` finds; a fault that it raises becomes the state of the seal and a remark."""
    try:
        return check()
    except SealBroken as error:
        return SealCheck("broken", remarks=(error.code,))
    except SealNotChecked as error:
        return SealCheck("not_checked", remarks=(error.code,))
    except MALFORMED:
        return SealCheck("broken", remarks=("malformed_signature",))


def load(content: bytes) -> cms.SignedData:
    """Raises SealBroken or SealNotChecked where `content` is not a SignedData that we can read."""
    try:
        info = der.load(cms.ContentInfo, content)
        if info["content_type"].native != "signed_data":
            raise SealBroken("malformed_signature")
        return info["content"]
    except MALFORMED:
        raise SealBroken("malformed_signature") from None


def check(signed_data: cms.SignedData, content_type: str, digest_content, others=()) -> SignedData:
    """Raises SealBroken or SealNotChecked unless the one signature of `signed_data` holds.

    `digest_content` is a function from the name of a hash to the digest of what is signed; `others` are certificates
    that may be the signer's where the artefact does not carry it.
    """
    try:
        return check_signer(signed_data, content_type, digest_content, others)
    except MALFORMED:
        raise SealBroken("malformed_signature") from None


def check_signer(signed_data, content_type, digest_content, others):
    signer = get_signer_info(signed_data)
    check_frame(signed_data, signer, content_type)
    hash_name = get_digest_name(signer)
    embedded = get_certificates(signed_data)
    certificate = find_signer([*embedded, *others], signer["sid"])
    digest = digest_content(hash_name)
    attributes = get_attributes(signer["signed_attrs"]) if has_attributes(signer) else None
    signed, prehashed = digest, True
    if attributes is not None:
        check_attributes(attributes, content_type, digest)
        signed, prehashed = SET + signer["signed_attrs"].dump()[1:], False
    elif content_type != "data":
        raise SealBroken("signed_attributes_missing")
    signature = signer["signature"].native
    algorithm = signer["signature_algorithm"]
    if certificates.get_hash_name(algorithm, hash_name) != hash_name:
        raise SealNotChecked("unsupported_algorithm")
    if not certificates.verify(certificate, algorithm, hash_name, signature, signed, prehashed=prehashed):
        raise SealBroken("invalid_signature")
    return SignedData(
        certificate=certificate,
        embedded=embedded,
        signature=signature,
        signed_at=get_signing_time(attributes or {}),
        tokens=get_tokens(signer),
        bound=is_bound(attributes or {}, certificate),
        weak_digest=hash_name in certificates.WEAK_HASHES,
    )


def get_signer_info(signed_data):
    signers = list(signed_data["signer_infos"])
    if len(signers) != 1:
        raise SealNotChecked("several_signers" if signers else "signer_missing")
    return signers[0]


def check_frame(signed_data, signer, content_type):
    """Parts that no signature covers must be what RFC 5652 (5.1 and 5.3) makes of those it covers."""
    expected = "v1" if signer["sid"].name == "issuer_and_serial_number" else "v3"
    named = {algorithm["algorithm"].native for algorithm in signed_data["digest_algorithms"]}
    check_tags(signed_data, SIGNED_DATA_TAGS)
    check_tags(signer, SIGNER_INFO_TAGS)
    check_parameters(signer["digest_algorithm"], signer["signature_algorithm"], *signed_data["digest_algorithms"])
    if signed_data["encap_content_info"]["content_type"].native != content_type:
        raise SealBroken("content_type_mismatch")
    if signer["version"].native != expected or signer["digest_algorithm"]["algorithm"].native not in named:
        raise SealBroken("malformed_signature")
    if signed_data["version"].native != ("v1" if content_type == "data" else "v3"):
        raise SealNotChecked("unsupported_version")


def check_parameters(*algorithms):
    """Only RSASSA-PSS has parameters."""
    for algorithm in algorithms:
        if algorithm["algorithm"].native != "rsassa_pss" and algorithm["parameters"].dump() not in NO_PARAMETERS:
            raise SealBroken("malformed_signature")


def check_tags(element, expected):
    if not expected.fullmatch(der.get_tags(element.contents)):
        raise SealBroken("malformed_signature")


def get_digest_name(signer):
    name = signer["digest_algorithm"]["algorithm"].native
    if name not in certificates.HASHES:
        raise SealNotChecked("unsupported_algorithm")
    return name


def get_certificates(signed_data):
    """The X.509 certificates that the artefact carries."""
    if not signed_data["certificates"]:
        return []
    if len(signed_data["certificates"]) > certificates.MAX_CERTIFICATES:
        raise SealNotChecked("too_complex")
    found = [choice.chosen for choice in signed_data["certificates"] if choice.name == "certificate"]
    for certificate in found:
        certificates.check_extensions(certificate)
    return found


def find_signer(candidates, identifier):
    """The certificate with the signer's issuer AND serial number: authorities number independently of each other."""
    if identifier.name != "issuer_and_serial_number":
        raise SealNotChecked("unsupported_signer_identifier")
    wanted = identifier.chosen
    issuer, serial = wanted["issuer"].dump(), wanted["serial_number"].native
    for candidate in candidates:
        if candidate.serial_number == serial and candidate.issuer.dump() == issuer:
            return candidate
    raise SealNotChecked("signer_certificate_missing")


def has_attributes(signer):
    return len(signer["signed_attrs"].contents or b"") > 0


def get_attributes(attributes):
    """Values by type; raises SealBroken where a type stands twice."""
    found = {}
    for attribute in attributes:
        name = attribute["type"].native
        if name in found:
            raise SealBroken("malformed_signature")
        found[name] = attribute["values"]
    return found


def get_one(attributes, name):
    """The only value of an attribute, None where there is none."""
    values = attributes.get(name)
    if values is None:
        return None
    if len(values) != 1:
        raise SealBroken("malformed_signature")
    return values[0]


def check_attributes(attributes, content_type, digest):
    """RFC 5652, 11.1 and 11.2."""
    signed_type, signed_digest = get_one(attributes, "content_type"), get_one(attributes, "message_digest")
    if signed_type is None or signed_type.native != content_type:
        raise SealBroken("content_type_mismatch")
    if signed_digest is None or signed_digest.native != digest:
        raise SealBroken("digest_mismatch")


def get_signing_time(attributes):
    value = get_one(attributes, "signing_time")
    return value.native if value is not None else None


def is_bound(attributes, certificate):
    """Do the signed attributes name this certificate? Raises SealBroken where they name another."""
    named = get_signing_certificate(attributes)
    if named is None:
        return False
    hash_name, digest = named
    if hash_name not in certificates.HASHES:
        raise SealNotChecked("unsupported_algorithm")
    if hashlib.new(hash_name, certificate.dump()).digest() != digest:
        raise SealBroken("signer_certificate_mismatch")
    return True


def get_signing_certificate(attributes):
    """Hash name and digest of the signer's certificate as signed, by RFC 5035 or RFC 2634; None without."""
    second = get_one(attributes, "signing_certificate_v2")
    if second is not None:
        named = second["certs"][0]
        return named["hash_algorithm"]["algorithm"].native or ESS_HASH, named["cert_hash"].native
    first = get_one(attributes, "signing_certificate")
    return ("sha1", first["certs"][0]["cert_hash"].native) if first is not None else None


def get_tokens(signer):
    """The signature's time-stamps: unsigned attribute id-aa-signatureTimeStampToken (RFC 3161, appendix A).

    PAdES knows no other unsigned attribute; what it may change is unknown.
    """
    if not signer["unsigned_attrs"]:
        return ()
    attributes = get_attributes(signer["unsigned_attrs"])
    if attributes.keys() - {TIME_STAMP}:
        raise SealNotChecked("unknown_unsigned_attribute")
    values = attributes.get(TIME_STAMP) or ()
    if len(values) > 4:
        raise SealNotChecked("too_complex")
    return tuple(value.dump() for value in values)


def describe(signed, state, *, signed_at=None, stamped_at=None, remarks=()):
    signer, issuer, serial = certificates.get_names(signed.certificate)
    return SealCheck(state, signer, issuer, serial, signed_at, stamped_at, tuple(remarks))
