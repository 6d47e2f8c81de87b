"""`logolens` alone, on a terminal of its own: what keys do, shown by what runs."""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unicodedata
import unittest
from pathlib import Path

from conformance_support import pictures
from kernel_support import BINARY, PATIENCE, SLOW, Kernel, small_photos, until

TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b[()][A-Z0-9]|\x1b[=>]|(.)", re.S)
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"


class Picture:
    """What a terminal of so many columns shows of the bytes written to it: rows, of which none is ever scrolled away."""

    def __init__(self, columns):
        self.columns, self.rows, self.row, self.column = columns, [[]], 0, 0

    def put(self, char):
        width = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if self.column + width > self.columns:
            self.down()
            self.column = 0
        line = self.rows[self.row]
        line.extend(" " * (self.column + width - len(line)))
        line[self.column:self.column + width] = [char] + [""] * (width - 1)
        self.column += width

    def down(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    def escape(self, numbers, letter):
        n = int(numbers) if numbers.isdigit() else 1
        if letter == "A":
            self.row = max(0, self.row - n)
        elif letter == "C":
            self.column = min(self.columns - 1, self.column + n)
        elif letter == "D":
            self.column = max(0, self.column - n)
        elif letter == "G":
            self.column = n - 1
        elif letter == "K":
            del self.rows[self.row][self.column:]
        elif letter == "J":
            del self.rows[self.row][self.column:], self.rows[self.row + 1:]
        elif letter == "P":
            del self.rows[self.row][self.column:self.column + n]
        elif letter == "@":
            self.rows[self.row][self.column:self.column] = " " * n

    def show(self, text):
        for token in TOKEN.finditer(text):
            numbers, letter, char = token.groups()
            if letter:
                self.escape(numbers, letter)
            elif char == "\n":
                self.down()
            elif char == "\r":
                self.column = 0
            elif char == "\b":
                self.column = max(0, self.column - 1)
            elif char and char >= " ":
                self.put(char)


class Screen:
    """A program on a pseudo-terminal. `type` waits until what was asked for is on the screen, from the row of the cursor
    down."""

    def __init__(self, folder, columns=80, rows=24, owned=True, **env):
        """owned: it is the program's controlling terminal; else the program is in a group that somebody could bring back."""
        self.raw, self.picture, self.start = b"", Picture(columns), 0
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.main, side = pty.openpty()
        self.side = side
        self.resize(columns, rows)
        env = {**os.environ, "LOGOLENS_HOME": folder + "/home", "TERM": "xterm", **env}
        own = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) if owned else os.setpgrp()
        self.process = subprocess.Popen([BINARY], stdin=side, stdout=side, stderr=side, cwd=folder, preexec_fn=own,
                                        env={k: v for k, v in env.items() if v is not None}, start_new_session=owned)

    @property
    def seen(self):
        return "\n".join("".join(row) for row in self.picture.rows[self.start:])

    def resize(self, columns, rows):
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, wait):
        if not select.select([self.main], [], [], wait)[0]:
            return False
        try:
            part = os.read(self.main, 65536)
        except OSError:
            return False
        self.raw += part
        self.picture.show(self.decoder.decode(part))
        return True

    def wait(self, text, count=1):
        end = time.monotonic() + PATIENCE
        while self.seen.count(text) < count:
            if time.monotonic() > end:
                raise AssertionError(f"not seen: {text!r}; but: {self.seen[-1500:]!r}")
            self.read(0.1)
        while self.read(0.03):
            pass
        return self.seen

    def match(self, pattern):
        end = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.seen)):
            if time.monotonic() > end:
                raise AssertionError(f"not seen: {pattern!r}; but: {self.seen[-1500:]!r}")
            self.read(0.1)
        return found[0]

    def type(self, keys, then, count=1):
        self.raw, self.start = b"", self.picture.row
        os.write(self.main, keys.encode())
        return self.wait(then, count)

    def run(self, line, then="\n> "):
        """A line and Enter; what is printed up to the next prompt."""
        return self.type(line + "\r", then)

    def end(self):
        """After the program's own end: its exit status and what it said last."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.05)
        while self.read(0.05):
            pass
        return self.process.wait(1)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.main)
        os.close(self.side)


class Terminal(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="logolens-terminal-")
        self.addCleanup(self.folder.cleanup)

    def screen(self, **options):
        screen = Screen(self.folder.name, **options)
        self.addCleanup(screen.close)
        screen.wait(">")
        return screen

    # ---- running ----
    def test_cells_run_and_errors_are_shown(self):
        screen = self.screen()
        self.assertIn("Logolens", screen.seen)
        self.assertIn("\nhello\n", screen.run("say hello"))
        self.assertIn("\n42\n", screen.run("(6*7)"))
        said = screen.run("nosuchcommand 1")
        self.assertRegex(said, r"LL\d{3}")
        self.assertIn("nosuchcommand", said)
        self.assertIn("\nstill here\n", screen.run('say "still here"'))
        screen.type("\x04", "")
        self.assertEqual(screen.end(), 0)

    def test_exit_ends_it(self):
        for word in ("exit", "quit"):
            screen = self.screen()
            screen.type(word + "\r", "")
            self.assertEqual(screen.end(), 0)

    def test_colours_only_where_they_are_wanted(self):
        for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            screen = self.screen(**{"NO_COLOR": None, **env})
            screen.run("nosuchcommand 1")
            self.assertEqual(bool(re.search(rb"\x1b\[[0-9;]*m", screen.raw)), coloured, screen.raw)

    def test_long_lines_are_broken_between_words(self):
        """In tables below the last column; a word that is longer than the screen, and what `say` says, stay whole."""
        screen = self.screen(columns=60)
        said = screen.run("help")
        rows = said.split("\n")
        at = next(i for i, row in enumerate(rows) if row.startswith("augment "))
        self.assertRegex(rows[at], r"^augment +Data +make N slightly .*[a-z,]$")
        column = rows[at].index("make")
        self.assertRegex(rows[at + 1], "^ {%d}[a-z]" % column)
        end = next(i for i in range(at + 1, len(rows)) if not rows[i].startswith(" "))
        self.assertEqual(" ".join(row[column:] for row in rows[at:end]),
                         "make N slightly different variants of each training image, the untouched one included")
        rule = next(i for i, row in enumerate(rows) if row.startswith("─"))
        self.assertTrue(rows[rule + 1][0].isalpha(), rows[rule + 1])
        self.assertIn("\n" + "a" * 70 + "\n", screen.run("say " + "a" * 70).replace("\n" + "a" * 10 + "\n",
                                                                                  "a" * 10 + "\n"))

    def test_a_table_wider_than_the_screen_comes_in_parts(self):
        """Every cell stands below its head, in rows that all have the first column; where there is room it is whole."""
        small_photos(Path(self.folder.name, "tiny"))
        for columns, parts in ((100, [3]), (60, [2, 1]), (42, [1, 1, 1])):
            screen = self.screen(columns=columns, rows=50)
            screen.run("load tiny from tiny labels folders size 8x8")
            screen.run("model m on tiny { conv 8 3x3 relu; flatten; dense classes softmax }", "padding")
            rows = [row.rstrip() for row in screen.run("summary m", "padding").split("\n")]
            heads = [i for i, row in enumerate(rows) if row.startswith("Layer (type)")]
            words = [re.split(r" {2,}", rows[at])[1:] for at in heads]
            self.assertEqual([len(part) for part in words], parts)
            self.assertEqual(sum(words, []), ["Output Shape", "Param #", "how they are counted"])
            for at in heads:
                self.assertRegex(rows[at + 1], "^─+(  ─+)+$")
                self.assertEqual("Param #" in rows[at], "█" in rows[at + 2])
                for row, layer in zip(rows[at + 2:], ("conv2d_1 ", "flatten_1 ", "dense_1 ")):
                    self.assertTrue(row.startswith(layer), row)
                    for column in re.finditer(" {2}", rows[at + 1]):
                        self.assertEqual(row[column.start():column.end()].strip(), "", row)
            self.assertLessEqual(max(map(len, rows)), columns)

    def test_a_cell_of_several_lines(self):
        screen = self.screen()
        screen.type("for x in a, b {\r", "{\n  ")
        screen.type('say "it is $x"\r', '"\n  ')
        said = screen.run("}")
        self.assertIn("it is a\nit is b\n", said)

    def test_a_block_begins_on_the_line_of_its_command(self):
        screen = self.screen()
        said = screen.run("model m")  # a whole command: it is answered, and says where its `{` belongs
        self.assertIn("LL208  this model has no layers", said)
        self.assertIn("the `{` on the line of `model`", said)
        said = screen.run("{")  # at once, not behind a network that was typed in vain
        self.assertIn("LL109  `{` can only stand at the end of a command", said)
        screen.type("model m {\r", "{\n  ")
        screen.type("input 8x8x1\r", "1\n  ")
        screen.type("flatten\r", "n\n  ")
        self.assertIn("(None, 64)", screen.run("}"))

    # ---- keys ----
    def test_editing_keys(self):
        screen = self.screen()
        for keys, said in (("say ac" + LEFT + "b", "abc"),
                           ("ay abc\x01s", "abc"),  # Ctrl-A
                           ("ay abc\x1b[Hs", "abc"),  # Home
                           ("say ab\x01\x05c", "abc"),  # Ctrl-E
                           ("say ab\x1b[H\x1b[Fc", "abc"),  # End
                           ("say abcd\x7f", "abc"),  # Backspace
                           ("say xabc" + 4 * LEFT + "\x1b[3~", "abc"),  # Delete
                           ("say abc xyz\x17\x7f", "abc"),  # Ctrl-W
                           ("nonsense\x15say abc", "abc"),  # Ctrl-U
                           ("say abcxyz" + 3 * LEFT + "\x0b", "abc")):  # Ctrl-K
            self.assertIn(f"\n{said}\n> ", screen.run(keys), repr(keys))

    def test_any_language(self):
        screen = self.screen(LC_ALL="C")
        said = screen.run('say "é \U0001d41a 日本 ñ' + 2 * LEFT + "\x7f" + 'X' + 2 * RIGHT + '"')
        self.assertIn("\né \U0001d41a 日X ñ\n", said)
        self.assertIn("\n日\n", screen.run('say "日本' + '\x7f' + '"'))

    def test_a_line_longer_than_the_screen(self):
        screen = self.screen(columns=30)
        text = "a" * 100
        self.assertIn("b" + text, screen.run(f"say {text}\x01" + 4 * RIGHT + "b").replace("\n", ""))
        long = "x" * 5000
        self.assertGreaterEqual(screen.run(f"say {long}").count("x"), 10000)

    def test_lines_within_a_cell(self):
        screen = self.screen()
        screen.type('for x in a, b {\r', "{\n  ")
        screen.type('say "$x"\r', '"\n  ')
        said = screen.run("}" + UP + UP + DOWN + DOWN)
        self.assertIn("\na\nb\n", said)
        screen.type(UP, "}")
        # from behind the bracket two lines up, where the cursor stands behind the first letter
        self.assertIn("LL", screen.run(UP + UP + "Q"))

    def test_a_paste_is_no_enter(self):
        screen = self.screen()
        screen.type('\x1b[200~say "one"\r\nsay "two"\r\n\x1b[201~', 'say "two"')
        self.assertNotIn("\none\n", screen.seen)
        self.assertIn("one\ntwo\n", screen.run(""))
        self.assertIn("\na?[2Jb\n", screen.run('\x1b[200~say "a\x1b[2Jb"\x1b[201~'))

    def test_a_paste_that_is_too_long_is_left_out_as_a_whole(self):
        screen = self.screen()
        text = "\x1b[200~" + 'say "far too much"\n' * 15_000 + "\x1b[201~"
        for at in range(0, len(text), 2000):
            os.write(screen.main, text[at:at + 2000].encode())
        screen.wait("longer than 256 KiB")
        self.assertNotIn("far too much", screen.seen)
        self.assertIn("\nwell\n", screen.run("say well"))

    # ---- Tab and cards ----
    def test_tab_with_one_match(self):
        screen = self.screen()
        screen.type("classi\t", "classify ")
        screen.type("\x03", "\n> ")
        self.assertIn("nothing yet", screen.run("lis\t"))

    def test_tab_with_many_matches_lists_them_and_keeps_the_line(self):
        screen = self.screen()
        seen = screen.type("fi\t", "\n> fi")
        for word in ("filters", "findlr", "fit"):
            self.assertIn(word, seen)
        seen = screen.type("n\t", "findlr ")

    def test_tab_within_a_line(self):
        screen = self.screen()
        self.assertIn("print a line", screen.run("hel say" + 4 * LEFT + "\t"))

    def test_tab_without_a_match_rings_the_bell(self):
        screen = self.screen()
        screen.type("zzzz", "zzzz")
        screen.raw = b""
        os.write(screen.main, b"\t")
        until(lambda: screen.read(0.05) and b"\x07" in screen.raw, "the bell")

    def test_names_of_files(self):
        for name in ("brands/adidas", "photos-new", "photos-old"):
            Path(self.folder.name, name).mkdir(parents=True)
        screen = self.screen()
        screen.type("load x from br\t", "brands/")
        screen.type("ad\t", "adidas/")
        screen.type("\x15load x from ph\t", "photos-")  # what they have in common
        screen.type("o\t", "photos-old/")

    def test_a_card_and_the_line_again(self):
        screen = self.screen()
        for keys in ("\x1b[Z", "\x1b?"):
            seen = screen.type("fit" + keys, "\n> fit")
            self.assertIn("epochs", seen)
            screen.type(" xx" + 3 * LEFT + keys, "\n> fit xx")
            screen.type("Z", "> fitZ xx")  # the cursor is where it was
            screen.type("\x03", "\n> ")
        seen = screen.run("fit?")
        self.assertIn("epochs", seen)
        self.assertLessEqual(max(len(line) for line in seen.split("\n")), 80)
        self.assertIn("LL131", screen.run("zzzz?"))

    # ---- history ----
    def test_what_was_run_comes_back_also_tomorrow(self):
        screen = self.screen()
        screen.run("say first")
        screen.type("for x in a, b {\r", "{\n  ")
        screen.type('say "$x"\r', '"\n  ')
        screen.run("}")
        screen.type("\x04", "")
        self.assertEqual(screen.end(), 0)
        screen = self.screen()
        self.assertIn("\na\nb\n", screen.run(UP))
        self.assertIn("\nfirst\n", screen.run("unfinished" + 4 * UP))
        self.assertIn("\nfirst\n", screen.run(UP))
        self.assertIn("\nhalf\n", screen.run("say half" + UP + DOWN))
        self.assertIn("\nfirst\n", screen.run("\x12fir\x05"))  # Ctrl-R

    def test_kernel_and_terminal_share_it(self):
        with Kernel(folder=self.folder.name) as kernel:
            client = kernel.client().ready()
            client.execute("say in a notebook")
        screen = self.screen()
        self.assertIn("\nin a notebook\n", screen.run(UP).replace("say in a notebook", ""))
        screen.run("(6*7)")
        screen.run("fit?")
        screen.process.kill()
        screen.end()
        with Kernel(folder=self.folder.name) as kernel:
            client = kernel.client().ready()
            reply, _ = client.ask("history_request", {"hist_access_type": "tail", "n": 9, "raw": True, "output": True})
            self.assertEqual([row[2] for row in reply.content["history"]],
                             [["say in a notebook", None], ["say in a notebook", None], ["(6*7)", "42"], ["fit?", None]])

    # ---- interrupts and ends ----
    def test_ctrl_c_gives_up_what_is_typed(self):
        screen = self.screen()
        seen = screen.type("say no\x03", "^C\n> ")
        self.assertNotIn("\nno\n", seen)
        screen.type("for x in a {\r", "{\n  ")
        screen.type("\x03", "^C\n> ")
        self.assertIn("\nyes\n", screen.run("say yes"))

    def test_ctrl_c_stops_a_cell_and_no_more(self):
        screen = self.screen()
        screen.run("let kept = 7")
        screen.type(f"say runs; {SLOW}\r", "\nruns\n")
        self.assertIn("interrupted", screen.type("\x03", "\n> "))
        self.assertIn("\n7\n", screen.run("say $kept"))
        screen.type(f"say runs; {SLOW}\r", "\nruns\n")
        self.assertIn("interrupted", screen.type("\x03", "\n> "))
        screen.type("\x04", "")
        self.assertEqual(screen.end(), 0)

    def test_progress_on_a_narrow_screen(self):
        """How far a training is and how long it will take are there, whatever lies between them."""
        pictures(self.folder.name)
        screen = self.screen(columns=70)
        rows = screen.run("load pics from pictures size 16x16").split("\n")
        self.assertTrue([row for row in rows if row.endswith(" ·")], rows)  # lists are broken behind their dots
        self.assertFalse([row for row in rows if row.lstrip().startswith("·") or re.match(r" *\S+ \(", row)], rows)
        screen.run("model net on pics { flatten; dense classes softmax }")
        screen.type("fit net epochs 100000\r", " left")
        # what was read last may end within a row that is being drawn
        row = screen.match(r"(?m)^[█-▏░]+ +\d+%  epoch \d+ of 100000 · .* left$")
        self.assertLess(len(row), 70)
        self.assertIn("stopped at epoch", screen.type("\x03", "\n> "))

    def test_an_interrupt_that_no_key_sent(self):
        screen = self.screen()
        screen.type("say no", "no")
        screen.process.send_signal(signal.SIGINT)
        screen.wait("^C\n> ")
        self.assertIn("\nyes\n", screen.run("say yes"))

    def test_ends_by_signals_leave_the_terminal_as_it_was(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            screen = self.screen()
            screen.run("say hello")
            self.assertFalse(termios.tcgetattr(screen.side)[3] & termios.ICANON)
            screen.process.send_signal(number)
            self.assertEqual(screen.end(), -number)
            self.assertTrue(termios.tcgetattr(screen.side)[3] & termios.ICANON)
            self.assertTrue(termios.tcgetattr(screen.side)[3] & termios.ECHO)

    def test_ctrl_z_and_back(self):
        screen = self.screen(owned=False)
        state = lambda: Path(f"/proc/{screen.process.pid}/stat").read_text().rsplit(")")[1].split()[0]
        screen.type("say kept\x1a", "kept")
        until(lambda: state() == "T", "stopped")
        self.assertTrue(termios.tcgetattr(screen.side)[3] & termios.ICANON)
        screen.process.send_signal(signal.SIGCONT)
        screen.wait("say kept", 2)
        self.assertIn("\nkeptX\n", screen.run("X"))

    def test_the_window_gets_another_width(self):
        screen = self.screen()
        screen.type("say " + "a" * 60, "a" * 20)
        screen.resize(30, 20)
        screen.raw = b""
        screen.process.send_signal(signal.SIGWINCH)
        until(lambda: screen.read(0.05) and b"aaaa" in screen.raw, "it is drawn again")
        self.assertIn("a" * 60 + "b", screen.run("b").replace("\n", ""))

    def test_a_question_hides_what_is_typed(self):
        screen = self.screen(LOGOLENS_TWITTER_INSTANCE="http://127.0.0.1:9")
        screen.type("connect twitter\r", "instead): ")
        seen = screen.type("AAAAAAAAAAAAAAAAAAAAAsecretsecret\r", "\n> ")
        self.assertNotIn("secretsecret", seen)
        self.assertIn("\nhello\n", screen.run("say hello"))
        screen = self.screen()
        screen.type("connect twitter\r", "instead): ")
        self.assertIn("interrupted", screen.type("\x03", "\n> "))
        for path in Path(self.folder.name, "home").rglob("*"):
            if path.is_file():
                self.assertNotIn(b"secretsecret", path.read_bytes(), path)

    def test_a_question_that_gets_no_answer(self):
        screen = self.screen()
        screen.type("connect bluesky\r", "social: ")
        self.assertIn("social: \nLL508", screen.type("\x04", "\n> "))

    # ---- other terminals, and none ----
    def test_a_terminal_without_a_cursor(self):
        for env in ({"TERM": "dumb"}, {"TERM": None}):
            screen = self.screen(**env)
            self.assertIn("\nhello\n", screen.run("say hello"))
            screen.type("for x in a, b {\r", ". ")
            screen.type('say "$x"\r', ". ")
            self.assertIn("a\nb\n", screen.run("}"))
            self.assertNotIn(b"\x1b", screen.raw)
            screen.type("say no\x03", "\n> ")
            self.assertIn("\nyes\n", screen.run("say yes"))
            screen.type("\x04", "")
            self.assertEqual(screen.end(), 0)

    def test_narrow_terminals(self):
        for columns in (6, 12, 25):
            screen = self.screen(columns=columns, rows=10)
            screen.type("fi\t", "")
            screen.type("t\x1b[Z", "")
            screen.type("\x03", "\n> ")
            self.assertIn("ok", screen.run('say "ok"'))
            screen.type("\x04", "")
            self.assertEqual(screen.end(), 0, columns)

    def test_a_pipe_is_a_script(self):
        env = {**os.environ, "LOGOLENS_HOME": self.folder.name + "/home"}
        run = lambda text: subprocess.run([BINARY], input=text, capture_output=True, text=True, cwd=self.folder.name, env=env)
        done = run("say hello\n(6*7)\n")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "hello\n42\n", ""))
        done = run("say one\nnosuchcommand\nsay two\n")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("LL", done.stderr)
        self.assertEqual(run("").returncode, 0)

    def test_a_terminal_whose_output_goes_elsewhere(self):
        main, side = pty.openpty()
        env = {**os.environ, "LOGOLENS_HOME": self.folder.name + "/home"}
        child = subprocess.Popen([BINARY], stdin=side, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env,
                                 cwd=self.folder.name, text=True)
        os.write(main, b"say hello\n\x04")
        out, _ = child.communicate(timeout=PATIENCE)
        os.close(main), os.close(side)
        self.assertEqual(child.returncode, 0)
        self.assertIn("hello\n", out)
        self.assertNotIn("\x1b", out)


if __name__ == "__main__":
    unittest.main()
