"""Label fixes outlive their kernel, however it ends, and two kernels lose none of each other's."""
import random
import re
import struct
import threading
import time
import unittest
import zlib
from pathlib import Path

import kernel_support as support


def png(seed, side=24):
    """A picture of soft noise, so that no two look alike."""
    noise = random.Random(seed)
    grid = [[noise.randrange(30, 220) for _ in range(4)] for _ in range(4)]
    rows = b"".join(b"\0" + bytes(grid[y * 4 // side][x * 4 // side] for x in range(side)) for y in range(side))
    chunk = lambda name, body: struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def text_of(outputs):
    return "\n".join(m.content["data"]["text/plain"] for m in outputs if m.type in ("display_data", "execute_result"))


class LabelFixes(unittest.TestCase):
    LOAD = "load logos from shop size 16x16 seed 3"

    def shop(self, kernel):
        """Twenty pictures of two labels in the kernel's folder; where its log of fixes is to be."""
        folder = Path(kernel.folder.name)
        for i in range(20):
            path = folder / "shop" / ("adidas" if i < 10 else "nike") / f"{i + 1:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(i))
        return folder / "shop.edits.tsv"

    def run_cell(self, client, code):
        reply, outputs = client.execute(code)
        self.assertEqual(reply.content["status"], "ok", reply.content)
        return text_of(outputs)

    def restarted(self, kernel):
        """Killed as by kill -9, then a new process with the same folders and ports."""
        kernel.process.kill()
        kernel.wait()
        kernel.start()
        return kernel.client().ready()

    def test_restart(self):
        with support.Kernel() as kernel:
            log = self.shop(kernel)
            client = kernel.client().ready()
            self.run_cell(client, self.LOAD)
            self.assertIn("kept in shop.edits.tsv", self.run_cell(client, "relabel logos image 3, 14 as puma"))
            client = self.restarted(kernel)
            text = self.run_cell(client, self.LOAD)
            self.assertIn("2 labels were fixed by hand before, as shop.edits.tsv says", text)
            self.assertIn("image 14 (nike/14.png): nike → puma", text)
            self.assertIn("2 label fixes", self.run_cell(client, "list datasets"))
            self.assertIn("3 puma", self.run_cell(client, "show logos image 3"))
            self.assertNotIn("by hand", self.run_cell(client, "load plain from shop size 16x16 no edits"))
            client = self.restarted(kernel)
            self.run_cell(client, self.LOAD)
            self.assertIn("2 lines taken out of shop.edits.tsv", self.run_cell(client, "undo logos"))
            client = self.restarted(kernel)
            self.assertNotIn("by hand", self.run_cell(client, self.LOAD))
            self.assertFalse(log.exists())

    def test_pictures_that_moved(self):
        with support.Kernel() as kernel:
            self.shop(kernel)
            folder = Path(kernel.folder.name) / "shop"
            client = kernel.client().ready()
            self.run_cell(client, self.LOAD + "\nrelabel logos image 3, 14 as puma")
            (folder / "adidas" / "03.png").rename(folder / "adidas" / "zz.png")
            (folder / "nike" / "14.png").write_bytes(png(99))
            client = self.restarted(kernel)
            text = self.run_cell(client, self.LOAD)
            self.assertIn("1 label was fixed by hand before", text)
            self.assertIn("(adidas/zz.png): adidas → puma", text)
            self.assertIn("LL347", text)
            self.assertIn("nike/14.png was to be `puma`", text)

    def test_sample(self):
        with support.Kernel() as kernel:
            load = "load logos from sample:logos size 16x16 limit 60"
            folder = Path(kernel.folder.name)
            support.give_sample(folder / "home")
            client = kernel.client().ready()
            self.run_cell(client, load)
            self.assertIn("kept in home/data/edits/", self.run_cell(client, 'relabel logos image 1 as "no brand"'))
            client = self.restarted(kernel)
            self.assertIn("1 label was fixed by hand before, as home/data/edits/", self.run_cell(client, load))
            reply, _ = client.execute(load + " labels mine.txt")  # not the set's own
            self.assertIn("no labels file `mine.txt`", reply.content["evalue"])

    def test_two_kernels(self):
        """Both write at once; each one's fixes are all there afterwards."""
        with support.Kernel() as one:
            log = self.shop(one)
            with support.Kernel(folder=one.folder.name) as two:
                clients = [one.client().ready(), two.client().ready()]
                for client in clients:
                    self.run_cell(client, self.LOAD)
                failed = []

                def fix(client, numbers):
                    for n in numbers:
                        reply, _ = client.execute(f"relabel logos image {n} as puma")
                        if reply.content["status"] != "ok":
                            failed.append(reply.content)

                threads = [threading.Thread(target=fix, args=(client, range(k + 1, 21, 2)))
                           for k, client in enumerate(clients)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                self.assertEqual(failed, [])
                self.assertEqual(len(log.read_text().splitlines()), 21)
                self.assertIn("20 labels were fixed by hand before", self.run_cell(clients[0], self.LOAD))

    def test_killed_while_writing(self):
        """Whenever it is killed the log is whole, and what was said last is what the next one sees."""
        rng = random.Random(20261128)
        with support.Kernel() as kernel:
            log = self.shop(kernel)
            for _ in range(4):
                client = kernel.client().ready()
                self.run_cell(client, self.LOAD)
                before = log.read_text() if log.exists() else ""
                client.send("execute_request", {"code": "for i in 1..1200 { relabel logos image 5 as a$i }"})
                support.until(lambda: log.exists() and log.read_text() != before, "it writes")
                time.sleep(rng.uniform(0, 0.3))
                kernel.process.kill()
                kernel.wait()
                lines = log.read_text().splitlines()
                self.assertEqual(lines[0], "sha256\tpath\told label\tnew label\ttime")
                for line in lines[1:]:
                    self.assertRegex(line, r"^[0-9a-f]{64}\tadidas/05\.png\t\w+\ta[0-9]+\t[-0-9T:.]+Z$")
                last = re.search(r"\t(a[0-9]+)\t[^\t]*$", lines[-1]).group(1)
                kernel.start()
                text = self.run_cell(kernel.client().ready(), self.LOAD)
                self.assertIn(f"image 5 (adidas/05.png): adidas → {last}", text)
                self.assertNotIn("LL346", text)


if __name__ == "__main__":
    unittest.main()
