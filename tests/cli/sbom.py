#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sbom.py FILE: is it SPDX 2.3 as far as `make sbom` uses it? Each fault on a line, status 1.

The shapes are clauses 6 to 11 of the specification; what a shape cannot say (that an id is
one's own, that a relation leads to something, that digests add up) is looked at beside.
"""
import hashlib
import json
import re
import sys

from json_schema import Schema

LICENCES = {"MIT", "GPL-2.0-only", "GPL-2.0-only WITH Linux-syscall-note"}
ID = {"type": "string", "pattern": "^SPDXRef-[A-Za-z0-9.-]+$"}
TEXT = {"type": "string", "minLength": 1}
LICENCE = {"type": "string", "pattern": r"^(NOASSERTION|[A-Za-z0-9.() -]+)$"}
LICENCE_LIST = {"type": "array", "items": LICENCE, "minItems": 1}


def shape(required, **properties):
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def digest(name, digits):
    return shape(["algorithm", "checksumValue"], algorithm={"const": name},
                 checksumValue={"type": "string", "pattern": "^[0-9a-f]{%d}$" % digits})


FILE = shape(
    ["SPDXID", "fileName", "checksums", "licenseConcluded", "licenseInfoInFiles", "copyrightText"],
    SPDXID=ID, fileName={"type": "string", "pattern": "^\\./"}, licenseConcluded=LICENCE,
    fileTypes={"type": "array", "items": {"enum": ["SOURCE", "BINARY"]}, "minItems": 1},
    checksums={"type": "array", "minItems": 2, "items": {"anyOf": [digest("SHA1", 40), digest("SHA256", 64)]}},
    licenseInfoInFiles=LICENCE_LIST, copyrightText=TEXT)
PACKAGE = shape(
    ["SPDXID", "name", "versionInfo", "downloadLocation", "filesAnalyzed", "licenseConcluded",
     "licenseDeclared", "copyrightText"],
    SPDXID=ID, name=TEXT, versionInfo=TEXT, downloadLocation=TEXT, filesAnalyzed={"type": "boolean"},
    licenseConcluded=LICENCE, licenseDeclared=LICENCE, licenseInfoFromFiles=LICENCE_LIST,
    copyrightText=TEXT, sourceInfo=TEXT,
    packageVerificationCode=shape(["packageVerificationCodeValue"], packageVerificationCodeValue={
        "type": "string", "pattern": "^[0-9a-f]{40}$"}),
    externalRefs={"type": "array", "items": shape(
        ["referenceCategory", "referenceType", "referenceLocator"],
        referenceCategory={"const": "PACKAGE-MANAGER"}, referenceType={"const": "purl"},
        referenceLocator={"type": "string", "pattern": "^pkg:deb/debian/[^@]+@[^?]+\\?arch=[a-z0-9]+$"})})
RELATION = shape(
    ["spdxElementId", "relationshipType", "relatedSpdxElement"], spdxElementId=ID, relatedSpdxElement=ID,
    relationshipType={"enum": ["DESCRIBES", "CONTAINS", "GENERATED_FROM", "DYNAMIC_LINK"]})
DOCUMENT = Schema(shape(
    ["spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages",
     "files", "relationships"],
    spdxVersion={"const": "SPDX-2.3"}, dataLicense={"const": "CC0-1.0"}, name=TEXT,
    SPDXID={"const": "SPDXRef-DOCUMENT"}, documentNamespace={"type": "string", "pattern": "^https://[^#]+$"},
    creationInfo=shape(["created", "creators"],
                       created={"type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z$"},
                       creators={"type": "array", "minItems": 1, "items": {
                           "type": "string", "pattern": "^(Tool|Organization|Person): "}}),
    packages={"type": "array", "minItems": 1, "items": PACKAGE},
    files={"type": "array", "minItems": 1, "items": FILE},
    relationships={"type": "array", "minItems": 1, "items": RELATION}))


def licence_faults(where, text):
    if text != "NOASSERTION":
        for name in re.split(r" (?:AND|OR) ", re.sub(r"[()]", "", text)):
            if name not in LICENCES:
                yield f"{where}: no licence of ours: {name}"
    if text.count("(") != text.count(")"):
        yield f"{where}: brackets do not match: {text}"


def id_faults(doc):
    ids = [doc["SPDXID"]] + [one["SPDXID"] for one in doc["packages"] + doc["files"]]
    yield from (f"{one}: an id twice" for one in sorted({i for i in ids if ids.count(i) > 1}))
    known = set(ids)
    for r in doc["relationships"]:
        for end in (r["spdxElementId"], r["relatedSpdxElement"]):
            if end not in known:
                yield f"{end}: a relation leads to nothing"


def contents_faults(doc):
    """What a package whose files were looked at contains, and the code over them (7.9)."""
    files = {one["SPDXID"]: one for one in doc["files"]}
    for package in doc["packages"]:
        inside = [files[r["relatedSpdxElement"]] for r in doc["relationships"]
                  if r["relationshipType"] == "CONTAINS" and r["spdxElementId"] == package["SPDXID"]
                  and r["relatedSpdxElement"] in files]
        sums = sorted(c["checksumValue"] for f in inside for c in f["checksums"] if c["algorithm"] == "SHA1")
        code = package.get("packageVerificationCode", {}).get("packageVerificationCodeValue")
        if package["filesAnalyzed"] != bool(inside):
            yield f"{package['name']}: filesAnalyzed does not fit what it contains"
        if package["filesAnalyzed"] and code != hashlib.sha1("".join(sums).encode()).hexdigest():
            yield f"{package['name']}: its verification code is not that of its files"


def faults(doc):
    if not DOCUMENT.valid(doc):
        yield "not of the shape that SPDX 2.3 has"
        return
    yield from id_faults(doc)
    yield from contents_faults(doc)
    for one in doc["files"]:
        yield from licence_faults(one["fileName"], one["licenseConcluded"])
    for one in doc["packages"]:
        yield from licence_faults(one["name"], one["licenseDeclared"])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        found = list(faults(json.load(file)))
    for fault in found:
        print(fault)
    sys.exit(bool(found))


main()
