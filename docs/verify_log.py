#!/usr/bin/env python3
"""Checks an exported log of Bihuan with nothing but Python: python3 verify_log.py BUNDLE.jsonl [PUBLIC_KEY] [KEPT…]

Written from docs/log-format.md alone; shares no code with the program. Give the public key if you have it from elsewhere:
the one inside the bundle only shows that the bundle agrees with itself. KEPT are files of checkpoints or receipts that
somebody kept: they show a log that was rewritten or cut off as a whole. Exit code 0 whole, 1 not whole, 2 no bundle.
"""
import base64, hashlib, json, sys

P = 2**255 - 19                                            # Ed25519, RFC 8032: field, order, constant, base point
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def recover_x(y, sign):
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - xx) % P or (x == 0 and sign):
        raise ValueError("not a point")
    return P - x if x & 1 != sign else x


def point(raw):
    y = int.from_bytes(raw, "little")
    y, sign = y & (1 << 255) - 1, y >> 255
    x = recover_x(y, sign)
    return x, y, 1, x * y % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    result = (0, 1, 1, 0)
    while n:
        if n & 1:
            result = add(result, p)
        p, n = add(p, p), n >> 1
    return result


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(key, message, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= L or len(signature) != 64:
        return False
    h = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    try:
        left, right = times(s, BASE), add(point(r), times(h, point(key)))
    except ValueError:
        return False
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


NOTHING = hashlib.sha256(b"").digest()


def sha(prefix, *parts):
    return hashlib.sha256(bytes([prefix]) + b"".join(parts)).digest()


def ordered(value):
    if isinstance(value, dict):
        return {k: ordered(value[k]) for k in sorted(value, key=lambda k: k.encode("utf-16-be"))}
    if isinstance(value, float) or isinstance(value, int) and abs(value) > 2**53 - 1:
        raise ValueError("a number that canonical JSON does not carry")
    return [ordered(v) for v in value] if isinstance(value, list) else value


def canonical(text):
    return json.dumps(ordered(json.loads(text)), ensure_ascii=False, separators=(",", ":"))


def checkpoint(note, origin, key_hash, key):
    """Size, root, epoch of a signed note; an error if it is not signed by this log."""
    body, _, signatures = note.partition("\n\n")
    fields = body.split("\n")
    mine = [s.rsplit(" ", 1)[1] for s in signatures.split("\n") if s.startswith("— " + origin + " ")]
    signature = base64.b64decode(mine[0], validate=True) if mine else b""
    if signature[:4] != key_hash or not signed(key, (body + "\n").encode(), signature[4:]):
        raise ValueError("not signed by this log")
    if len(fields) != 6 or fields[0] != origin or not fields[4].startswith("epoch ") or fields[5] != "alg sha256 ed25519":
        raise ValueError("not of this form")
    return int(fields[1]), base64.b64decode(fields[2]), int(fields[4][6:])


def climb(leaf, seq, size, path):
    """The root to which an inclusion proof leads (RFC 9162, 2.1.3.2)."""
    last, digest = size - 1, leaf
    for step in path:
        if seq & 1 or seq == last:
            digest = sha(1, step, digest)
            while not seq & 1 and seq:
                seq, last = seq >> 1, last >> 1
        else:
            digest = sha(1, digest, step)
        seq, last = seq >> 1, last >> 1
    return digest if last == 0 else None


def check(lines, expected_key, kept):
    header = json.loads(next(lines))
    origin, vkey = header["origin"], header["public_key"]
    if (header["bihuan_log"], header["hash"], header["signature"]) != (1, "sha256", "ed25519"):
        raise ValueError("a version that this script does not know")
    name, key_id, key64 = vkey.split("+", 2)
    algorithm_and_key = base64.b64decode(key64)
    key, key_hash = algorithm_and_key[1:], hashlib.sha256(name.encode() + b"\n" + algorithm_and_key).digest()[:4]
    faults, peaks, leaves, streams, covered, checkpoints = [], [], [], {}, 0, 0
    roots, epoch, announced, restored = {0: NOTHING}, 0, None, []
    if name != origin or key_hash.hex() != key_id or algorithm_and_key[0] != 1:
        faults.append("the public key does not belong to the log's name")
    if expected_key not in (None, vkey):
        faults.append("the log names another public key than the one given")
    for line in lines:
        line, size = line.rstrip("\n"), len(leaves)
        if line.startswith('{"checkpoint":'):
            root_here = peaks[-1][1] if peaks else NOTHING
            for _, left in reversed(peaks[:-1]):
                root_here = sha(1, left, root_here)
            roots[size] = root_here
            try:
                signed_size, root, now = checkpoint(json.loads(line)["checkpoint"], origin, key_hash, key)
                if signed_size != size or root != root_here:
                    faults.append(f"entries {covered} to {size - 1}: they do not lead to the signed root")
                if now != (announced or epoch):
                    faults.append(f"entry {size - 1}: epoch {now} after epoch {epoch}, and no restoration between that fits")
                epoch, announced = max(epoch, now), None
            except (ValueError, KeyError, TypeError, IndexError) as error:
                faults.append(f"entry {size - 1}: the checkpoint over it is {error}")
            covered, checkpoints = size, checkpoints + 1
            continue
        try:
            entry = json.loads(line)
            if canonical(line) != line:
                faults.append(f"entry {size}: not in canonical form")
            if entry["seq"] != size:
                faults.append(f"entry {size}: it says that it is entry {entry['seq']}")
            if entry["stream_seq"] != streams.get(entry["stream"], 0):
                faults.append(f"entry {size}: out of order in stream {entry['stream']}")
            streams[entry["stream"]] = entry["stream_seq"] + 1
            if (entry["stream"], entry["type"]) == ("log", "log.restored"):    # a new epoch names what stands before it
                body, before = entry["body"], entry["body"]["from"]
                fits = size == covered == before["size"] and before["epoch"] == epoch < body["epoch"]
                fits = fits and before["root"] == "sha256:" + roots.get(size, b"").hex()
                announced = body["epoch"] if fits else -1
                restored += [(body["epoch"], size)] if fits else []
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            faults.append(f"entry {size}: cannot be read ({error})")
        level, digest = 0, sha(0, line.encode())
        leaves.append(digest)
        while peaks and peaks[-1][0] == level:             # two subtrees of one size become one
            level, digest = level + 1, sha(1, peaks.pop()[1], digest)
        peaks.append((level, digest))
    if covered < len(leaves):
        faults.append(f"entries {covered} to {len(leaves) - 1}: no checkpoint covers them")
    for text in kept:
        receipt = json.loads(text) if text.startswith("{") else None
        size, root, then = checkpoint(receipt["checkpoint"] if receipt else text, origin, key_hash, key)
        ends = min([kept_size for begun, kept_size in restored if begun > then], default=None)
        if receipt:
            seq, leaf = receipt["seq"], bytes.fromhex(receipt["leaf"].removeprefix("sha256:"))
            path = [bytes.fromhex(step.removeprefix("sha256:")) for step in receipt.get("path", [])]
            if "path" in receipt and climb(leaf, seq, size, path) != root:
                faults.append(f"the receipt for entry {seq} does not hold in itself")
            elif ends is not None and seq >= ends:
                faults.append(f"entry {seq} of epoch {then} is LOST, not forged: restored from a backup of {ends} entries")
            elif leaves[seq:seq + 1] != [leaf]:
                faults.append(f"entry {seq}: the log is not the one of the receipt that was kept")
        elif ends is not None and size > ends:
            faults.append(f"entries {ends} to {size - 1} of epoch {then} are LOST, not forged: restored from a backup")
        elif roots.get(size) != root:
            faults.append(f"the log is not the one of the checkpoint over {size} entries that was kept")
    return origin, len(leaves), len(streams), checkpoints, faults


if __name__ == "__main__":
    try:
        with open(sys.argv[1], encoding="utf-8", newline="\n") as bundle:
            expected = sys.argv.pop(2) if len(sys.argv) > 2 and sys.argv[2].count("+") > 1 else None
            kept = [open(file, encoding="utf-8").read() for file in sys.argv[2:]]
            origin, size, streams, checkpoints, faults = check(iter(bundle), expected, kept)
    except (IndexError, OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        sys.exit(print(f"cannot check: {error or 'give the file of a bundle'}", file=sys.stderr) or 2)
    print(f"{origin}: {size} entries in {streams} streams, {checkpoints} checkpoints")
    for fault in faults:
        print("FAULT", fault)
    print("not whole" if faults else "whole")
    sys.exit(1 if faults else 0)
