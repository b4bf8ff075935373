"""The `tagent` command as people and scripts call it, against a server that plays the platform."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from tests.fakes.processes import free_ports
from tests.fakes.scripted_server import Answer, ScriptedServer, Silence
from tests.fakes.shown import fault, incident, service, target

pytestmark = pytest.mark.integration

TAGENT = [sys.executable, "-m", "tagent_client.cli"]
NOT_FOUND = Answer(
    {
        "type": "urn:tagent:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "there is no service 'chat-servic'",
        "near": ["chat-service"],
    },
    404,
)
RELEASED = {"halted": False}


def environment(url: str, home: Path) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TAGENT_", "COLUMNS", "NO_COLOR", "FORCE_COLOR"))
    }
    return {
        **inherited,
        "TAGENT_URL": url,
        "TAGENT_TOKEN": "secret",
        "TAGENT_HOME": str(home),
        "TERM": "xterm",
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def tagent(url: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TAGENT, *arguments],
        env=environment(url, home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def page(*items: object) -> Answer:
    return Answer(json.loads(msgspec.json.encode({"items": items, "next": None})))


def one(item: object, status: int = 200) -> Answer:
    return Answer(json.loads(msgspec.json.encode(item)), status)


def test_status_shows_a_table_without_colour_in_a_pipe(home: Path) -> None:
    with ScriptedServer(Answer(RELEASED), page(service())) as server:
        done = tagent(server.url, home, "status")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[:2] == ["SERVICE", "HEALTH"]
    assert "chat-service  HEALTHY" in done.stdout
    assert "\x1b" not in done.stdout


def test_json_is_what_the_platform_said(home: Path) -> None:
    with ScriptedServer(Answer(RELEASED), page(service())) as server:
        done = tagent(server.url, home, "status", "--json")
    read = json.loads(done.stdout)
    assert read["services"][0]["name"] == "chat-service"
    assert read["halt"]["halted"] is False


def test_nobody_there_is_exit_code_3_and_says_what_to_do(home: Path) -> None:
    done = tagent(f"http://127.0.0.1:{free_ports(1)[0]}", home, "status")
    assert (done.returncode, done.stdout) == (3, "")
    assert "tagent up" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_service_is_exit_code_1_with_the_near_ones(home: Path) -> None:
    with ScriptedServer(NOT_FOUND) as server:
        done = tagent(server.url, home, "status", "chat-servic")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Error: There is no service 'chat-servic'.",
        "Did you mean chat-service?",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("stauts",), "Did you mean 'status'"),
        (("halt",), "--reason"),
        (("inject", "chat-service"), "One of latency, error"),
        (("inject", "chat-service", "latancy"), "Did you mean 'latency'"),
        (("inject", "latency", "chat-service"), "tagent inject chat-service latency"),
        (("inject", "chat-service", "latency", "--ttl-s", "0"), "--ttl-s: must be a number > 0"),
        (("inject", "chat-service", "latency", "--ttl-s", "soon"), "--ttl-s"),
        (("inject", "chat-service", "crash", "--latency-ms", "5"), "No such option"),
        (("clear",), "name a service"),
        (("clear", "a", "--fault", "b"), "name a service"),
        (("maintenance", "a"), "--reason is missing"),
        (("token", "create", "x", "--role", "sidecar"), "belong together"),
        (("token", "create", "x", "--file", "f", "--json"), "choose one"),
        (("attach", "--service", "a b", "--port", "1"), "is not a name"),
        (("attach", "--service", "a", "--port", "65000"), "--listen is missing"),
        (("up", "--only", "nosuch"), "no sample nosuch"),
    ],
)
def test_wrong_usage_is_exit_code_2_before_anything_is_asked(
    home: Path, arguments: tuple[str, ...], words: str
) -> None:
    with ScriptedServer(Answer({}, 500)) as server:
        done = tagent(server.url, home, *arguments)
        assert server.asked == []
    assert done.returncode == 2
    assert words.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_a_wrong_address_is_wrong_usage(home: Path) -> None:
    done = tagent("nonsense", home, "status")
    assert done.returncode == 2
    assert "TAGENT_URL" in done.stderr


def test_inject_sends_what_was_given_and_waits_for_the_word_of_the_sidecars(home: Path) -> None:
    acked = fault(targets=(target(acked_at="2026-01-31T09:30:00.000Z"),))
    armed = msgspec.structs.replace(fault(), state="PENDING")
    with ScriptedServer(one(armed, 201), one(armed), one(acked)) as server:
        done = tagent(
            server.url, home, "inject", "chat-service", "latency",
            "--latency-ms", "800", "--path", "/v1/*", "--header", "x-tenant: test", "--force",
        )  # fmt: skip
        sent = server.asked[0]
        assert len(server.asked) == 3
    assert done.returncode == 0
    assert "in force on 1 instance" in done.stdout
    assert sent.path == "/api/v1/services/chat-service/faults?force=true"
    assert {key: value for key, value in json.loads(sent.body).items() if key in ("type", "latency_ms", "match")} == {
        "type": "latency",
        "latency_ms": 800,
        "match": {"path": "/v1/*", "headers": {"x-tenant": "test"}},
    }  # fmt: skip


def test_what_a_service_says_cannot_steer_the_terminal(home: Path) -> None:
    evil = service("chat\x1b[2Jservice", health="UNHEALTHY", detail="\x1b]0;owned\x07 \u202eexe")
    with ScriptedServer(Answer(RELEASED), page(evil)) as server:
        done = tagent(server.url, home, "status")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "\\x1b]0;owned\\x07 \\u202eexe" in done.stdout


def test_a_halt_that_is_not_confirmed_in_time_fails(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = Answer({"halted": True, "reason": "enough", "by": "anna", "faults_ending": 2})
    with ScriptedServer(ending, ending, Answer({**ending.body, "faults_ending": 0})) as server:
        done = tagent(server.url, home, "halt", "--reason", "enough")
        assert done.returncode == 0
        assert len(server.asked) == 3
    with ScriptedServer(ending) as server:
        done = tagent(server.url, home, "halt", "--reason", "enough", "--no-wait")
        assert (done.returncode, len(server.asked)) == (0, 1)
        assert "2 faults still ending" in done.stdout


def test_waiting_for_a_recovery_fails_when_it_escalates(home: Path) -> None:
    escalated = msgspec.structs.replace(incident(), state="ESCALATED")
    with ScriptedServer(one(incident(), 202), one(escalated)) as server:
        done = tagent(server.url, home, "recover", "chat-service", "--wait")
    assert done.returncode == 1
    assert "ESCALATED" in done.stderr


def test_a_reader_that_leaves_ends_the_command_quietly(home: Path) -> None:
    with ScriptedServer(page(*(fault(id=f"f{number}") for number in range(2000)))) as server:
        command = subprocess.Popen(
            [*TAGENT, "faults", "--limit", "2000"],
            env=environment(server.url, home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert command.stdout is not None
        command.stdout.readline()
        command.stdout.close()
        assert command.stderr is not None
        said = command.stderr.read()
        command.stderr.close()
        command.wait(timeout=60)
    assert said == b""
    assert command.returncode in (0, 1)


def test_watch_without_a_terminal_writes_frames_until_interrupted(home: Path) -> None:
    answers = [Answer({"items": [], "next": None}), Answer(RELEASED)] * 500
    with ScriptedServer(*answers) as server:
        command = subprocess.Popen(
            [*TAGENT, "watch", "--interval-s", "0.1"],
            env={**environment(server.url, home), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert command.stdout is not None
        for _ in range(6):
            command.stdout.readline()
        command.send_signal(signal.SIGINT)
        _out, err = command.communicate(timeout=60)
    assert (command.returncode, err) == (130, "")


def in_terminal(url: str, home: Path, *arguments: str, extra: dict[str, str] | None = None) -> str:
    """Run it in a terminal of 80 columns, and return what was written there."""
    env = {**environment(url, home), "COLUMNS": "80", **(extra or {})}
    main, side = pty.openpty()
    with subprocess.Popen(
        [*TAGENT, *arguments], env=env, stdin=side, stdout=side, stderr=side
    ) as command:
        os.close(side)
        written = b""
        while True:
            try:
                part = os.read(main, 65_536)
            except OSError:
                break
            if not part:
                break
            written += part
        command.wait(timeout=60)
    os.close(main)
    return written.decode()


def test_a_terminal_gets_colour_unless_it_wants_none(home: Path) -> None:
    with ScriptedServer(
        Answer(RELEASED), page(service()), Answer(RELEASED), page(service())
    ) as server:
        assert "\x1b[32mHEALTHY" in in_terminal(server.url, home, "status")
        plain = in_terminal(server.url, home, "status", extra={"NO_COLOR": "1"})
    assert "\x1b[32m" not in plain
    assert "HEALTHY" in plain


def test_tables_fit_a_terminal_of_80_columns(home: Path) -> None:
    long = incident(
        summary="chat-service-9001 is UNHEALTHY: outside check: answered 503, error injected"
    )
    with ScriptedServer(page(long)) as server:
        shown = in_terminal(server.url, home, "incidents", extra={"NO_COLOR": "1", "TERM": "dumb"})
    lines = shown.replace("\r", "").splitlines()
    assert len(lines) == 2
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tagent ", {"up", "status", "inject", "token"}),
        ("tagent sta", {"status"}),
        ("tagent inject chat-service la", {"latency"}),
        ("tagent inject chat-service latency --la", {"--latency-ms"}),
        ("tagent inject chat-service latency --scope ", {"instance", "service"}),
        ("tagent token ", {"create", "list", "revoke"}),
        ("tagent status chat", {"chat-service"}),
    ],
)
def test_the_shell_completes(home: Path, words: str, expected: set[str]) -> None:
    with ScriptedServer(page(service())) as server:
        env = {
            **environment(server.url, home),
            "_TAGENT_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(
                len(words.split()) if words.endswith(" ") else len(words.split()) - 1
            ),
        }
        done = subprocess.run(
            TAGENT, env=env, capture_output=True, text=True, timeout=60, check=False
        )
    offered = set(done.stdout.split("\n"))
    assert expected <= offered


def test_completion_is_silent_without_a_platform(home: Path) -> None:
    env = {
        **environment(f"http://127.0.0.1:{free_ports(1)[0]}", home),
        "_TAGENT_COMPLETE": "complete_bash",
        "COMP_WORDS": "tagent status x",
        "COMP_CWORD": "2",
    }
    done = subprocess.run(TAGENT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (("--help",), {"httpx", "pydantic", "msgspec"}),
        (("version",), {"pydantic", "pygments", "markdown_it"}),
        (("status",), {"pydantic", "pygments", "markdown_it"}),
    ],
)
def test_a_command_loads_only_what_it_needs(
    home: Path, arguments: tuple[str, ...], unwanted: set[str]
) -> None:
    env = environment(f"http://127.0.0.1:{free_ports(1)[0]}", home)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "tagent_client.cli", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "typer" in loaded
    assert loaded & unwanted == set()


def test_every_command_has_help_and_takes_json() -> None:
    from tagent_client.cli.app import load_command
    from tagent_client.cli.command_table import COMMANDS

    for name in COMMANDS:
        command = load_command(name)
        assert command.help, name
        if not hasattr(command, "commands"):
            assert any("--json" in option.opts for option in command.params), name


def test_doctor_tells_what_is_wrong_and_what_to_do(home: Path) -> None:
    (home / "tokens").mkdir()
    (home / "tokens" / "admin").write_text("secret")
    (home / "tokens" / "admin").chmod(0o644)
    done = tagent(f"http://127.0.0.1:{free_ports(1)[0]}", home, "doctor")
    assert done.returncode == 3
    assert "others can read" in done.stdout
    assert "chmod 600" in done.stdout
    assert "Start one with `tagent up`" in done.stdout
    assert done.stderr == ""


def test_following_events_ends_with_ctrl_c(home: Path) -> None:
    nothing = Answer({"items": [], "next": None})
    with ScriptedServer(
        nothing, nothing, Answer(b": beat\n\n", kind="text/event-stream")
    ) as server:
        command = subprocess.Popen(
            [*TAGENT, "events", "--follow"],
            env=environment(server.url, home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 30
        while len(server.asked) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=60)
    assert (command.returncode, out, err) == (130, "", "")


def event(number: int) -> dict[str, object]:
    return {
        "cursor": f"c{number}", "sequence": number, "service": "chat", "at": "2026-01-31T09:30:00.125Z",
        "type": "fault.armed", "text": f"number {number}",
    }  # fmt: skip


def test_events_asks_for_no_more_than_the_latest_and_shows_them_oldest_first(home: Path) -> None:
    pages = (
        Answer({"items": [event(9)], "next": "c9"}),
        Answer({"items": [event(9), event(8)], "next": "c8"}),
        Answer({"items": [event(7)], "next": "c7"}),
    )
    with ScriptedServer(*pages) as server:
        done = tagent(server.url, home, "events", "--limit", "3", "--json")
        assert [asked.path for asked in server.asked] == [
            "/api/v1/events?order=newest&limit=1",
            "/api/v1/events?order=newest&limit=3",
            "/api/v1/events?order=newest&before=c8&limit=1",
        ]
    read = json.loads(done.stdout)
    assert [one["cursor"] for one in read["items"]] == ["c7", "c8", "c9"]
    assert read["next"] == "c9"


def test_events_of_a_service_a_type_and_an_actor_are_asked_for_as_such(home: Path) -> None:
    none = Answer({"items": [], "next": None})
    with ScriptedServer(Answer({"items": [event(9)], "next": "c9"}), none) as server:
        options = ("--service", "chat", "--type", "fault.", "--actor", "ada")
        done = tagent(server.url, home, "events", *options)
        asked = "/api/v1/events?order=newest&service=chat&type=fault.&actor=ada&limit=30"
        assert [one.path for one in server.asked][1:] == [asked]
    assert done.stdout == "No events.\n"


def test_events_since_a_cursor_are_all_of_them(home: Path) -> None:
    pages = (
        Answer({"items": [event(1), event(2)], "next": "c2"}),
        Answer({"items": [event(3)], "next": None}),
    )
    with ScriptedServer(*pages) as server:
        done = tagent(server.url, home, "events", "--after", "c0", "--json")
        assert [asked.path for asked in server.asked] == [
            "/api/v1/events?after=c0&limit=500",
            "/api/v1/events?after=c2&limit=500",
        ]
    assert [one["cursor"] for one in json.loads(done.stdout)["items"]] == ["c1", "c2", "c3"]


def test_what_is_followed_is_filtered_and_nothing_is_shown_twice(home: Path) -> None:
    """What happens between the look at the log's end and the list is in the list and in the stream."""
    streamed = "".join(
        f"data: {json.dumps(one)}\n\n"
        for one in (event(2), {**event(3), "service": "other"}, {**event(4), "service": "chat"})
    )
    script = (
        Answer({"items": [event(1)], "next": "c1"}),
        Answer({"items": [event(2), event(1)], "next": None}),
        Answer(streamed.encode(), kind="text/event-stream"),
        Silence(20),
    )
    with ScriptedServer(*script) as server:
        command = subprocess.Popen(
            [*TAGENT, "events", "--service", "chat", "--follow", "--json"],
            env=environment(server.url, home),
            stdout=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 30
        while len(server.asked) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        command.send_signal(signal.SIGINT)
        out, _ = command.communicate(timeout=60)
    assert [json.loads(line)["cursor"] for line in out.splitlines()] == ["c1", "c2", "c4"]
    assert server.asked[2].headers["last-event-id"] == "c1"


def test_a_notice_that_nobody_reads_is_no_reason_to_end() -> None:
    code = (
        "import sys; from tagent_client.cli import screen; sys.stdin.read()\n"
        "for _ in range(3): screen.notice('started again')\n"
        "print('goes on')"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stderr is not None
    command.stderr.close()
    command.stderr = None
    out, _err = command.communicate("", timeout=60)
    assert (command.returncode, out) == (0, "goes on\n")


def test_a_token_in_a_file_is_kept_while_it_holds_and_replaced_when_not(home: Path) -> None:
    minted = {"id": "t1", "name": "sidecar.a", "role": "sidecar", "service": "a", "token": "s3cret"}
    created_at = {"created_at": "2026-01-01T00:00:00.000Z"}
    holds = {"name": "sidecar.a", "role": "sidecar", "service": "a"}
    file = home / "volume" / "token"
    create = (
        "token",
        "create",
        "sidecar.a",
        "--role",
        "sidecar",
        "--service",
        "a",
        "--file",
        str(file),
    )
    with ScriptedServer(Answer({**minted, **created_at}, 201), Answer(holds)) as server:
        first = tagent(server.url, home, *create)
        again = tagent(server.url, home, *create)
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert [asked.method for asked in server.asked] == ["POST", "GET"]
    assert file.read_text() == "s3cret\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "s3cret" not in first.stdout + first.stderr
    elsewhere = {**holds, "service": "b"}
    with ScriptedServer(
        Answer(elsewhere), Answer({**minted, **created_at, "token": "n3w"}, 201)
    ) as server:
        assert tagent(server.url, home, *create).returncode == 0
    assert file.read_text() == "n3w\n"


def test_a_token_that_cannot_be_written_is_one_sentence(home: Path) -> None:
    (home / "file").write_text("")
    with ScriptedServer(
        Answer(
            {
                "id": "t1",
                "name": "x",
                "role": "viewer",
                "token": "t",
                "created_at": "2026-01-01T00:00:00.000Z",
            },
            201,
        )
    ) as server:
        done = tagent(
            server.url, home, "token", "create", "x", "--file", str(home / "file" / "token")
        )
    assert done.returncode == 1
    assert "cannot write" in done.stderr.lower()
    assert "Traceback" not in done.stderr
