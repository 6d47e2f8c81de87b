"""A platform to practise on, without an account and without a network: posts of invented people with pictures of
`sample:logos`, behind the interface of X. For lesson 09 and its test: `make practice` starts it in the sources, and
`logolens lessons` writes it, with services.py and loopback.py, beside the lessons.

    python3 practice.py [--binary LOGOLENS] [--port 8642]

Puts a file of keys that open nothing but this beside the user's settings, so that `connect twitter from practice` finds
it. Ends with Ctrl-C, and the file goes again."""
import argparse
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from loopback import Pictures, Server
from services import Post, Twitter, User

HERE = Path(__file__).resolve().parent
KEPT_BACK = 2400  # pictures with a higher number are not for training: they are what strangers post
BRANDS = ("Adidas", "Nike", "Puma")
FIRST = ("ada ben cleo dan eva finn gina hugo ines jan kira leo mia nils olga paul rosa sam tara uwe vera will yara "
         "zoe").split()
WORDS = {"Adidas": ("new #adidas, first run", "three stripes again #adidas", "#adidas on the track today"),
         "Nike": ("just got these #nike", "morning run #nike", "#nike at last"),
         "Puma": ("the cat is out #puma", "#puma for the weekend", "training in #puma"),
         "Other": ("nice shop #adidas #nike", "what a wall #puma", "lunch after the run #nike")}


def program():
    """The program of the sources that this file lies in; else the one that pip put into this Python's environment, or
    that lies on the PATH. None where there is none."""
    if HERE.parts[-2:] == ("tests", "servers"):
        return str(HERE.parents[1] / "build/logolens")
    try:
        import logolens
        return logolens.program()
    except (ImportError, FileNotFoundError):
        return shutil.which("logolens")


def user_folder(kind, variable, usual):
    """Where the program keeps something of the user's: below LOGOLENS_HOME, or where desktops keep such things."""
    if os.environ.get("LOGOLENS_HOME"):
        return Path(os.environ["LOGOLENS_HOME"]) / kind
    return Path(os.environ.get(variable) or Path.home() / usual) / "logolens"


def sample(binary):
    """The pictures of sample:logos by their labels, drawn by the program where they are not there yet; of those that
    are kept back."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "draw.lens").write_text("load logos from sample:logos limit 10\n")
        subprocess.run([binary, "run", "draw.lens"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    found = {name: [] for name in (*BRANDS, "Other")}
    pictures = user_folder("cache", "XDG_CACHE_HOME", ".cache") / "samples" / "logos-1"
    for line in (pictures / "labels.txt").read_text().splitlines():
        name, _, label = line.partition("\t")
        file = pictures / name
        whole = file.exists() and file.read_bytes()[:2] == b"\xff\xd8" and file.read_bytes()[-2:] == b"\xff\xd9"
        if label in found and name[:6].isdigit() and int(name[:6]) > KEPT_BACK and whole:
            found[label].append(file)
    return found


def world(pictures, count=120, now=None, seed=9):
    """Posts of the last six days. Most people have a brand of theirs; some show pictures of nothing in particular."""
    draw, now = random.Random(seed), now or time.time()
    people = [(User(str(1000 + i), f"{name}_runs", name.capitalize()), BRANDS[i % 3]) for i, name in enumerate(FIRST)]
    left = {label: list(files) for label, files in pictures.items()}
    posts = []
    for i in range(count):
        user, own = draw.choice(people)
        label = own if draw.random() < 0.7 else draw.choice((*BRANDS, "Other", "Other"))
        files = [left[label].pop() for _ in range(draw.choice((1, 1, 1, 2))) if left[label]]
        if files:
            posts.append(
                Post(
                    str(10**17 + i),
                    draw.choice(WORDS[label]),
                    user,
                    now - 900 - draw.random() * 5 * 86400,
                    files,
                    likes=draw.randrange(40),
                    reposts=draw.randrange(9),
                    replies=draw.randrange(5),
                )
            )
    return posts


def serve(binary, port=0):
    """The server, ready; its service is server.services[0]."""
    found = sample(binary)
    return Server([Twitter(world(found))], Pictures(sum(found.values(), [])), port=port)


def write_keys(folder, url, token):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "practice"
    file.touch(mode=0o600)
    file.write_text(
        f"# keys that open nothing but the platform of practice.py\n[twitter]\ninstance = {url}\n"
        f"bearer_token = {token}\n"
    )
    return file


def main():
    take = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    take.add_argument("--binary", default=program(), help="the program, where it is not found")
    take.add_argument("--port", type=int, default=8642)
    options = take.parse_args()
    if not options.binary:
        take.error("there is no logolens in this Python's environment or on the PATH; name it: --binary ENV/bin/logolens")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server = serve(options.binary, options.port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        take.error(f"port {options.port} is taken: perhaps the platform is open already; if not, use --port 0")
    keys = write_keys(user_folder("config", "XDG_CONFIG_HOME", ".config"), server.url, server.services[0].token)
    print(f"The practice platform is open: {len(server.services[0].posts)} posts.\n"
          "In a notebook:  connect twitter from practice\nEnd it with Ctrl-C.", flush=True)
    try:
        signal.pause()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        keys.unlink(missing_ok=True)
        server.stop()


if __name__ == "__main__":
    main()
