"""What `export` writes, read by others: Parquet by a reader made from its specification (tests/support/parquet.py), CSV,
JSON and the workbook by Python's own. Texts are those that strangers might write. Programs that are no part of the set-up
(pyarrow, duckdb, Tableau's library and its schemas) are asked by tests/real/tables.py."""
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path

from kernel_support import BINARY

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import parquet

PIECES = ["=", "+", "-", "@", "'", '"', ",", ";", "\t", "\r", "\n", " ", "a", "é", "漢", "\U0001f45f", "\u202e", "\x1b[31m",
          "<b>", "&amp;", "]]>", "0", "1e5", "null", "yes", "\x7f", "\ufeff", "＝", "${x}", "`", "\\", "%s"]


def texts(count):
    dice = random.Random(7)
    rows = ["=HYPERLINK(\"http://x\")", "@SUM(A1)", "+1-2", "-2+3", "\t=1", "\r=1", "'=1", "''", "-7", "007", "yes"]
    return rows + ["".join(dice.choices(PIECES, k=dice.randint(1, 8))) for _ in range(count - len(rows))]


class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory(prefix="logolens-exports-")
        cls.folder = Path(cls.holder.name)
        cls.text = texts(400)
        cls.rows = [
            {"t": t, "n": i / 8 if i % 5 else None, "b": bool(i % 3) if i % 4 else None} for i, t in enumerate(cls.text)
        ]
        cls.folder.joinpath("in.json").write_text(json.dumps(cls.rows))
        cls.run_cell(
            "open t from in.json\nexport t to t.csv; export t to t.tsv; export t to t.json; export t to t.parquet\n"
            "export t to t.twb\nopen again from t.csv\nexport again to again.json\nexport again to again.parquet\n"
        )

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    @classmethod
    def run_cell(cls, cell):
        cls.folder.joinpath("cell.lens").write_text(cell)
        env = dict(os.environ, LOGOLENS_HOME=str(cls.folder / "home"))
        ran = subprocess.run([BINARY, "run", "cell.lens"], cwd=cls.folder, env=env, capture_output=True, text=True)
        if ran.returncode:
            raise AssertionError(ran.stdout + ran.stderr)

    def file(self, name):
        return self.folder.joinpath(name)

    def test_parquet_has_every_text_number_and_truth(self):
        names, kinds, columns = parquet.read(self.file("t.parquet").read_bytes())
        self.assertEqual((names, kinds), (["t", "n", "b"], ["text", "number", "truth"]))
        for name, column in zip(names, columns):
            self.assertEqual(column, [row[name] for row in self.rows])

    def test_json_is_the_same(self):
        self.assertEqual(json.loads(self.file("t.json").read_text()), self.rows)

    def test_csv_comes_back_and_runs_nothing(self):
        for name, separator in (("t.csv", ","), ("t.tsv", "\t")):
            data = self.file(name).read_bytes()
            self.assertFalse(data.startswith(b"\xef\xbb\xbf"))
            with open(self.file(name), newline="", encoding="utf-8") as file:
                rows = list(csv.reader(file, delimiter=separator, strict=True))
            self.assertEqual(rows[0], ["t", "n", "b"])
            self.assertEqual(len(rows), len(self.text) + 1)
            for text, row in zip(self.text, rows[1:]):
                self.assertIn(row[0], (text, "'" + text))
                number = text.lstrip("+-").replace(".", "").replace("e", "").isdigit()
                self.assertFalse(row[0][:1] in tuple("=+-@\t\r\n＝") and not number, row[0])
        self.assertEqual(self.file("again.json").read_text(), self.file("t.json").read_text())
        self.assertEqual(self.file("again.parquet").read_bytes(), self.file("t.parquet").read_bytes())

    def test_the_workbook_describes_the_file_beside_it(self):
        book = ET.parse(self.file("t.twb")).getroot()
        connection = book.find(".//named-connection/connection")
        self.assertEqual((connection.get("class"), connection.get("directory")), ("textscan", "."))
        with open(self.file(connection.get("filename")), newline="", encoding="utf-8") as file:
            header = next(csv.reader(file))
        self.assertEqual([c.get("name") for c in book.findall(".//relation/columns/column")], header)
        source = book.find("datasources/datasource")
        fields = {c.get("name") for c in source.findall("column")}
        self.assertEqual(fields, {f"[{name}]" for name in header})
        for sheet in book.findall("worksheets/worksheet"):
            instances = {c.get("name"): c.get("column") for c in sheet.findall(".//column-instance")}
            for shelf in ("table/rows", "table/cols"):
                pill = sheet.find(shelf).text.split(".[", 2)
                self.assertIn(instances["[" + pill[-1]], fields)


if __name__ == "__main__":
    unittest.main()
