"""A program that is killed (kill -9) at any moment: the next start goes on, or opens the last whole version.

LOGOLENS_KILLS says how often each is tried (6)."""
import os
import random
import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import kernel_support as support

KILLS = int(os.environ.get("LOGOLENS_KILLS", "6"))
# How long a training is does not matter where its kill is drawn from the whole of it.
EPOCHS = 60 if os.environ.get("LOGOLENS_FLAVOR", "release") == "release" else 16
SETUP = """load logos from sample:logos size 32x32 limit 500 seed 3
model scratch on logos seed {seed} {{ conv 8 3x3 relu; maxpool 2; flatten; dense 16 relu; dropout 0.3; dense classes softmax }}
"""
FIT = "fit scratch epochs {epochs} batch 16 lr 0.02 optimizer {optimizer} quiet{again}\nsave scratch to {file}\n"


class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="lens-kill-")
        cls.work = Path(cls.folder.name)
        cls.env = {**os.environ, "LOGOLENS_HOME": str(cls.work / "home"), "LOGOLENS_LOG": "warn"}
        cls.random = random.Random(20261123)
        support.give_sample(cls.work / "home")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def begin(cls, text, output=subprocess.PIPE):
        (cls.work / "script.lens").write_text(text)
        return subprocess.Popen([support.BINARY, "run", "script.lens"], cwd=cls.work, env=cls.env, text=True,
                                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    @classmethod
    def run_script(cls, text):
        process = cls.begin(text)
        out = process.communicate(timeout=600)[0]
        assert process.returncode == 0, out
        return out

    def kill_when(self, text, moment):
        """Starts a script and kills it when moment(); True when it was still running."""
        process = self.begin(text, subprocess.DEVNULL)
        while process.poll() is None and not moment():
            pass
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def kill_after(self, text, seconds):
        end = time.monotonic() + seconds
        return self.kill_when(text, lambda: time.monotonic() > end or time.sleep(0.001))

    def kept(self):
        """How many runs the run store has, whole or not."""
        return len(list((self.work / "home" / "data" / "runs").glob("*.lrun")))

    def unfinished(self):
        """Files that are being written, or were when a program was killed."""
        return {name for name in os.listdir(self.work) if name.endswith(".tmp")}

    def fingerprint(self, out):
        return re.findall(r"fingerprint\s+([0-9a-f]{16})", out)[-1]

    def test_fit(self):
        """What is left of a training that was killed is its last whole epochs, and what becomes of it is the training
        that was not killed, bit for bit."""
        optimizers, seen = ["sgd", "momentum", "adam", "rmsprop"], {"taken up": 0, "first weights": 0, "not trained": 0}
        began = time.monotonic()
        self.run_script(SETUP.format(seed=1))
        start = time.monotonic() - began
        began = time.monotonic()
        self.run_script(SETUP.format(seed=1) + FIT.format(epochs=EPOCHS, optimizer="sgd", again="", file="m.lmodel"))
        whole = time.monotonic() - began
        for i in range(KILLS):
            script = SETUP.format(seed=i + 2) + FIT.format(epochs=EPOCHS, optimizer=optimizers[i % 4], again="", file="m.lmodel")
            before = self.kept()
            if i % 2 == 0:
                self.kill_when(script, lambda: self.kept() > before)  # an epoch has just been kept
            for _ in range(self.random.choice((1, 1, 2, 3)) if i % 2 else i // 2 % 3):
                self.kill_after(script, start * 0.9 + 0.75 * (whole - start) * self.random.random())
            out = self.run_script(script)
            self.assertNotIn("run store", out)  # a log line would tell of a damaged file
            found = [word for word in seen if word in out]
            self.assertEqual(len(found), 1, out)
            seen[found[0]] += 1
            again = self.run_script(script.replace("quiet", "quiet again").replace("m.lmodel", "again.lmodel"))
            self.assertEqual(self.fingerprint(out), self.fingerprint(again), f"after {found[0]}")
        print(f"  {KILLS} trainings killed: {seen['taken up']} taken up where they were cut off, {seen['first weights']} "
              f"begun again, {seen['not trained']} had ended; all equal to the training that was not killed")
        if KILLS >= 6:
            self.assertGreater(seen["taken up"], 0)

    def test_save(self):
        """A file that is written over is the old one or the new one."""
        models = SETUP.format(seed=1) + SETUP.format(seed=2).splitlines()[1].replace("scratch", "other") + "\n"
        out = self.run_script(models + "save scratch to kept.lmodel\nsave other to kept.lmodel\n")
        known = re.findall(r"fingerprint\s+([0-9a-f]{16})", out)
        self.assertEqual(len(set(known)), 2)
        began = time.monotonic()
        self.run_script(models)
        start = time.monotonic() - began
        # which ends only by the kill
        save = "for i in 1..100000 { for k in 1..100000 { save scratch to kept.lmodel; save other to kept.lmodel } }\n"
        script, seen = models + save, {}
        for i in range(KILLS):
            if i % 2:
                self.assertTrue(self.kill_after(script, start + self.random.uniform(0, 1.0)))
            else:
                before = self.unfinished()
                self.assertTrue(self.kill_when(script, lambda: self.unfinished() - before))
            found = self.fingerprint(self.run_script("open back from kept.lmodel\n"))
            self.assertIn(found, known)
            seen[found] = seen.get(found, 0) + 1
        print(f"  {KILLS} times killed while saving: the file was whole each time, versions {sorted(seen.values())}")


if __name__ == "__main__":
    unittest.main()
