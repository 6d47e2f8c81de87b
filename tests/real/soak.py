"""soak.py [CELLS]: many cells (50,000) through one kernel, and what it holds meanwhile; fails if memory, descriptors,
threads or files grow once it is warm (make soak).

Of every hundred cells: text, results, displays, loops, variables, grids, errors, questions, silent ones, expressions,
Tab and the history; every few hundred a client that joins and leaves, a subshell, an interrupt that aborts a burst, pictures, a
slider that is opened and closed, a dataset that is loaded anew."""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from kernel_support import SLOW, Kernel, small_photos  # noqa: E402

CELLS = int(sys.argv[1]) if len(sys.argv) > 1 else 50000
WARM = 0.2  # of the cells; from then on nothing may grow
SLACK = 4 << 20  # bytes that a heap breathes, and SQLite's pages
# What a cell is, and how it ends.
KINDS = [("say hello, $n", "ok"), ("let n = (1 + 2)", "ok"), ("(6*7)", "ok"), ("help fit", "ok"),
         ("nosuch $n", "error"),
         ("let g = [1 2; 3 4]\ng", "ok"), ("for i in 1, 2, 3 { say $i }", "ok"), ("list", "ok"), ("clear", "ok"),
         ("check 1 = 2", "error"), ("fit?", "ok"), ("", "ok"), ("$n", "ok"), ("use tiny", "ok"),
         ("say $nosuch", "error"),
         ("say \"" + "long " * 400 + "\"", "ok"), ("model small on tiny { dense", "error")]
PICTURES = ["tiny", "show tiny limit 4", "convolve g with edge same", "fit small epochs 2 quiet", "confusion small",
            "load tiny from tiny labels folders size 8x8"]
PREPARE = """let n = 1
load tiny from tiny labels folders size 8x8
model small on tiny { flatten; dense classes softmax }
fit small epochs 2 quiet
let g = [1 2; 3 4]"""


class Soak:
    def __init__(self, kernel):
        self.kernel, self.client, self.done = kernel, kernel.client().ready(), 0

    def cell(self, code, wanted="ok", **options):
        reply, outputs = self.client.execute(code, **options)
        assert reply.content["status"] == wanted, (code, reply.content)
        self.done += 1
        return outputs

    def hundred(self):
        for i in range(100):
            code, wanted = KINDS[i % len(KINDS)]
            expressions = {"a": "$n", "b": "nosuch"} if i % 7 == 0 else {}
            self.cell(code, wanted, silent=i % 10 == 9, user_expressions=expressions)
        self.client.ask("complete_request", {"code": "fit small ep", "cursor_pos": 12})
        self.client.ask("inspect_request", {"code": "fit small", "cursor_pos": 3, "detail_level": 1})
        self.client.ask("history_request", {"hist_access_type": "search", "pattern": "*fit*", "n": 10, "output": True})
        self.client.ask("is_complete_request", {"code": "model m {"})

    def slide(self):
        opened = [m for m in self.cell("convolve g with edge same slider") if m.type == "comm_open"]
        for comm in opened:
            self.client.ask("comm_info_request", {"target_name": "jupyter.widget"})
            self.close(comm.content["comm_id"])

    def close(self, comm):
        self.client.outputs(self.client.send("comm_close", {"comm_id": comm, "data": {}}))

    def seldom(self):
        other = self.kernel.client().ready()
        other.execute("say from another")
        other.ask("kernel_info_request", channel="control")
        self.kernel.clients.remove(other)
        other.close()
        self.subshell()
        for code in PICTURES:
            self.cell(code)
        self.slide()
        self.interrupted()

    def subshell(self):
        made, _ = self.client.ask("create_subshell_request", channel="control")
        if made.content["status"] != "ok":
            return
        shell = made.content["subshell_id"]
        self.client.ask("execute_request", {"code": "say aside\nlist"},
                        header=self.client.header("execute_request", subshell_id=shell))
        self.client.ask("delete_subshell_request", {"subshell_id": shell}, channel="control")

    def interrupted(self):
        running = self.client.send("execute_request", {"code": "say begun\n" + SLOW})
        queued = [self.client.send("execute_request", {"code": "say never"}) for _ in range(3)]
        while self.client.receive("iopub").type != "stream":
            pass
        # not `ask`, which reads outputs until the interrupt's own: what is aborted may have been told before it
        self.client.reply(self.client.send("interrupt_request", channel="control"), "control")
        assert self.client.reply(running).content["ename"] == "Interrupted"
        for one in queued:
            assert self.client.reply(one).content["status"] == "aborted"
        self.client.outputs(queued[-1])
        self.done += 4

    def held(self):
        pid = self.kernel.process.pid
        return {"memory": self.kernel.memory(), "descriptors": self.kernel.descriptors(),
                "threads": len(list(Path(f"/proc/{pid}/task").iterdir())),
                "files": sum(1 for _ in self.kernel.home_folder().rglob("*"))}


def main():
    with Kernel() as kernel:
        kernel.home_folder = lambda: Path(kernel.folder.name)
        small_photos(kernel.home_folder() / "tiny")
        soak, began, warm = Soak(kernel), time.monotonic(), None
        soak.cell(PREPARE)
        print(f"{'cells':>7} {'MiB':>7} {'descriptors':>12} {'threads':>8} {'files':>6} {'cells/s':>8}")
        turn = 0
        while soak.done < CELLS:
            soak.hundred()
            turn += 1
            if turn % 3 == 0:
                soak.seldom()
            now = soak.held()
            if warm is None and soak.done >= WARM * CELLS:
                warm = now
            if turn % max(1, CELLS // 2000) == 0 or soak.done >= CELLS:
                rate = soak.done / (time.monotonic() - began)
                print(f"{soak.done:>7,} {now['memory'] / 2**20:>7.1f} {now['descriptors']:>12} {now['threads']:>8} "
                      f"{now['files']:>6} {rate:>8,.0f}", flush=True)
        time.sleep(1)  # closed connections are let go
        now = soak.held()
        soak.client.ask("kernel_info_request")
    grown = {what: now[what] - warm[what] for what in now}
    print("since it was warm:", ", ".join(f"{what} {grown[what]:+,}" for what in grown))
    bad = [what for what in grown if grown[what] > (SLACK if what == "memory" else 0)]
    print("soak:", "grew: " + ", ".join(bad) if bad else f"{soak.done:,} cells, nothing grew")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
