#!/usr/bin/env python3
"""Checks an SPDX 2.3 document for what the specification requires: spdx_check.py DOCUMENT ARCHIVE."""

import hashlib
import json
import re
import sys
import uuid

DOCUMENT = {"spdxVersion": r"SPDX-2\.3", "dataLicense": r"CC0-1\.0", "SPDXID": "SPDXRef-DOCUMENT", "name": r".+",
            "documentNamespace": r"urn:uuid:[0-9a-f-]{36}"}
PACKAGE = {"name": r".+", "SPDXID": r"SPDXRef-[A-Za-z0-9.-]+", "downloadLocation": r".+"}
RELATION = {"spdxElementId": r"SPDXRef-.+", "relatedSpdxElement": r"SPDXRef-.+",
            "relationshipType": r"DESCRIBES|DEPENDS_ON|TEST_DEPENDENCY_OF"}
CREATOR = r"(Person|Organization|Tool): .+"


def require(held, what):
    if not held:
        sys.exit(f"FAILED: {what}")


def fields(value, wanted, where):
    for name, pattern in wanted.items():
        require(re.fullmatch(pattern, value.get(name, "")), f"{where}: {name} is {value.get(name)!r}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    fields(document, DOCUMENT, "the document")
    uuid.UUID(document["documentNamespace"])
    info = document["creationInfo"]
    require(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", info["created"]), "the time of creation")
    require(info["creators"] and all(re.fullmatch(CREATOR, one) for one in info["creators"]), "the creators")
    packages = {one["SPDXID"]: one for one in document["packages"]}
    require(len(packages) == len(document["packages"]), "ids of packages are unique")
    for one in packages.values():
        fields(one, PACKAGE, "a package")
        require(one["filesAnalyzed"] is False, f"{one['name']}: there are no files, so filesAnalyzed has to be false")
    for one in document["relationships"]:
        fields(one, RELATION, "a relationship")
        for end in (one["spdxElementId"], one["relatedSpdxElement"]):
            require(end in packages or end == "SPDXRef-DOCUMENT", f"{end} is not described")
    described = [one["relatedSpdxElement"] for one in document["relationships"] if one["relationshipType"] == "DESCRIBES"]
    require(len(described) == 1, "one package is described")
    with open(sys.argv[2], "rb") as archive:
        digest = hashlib.sha256(archive.read()).hexdigest()
    require(packages[described[0]]["checksums"] == [{"algorithm": "SHA256", "checksumValue": digest}], "the checksum")
    require({"libcurl", "openssl", "sqlite"} <= {one["name"] for one in packages.values()}, "the dependencies")


if __name__ == "__main__":
    main()
