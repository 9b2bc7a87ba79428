#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sbom.py OUT: what ward is made of and leans on, as SPDX 2.3 JSON.

Every file that git tracks with its digests and the licence of its own SPDX line; every
program, library and module that is built; and for each of these the Debian package of each
library that it names (readelf -d), as dpkg knows it. What those libraries want in turn is
theirs to say. The time is SOURCE_DATE_EPOCH, or the last commit's, so that the same tree,
built by the same packages, gives the same bytes.
"""
import datetime
import functools
import glob
import hashlib
import json
import os
import re
import subprocess
import sys

LICENCE = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.() -]+)")
HEAD = 400	# bytes, among which the SPDX line stands
TOP = "SPDXRef-Package-ward"


def said(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def ref(kind, name):
    return f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def digest(how, path):
    with open(path, "rb") as file:
        return hashlib.new(how, file.read()).hexdigest()


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def licence_of(path):
    """Of the file's own line, or of FILE.license beside it; texts of licences have none."""
    for place in (path, path + ".license"):
        if os.path.exists(place):
            with open(place, encoding="utf-8", errors="replace") as file:
                found = LICENCE.search(file.read(HEAD))
            if found:
                return re.sub(r"[\s-]+$", "", found[1])
    return None


def ids_of(licence):
    """SPDX wants the names alone of what a file's line says, an exception with its licence."""
    return sorted(set(re.sub(r"[()]", "", word).strip() for word in re.split(r" (?:AND|OR) ", licence)))


def file_of(path, kind="SOURCE"):
    licence = licence_of(path) if kind == "SOURCE" else None
    return {
        "SPDXID": ref("File", path.replace("_", "-u-").replace("/", "--")),
        "fileName": "./" + path,
        "fileTypes": [kind],
        "checksums": [{"algorithm": how.upper(), "checksumValue": digest(how, path)}
                      for how in ("sha1", "sha256")],
        "licenseConcluded": licence or "NOASSERTION",
        "licenseInfoInFiles": ids_of(licence) if licence else ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
    }


def tracked():
    """Links aside, whose targets are files of their own."""
    return sorted(path for path in said("git", "ls-files").splitlines()
                  if os.path.isfile(path) and not os.path.islink(path))


def built():
    found = glob.glob("build/bin/*") + glob.glob("build/lib/*.so.0") + glob.glob("build/kmod/*/ward.ko")
    return sorted(found)


def verification(files):
    """SPDX 2.3, 7.9: SHA-1 over the files' SHA-1, in order."""
    sums = sorted(one["checksums"][0]["checksumValue"] for one in files)
    return hashlib.sha1("".join(sums).encode()).hexdigest()


def ours(version, files):
    licences = sorted({f["licenseConcluded"] for f in files} - {"NOASSERTION"})
    return {
        "SPDXID": TOP, "name": "ward", "versionInfo": version,
        "downloadLocation": "NOASSERTION", "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": verification(files)},
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": " AND ".join(f"({one})" if " OR " in one and one[0] != "(" else one for one in licences),
        "licenseInfoFromFiles": sorted({i for f in files for i in f["licenseInfoInFiles"]}),
        "copyrightText": "NOASSERTION",
    }


def needed(binary):
    """Paths of the libraries that a binary itself names."""
    names = re.findall(r"\(NEEDED\).*\[(.+)\]", said("readelf", "-d", binary))
    places = dict(re.findall(r"^\s*(\S+) => (/\S+)", said("ldd", binary), re.M))
    return sorted(places[name] for name in names if name in places)


@functools.cache
def package_of(library):
    """The Debian package that a library came with; None for one of ours."""
    if library.startswith(os.getcwd() + "/"):
        return None
    for path in (os.path.realpath(library), library, library.removeprefix("/usr")):
        found = subprocess.run(["dpkg-query", "-S", path], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, check=False).stdout
        if found:
            return found.split(":")[0]
    sys.exit(f"sbom: no package owns {library}: build against packaged libraries")


def theirs(name):
    version, arch, source = said(
        "dpkg-query", "-W", "-f", "${Version}\t${Architecture}\t${source:Package}\n", name).splitlines()[0].split("\t")
    purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B').replace(':', '%3A')}?arch={arch}"
    return {
        "SPDXID": ref("Package", name), "name": name, "versionInfo": version,
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION", "sourceInfo": f"Debian source package {source}",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": purl}],
    }


def links(binaries):
    """Packages by name, and who links what of them."""
    packages, relations = {}, []
    for binary in binaries:
        path = binary["fileName"][2:]
        names = {package_of(one) for one in needed(path)} if not path.endswith(".ko") else set()
        for name in sorted(names - {None}):
            packages.setdefault(name, theirs(name))
            relations.append(relation(binary["SPDXID"], "DYNAMIC_LINK", packages[name]["SPDXID"]))
    return packages, relations


def created():
    at = os.environ.get("SOURCE_DATE_EPOCH") or said("git", "log", "-1", "--format=%ct")
    when = datetime.datetime.fromtimestamp(int(at), datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def version_of():
    with open("Makefile", encoding="utf-8") as file:
        return re.search(r"^VERSION := (\S+)", file.read(), re.M)[1]


def document():
    version = version_of()
    sources = [file_of(path) for path in tracked()]
    binaries = [file_of(path, "BINARY") for path in built()]
    packages, relations = links(binaries)
    body = {
        "packages": [ours(version, sources)] + [packages[name] for name in sorted(packages)],
        "files": sources + binaries,
        "relationships": [relation("SPDXRef-DOCUMENT", "DESCRIBES", TOP)] +
                         [relation(TOP, "CONTAINS", f["SPDXID"]) for f in sources] +
                         [relation(f["SPDXID"], "GENERATED_FROM", TOP) for f in binaries] + relations,
    }
    name = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"ward-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/ward-{version}-{name}",
        "creationInfo": {"created": created(), "creators": [f"Tool: ward-sbom-{version}"]},
    } | body


def main():
    out = sys.argv[1]
    text = json.dumps(document(), indent=1, sort_keys=True) + "\n"
    with open(out + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(out + ".new", out)
    print(out)


main()
