"""The sandbox's own seal: throw-away keys that sign PDF receipts and make RFC 3161 time-stamps.

Nothing here proves anything to anybody: the root is made on the spot and trusted only where it is installed.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta, timezone
from pathlib import Path

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS = timedelta(days=5 * 365)  # before and after now: receipts may be dated by a clock that is set
POLICY = "1.3.6.1.4.1.99999.1"  # under an unassigned number, so that nobody's policy is claimed
CONTENTS_BYTES = 8192  # room for the signature; what it does not fill stays zero
RANGE_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Signatory:
    """A private key (RSA or elliptic curve) and its certificate, both of the cryptography library."""

    key: object
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.certificate.public_bytes(serialization.Encoding.DER))

    def sign(self, data: bytes, hash_name: str = "sha256") -> bytes:
        algorithm = getattr(hashes, hash_name.upper())()
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), algorithm)
        return self.key.sign(data, ec.ECDSA(algorithm))

    def get_signature_algorithm(self, hash_name: str = "sha256") -> algos.SignedDigestAlgorithm:
        kind = "rsa" if isinstance(self.key, rsa.RSAPrivateKey) else "ecdsa"
        return algos.SignedDigestAlgorithm({"algorithm": f"{hash_name}_{kind}"})

    def save(self, folder: Path, name: str) -> None:
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / f"{name}.pem").write_bytes(self.pem)
        (folder / f"{name}.key").touch(mode=0o600)
        (folder / f"{name}.key").write_bytes(key)

    @classmethod
    def load(cls, folder: Path, name: str) -> "Signatory":
        key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
        return cls(key, x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()))


def certify(
    name,
    key,
    issuer,
    start,
    end,
    *,
    is_authority=False,
    path_length=None,
    for_time_stamps=False,
    serial=None,
    extensions=(),
) -> Signatory:
    """A certificate of `key`, signed by the Signatory `issuer`, by itself where that is None. Dates are aware.

    `path_length`: how many authorities may stand under this one. `extensions` are further (extension, critical) pairs.
    """
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ESSAI - SANS VALEUR"), get_common_name(name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=path_length), critical=True)
        .add_extension(get_key_usage(is_authority), critical=True)
    )
    if for_time_stamps:
        extensions = [*extensions, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Signatory(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


def get_common_name(name):
    return x509.NameAttribute(NameOID.COMMON_NAME, name)


def get_key_usage(is_authority):
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def sign_content(signatory, content_type, content, *, embed, attributes=(), stamp=None, hash_name="sha256"):
    """A CMS SignedData (RFC 5652) over the bytes `content`, with signed attributes, in DER.

    `embed` puts the content inside; `stamp` is a function from the signature's bytes to a time-stamp token.
    """
    digest = hashlib.new(hash_name, content).digest()
    signed = cms.CMSAttributes(
        [
            attribute("content_type", content_type),
            attribute("message_digest", digest),
            attribute("signing_certificate_v2", get_signing_certificate(signatory)),
            *attributes,
        ]
    )
    signature = signatory.sign(signed.dump(), hash_name)
    signer = {
        "version": "v1",
        "sid": get_signer_identifier(signatory),
        "digest_algorithm": {"algorithm": hash_name},
        "signed_attrs": signed,
        "signature_algorithm": signatory.get_signature_algorithm(hash_name),
        "signature": signature,
    }
    if stamp:
        signer["unsigned_attrs"] = [attribute("signature_time_stamp_token", stamp(signature))]
    return wrap_signer(signatory, signer, content_type, content if embed else None, hash_name)


def wrap_signer(signatory, signer, content_type, content, hash_name="sha256"):
    """The ContentInfo around one SignerInfo, in DER; `content` None makes a detached signature."""
    inner = {"content_type": content_type}
    if content is not None:
        inner["content"] = core.ParsableOctetString(content)
    signed_data = cms.SignedData(
        {
            "version": "v1" if content_type == "data" else "v3",
            "digest_algorithms": [{"algorithm": hash_name}],
            "encap_content_info": inner,
            "certificates": [signatory.asn1],
            "signer_infos": [signer],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump()


def attribute(name, value):
    return cms.CMSAttribute({"type": name, "values": [value]})


def get_signer_identifier(signatory):
    certificate = signatory.asn1
    identity = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(identity)})


def get_signing_certificate(signatory):
    """The attribute of RFC 5035: the certificate's digest among what is signed."""
    digest = hashlib.sha256(signatory.asn1.dump()).digest()
    return tsp.SigningCertificateV2({"certs": [{"cert_hash": digest}]})


def make_token(authority, digest, when, nonce=None):
    """A bare RFC 3161 time-stamp token over a SHA-256 digest, in DER; `when` is an aware datetime."""
    info = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest},
        "serial_number": secrets.randbits(63) or 1,
        "gen_time": when.astimezone(timezone.utc).replace(microsecond=0),
    }
    if nonce is not None:
        info["nonce"] = nonce
    return sign_content(authority, "tst_info", tsp.TSTInfo(info).dump(), embed=True)


def embed_signature(pdf, when, make_cms, sub_filter="adbe.pkcs7.detached") -> bytes:
    """`pdf` with one more signature, added as an incremental update (ISO 32000-1, 12.8).

    `make_cms` makes a DER signature of the bytes it is given: the entire file but the signature itself.
    """
    update, signature_at = write_update(pdf, when, sub_filter)
    start = len(pdf) + signature_at
    end = start + 2 * CONTENTS_BYTES + 2
    file = bytearray(pdf + update)
    byte_range = f"[0 {start} {end} {len(file) - end}]".encode().ljust(RANGE_WIDTH)
    range_at = file.index(b"[0 ".ljust(RANGE_WIDTH, b"*"), len(pdf))
    file[range_at : range_at + RANGE_WIDTH] = byte_range
    der = make_cms(bytes(file[:start] + file[end:]))
    if len(der) > CONTENTS_BYTES:
        raise ValueError(f"The signature takes {len(der)} bytes; there is room for {CONTENTS_BYTES}.")
    file[start:end] = b"<" + der.hex().encode().ljust(2 * CONTENTS_BYTES, b"0") + b">"
    return bytes(file)


def write_update(pdf, when, sub_filter):
    """The bytes to add, and where in them the signature's place starts."""
    trailer = read_trailer(pdf)
    size, root = trailer["size"], trailer["root"]
    moment = when.astimezone(timezone.utc).strftime("D:%Y%m%d%H%M%SZ")
    place = b"<" + b"0" * 2 * CONTENTS_BYTES + b">"
    signature = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /%s /M (%s)\n/ByteRange %s\n/Contents %s >>" % (
        sub_filter.encode(),
        moment.encode(),
        b"[0 ".ljust(RANGE_WIDTH, b"*"),
        place,
    )
    field = b"<< /FT /Sig /Type /Annot /Subtype /Widget /F 132 /Rect [0 0 0 0] /T (Seal%d) /V %d 0 R >>"
    objects = {size: signature, size + 1: field % (size, size), root: get_catalog(pdf, root, size + 1)}
    update, offsets = bytearray(b"\n"), {}
    for number, body in objects.items():
        offsets[number] = len(pdf) + len(update)
        update += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table_at = len(pdf) + len(update)
    update += get_cross_references(offsets)
    update += b"trailer\n<< /Size %d /Root %d 0 R %s/Prev %d >>\n" % (size + 2, root, trailer["rest"], trailer["at"])
    update += b"startxref\n%d\n%%%%EOF\n" % table_at
    return bytes(update), update.index(place)


def read_trailer(pdf):
    """The last trailer: `size`, `root`, `at` (offset of its table), `rest` (document information and identifier)."""
    start = pdf.rfind(b"trailer")
    found = pdf[start:]
    size, root = re.search(rb"/Size (\d+)", found), re.search(rb"/Root (\d+) 0 R", found)
    at = re.search(rb"startxref\s+(\d+)", found)
    if start < 0 or not (size and root and at):
        raise ValueError("The sandbox signs only a PDF with a plain cross-reference table.")
    rest = [
        match.group() for match in (re.search(rb"/Info \d+ 0 R", found), re.search(rb"/ID\s*\[[^]]*]", found)) if match
    ]
    return {
        "size": int(size.group(1)),
        "root": int(root.group(1)),
        "at": int(at.group(1)),
        "rest": b"".join(part + b" " for part in rest),
    }


def get_catalog(pdf, root, field):
    """The document's catalog with `field` added to those of its form."""
    starts = [match.end() for match in re.finditer(rb"(?:^|[\r\n])%d 0 obj\s*<<" % root, pdf)]
    if not starts:
        raise ValueError("The sandbox cannot find the catalog of this PDF.")
    body = pdf[starts[-1] : pdf.index(b"endobj", starts[-1])].strip().removesuffix(b">>")
    form = re.search(rb"/AcroForm << /Fields \[([\d R]*)] /SigFlags 3 >>", body)
    fields = form.group(1) if form else b""
    body = body.replace(form.group(), b"") if form else body
    return b"<< %s /AcroForm << /Fields [%s%d 0 R ] /SigFlags 3 >> >>" % (body.strip(), fields, field)


def get_cross_references(offsets):
    sections = [b"%d 1\n%010d 00000 n \n" % (number, offsets[number]) for number in sorted(offsets)]
    return b"xref\n" + b"".join(sections)


@dataclass(frozen=True, slots=True)
class Seal:
    """A root, a seal certificate and a time-stamp authority's certificate, with their keys."""

    root: Signatory
    signer: Signatory
    authority: Signatory

    @classmethod
    def make(cls, now) -> "Seal":
        """New keys, valid five years before and after the aware datetime `now`."""
        start, end = now - YEARS, now + YEARS
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
        root = certify("Sandbox Root", keys[0], None, start, end, is_authority=True)
        signer = certify("Sandbox Registered Mail", keys[1], root, start, end)
        authority = certify("Sandbox Time-Stamp Authority", keys[2], root, start, end, for_time_stamps=True)
        return cls(root, signer, authority)

    @classmethod
    def load(cls, folder) -> "Seal":
        """What `save` wrote; raises FileNotFoundError where it is not whole."""
        return cls(*(Signatory.load(Path(folder), name) for name in ("root", "seal", "authority")))

    def save(self, folder) -> None:
        """Three certificates and three private keys, readable by their owner only."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, signatory in (("root", self.root), ("seal", self.signer), ("authority", self.authority)):
            signatory.save(folder, name)

    @property
    def root_pem(self) -> bytes:
        """What to install as a trusted root, in PEM."""
        return self.root.pem

    def sign_pdf(self, pdf: bytes, when) -> bytes:
        """`pdf` sealed over its entire length, with a time-stamp of the signature; `when` is an aware datetime."""
        when = when.astimezone(timezone.utc).replace(microsecond=0)
        signed_at = attribute("signing_time", cms.Time({"utc_time": when}))

        def stamp(signature):
            token = make_token(self.authority, hashlib.sha256(signature).digest(), when)
            return cms.ContentInfo.load(token)

        return embed_signature(
            pdf,
            when,
            lambda data: sign_content(self.signer, "data", data, embed=False, attributes=[signed_at], stamp=stamp),
        )

    def stamp(self, digest_sha256: bytes, when, nonce=None) -> bytes:
        """The answer of a time-stamp service to a SHA-256 digest: a granted TimeStampResp (RFC 3161), in DER."""
        token = cms.ContentInfo.load(make_token(self.authority, digest_sha256, when, nonce))
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
