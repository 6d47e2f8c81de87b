#!/usr/bin/env python3
"""demo.py NOTEBOOK OUTDIR: executes a notebook headless, writes it and its HTML, prints what a reader wants to know first.

Run by `make demo` with the private Jupyter's Python, the folder of the notebook as the kernel's start folder.
"""
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

source, outdir = Path(sys.argv[1]), Path(sys.argv[2])
outdir.mkdir(parents=True, exist_ok=True)
notebook = nbformat.read(source, as_version=4)
began = time.monotonic()
runs = tempfile.TemporaryDirectory(prefix="lens-demo-")  # a demonstration trains, also when it is shown again
os.environ["XDG_DATA_HOME"] = runs.name


def first_line(cell):
    return next((line for line in cell.source.splitlines() if line and not line.startswith("#")), "").strip()


def show_progress(cell, cell_index):
    if cell.cell_type == "code":
        print(f"  {time.monotonic() - began:5.1f} s  {first_line(cell)}", flush=True)


client = NotebookClient(notebook, kernel_name="logolens", timeout=600, resources={"metadata": {"path": str(source.parent)}},
                        on_cell_start=show_progress)
failed = None
try:
    client.execute()
except CellExecutionError as error:
    failed = error
executed, page = outdir / source.name, outdir / (source.stem + ".html")
nbformat.write(notebook, executed)
page.write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
if failed:
    print(failed, file=sys.stderr)
    sys.exit(1)


def texts(verb):
    """text/plain outputs of the cells that hold a line beginning with this verb."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and re.search(rf"^{verb}\b", cell.source, re.M):
            for output in cell.outputs:
                if "text/plain" in output.get("data", {}):
                    yield output["data"]["text/plain"]


for text in texts("confusion"):
    if "True Total" in text:
        print("\n" + text.rstrip())
print(f"\nexecuted in {time.monotonic() - began:.0f} s: {executed}")
print(f"open this page in a browser: {page.resolve()}")
