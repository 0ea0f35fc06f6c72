"""Rules as text → the files of a version, as the node agent would write them."""

from __future__ import annotations

import msgspec

from edge.versions.files import VersionFiles
from weir.models.chunk_form import content_hash
from weir.models.problem import errors_of
from weir.models.version import Manifest
from weir.routing.validate import NOT_BUILT
from weir.rules.check.document import check
from weir.rules.parser import parse
from weir.store import chunks


def write_version(files: VersionFiles, rules: str, number: int, incarnation: str = "test") -> Manifest:
    """Of owner ``file``; AssertionError if the rules have errors but for clauses that are not built yet."""
    document = parse(rules).document
    problems = [problem for problem in errors_of(check(document)) if problem.code != NOT_BUILT]
    assert not problems, problems
    encoded = chunks.split(document)
    manifest = Manifest(
        incarnation=incarnation,
        number=number,
        parent=number - 1,
        author="test",
        time_ms=0,
        chunks={"file": tuple(chunk.hash for chunk in encoded)},
    )
    missing = set(files.missing(manifest))
    content = {chunk.hash: chunk.data for chunk in encoded if chunk.hash in missing}
    files.write(manifest, content_hash(msgspec.msgpack.encode(manifest)), content)
    return manifest
