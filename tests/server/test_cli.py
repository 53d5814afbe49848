"""The command line: the line that says ready, exit codes, signals, the starter's pipe (H3, A2)."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import apsw
import pytest
from click.testing import CliRunner
from websockets.asyncio.client import connect

from chat_protocol import frames, invite_link
from chat_protocol.errors import Code
from chat_protocol.ids import b64, unb64
from chat_server.cli import Exit, main
from chat_server.network import owner_of
from chat_server.storage.data_folder import DataFolder
from chat_server.storage.schema import load_checksums
from tests.server.child import child, run
from tests.wire import Key, Wire

SERVE = ("serve", "--bind", "local", "--port", "0", "--data")


async def test_the_first_line_says_ready(tmp_path: Path) -> None:
    async with child(*SERVE, tmp_path / "data") as server:
        line = server.line
        assert line["event"] == "listening"
        assert line["addresses"] == [f"127.0.0.1:{server.port}"]
        assert line["pid"] == server.process.pid
        announced = json.loads((tmp_path / "data" / "listening.json").read_text())
        assert announced == {name: line[name] for name in ("addresses", "port", "fingerprint", "pid", "parent_pipe")}
        link = invite_link.parse(line["host_link"])
        assert link.key == server.fingerprint
        async with await Wire.connect(server.port, server.fingerprint) as wire:
            await wire.login(Key.fresh(), invite=link.token, name="Ann")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@pytest.mark.parametrize(("number", "why"), [(signal.SIGTERM, Code.RESTART), (signal.SIGINT, Code.STOPPED)])
async def test_h3_a_signal_stops_it_in_order(tmp_path: Path, number: signal.Signals, why: Code) -> None:
    """SIGTERM comes from what may start it again at once, SIGINT from a person."""
    key = Key.fresh()
    async with child(*SERVE, tmp_path, "--host-key", b64(key.public)) as server:
        assert "host_link" not in server.line
        wire = await Wire.connect(server.port, server.fingerprint)
        await wire.login(key)
        server.process.send_signal(number)
        bye = await wire.ended()
        assert isinstance(bye, frames.Bye)
        assert (bye.code, bye.after_ms is None) == (why, why is Code.STOPPED)
        code, out, err = await server.end()
    assert (code, out) == (0, "")
    log = [json.loads(line) for line in err.splitlines()]
    assert {line["level"] for line in log} == {"info"}
    assert f"listens on port {server.port}" in log[0]["text"]
    assert log[-1]["text"] == "stopped"
    assert (tmp_path / "server.log").read_text() == err
    assert not (tmp_path / "listening.json").exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


async def test_after_a_kill_it_starts_again_on_the_same_port(tmp_path: Path) -> None:
    key = Key.fresh()
    async with child(*SERVE, tmp_path, "--host-key", b64(key.public)) as server:
        port = server.port
        async with await Wire.connect(port, server.fingerprint) as wire:
            welcome = await wire.login(key)
            (room,) = [log.log for log in welcome.logs if log.kind == "room"]
            sent = await wire.say(room, "kept")
        server.process.kill()
        await server.process.wait()
    async with child(*SERVE, tmp_path) as server:
        assert server.port == port
        async with await Wire.connect(port, server.fingerprint) as wire:
            await wire.login(key)
            page = await wire.request(lambda re: frames.Page(re, room, 10))
            assert isinstance(page, frames.Ok)
            assert [(one.seq, one.text) for one in page.messages or ()] == [(sent.seq, "kept")]


async def test_the_starter_says_stop(tmp_path: Path) -> None:
    async with child(*SERVE, tmp_path, "--parent-pipe") as server:
        assert server.process.stdin is not None
        server.process.stdin.write(b"stop\n")
        code, _out, _err = await server.end()
    assert code == 0


async def test_a_server_outlives_its_starter(tmp_path: Path) -> None:
    """It stays for a minute after the host's last connection; `test_app.py` shows what happens then."""
    key = Key.fresh()
    async with child(*SERVE, tmp_path, "--parent-pipe", "--host-key", b64(key.public)) as server:
        assert server.process.stdin is not None
        server.process.stdin.close()
        await server.process.stdin.wait_closed()
        async with await Wire.connect(server.port, server.fingerprint) as wire:
            await wire.login(key)


async def test_without_the_flag_stdin_is_not_read(tmp_path: Path) -> None:
    async with child(*SERVE, tmp_path) as server:
        assert server.process.stdin is not None
        server.process.stdin.write(b"stop\n")
        server.process.stdin.close()
        async with await Wire.connect(server.port, server.fingerprint):
            pass
        server.process.terminate()
        assert (await server.end())[0] == 0


# --- what can't be done: one line, and an exit code of its own ---


async def fails(*arguments: str | Path, **environment: str) -> tuple[int, str]:
    """Exit code and the one line."""
    code, out, err = await run(*arguments, **environment)
    assert out == ""
    lines = [line for line in err.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, err
    assert "Traceback" not in err
    return code, lines[0]


async def test_port_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, line = await fails("serve", "--data", tmp_path, "--port", str(port))
        echo_code, echo_line = await fails("echo", "--port", str(port))
        async with child(*SERVE, tmp_path) as server:
            server.process.terminate()
            await server.end()
        (tmp_path / "port").write_text(str(port))
        _code, again = await fails("serve", "--data", tmp_path)
    assert code == echo_code == Exit.PORT_TAKEN
    assert f"port {port} is taken by " in line
    assert line.endswith(f"(process {os.getpid()}): stop that, or say --port N")
    assert echo_line == line
    assert again.startswith(line)
    assert "invites" in again


async def test_the_first_start_that_works_is_the_first(tmp_path: Path) -> None:
    """What was asked for in vain is not kept, and what comes too late is not ignored in silence."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        await fails("serve", "--data", tmp_path, "--port", port, "--room", "Kitchen", "--host-key", b64(bytes(32)))
    host = b64(Key.fresh().public)
    async with child(*SERVE, tmp_path, "--room", "Garden", "--host-key", host) as server:
        assert (await run("invite", "--data", tmp_path, "--room", "Garden"))[0] == 0
        server.process.terminate()
        assert "first start" not in (await server.end())[2]
    async with child(*SERVE, tmp_path, "--room", "Attic", "--host-key", b64(Key.fresh().public)) as server:
        server.process.terminate()
        _code, _out, err = await server.end()
    assert [
        line["text"].partition(":")[0] for line in map(json.loads, err.splitlines()) if line["level"] == "warning"
    ] == [
        "--room counts only at the first start",
        "--host-key counts only at the first start",
    ]
    async with child(*SERVE, tmp_path, "--host-key", host) as server:
        server.process.terminate()
        assert "first start" not in (await server.end())[2]


async def test_folder_in_use(tmp_path: Path) -> None:
    async with child(*SERVE, tmp_path) as server:
        code, line = await fails(*SERVE, tmp_path)
        assert code == Exit.FOLDER_IN_USE
        assert str(server.process.pid) in line
        assert (tmp_path / "listening.json").exists()


async def test_newer_schema(tmp_path: Path) -> None:
    async with child(*SERVE, tmp_path) as server:
        server.process.terminate()
        await server.end()
    load_checksums()
    db = apsw.Connection(str(tmp_path / "chat.db"))
    db.pragma("user_version", 1_000)
    db.close()
    assert (await fails(*SERVE, tmp_path))[0] == Exit.NEWER_SCHEMA


async def test_folder_not_writable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert (await fails(*SERVE, tmp_path / "file" / "data"))[0] == Exit.FOLDER_NOT_WRITABLE


@pytest.mark.parametrize("name", ["server.log", "identity.new", "port", "host.token", "listening.json"])
async def test_a_file_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    """Whichever it is, and however far the start has come: one line, and the folder is free again."""
    (tmp_path / name).mkdir()
    code, line = await fails(*SERVE, tmp_path)
    assert code == Exit.FOLDER_NOT_WRITABLE
    assert name.partition(".")[0] in line
    DataFolder(tmp_path).close()


@pytest.mark.parametrize("name", ["chat.db", "identity.pem", "operator.pem"])
async def test_damaged(tmp_path: Path, name: str) -> None:
    async with child(*SERVE, tmp_path) as server:
        server.process.terminate()
        await server.end()
    (tmp_path / name).write_bytes(b"not what it was" * 100)
    code, line = await fails(*SERVE, tmp_path)
    assert code == Exit.DAMAGED
    assert name in line
    assert line.count("restore it from a copy") == 1


@pytest.mark.parametrize("name", ["chat.db", "identity.pem", "operator.pem"])
async def test_what_was_lost_is_not_replaced_in_silence(tmp_path: Path, name: str) -> None:
    async with child(*SERVE, tmp_path) as server:
        server.process.terminate()
        await server.end()
    (tmp_path / name).unlink()
    code, line = await fails(*SERVE, tmp_path)
    assert code == Exit.DAMAGED
    assert f"{name} is missing" in line
    assert line.count("restore it from a copy") == 1
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--host-key", "AAAA"),
        ("--bind", "everywhere"),
        ("--address", "a host"),
        ("--room", " "),
        ("--name", "Lob\u202eby"),
        ("--rate", "device"),
        ("--rate", "device=0/1"),
        ("--rate", "everything=1/1"),
    ],
)
async def test_bad_configuration(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert (await fails(*SERVE, tmp_path, *arguments))[0] == Exit.BAD_CONFIGURATION


@pytest.mark.parametrize("port", ["abc", "65536", "-1"])
async def test_what_is_no_port_is_said_so(tmp_path: Path, port: str) -> None:
    code, _out, err = await run("serve", "--data", tmp_path, "--port", port)
    assert code == Exit.BAD_CONFIGURATION
    assert f"'{port}' is no port: give a number from 0 to 65535" in err


@pytest.mark.skipif(not Path("/proc/self/comm").exists(), reason="Linux tells whose a port is")
def test_the_program_at_a_port_is_named_in_full(tmp_path: Path) -> None:
    program = tmp_path / "a-program-with-a-long-name"
    program.write_text(
        f"#!{sys.executable}\nimport socket, sys\nwith socket.create_server(('127.0.0.1', 0)) as taken:\n"
        "    print(taken.getsockname()[1], flush=True)\n    sys.stdin.read()\n"
    )
    program.chmod(0o700)
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        owner = owner_of(int(other.stdout.readline()))
        other.communicate()
    assert owner == f"a-program-with-a-long-name (process {other.pid})"


async def test_an_unknown_flag_is_bad_configuration_too(tmp_path: Path) -> None:
    code, _out, err = await run(*SERVE, tmp_path, "--colour", "red")
    assert code == Exit.BAD_CONFIGURATION
    assert "--colour" in err


# --- invite ---


async def test_invite_prints_a_link_that_lets_in(tmp_path: Path) -> None:
    async with child(*SERVE, tmp_path, "--room", "Kitchen", "--address", "chat.example.org") as server:
        code, out, _err = await run("invite", "--data", tmp_path, "--uses", "1", "--room", "Kitchen")
        assert code == 0
        link = invite_link.parse(out)
        assert [str(one) for one in link.addresses] == server.line["addresses"]
        assert link.addresses[0].host == "chat.example.org"
        async with await Wire.connect(server.port, server.fingerprint) as wire:
            welcome = await wire.login(Key.fresh(), invite=link.token, name="Ann")
        assert welcome.room is not None
        assert (await fails("invite", "--data", tmp_path, "--room", "Cellar"))[0] == Exit.REFUSED


@pytest.mark.parametrize(("arguments", "is_only_here"), [((), True), (("--address", "chat.example.org"), False)])
async def test_both_say_that_only_this_computer_can_use_the_link(
    tmp_path: Path, arguments: tuple[str, ...], is_only_here: bool
) -> None:
    async with child(*SERVE, tmp_path, *arguments) as server:
        _code, _out, err = await run("invite", "--data", tmp_path)
        assert ("only this computer can use this link; for others: serve --bind all" in err) is is_only_here
        server.process.terminate()
        _code, _out, err = await server.end()
    assert ("only this computer reaches it" in err) is is_only_here


async def test_invite_without_a_server(tmp_path: Path) -> None:
    code, line = await fails("invite", "--data", tmp_path)
    assert code == Exit.NOT_RUNNING
    assert "desktop-chat-server serve" in line
    assert "--data FOLDER" in line


# --- the rest ---


async def test_echo_answers_with_what_it_got() -> None:
    async with child("echo", "--port", "0") as server:
        async with connect(server.line["url"], proxy=None) as wire:
            for message in ("hello", b"\x00\x01"):
                await wire.send(message)
                assert await wire.recv() == message
        server.process.terminate()
        assert (await server.end())[0] == 0


def test_version_and_help() -> None:
    def said(*arguments: str) -> str:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0
        return result.output

    assert said("--version").startswith("desktop-chat-server, version ")
    for command in ("serve", "echo", "invite"):
        assert "desktop-chat-server" in said(command, "--help")
    for code in Exit:
        assert f"{code.value} {code.name.lower().replace('_', ' ')}\n" in said("--help")


async def test_options_come_from_the_environment_too(tmp_path: Path) -> None:
    async with child("serve", DESKTOP_CHAT_DATA=str(tmp_path), DESKTOP_CHAT_PORT="0") as server:
        assert (tmp_path / "listening.json").exists()
        assert server.port not in range(1024)


def test_every_flag_of_serve_has_a_variable_but_the_one_for_programs() -> None:
    def without(command: str) -> set[str]:
        return {name for one in main.commands[command].params if one.envvar is None for name in one.opts}

    assert without("serve") == {"--parent-pipe"}
    assert without("invite") == {"--room", "--days", "--uses"}


async def test_a2_neither_log_nor_trace_holds_a_token_a_key_or_a_body(tmp_path: Path) -> None:
    key = Key.fresh()
    async with child(*SERVE, tmp_path, "--trace") as server:
        token = invite_link.parse(server.line["host_link"]).token
        async with await Wire.connect(server.port, server.fingerprint) as wire:
            welcome = await wire.login(key, invite=token, name="Annabel")
            assert welcome.room is not None
            await wire.follow_all(welcome)
            await wire.say(welcome.room, "xylophone")
            await wire.request(lambda re: frames.Search(re, "zeppelin"))
        server.process.terminate()
        _code, _out, err = await server.end()
    log = (tmp_path / "server.log").read_text()
    assert "> send" in err
    assert f"< events log={welcome.room}" in log
    for secret in (b64(token), b64(key.public), b64(key.private), "xylophone", "zeppelin", "Annabel"):
        assert secret not in log
        assert secret not in err
    assert unb64(server.line["fingerprint"]) == server.fingerprint
