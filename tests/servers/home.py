"""A user's folders for tests that scrape: keys, what was allowed, scripts to run, and what the catalogue holds then."""
import hashlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LOGOLENS_BINARY") or str(ROOT / "build" / "logolens")


class Home:
    def __init__(self, keys=None, allow=(), folder=None):
        """keys: {"twitter": {"bearer_token": …}}, as the file `credentials` has them; allow: origins and folders."""
        self.folder = Path(folder or tempfile.mkdtemp(prefix="lens-scrape-"))
        self.home, self.config = self.folder / "home", self.folder / "home" / "config"
        self.env = {**os.environ, "LOGOLENS_HOME": str(self.home), "LOGOLENS_LOG": "warn"}
        self.config.mkdir(parents=True, exist_ok=True)
        if keys:
            self.connect(keys)
        for what in allow:
            self.tool("allow", what)

    def connect(self, keys):
        lines = []
        for platform, values in keys.items():
            lines += [f"[{platform}]", *(f"{name} = {value}" for name, value in values.items())]
        file = self.config / "credentials"
        file.touch(mode=0o600)
        file.write_text("\n".join(lines) + "\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def tool(self, *words):
        return subprocess.run(
            [BINARY, *map(str, words)], cwd=self.folder, env=self.env, check=True, capture_output=True, text=True
        ).stdout

    def begin(self, text, name="script.lens"):
        (self.folder / name).write_text(text + "\n")
        return subprocess.Popen(
            [BINARY, "run", name],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            errors="replace",
        )

    def run(self, text, name="script.lens", timeout=600):
        """Gives the exit status, and all that was said."""
        process = self.begin(text, name)
        out = process.communicate(timeout=timeout)[0]
        return process.returncode, out

    # ---- the catalogue ----
    @property
    def data(self):
        return self.home / "data"

    def rows(self, query, *values):
        """Nothing where there is no catalogue yet: no file, or (after a kill) one without tables."""
        file = self.data / "catalogue.sqlite"
        if not file.exists():
            return []
        journal = file.with_name(file.name + "-journal")
        with tempfile.TemporaryDirectory(prefix="lens-rows-") as copy:
            where = f"file:{file}?mode=ro"
            if journal.exists():
                # Killed while it was being made. Only who may write can read it, for it has to be rolled back: that is
                # left to the program, and done here to a copy.
                for part in (file, journal):
                    shutil.copy(part, copy)
                where = f"file:{copy}/{file.name}?mode=rw"
            connection = sqlite3.connect(where, uri=True)
            try:
                made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tombstones'").fetchall()
                return connection.execute(query, values).fetchall() if made else []
            finally:
                connection.close()

    def count(self, table):
        found = self.rows(f"SELECT count(*) FROM {table}")
        return found[0][0] if found else 0

    def posts(self):
        """Every post with its author and the names of its pictures: what two runs must agree about."""
        return sorted(
            self.rows(
                "SELECT p.native_id, u.handle, p.text, m.position, i.sha256 FROM posts p LEFT JOIN users u ON "
                "u.id = p.user LEFT JOIN media m ON m.post = p.id LEFT JOIN post_image x ON x.media = m.id "
                "LEFT JOIN images i ON i.id = x.image"
            ),
            key=repr,
        )

    def trouble(self):
        """What is wrong with the catalogue: nothing, one hopes. References, files, and their content by their names."""
        found = [row[0] for row in self.rows("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"reference {row}" for row in self.rows("PRAGMA foreign_key_check")]
        images, named = self.data / "images", {row[0] for row in self.rows("SELECT sha256 FROM images")}
        files = {f.name.split(".")[0]: f for f in images.rglob("*") if f.is_file()} if images.exists() else {}
        found += [f"no file {name}" for name in named - set(files)]
        found += [f"other content {name}" for name in named & set(files)
                  if hashlib.sha256(files[name].read_bytes()).hexdigest() != name]
        return found
