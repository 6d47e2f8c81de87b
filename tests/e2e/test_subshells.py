"""Subshells: shells beside the main one that answer while a cell runs there (JEP 91)."""
import unittest

from kernel_support import PATIENCE, SLOW, Kernel, until

NOWHERE = "0123456789abcdef0123456789abcdef"


class Subshells(unittest.TestCase):
    def setUp(self):
        self.kernel = Kernel()
        self.client = self.kernel.client().ready()

    def tearDown(self):
        self.assertEqual(self.kernel.stop(), 0)

    # ---- what the tests say ----
    def control(self, kind, **content):
        reply, outputs = self.client.ask(f"{kind}_request", content, "control")
        self.assertEqual(reply.type, f"{kind}_reply")
        self.assertEqual([m.content["execution_state"] for m in outputs], ["busy", "idle"])
        return reply.content

    def create(self):
        content = self.control("create_subshell")
        self.assertEqual(content["status"], "ok", content)
        return content["subshell_id"]

    def delete(self, subshell):
        self.assertEqual(self.control("delete_subshell", subshell_id=subshell), {"status": "ok"})

    def subshells(self):
        return self.control("list_subshell")["subshell_id"]

    def run_cell(self, code, subshell=None, status="ok"):
        reply, outputs = self.client.ask("execute_request", {"code": code}, subshell=subshell)
        self.assertEqual(reply.content["status"], status, reply.content)
        return reply, outputs

    def start(self, code, subshell=None, **options):
        """Sends a cell and waits until it runs."""
        msg_id = self.client.send("execute_request", {"code": code, **options}, subshell=subshell)
        while True:
            message = self.client.receive("iopub")
            if message.parent.get("msg_id") == msg_id and message.type == "execute_input":
                return msg_id

    def text(self, outputs):
        return "\n".join(m.content["data"]["text/plain"] for m in outputs if "data" in m.content) + \
            "".join(m.content["text"] for m in outputs if m.type == "stream")

    # ---- made, listed, deleted ----
    def test_made_listed_and_deleted(self):
        reply, _ = self.client.ask("kernel_info_request")
        self.assertIn("kernel subshells", reply.content["supported_features"])
        self.assertEqual(self.subshells(), [])
        first, second = self.create(), self.create()
        self.assertNotEqual(first, second)
        self.assertEqual(self.subshells(), [first, second])
        self.delete(first)
        self.assertEqual(self.subshells(), [second])
        self.delete(second)
        self.assertEqual(self.subshells(), [])

    def test_one_that_is_not_there_is_an_error(self):
        gone = self.create()
        self.delete(gone)
        for content in ({"subshell_id": NOWHERE}, {"subshell_id": gone}, {"subshell_id": ""}):
            reply = self.control("delete_subshell", **content)
            self.assertEqual((reply["status"], reply["ename"]), ("error", "LL197"), content)
        self.assertEqual(self.control("delete_subshell")["ename"], "LL192")
        for subshell in (NOWHERE, gone, "x" * 1000, 7, ["main"], {}):
            for kind in ("execute_request", "complete_request", "kernel_info_request"):
                header = self.client.header(kind, subshell_id=subshell)
                reply, outputs = self.client.ask(kind, {"code": "say lost", "cursor_pos": 3}, header=header)
                self.assertEqual(reply.type, kind.replace("request", "reply"))
                self.assertEqual((reply.content["status"], reply.content["ename"]), ("error", "LL197"), subshell)
                self.assertEqual(reply.parent["subshell_id"], subshell)
                self.assertEqual([m.content["execution_state"] for m in outputs], ["busy", "idle"])
        header = self.client.header("comm_msg", subshell_id=NOWHERE)
        msg_id = self.client.send("comm_msg", {"comm_id": "x", "data": {}}, header=header)
        self.assertEqual([m.type for m in self.client.outputs(msg_id)], ["status", "status"])
        self.assertTrue(self.client.silent("shell"))

    def test_null_is_the_main_shell(self):
        header = self.client.header("execute_request", subshell_id=None)
        reply, _ = self.client.ask("execute_request", {"code": "let a = 1"}, header=header)
        self.assertEqual(reply.content["execution_count"], 1)
        self.assertEqual(self.run_cell("let b = 1")[0].content["execution_count"], 2)

    # ---- beside the main shell ----
    def test_it_answers_while_a_cell_runs(self):
        subshell = self.create()
        slow = self.start(SLOW)
        reply, outputs = self.run_cell("say here\n(6*7)", subshell)
        self.assertEqual([m.content.get("execution_state", m.type) for m in outputs],
                         ["busy", "execute_input", "stream", "execute_result", "idle"])
        self.assertIn("42", self.text(outputs))
        for message in [reply, *outputs]:
            self.assertEqual(message.parent["subshell_id"], subshell)
        for kind, content in (("complete_request", {"code": "sa", "cursor_pos": 2}), ("kernel_info_request", {}),
                              ("inspect_request", {"code": "say", "cursor_pos": 1}), ("comm_info_request", {}),
                              ("history_request", {"hist_access_type": "tail", "n": 3})):
            self.assertEqual(self.client.ask(kind, content, subshell=subshell)[0].content["status"], "ok", kind)
        self.client.ask("interrupt_request", channel="control")
        self.assertEqual(self.client.reply(slow).content["ename"], "Interrupted")

    def test_each_has_a_count_and_a_history_of_its_own(self):
        subshell = self.create()
        self.run_cell("let a = 1")
        self.run_cell("let a = 2")
        self.assertEqual(self.run_cell("let b = 3", subshell)[0].content["execution_count"], 1)
        self.assertEqual(self.run_cell("let a = 4")[0].content["execution_count"], 3)
        self.assertEqual(self.run_cell("nonsense here", subshell, "error")[0].content["execution_count"], 2)


if __name__ == "__main__":
    unittest.main()
