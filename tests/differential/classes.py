# SPDX-License-Identifier: MIT
"""Classes of differences: doc/differential.md says of each who is right, and why.

A rule sees one difference: what was done to the case (a word, the part, the offset), the two
answers, the parts of the case and of the vector. It must be as narrow as the class is.
"""
import struct
from collections import namedtuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding

Difference = namedtuple("Difference", "name kind peer what names ward theirs parts first now")
Class = namedtuple("Class", "name holds")


def other_parts(d):
    return [i for i in range(len(d.parts)) if d.parts[i] != d.first[i]]


def only_in(d, i, ranges):
    """Nothing but bytes of part @i in these [from, to) differs, and its length is the same"""
    a, b = d.parts[i], d.first[i]
    if other_parts(d) != [i] or len(a) != len(b):
        return False
    return all(any(at <= n < end for at, end in ranges) for n in range(len(a)) if a[n] != b[n])


def refused(d, *words):
    return d.theirs == "ok" and d.ward in words


def said(d, *texts):
    return d.ward == "ok" and any(t in d.theirs for t in texts)


def longer(d):
    """One part has bytes behind what the vector has"""
    changed = other_parts(d)
    return len(changed) == 1 and d.parts[changed[0]].startswith(d.first[changed[0]])


def signed_of(data):
    """What is signed in the certificates of a part, and the signatures; None = unreadable"""
    start = data.find(b"-----BEGIN CERTIFICATE")
    try:
        if start < 0:
            certs = [x509.load_der_x509_certificate(data)]
        else:
            end = data.rfind(b"-----END CERTIFICATE-----") + 25
            certs = x509.load_pem_x509_certificates(data[start:end])
        return {(c.tbs_certificate_bytes, c.signature) for c in certs}
    except (ValueError, TypeError):
        return None


def frame_only(d):
    """Of certificates only what no signature covers differs: the outer algorithm, PEM's text"""
    changed = other_parts(d)
    if len(changed) != 1:
        return False
    have = signed_of(d.parts[changed[0]])
    return bool(have) and have <= (signed_of(d.first[changed[0]]) or set())


def hcl_frame(d):
    """Of a paravisor's report bytes around the hardware's report and the runtime data differ"""
    if other_parts(d) != [0]:
        return False
    a, b = d.parts[0], d.first[0]
    n = struct.unpack_from("<I", b, 1232)[0]
    report = 1216 if d.kind == "azure-snp" else 32 + 1024

    def around(hcl):
        return hcl[:32] + hcl[report:1236] + hcl[1236 + n:]
    return around(a) != around(b) and a[1236:1236 + n] == b[1236:1236 + n]


def pem_only(d):
    """One part differs, in the text of its certificates alone"""
    changed = other_parts(d)
    if len(changed) != 1:
        return False
    start = d.first[changed[0]].find(b"-----BEGIN CERTIFICATE")
    return start >= 0 and d.parts[changed[0]][:start] == d.first[changed[0]][:start]


def hybrid(d):
    """Of a named key the byte that says how the point is written became X9.62's hybrid form"""
    if not only_in(d, 1, [(23, 27)]):
        return False
    return [(a, b) for a, b in zip(d.first[1], d.parts[1]) if a != b] in ([(4, 6)], [(4, 7)])


def key_frame(d):
    """Of a TPM's key only what stands before the modulus differs"""
    i = 0 if d.kind == "tpm" else 1
    return other_parts(d) == [i] and d.parts[i][-256:] == d.first[i][-256:]


# ---- policies and lists: the parts are those of asked.py ----

NEWER_BITS = ("malformed guest policy: mbz range", "unrecognized platform info bit")
ORDER = ("is lower than the report's COMMITTED_TCB", "is lower than the TCB of the V[CL]EK certificate",
         "is greater than the current API version", "is greater than the current build number")
HEADER_SVNS = ("QE security-version number", "PCE security-version number")
FIXED_BITS = ("unauthorized xfam", "unauthorized tdAttributes")


def only_said(d, kind, texts, others=()):
    """Go refuses what ward accepts, for these reasons and no others; the first is of @texts"""
    if d.kind != kind or d.peer != "go" or d.ward != "ok" or not d.theirs.startswith("no "):
        return False
    reasons = d.theirs[3:].split("; ")
    return (any(t in reason for reason in reasons for t in texts) and
            all(any(t in reason for t in (*texts, *others)) for reason in reasons))


def went_through(d, kind, *words):
    return d.kind == kind and d.peer == "go" and refused(d, *words)


def header_svns(d):
    return d.parts[0][8:12] != bytes(4)


def a_list(d):
    try:
        return x509.load_der_x509_crl(d.parts[4])
    except ValueError:
        return None


def not_ark(d):
    """The list's issuer, or the key that it names, is not the ARK"""
    crl, ark = a_list(d), x509.load_der_x509_certificate(d.parts[3])
    if crl is None:
        return False
    own = ark.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    named = [e.value.key_identifier for e in crl.extensions if isinstance(e.value, x509.AuthorityKeyIdentifier)]
    return crl.issuer != ark.subject or any(key != own for key in named)


def list_form(d):
    """Not signed by RSASSA-PSS with SHA-384, or it has an extension that is critical"""
    crl = a_list(d)
    if crl is None:
        return False
    how = crl.signature_algorithm_parameters
    critical = any(e.critical for part in (crl, *crl) for e in part.extensions)
    # python3-cryptography tells of no hash where PSS names it; ours is MGF1's
    return critical or not (isinstance(how, padding.PSS) and how.mgf._algorithm.name == "sha384")


def list_time(d):
    crl = a_list(d)
    return crl is not None and not crl.last_update_utc.timestamp() <= d.now <= crl.next_update_utc.timestamp()


CLASSES = [
    Class("sev-guest-newer-products", lambda d: d.peer == "go" and d.kind == "snp" and (
        said(d, "unknown product name", "fmcSPL", "unknown extension", "unexpected extension") or
        d.parts[0][0] == 5 and said(d, "mbz range", "version"))),
    Class("tdx-guest-version-5", lambda d: d.peer == "go" and d.kind == "tdx" and
          d.parts[0][:2] == b"\5\0" and said(d, "quote format not supported")),
    Class("sev-guest-trusts-its-root", lambda d: d.peer == "go" and d.kind == "snp" and
          d.parts[3] != d.first[3] and d.theirs == "ok"),
    Class("sev-guest-rebuilds-reports", lambda d: d.peer == "go" and d.kind == "snp" and
          refused(d, "signature-invalid") and only_in(d, 0, [(0x188, 0x18b)])),
    Class("snp-bytes-not-signed", lambda d: d.kind == "snp" and refused(d, "evidence-damaged") and
          only_in(d, 0, [(0x2a0, 1184)])),
    Class("hcl-report-not-signed", lambda d: d.kind == "azure-snp" and refused(d, "evidence-damaged") and
          only_in(d, 0, [(4, 8), (12, 32), (32 + 0x2a0, 1216)])),
    Class("hcl-frame", lambda d: d.kind.startswith("azure-") and refused(d, "hcl-damaged") and hcl_frame(d)),
    Class("tdreport-fields", lambda d: d.kind == "azure-tdx" and
          refused(d, "tdreport-mismatch", "evidence-damaged") and only_in(d, 0, [(12, 32 + 1024)])),
    Class("tpm-key-unfit", lambda d: d.kind in ("tpm", "azure-snp", "azure-tdx") and
          refused(d, "ak-unfit", "signature-invalid") and key_frame(d)),
    Class("tpm-sha1-bank", lambda d: d.kind == "tpm" and d.parts[4] == b"\x14" and
          refused(d, "pcr-bank-refused")),
    Class("bytes-behind", lambda d: d.peer == "go" and refused(d, "evidence-damaged") and longer(d)),
    Class("pem-text", lambda d: d.kind in ("tdx", "sgx", "azure-tdx", "nvidia-gpu") and
          said(d, "PCK Certificate chain", "PCK Certificate Chain", "Unable to load PEM file") and
          pem_only(d)),
    Class("pem-trailing-data", lambda d: d.kind in ("tdx", "sgx", "azure-tdx", "nvidia-gpu") and
          said(d, "trailing data", "ExtraData") and pem_only(d)),
    Class("cca-tag", lambda d: d.peer == "go" and d.kind == "cca" and refused(d, "evidence-damaged") and
          only_in(d, 0, [(0, 3)])),
    Class("named-key-encoding", lambda d: d.peer == "go" and d.kind == "cca" and d.ward == "ok" and
          only_in(d, 1, [(0, 24)])),
    Class("named-key-form", lambda d: d.kind == "cca" and refused(d, "policy-damaged") and hybrid(d)),
    Class("certificate-frame", lambda d: refused(
        d, "chain-invalid", "certificate-damaged", "collateral-missing") and frame_only(d)),
    Class("sev-guest-newer-bits", lambda d: only_said(d, "snp-policy", NEWER_BITS, ORDER)),
    Class("sev-guest-version-order", lambda d: only_said(d, "snp-policy", ORDER)),
    Class("sev-guest-large-levels", lambda d: went_through(d, "snp-policy", "firmware-provisional") and
          all(max(d.parts[0][at:at + 7]) > 127 for at in (0x38, 0x1e0))),
    Class("sev-guest-zero-key", lambda d: went_through(d, "snp-policy", "id-block-missing") and
          d.parts[0][0xe0:0x110] == bytes(48)),
    Class("tdx-guest-header-svns", lambda d: only_said(d, "tdx-policy", HEADER_SVNS, FIXED_BITS) or
          went_through(d, "tdx-policy", "evidence-damaged") and header_svns(d)),
    Class("tdx-guest-fixed-bits", lambda d: only_said(d, "tdx-policy", FIXED_BITS)),
    Class("tdx-guest-takes-debug", lambda d: went_through(d, "tdx-policy", "debug-allowed") and
          d.parts[0][48 + 120] & 1),
    Class("sev-guest-any-issuer", lambda d: went_through(d, "snp-crl", "crl-missing", "crl-invalid") and
          not_ark(d)),
    Class("sev-guest-list-form", lambda d: went_through(d, "snp-crl", "crl-invalid") and list_form(d)),
    Class("sev-guest-list-time", lambda d: went_through(d, "snp-crl", "collateral-expired", "clock-suspect") and
          list_time(d)),
    Class("sev-guest-list-behind", lambda d: went_through(d, "snp-crl", "collateral-damaged") and
          d.what[0] == "more"),
]


def find(d):
    for c in CLASSES:
        if c.holds(d):
            return c.name
    return None
