"""Apache Parquet, read with Python's standard library alone, after the specification (apache/parquet-format): what our
writer writes and no more - flat tables of optional columns, data pages of version 1, PLAIN values, gzip or no codec.
Strict: what is not as the specification has it is an AssertionError.

    names, kinds, columns = parquet.read(Path("posts.parquet").read_bytes())     # columns: lists with None where null
"""
import datetime
import struct
import zlib

BOOLEAN, INT32, INT64, DOUBLE, BYTE_ARRAY = 0, 1, 2, 5, 6
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Compact:
    """Thrift's compact protocol: records become dicts by number of the field."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def varint(self):
        value = shift = 0
        while True:
            b = self.byte()
            value |= (b & 0x7F) << shift
            if b < 0x80:
                return value
            shift += 7

    def zigzag(self):
        n = self.varint()
        return n >> 1 ^ -(n & 1)

    def bytes(self):
        n = self.varint()
        self.at += n
        assert self.at <= len(self.data), "a text that ends behind its record"
        return bytes(self.data[self.at - n : self.at])

    def value(self, kind):
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return struct.unpack("b", bytes([self.byte()]))[0]
        if kind in (4, 5, 6):
            return self.zigzag()
        if kind == 8:
            return self.bytes()
        if kind == 9:
            head = self.byte()
            count = head >> 4 if head >> 4 < 15 else self.varint()
            return [self.value(head & 15) for _ in range(count)]
        assert kind == 12, f"type {kind} of Thrift"
        return self.record()

    def record(self):
        fields, field = {}, 0
        while True:
            head = self.byte()
            if head == 0:
                return fields
            field = field + (head >> 4) if head >> 4 else self.zigzag()
            assert field not in fields
            fields[field] = self.value(head & 15)


def levels(data, count):
    """RLE and bit-packed runs of width 1; exactly as many as there are rows, and no byte behind them."""
    reader, out = Compact(data), []
    while len(out) < count:
        head = reader.varint()
        if head & 1:
            for _ in range(head >> 1):
                b = reader.byte()
                out += [b >> i & 1 for i in range(8)]
        else:
            out += [reader.byte()] * (head >> 1)
    assert reader.at == len(data) and len(out) - count < 8 and not any(out[count:])
    return out[:count]


def plain(kind, data, count):
    if kind == BOOLEAN:
        assert len(data) == (count + 7) // 8
        return [bool(data[i // 8] >> i % 8 & 1) for i in range(count)]
    if kind == BYTE_ARRAY:
        out, at = [], 0
        for _ in range(count):
            (n,) = struct.unpack_from("<I", data, at)
            out.append(data[at + 4 : at + 4 + n].decode())
            at += 4 + n
        assert at == len(data)
        return out
    code = {INT32: "i", INT64: "q", DOUBLE: "d"}[kind]
    return list(struct.unpack(f"<{count}{code}", data))


def chunk(data, meta):
    """The values of a column in one row group."""
    kind, codec, count = meta[1], meta[4], meta[5]
    at, end, out, inflated = meta[9], meta[9] + meta[7], [], 0
    assert codec in (0, 2) and set(meta[2]) == {0, 3}
    while at < end:
        reader = Compact(data, at)
        page = reader.record()
        head, start = page[5], reader.at
        assert page[1] == 0 and (head[2], head[3], head[4]) == (0, 3, 3)
        body = data[start : start + page[3]]
        body = zlib.decompress(body, 31) if codec else body
        assert len(body) == page[2]
        inflated += start - at + page[2]
        (n,) = struct.unpack_from("<I", body)
        there = levels(body[4 : 4 + n], head[1])
        values = iter(plain(kind, body[4 + n :], sum(there)))
        out += [next(values) if t else None for t in there]
        at = start + page[3]
    assert at == end and len(out) == count and inflated == meta[6]
    assert out.count(None) == meta[12][3]
    return out


def meant(element):
    """What a leaf of the schema means, both ways it is said."""
    logical, converted = element.get(10), element.get(6)
    if logical is None:
        assert converted is None
        return {BOOLEAN: "truth", INT64: "whole", DOUBLE: "number"}[element[1]]
    if 1 in logical:
        assert (element[1], converted) == (BYTE_ARRAY, 0)
        return "text"
    if 6 in logical:
        assert (element[1], converted) == (INT32, 6)
        return "day"
    assert (element[1], converted) == (INT64, 9) and logical == {8: {1: True, 2: {1: {}}}}
    return "time"


def convert(meaning, value):
    if value is None or meaning not in ("day", "time"):
        return value
    if meaning == "day":
        return (EPOCH + datetime.timedelta(days=value)).date()
    return EPOCH + datetime.timedelta(milliseconds=value)


def read(data):
    assert data[:4] == data[-4:] == b"PAR1"
    (n,) = struct.unpack("<I", data[-8:-4])
    footer = Compact(data[: -8], len(data) - 8 - n)
    about = footer.record()
    assert footer.at == len(data) - 8
    root, leaves = about[2][0], about[2][1:]
    assert root[5] == len(leaves) and all(leaf[3] == 1 for leaf in leaves)
    kinds = [meant(leaf) for leaf in leaves]
    columns = [[] for _ in leaves]
    for group in about[4]:
        assert len(group[1]) == len(leaves)
        assert group[6] == sum(c[3][7] for c in group[1]) and group[2] == sum(c[3][6] for c in group[1])
        for column, leaf, c, kind in zip(columns, leaves, group[1], kinds):
            assert c[3][3] == [leaf[4]] and c[3][1] == leaf[1] and c[3][5] == group[3]
            column += [convert(kind, v) for v in chunk(data, c[3])]
    assert all(len(c) == about[3] for c in columns) and sum(g[3] for g in about[4]) == about[3]
    return [leaf[4].decode() for leaf in leaves], kinds, columns
