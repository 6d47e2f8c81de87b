#!/usr/bin/env python3
"""What `export` writes, read by the programs it is written for: Parquet by pyarrow, duckdb and fastparquet, extracts by
Tableau's own library, workbooks by Tableau's published schemas and its document library. Not a part of `make test`,
because it needs them:

    python3 -m venv v && v/bin/pip install pyarrow==26.0.1 duckdb==2.0.1 fastparquet==2026.9.0 lxml==6.1.3 \\
        tableauhyperapi==0.0.26963 tableaudocumentapi==0.11
    make tables PEER_PYTHON=v/bin/python [TWB_SCHEMAS=folder]

TWB_SCHEMAS is a folder of twb_*.xsd from github.com/tableau/tableau-document-schemas. What is not there is skipped and
counted. The last line is `N passed, N failed, N skipped`."""
import datetime
import importlib
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import parquet as ours

TOOL, BINARY = ROOT / "build/support/table_tool", ROOT / "build/logolens"
PIECES = ["=", "'", '"', ",", "\n", "\t", "a", "é", "漢", "\U0001f45f", "\u202e", "\x01", "\x7f", "<b>", "null", "%s", "]]>"]
UTC = datetime.timezone.utc
passed = failed = skipped = 0


def check(name, fine, why=""):
    global passed, failed
    if fine:
        passed += 1
    else:
        failed += 1
        print(f"  FAILED {name}: {str(why)[:500]}")


def need(module):
    global skipped
    try:
        return importlib.import_module(module)
    except ImportError as error:
        skipped += 1
        print(f"  skipped {module}: {error}")
        return None


# ---- tables of any shape ----
def cell(dice, kind):
    if dice.random() < 0.2:
        return None
    if kind == "text":
        return "".join(dice.choices(PIECES, k=dice.randint(1, 6)))
    if kind == "whole":
        return dice.choice([0, 1, -1, 2**53 - 1, -(2**53) + 1, dice.randint(-(10**9), 10**9)])
    if kind == "number":
        return dice.choice([0.5, -1e300, 5e-324, 0.1, 1 / 3, float(dice.randint(0, 10**6)) + 0.25])
    if kind == "truth":
        return dice.random() < 0.5
    days = dice.randint(-700000, 2900000)
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days=days)
    if kind == "day":
        return day.isoformat()
    part = dice.choice(["", f".{dice.randint(1, 999):03}"])
    return f"{day.isoformat()}T{dice.randint(0, 23):02}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02}{part}Z"


def table(seed):
    dice = random.Random(seed)
    kinds = dice.choices(["text", "whole", "number", "truth", "day", "time"], k=dice.choice([1, 2, 6, 14, 15, 16, 40]))
    rows = dice.choice([0, 1, 7, 8, 9, 63, 500, 3000])
    columns = [[cell(dice, kind) for _ in range(rows)] for kind in kinds]
    for kind, column in zip(kinds, columns):  # what a column is can be seen from its first row
        if column:
            column[0] = column[0] if column[0] is not None else {"text": "x", "whole": 1, "number": 1.5, "truth": True}.get(
                kind, "2026-10-01" if kind == "day" else "2026-10-01T08:00:00Z")
    return kinds, columns


def write(folder, seed):
    kinds, columns = table(seed)
    names = [f"c{i}" for i in range(len(kinds))]
    source, target = folder / f"{seed}.json", folder / f"{seed}.parquet"
    rows = [dict(zip(names, row)) for row in zip(*columns)]
    source.write_text(json.dumps(rows))
    words = [f"{n}={k}" for n, k in zip(names, kinds) if k in ("whole", "time", "day")]
    subprocess.run([TOOL, source, target, *words], check=True, capture_output=True)
    return target, kinds, columns


def value(kind, text):
    if text is None or kind not in ("day", "time"):
        return text
    if kind == "day":
        return datetime.date.fromisoformat(text)
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def read_tables(folder):
    pq, duckdb, fast = need("pyarrow.parquet"), need("duckdb"), need("fastparquet")
    for seed in range(60):
        path, kinds, columns = write(folder, seed)
        if not columns[0]:
            check(f"ours {seed}", ours.read(path.read_bytes())[0] == [])  # JSON without rows names no columns
            continue
        want = [[value(kind, v) for v in column] for kind, column in zip(kinds, columns)]
        names, said, got = ours.read(path.read_bytes())
        check(f"ours {seed}", (said, got) == (kinds, want), (said, kinds))
        if pq:
            read = pq.read_table(path)
            got = [read.column(i).to_pylist() for i in range(read.num_columns)]
            check(f"pyarrow {seed}", got == want, seed)
            meta = pq.ParquetFile(path).metadata
            nulls = [sum(meta.row_group(g).column(i).statistics.null_count for g in range(meta.num_row_groups))
                     for i in range(len(kinds))]
            check(f"pyarrow nulls {seed}", nulls == [column.count(None) for column in want])
        if duckdb:
            with duckdb.connect() as db:
                db.execute("SET TimeZone='UTC'")
                rows = db.execute(f"SELECT * FROM read_parquet('{path}')").fetchall()
            check(f"duckdb {seed}", [list(c) for c in zip(*rows)] == want, seed)
        if fast:
            frame = fast.ParquetFile(str(path)).to_pandas()
            texts = [i for i, kind in enumerate(kinds) if kind == "text"]
            fine = len(frame) == len(want[0]) and all(
                [None if v is None or v != v else v for v in frame.iloc[:, i]] == want[i] for i in texts)
            check(f"fastparquet {seed}", fine, seed)


def read_large(folder, cells=int(os.environ.get("CELLS", 20000000))):
    """As many cells as a table may have: read back by count and sum."""
    duckdb, path = need("duckdb"), folder / "large.parquet"
    said = subprocess.run([TOOL, str(cells), path], check=True, capture_output=True, text=True).stdout
    print(f"  {cells:,} cells: {said.strip()}")
    if duckdb:
        row = duckdb.sql(f"SELECT count(*), count(date), sum(unsure::int) FROM '{path}'").fetchall()[0]
        n = cells // 4
        check("large", row == (n, n - (n + 6) // 7, (n + 2) // 3), row)


# ---- extracts and workbooks, by the program ----
def run(folder, cell):
    folder.joinpath("cell.lens").write_text(cell)
    env = dict(os.environ, LOGOLENS_HOME=str(folder / "home"), LOGOLENS_PYTHON=sys.executable)
    return subprocess.run([BINARY, "run", "cell.lens"], cwd=folder, env=env, capture_output=True, text=True)


def read_extract(folder):
    if not need("tableauhyperapi"):
        return
    from tableauhyperapi import Connection, HyperProcess, Telemetry, TableName

    dice = random.Random(3)
    rows = [{"text": "".join(dice.choices(PIECES, k=4)), "number": i / 4, "yes": i % 3 == 0 if i % 4 else None}
            for i in range(1000)]
    folder.joinpath("rows.json").write_text(json.dumps(rows))
    ran = run(folder, "open t from rows.json\nexport t to t.hyper\n"
                      "load logos from sample:logos limit 40 size 16x16\nexport logos to logos.hyper\n"
                      "model m on logos { flatten; dense classes softmax }\nfit m epochs 2 quiet as first\n"
                      "export first to run.hyper\n")
    check("export to .hyper", ran.returncode == 0, ran.stdout[-300:] + ran.stderr)
    check("nothing stays in the cache", not any((folder / "home/cache/hyper").iterdir()))
    with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={"log_config": ""}) as hyper:
        def ask(name, query):
            with Connection(hyper.endpoint, str(folder / name)) as connection:
                types = [str(c.type) for c in
                         connection.catalog.get_table_definition(TableName("Extract", "Extract")).columns]
                return types, connection.execute_list_query(query)

        types, got = ask("t.hyper", 'SELECT * FROM "Extract"."Extract" ORDER BY "number"')
        check("types", types == ["TEXT", "DOUBLE", "BOOL"], types)
        check("rows", got == [list(row.values()) for row in rows], got[:3])
        types, got = ask("run.hyper", 'SELECT "epoch" FROM "Extract"."Extract" ORDER BY 1')
        check("epochs", types[0] == "BIG_INT" and got == [[1], [2]], (types, got))
        path, kinds, columns = next((p, k, c) for p, k, c in (write(folder, s) for s in range(60)) if "time" in k and c[0])
        target = folder / "times.hyper"
        script = subprocess.run([sys.executable, ROOT / "tools/write-hyper.py", path, target], capture_output=True, text=True)
        check("script", script.stdout.startswith("ok "), script.stdout + script.stderr)
        i = kinds.index("time")
        types, got = ask("times.hyper", f'SELECT "c{i}" FROM "Extract"."Extract"')
        check("times have no zone", types[i] == "TIMESTAMP", types)
        want = sorted(str(value("time", v).replace(tzinfo=None)) for v in columns[i] if v)
        check("times", sorted(str(row[0].to_datetime()) for row in got if row[0]) == want, seed_of(path))
    twice = folder / "twice.csv"
    twice.write_text("a,a\n1,2\n")
    ran = run(folder, "open t from twice.csv\nexport t to twice.hyper\n")
    check("a column twice", "LL466" in ran.stderr and not folder.joinpath("twice.hyper").exists(), ran.stderr)


def seed_of(path):
    return path.stem


def schemas():
    """Tableau's schemas import two namespaces without saying from where; they are left open, as Tableau has them."""
    global skipped
    folder = os.environ.get("TWB_SCHEMAS", "")
    found = sorted(Path(folder).glob("**/twb_*.xsd")) if folder else []
    if not found or not need("lxml"):
        skipped += not found
        print("  skipped schemas: TWB_SCHEMAS names no folder with twb_*.xsd" if not found else "")
        return []
    from lxml import etree

    out = []
    xs = "{http://www.w3.org/2001/XMLSchema}"
    with tempfile.TemporaryDirectory() as imported:
        user, xml = Path(imported) / "user.xsd", Path(imported) / "xml.xsd"
        for path, space in ((user, "http://www.tableausoftware.com/xml/user"), (xml, "http://www.w3.org/XML/1998/namespace")):
            prefix = "user:" if path is user else "xml:"
            used = {(a.tag, a.get("ref")[len(prefix):]) for f in found for a in
                    etree.parse(f).iter(f"{xs}attribute", f"{xs}attributeGroup") if a.get("ref", "").startswith(prefix)}
            path.write_text('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="%s">%s</xs:schema>' % (
                space, "".join(
                    f'<xs:attribute name="{n}" type="xs:string"/>' if tag == f"{xs}attribute" else
                    f'<xs:attributeGroup name="{n}"><xs:anyAttribute namespace="{space}" processContents="skip"/>'
                    "</xs:attributeGroup>" for tag, n in sorted(used))))
        for path in found:
            document = etree.parse(path)
            for imported in document.getroot().findall(f"{xs}import"):
                imported.set("schemaLocation", str(user if imported.get("namespace").endswith("user") else xml))
            out.append((path.name, etree.XMLSchema(document)))
    return out


def read_books(folder):
    odd = [{"a]b": "x", "c'<&": "=1", "d\u0001\n": 2.5, "day": "2026-10-01"}]
    folder.joinpath("odd.json").write_text(json.dumps(odd))
    ran = run(folder, "load logos from sample:logos limit 40 size 16x16\nmodel m on logos { flatten; dense classes softmax }\n"
                      "fit m epochs 2 quiet as first\nconfusion m as grid\nopen odd from odd.json\n"
                      "export logos to logos.twb; export first to first.twb; export grid to grid.twb\n"
                      "export odd to \"odd & so.twb\"\n")
    check("export to .twb", ran.returncode == 0, ran.stdout[-300:] + ran.stderr)
    known = schemas()
    library = need("tableaudocumentapi")
    for path in sorted(folder.glob("*.twb")):
        for name, schema in known:
            from lxml import etree

            schema.validate(etree.parse(path))
            # Never marked optional there, and in no workbook that Tableau saves without it; its own validator passes it.
            wrong = [e.message for e in schema.error_log if "explain-data" not in e.message]
            check(f"{path.name} by {name}", not wrong, wrong)
        if library:
            book = library.Workbook(str(path))
            for source in book.datasources:
                connection = source.connections[0]
                check(f"{path.name} by tableaudocumentapi", connection.dbclass == "textscan" and len(source.fields) > 0)


with tempfile.TemporaryDirectory(prefix="logolens-tables-") as name:
    read_tables(Path(name))
    read_large(Path(name))
    read_extract(Path(name))
    read_books(Path(name))
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed > 0)
