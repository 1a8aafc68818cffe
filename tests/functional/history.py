"""A checker of histories: what clients of several nodes have been told, held against what the store says at the end."""

import bisect
import collections
import dataclasses
import itertools
import json
import typing

# What became of a request: answered with success; refused, so that nothing of it is there; or nobody knows.
OK, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"
DELETED = "deleted"  # the content of a version that is a deletion


def content_of(resource):
    """What a client wrote, without what the server adds."""
    kept = {name: value for name, value in resource.items() if name not in ("id", "meta")}
    return json.dumps(kept, sort_keys=True)


@dataclasses.dataclass
class Piece:
    """One resource of a write. No two pieces have the same content, but deletions."""

    path: str | None  # None: the server chooses, and nobody was told
    content: str
    version: int | None = None  # once acknowledged
    expected: int | None = None  # of If-Match
    once: str | None = None  # what a conditional create asks not to be there


@dataclasses.dataclass
class Write:
    client: str
    pieces: list[Piece]
    begun: float
    ended: float = 0
    outcome: str = UNKNOWN


class Seen(typing.NamedTuple):
    version: int  # 0: there is no such resource, or it is deleted
    content: str | None = None


@dataclasses.dataclass
class Read:
    """What one request saw of each resource it asked for, at one moment of the store."""

    client: str
    seen: dict[str, Seen]
    begun: float


class Final(typing.NamedTuple):
    """The versions of all resources when everything is over: path -> [(version, content)]."""

    versions: dict[str, list[tuple[int, str]]]


def check(writes, reads, final):
    """All that is wrong, as sentences."""
    return [*unbroken(final), *kept(writes, final), *no_lost_update(writes), *once_or_not_at_all(writes, final),
            *whole(writes, final), *half_seen(writes, reads, final), *invented(writes, final),
            *fresh(writes, reads, final), *monotonic(reads, final), *true_reads(reads, final)]


def pieces_of(writes, *outcomes):
    return ((write, piece) for write in writes if write.outcome in outcomes for piece in write.pieces)


def content_at(final, path, version):
    return dict(final.versions.get(path, [])).get(version)


def places(final):
    """content -> [(path, version)]"""
    found = collections.defaultdict(list)
    for path, versions in final.versions.items():
        for version, content in versions:
            if content != DELETED:
                found[content].append((path, version))
    return found


def unbroken(final):
    for path, versions in final.versions.items():
        numbers = sorted(version for version, _ in versions)
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"versions of {path} are not 1..n, each once: {numbers}"


def kept(writes, final):
    for write, piece in pieces_of(writes, OK):
        there = content_at(final, piece.path, piece.version)
        if there != piece.content:
            yield (f"{write.client} was told that {piece.path} version {piece.version} is {piece.content}, "
                   f"it is {there}")


def no_lost_update(writes):
    upon = collections.defaultdict(list)
    for write, piece in pieces_of(writes, OK):
        if piece.expected is None:
            continue
        upon[piece.path, piece.expected].append(write.client)
        if piece.version != piece.expected + 1:
            yield (f"{write.client} updated version {piece.expected} of {piece.path}, "
                   f"and was told that this made version {piece.version}")
    for (path, version), clients in upon.items():
        if len(clients) > 1:
            yield f"version {version} of {path} was updated by {' and by '.join(clients)}: one is lost"


def once_or_not_at_all(writes, final):
    where = places(final)
    for write, piece in pieces_of(writes, OK, REFUSED, UNKNOWN):
        times = len(where[piece.content])
        if times > (0 if write.outcome == REFUSED else 1):
            yield f"what {write.client} wrote ({write.outcome}) is there {times} times: {where[piece.content]}"
    deletions = collections.defaultdict(list)
    for write, piece in pieces_of(writes, OK, UNKNOWN):
        if piece.content == DELETED:
            deletions[piece.path].append(write)
    for path, versions in final.versions.items():
        times = sum(content == DELETED for _, content in versions)
        if times > len(deletions[path]):
            yield f"{path} is deleted {times} times by {len(deletions[path])} requests"
    made = collections.defaultdict(set)
    for _, piece in pieces_of(writes, OK, UNKNOWN):
        if piece.once is not None:
            made[piece.once].update(path for path, _ in where[piece.content])
    for once, paths in made.items():
        if len(paths) > 1:
            yield f"a conditional create of {once} made {sorted(paths)}"


def transactions(writes, final):
    """(the write, the places of its pieces) of each that has several and is there, at least in part."""
    where = places(final)
    for write in writes:
        if len(write.pieces) > 1:
            found = [where[piece.content][0] for piece in write.pieces if where[piece.content]]
            if found:
                yield write, found


def whole(writes, final):
    for write, found in transactions(writes, final):
        if len(found) != len(write.pieces):
            yield f"a transaction of {write.client} is there in part: {found} of {len(write.pieces)}"


def half_seen(writes, reads, final):
    of_path = collections.defaultdict(list)
    for write, found in transactions(writes, final):
        for path, _ in found:
            of_path[path].append((write, dict(found)))
    for read in reads:
        if len(read.seen) < 2:
            continue
        near = {id(write): (write, found) for path in read.seen for write, found in of_path[path]}
        for write, found in near.values():
            has = {path: read.seen[path].version >= version for path, version in found.items() if path in read.seen}
            if len(set(has.values())) > 1:
                yield f"{read.client} has seen half of a transaction of {write.client}: {has}"


def invented(writes, final):
    written = {piece.content for _, piece in pieces_of(writes, OK, UNKNOWN, REFUSED)}
    for content, found in places(final).items():
        if content not in written:
            yield f"nobody wrote what is at {found}: {content}"


def is_deleted_from(final, path, version):
    return any(number >= version and content == DELETED for number, content in final.versions.get(path, []))


def fresh(writes, reads, final):
    """Whoever asks, through whatever node, after a write was acknowledged sees it, or what came later."""
    acknowledged = collections.defaultdict(list)
    for write, piece in pieces_of(writes, OK):
        acknowledged[piece.path].append((write.ended, piece.version))
    for path, known in acknowledged.items():
        known.sort()
        newest = itertools.accumulate((version for _, version in known), max)
        acknowledged[path] = [known_at for known_at, _ in known], list(newest)
    for read in reads:
        for path, seen in read.seen.items():
            if path not in acknowledged:
                continue
            times, newest = acknowledged[path]
            before = bisect.bisect_left(times, read.begun)
            least = newest[before - 1] if before else 0
            if seen.version < least and not (seen.version == 0 and is_deleted_from(final, path, least)):
                yield f"{read.client} saw version {seen.version} of {path} after version {least} was acknowledged"


def monotonic(reads, final):
    newest = {}
    for read in reads:
        for path, seen in read.seen.items():
            before = newest.get((read.client, path), 0)
            if seen.version >= before:
                newest[read.client, path] = seen.version
            elif not (seen.version == 0 and is_deleted_from(final, path, before)):
                yield f"{read.client} saw version {seen.version} of {path} after version {before}"


def true_reads(reads, final):
    for read in reads:
        for path, seen in read.seen.items():
            there = content_at(final, path, seen.version)
            if seen.version > 0 and seen.content != there:
                yield f"{read.client} read {seen.content} as version {seen.version} of {path}, which is {there}"
