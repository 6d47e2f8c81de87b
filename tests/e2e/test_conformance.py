"""The checklist of the protocol, and which test shows each line of it.

CHECKLIST is what a client may expect of a kernel, from the messaging specification of the Jupyter project and from what
kernels are known to get wrong, in our words: number, expectation, tests. Tests of test_conformance_*.py carry the
number in their names; those of other files are named. A line without a test that exists fails, and so does a test
that belongs to no line."""

import ast
import re
import unittest
from pathlib import Path

FOLDER = Path(__file__).parent

CHECKLIST = """
0.01 one version, 5.5 or newer, in every header, in kernel_info_reply, in the kernelspec and in what the program says
     of itself
0.02 clients of every version are answered, whatever they say of theirs
0.03 busy and idle surround every request (since 5.0): 3.01
     | conformance_requests.Requests.test_3_01_busy_first_and_idle_last
0.04 positions count code points (since 5.2): 6.01
     | conformance_cells.Cells.test_6_01_positions_count_code_points
0.05 interrupt_request on control, and interrupt_mode in the kernelspec (since 5.3)
     | conformance_life.Interrupts.test_8_01_by_signal_and_by_message
     | conformance_start.KernelSpec.test_11_01_members_and_their_types
0.06 shutdown_request belongs to control, and is still obeyed on shell (since 5.4)
     | lifecycle.Ending.test_shutdown_idle_and_running_on_both_channels
0.07 welcomes, kernel_info on control, supported_features (since 5.5): 4.01, 4.10
     | conformance_requests.Requests.test_4_01_kernel_info
     | conformance_requests.Requests.test_4_10_iopub_welcome
0.08 the handshake with a registration file (5.6): 1.09
     | conformance_start.Registration.test_1_09_the_kernel_chooses_its_ports
0.09 CurveZMQ, of no version: 1.10
     | conformance_start.Encryption.test_1_10_who_has_no_key_gets_nothing_anywhere

1.01 argv with the connection file's path is all that is needed: no PATH, no home folder, no standard streams
1.02 started as leader of a process group, in the notebook's folder; signals to the group reach the cell and not the
     helpers
1.03 connection file: transport, ip, five ports as numbers or digits, key, scheme, names of kernel and session; others
     are ignored
     | lifecycle.Starting.test_ports_as_digits_and_unknown_members
1.04 addresses: tcp with IPv4 and IPv6, ipc with the port as the end of a path
     | lifecycle.Starting.test_ipc
1.05 five sockets to which every kind of client socket may connect that fits a ROUTER
1.06 an empty key: nothing is signed or checked, signatures are empty
     | lifecycle.Starting.test_empty_key_means_no_signatures
1.07 anything wrong is one short error on stderr and a status, within a second; it never hangs
     | lifecycle.Starting.test_bad_connection_files
     | lifecycle.Starting.test_no_file
     | lifecycle.Starting.test_port_in_use
1.08 a port that is still in use is tried for a second
1.09 registration file: five free ports, one signed message, a signed answer within five seconds or the end, a
     connection file for others
1.10 both curve keys: every socket is encrypted before it listens; who has no key gets nothing on any channel
1.11 `starting` is published once, with an empty parent
1.12 every subscription is welcomed, also the second front end's: 4.10
     | protocol.Protocol.test_every_client_is_welcomed
1.13 sockets belong to one thread; clients may come and go while cells run
1.14 output is not lost to a reader that pauses; one that never reads stalls nobody for long
     | lifecycle.Load.test_a_reader_that_pauses_loses_nothing
     | lifecycle.Load.test_a_reader_that_never_reads_stalls_nobody_for_long
     | flow.Readers.test_five_thousand_displays_to_a_reader_that_pauses
     | flow.Readers.test_a_reader_that_never_returns_costs_only_itself

2.01 all routing frames come back, unchanged and in order, also empty ones and such with NULs
     | hostile.Hostile.test_nul_frames_in_front_are_routing
2.02 the signature is over the four parts as received, lower-case hex; buffers are not signed; one that is wrong is
     dropped
     | hostile.Hostile.test_wrong_signatures
2.03 too few frames, too many, no delimiter, junk: dropped without a word, and the kernel lives
     | hostile.Hostile.test_odd_frames
     | hostile.Hostile.test_the_hostile_messages_of_the_corpus
2.04 a signed message is obeyed once, on whatever channel it comes again
     | hostile.Hostile.test_a_message_is_obeyed_once
2.05 JSON: strict, UTF-8, bounded in depth and in numbers; what cannot be read is an error reply; what we send is
     UTF-8
     | protocol.Protocol.test_odd_content_is_an_error_reply
2.06 header: all texts, a new msg_id each time, one session a process, a date in UTC; of clients' only msg_type is
     needed
2.07 parent_header: the request's header, byte for byte, {} without one
     | protocol.Protocol.test_parent_header_is_the_request_s_bytes
2.08 metadata: cellId, deletedCells and the like are accepted and change nothing; execute_reply has `started`
2.09 IOPub: one topic frame, by which one can subscribe
2.10 buffers come with any message, up to 64 MiB a message

3.01 busy, work, reply, idle, with the request as parent: also for unknown types, for what cannot be read, for what is
     aborted
3.02 what one client asks is answered in order
     | protocol.Protocol.test_many_requests_at_once_are_answered_in_order
3.03 control and heartbeat answer while a cell runs, and while a question waits
     | protocol.Protocol.test_control_answers_while_a_cell_runs
     | conformance_life.Questions.test_7_08_control_answers_while_it_waits
3.04 unknown types are not answered
     | protocol.Protocol.test_unknown_types_are_noted_and_not_answered
3.05 each reply has a status, an error its name, its sentence and its lines

4.01 kernel_info_request: the same on shell and control
4.02 execute_request: only `code` is needed, everything else has a default
4.03 execute_input: the code as it came, and the count of the reply
4.04 stream: name and text
4.05 display_data: forms by type, always with text/plain
4.06 update_display_data: the display_id of what it replaces, which no other cell has
4.07 execute_result: the count of the reply, also after cells that are not stored
4.08 error: the name is a code, as in the reply
4.09 clear_output: wait
4.10 iopub_welcome: to every subscription of every front end, under its topic, before anything else
4.11 complete_request: matches, the range they replace, their kinds
     | protocol.Protocol.test_complete
4.12 inspect_request: found, forms; detail_level and omit_sections
     | protocol.Protocol.test_inspect
4.13 is_complete_request: complete, incomplete with indent, invalid
     | protocol.Protocol.test_is_complete
4.14 history_request: range, tail and search; output, n, unique; whatever cannot be meant is answered
     | protocol.Protocol.test_history
     | history.History.test_cells_of_earlier_kernels
4.15 comms: unknown targets are closed, messages are not answered, comm_info lists what is open
     | sliders.Sliders.test_comms_open_as_the_protocol_says
4.16 connect_request: five ports
4.17 shutdown_request: 8.03, 8.04
     | conformance_life.End.test_8_04_restart_is_echoed
4.18 interrupt_request: ok, whatever runs
4.19 debug_request: not claimed, so noted and not answered
4.20 subshells are created, listed and deleted on control
4.21 usage_request: process and machine, with helpers counted
4.22 input_request: 7
     | conformance_life.Questions.test_7_02_only_who_sent_the_cell_is_asked
4.23 heartbeat: the same frames, however many
     | protocol.Protocol.test_heartbeat_echoes

5.01 execute_input, outputs in the order they were made, idle
     | protocol.Protocol.test_order_of_an_execution
5.02 the count goes up for what is stored, and for nothing else
     | protocol.Protocol.test_count_only_for_stored
5.03 silent: no input, result, history or count
5.04 code that is blank runs nothing
5.05 stop_on_error aborts the cells that had arrived, and no other request; false goes on
     | protocol.Protocol.test_a_request_sent_after_a_failure_always_runs
5.06 an interrupt aborts what is queued, as an error does
     | lifecycle.Interrupting.test_interrupt_stops_the_cell_and_what_is_queued
5.07 user_expressions: each is ok or an error of its own
5.08 payload is there and empty
5.09 what is drawn after idle keeps the request that caused it as parent
     | sliders.Sliders.test_at_rest_the_last_drawing_gets_all_its_forms
5.10 text is collected, comes before what follows it, and is never cut within a character
     | protocol.Protocol.test_many_lines_are_few_messages
     | flow.Text.test_a_hundred_thousand_lines_come_whole_and_in_order
     | flow.Text.test_text_stays_below_what_the_server_throws_away
5.12 pictures: base64 in one line, text beside it, width and height
5.13 a live display is updated a few times a second

6.01 positions count code points
6.02 positions that are none are clamped
     | protocol.Protocol.test_odd_cursors

7.01 allow_stdin false: nobody is asked, the cell fails
     | connect.Prompt.test_nobody_to_ask
7.02 only the front end that sent the cell is asked, with the cell's header as parent
7.03 answers from before the question, or to another one, are dropped
     | connect.Prompt.test_interrupt_while_it_waits
7.04 an answer without a value ends the cell; one that is unsigned, or another's, is dropped
     | connect.Prompt.test_answers_that_are_none
7.05 an interrupt ends the wait
7.06 the end of input is an error
7.07 a question for a secret says so, and comes after the text that explains it
     | connect.Prompt.test_typed_keys_and_who_sees_them
7.09 a front end that does not listen for questions yet is asked when it does; one that never does is an error
7.08 a shutdown ends the wait
     | connect.Prompt.test_shutdown_while_it_waits

8.01 interrupted by signal and by message, in loops and trainings; what was made stays
     | lifecycle.Interrupting.test_an_interrupt_right_after_busy_works
8.02 interrupts that hit nothing, many at once, or come late, are harmless
     | lifecycle.Interrupting.test_interrupts_while_idle_are_harmless
8.03 shutdown: reply, broadcast, status 0, no helper left, in whatever state
     | lifecycle.Ending.test_shutdown_idle_and_running_on_both_channels
8.04 restart is echoed
8.05 restarted at once on the same ports, with a new session
     | lifecycle.Ending.test_restart_on_the_same_ports
8.06 it ends with its parent, and with the server behind its parent
     | lifecycle.Ending.test_it_does_not_outlive_its_parent
8.07 SIGTERM and SIGHUP end it in order, with what was made kept
     | history.History.test_a_shutdown_while_a_cell_runs_keeps_the_cells_before
     | lifecycle.Ending.test_signals_end_it

9.01 the feature is declared, ids are unique, the main shell is not listed
     | subshells.Subshells.test_made_listed_and_deleted
9.02 messages with a subshell_id are its own, beside a running cell, and their answers name it
     | subshells.Subshells.test_it_answers_while_a_cell_runs
     | subshells.Subshells.test_null_is_the_main_shell
9.03 an unknown one is an error reply between busy and idle
     | subshells.Subshells.test_one_that_is_not_there_is_an_error
9.04 each has a count, a history, a queue and questions of its own
     | subshells.Subshells.test_each_has_a_count_and_a_history_of_its_own
     | subshells.Subshells.test_a_failure_aborts_the_queue_of_its_own_shell
     | subshells.Subshells.test_each_asks_and_is_answered_for_itself
9.05 comms answer there while a cell runs
     | subshells.Subshells.test_a_slider_moves_while_a_cell_runs
9.06 interrupts, deletion and the end with cells running are clean
     | subshells.Subshells.test_an_interrupt_is_for_all_or_for_one
     | subshells.Subshells.test_deleted_while_a_cell_runs
     | subshells.Subshells.test_the_kernel_ends_with_cells_running_everywhere

10.01 forty front ends at once
     | lifecycle.Load.test_forty_clients
10.02 three hundred come and go
     | lifecycle.Load.test_clients_that_come_and_go_leave_nothing
10.03 noise, other protocols and the wrong sockets on every port
     | hostile.Hostile.test_strangers_on_every_port
     | hostile.Hostile.test_junk_subscriptions
10.04 ten thousand comm messages
10.05 a cell of fifty megabytes
     | protocol.Protocol.test_large_code
10.06 a hundred thousand members, long names
     | conformance_wire.Frames.test_2_05_many_keys
10.07 readers that are slow: 1.14
     | lifecycle.Load.test_a_reader_that_never_reads_stalls_nobody_for_long
10.08 no growth over two thousand cells
     | protocol.Protocol.test_a_thousand_executions_keep_memory_and_descriptors

11.01 kernel.json: members and types of the schema, the language of kernel_info, encryption declared
11.02 a name Jupyter takes, logos of the right sizes, no script
11.03 Jupyter finds, starts, restarts and ends it
"""
# Versions, start, wire, requests, messages, cells, positions, stdin, life, subshells, load, kernelspec.
SECTIONS = range(12)


def checklist():
    """Number -> (text, named tests). An indented line goes on with the one before; after a bar it names a test."""
    lines = {}
    for line in filter(None, CHECKLIST.splitlines()):
        if line.startswith("     | "):
            lines[number][1].append(line[7:])
        elif line.startswith(" "):
            lines[number] = (f"{lines[number][0]} {line.strip()}", lines[number][1])
        else:
            number, text = line.split(" ", 1)
            assert number not in lines, number
            lines[number] = (text, [])
    return lines


def known_tests():
    """file.Class.test of all tests of this folder, without importing them."""
    found = set()
    for path in FOLDER.glob("test_*.py"):
        for group in ast.parse(path.read_text()).body:
            if isinstance(group, ast.ClassDef):
                found |= {
                    f"{path.stem[5:]}.{group.name}.{member.name}"
                    for member in group.body
                    if isinstance(member, ast.FunctionDef) and member.name.startswith("test_")
                }
    return found


def number_of(test):
    match = re.fullmatch(r"conformance_\w+\.\w+\.test_(\d+)_(\d\d)_\w+", test)
    return f"{match[1]}.{match[2]}" if match else None


class Conformance(unittest.TestCase):
    def test_every_line_has_a_test(self):
        known, numbered = known_tests(), {}
        for test in known:
            numbered.setdefault(number_of(test), []).append(test)
        for number, (text, named) in checklist().items():
            self.assertEqual([test for test in named if test not in known], [], f"{number} {text}")
            self.assertTrue(named or numbered.get(number), f"no test shows {number} {text}")

    def test_every_test_belongs_to_a_line(self):
        lines = checklist()
        for test in known_tests():
            if test.startswith("conformance_"):
                self.assertIn(number_of(test), lines, test)

    def test_every_section_is_there(self):
        self.assertEqual({int(number.split(".")[0]) for number in checklist()}, set(SECTIONS))


if __name__ == "__main__":
    unittest.main()
