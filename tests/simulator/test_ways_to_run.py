import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner

from linkedin_media.cli.simulate import simulate
from linkedin_media.errors import InvalidArgument
from linkedin_media.simulator import (
    Answer,
    CommitThenDrop,
    Fault,
    Hook,
    Simulator,
    SimulatorConfig,
    SimulatorProcess,
    ThreadedSimulator,
)
from linkedin_media.simulator.remote import Control
from tests.simulator.caller import Caller, png, session


@pytest.fixture
def control(linkedin_simulator):
    return Control(linkedin_simulator.base_url)


@pytest.fixture(scope="module")
def process():
    with SimulatorProcess(SimulatorConfig(processing_seconds=0, seed=3)) as simulator:
        yield simulator


@pytest.fixture
async def remote(process):
    process.reset()
    async with session() as http:
        yield Caller(process, http)


def get(url, token, **headers):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}", **headers})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.loads(reply.read())


# In the loop, and what all have in common


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "example.com"])
def test_anything_but_loopback_needs_a_flag(host):
    with pytest.raises(InvalidArgument, match="loopback only"):
        SimulatorConfig(host=host)
    assert SimulatorConfig(host=host, allow_remote=True).host == host


@pytest.mark.parametrize("port", [-1, 65_536])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(InvalidArgument, match=f"{port} is no port: 0 to 65535"):
        SimulatorConfig(port=port)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_it_listens_on_the_loopback_of_either_protocol(host):
    async with Simulator(SimulatorConfig(host=host)) as simulator, session() as http:
        assert (await Caller(simulator, http).post()).status == 201


async def test_a_port_in_use_is_an_error():
    async with Simulator() as simulator:
        port = int(simulator.base_url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            await Simulator(SimulatorConfig(port=port)).__aenter__()


async def test_stopping_ends_calls_under_way_and_every_connection():
    async with Simulator() as simulator, session() as http:
        simulator.faults.add(Fault(action=CommitThenDrop(how="stall")))
        call = asyncio.create_task(Caller(simulator, http).post())
        await asyncio.sleep(0.05)
        await simulator.__aexit__()
        with pytest.raises(Exception, match=r"(?i)disconnected|reset"):
            await call
    assert simulator.open_connections == 0


async def test_calls_can_be_observed(sim, linkedin):
    seen: list = []
    sim.on_call(seen.append)
    await linkedin.post()

    assert [call.operation for call in seen] == ["posts.create"]


async def test_a_reset_forgets_everything_but_address_and_time(sim, linkedin):
    await linkedin.post()
    sim.clock.advance(60)
    sim.faults.add(Fault(action=Answer(status=503)))
    address, token, now = sim.base_url, sim.token, sim.clock.now()
    sim.reset(SimulatorConfig(clock=lambda: 0, seed=9))

    assert (sim.base_url, sim.clock.now()) == (address, now)
    assert sim.token != token
    assert (len(sim.journal), len(sim.posts), len(sim.faults)) == (0, 0, 0)


async def test_the_clock_can_be_stopped_and_moved(sim):
    sim.clock.freeze()
    sim.clock.freeze()
    before = sim.clock.now()
    sim.clock.advance(5)

    assert sim.clock.now() == before + 5
    sim.clock.thaw()
    assert sim.clock.now() == 1_795_000_000.0


# In a thread


def test_a_synchronous_test_may_use_it(linkedin_simulator):
    who = get(f"{linkedin_simulator.base_url}/v2/userinfo", linkedin_simulator.token)

    assert f"urn:li:person:{who['sub']}" == linkedin_simulator.person
    assert linkedin_simulator.journal.count(operation="userinfo.get_all") == 1
    assert linkedin_simulator.open_connections <= 1


def test_changes_from_another_thread_take_effect(linkedin_simulator):
    url = f"{linkedin_simulator.base_url}/v2/userinfo"
    token = linkedin_simulator.issue_token("openid", member="urn:li:person:b")
    assert get(url, token) == {"sub": "b"}

    linkedin_simulator.revoke_token(token)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        get(url, token)
    linkedin_simulator.configure(person="urn:li:person:c")
    assert linkedin_simulator.person == "urn:li:person:c"
    linkedin_simulator.expire_uploads()
    linkedin_simulator.reset()
    assert len(linkedin_simulator.journal) == 0


def test_it_can_be_deaf_for_a_while(linkedin_simulator):
    linkedin_simulator.deafen()
    with pytest.raises(urllib.error.URLError):
        get(f"{linkedin_simulator.base_url}/v2/userinfo", linkedin_simulator.token)
    linkedin_simulator.listen()
    assert get(f"{linkedin_simulator.base_url}/v2/userinfo", linkedin_simulator.token)


def test_a_thread_that_cannot_start_says_why():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = SimulatorConfig(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"), ThreadedSimulator(config):
            pass
    assert not any(thread.name == "linkedin-simulator" for thread in threading.enumerate())


def test_it_can_be_prepared_before_it_starts():
    simulator = ThreadedSimulator()
    token = simulator.issue_token("openid")
    with simulator:
        assert get(f"{simulator.base_url}/v2/userinfo", token)


# The control API


def test_the_control_api_says_where_and_who_one_is(linkedin_simulator, control):
    info = control.json("/info")

    assert (info["base_url"], info["token"]) == (linkedin_simulator.base_url, linkedin_simulator.token)
    assert (info["calls"], info["images"], info["posts"], info["faults"]) == (0, 0, 0, 0)
    assert len(linkedin_simulator.journal) == 0


def test_settings_are_read_and_patched(linkedin_simulator, control):
    assert control.json("/config")["processing_seconds"] == 0.0
    control.send(
        "PATCH", "/config", {"processing_seconds": [1, 2], "rules": {"max_gif_frames": 3}, "versions": ["202701"]}
    )

    config = linkedin_simulator.config
    assert (config.processing_seconds, config.rules.max_gif_frames, config.versions) == ((1, 2), 3, {"202701"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "/config", {"nothing": 1}, 400),
        ("PATCH", "/config", {"host": "0.0.0.0"}, 400),
        ("POST", "/faults", [{"action": "explode"}], 400),
        ("POST", "/clock", {"advance": "soon"}, 400),
        ("POST", "/tokens/revoke", {"token": "nobody's"}, 400),
        ("POST", "/tokens/revoke", None, 400),
        ("POST", "/reset", {"x": 1}, 400),
        ("GET", "/journal?since=x", None, 400),
        ("GET", "/nothing", None, 404),
        ("GET", "/images/urn%3Ali%3Aimage%3AX/content", None, 404),
        ("POST", "/faults", ["x" * 17_000_000], 413),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(control, method, path, body, status):
    with pytest.raises(urllib.error.HTTPError) as refused:
        control.send(method, path, body)
    assert refused.value.code == status
    assert "error" in json.loads(refused.value.read())


def test_waiting_for_the_next_call(linkedin_simulator, control):
    asker = threading.Timer(0.1, get, [f"{linkedin_simulator.base_url}/v2/userinfo", linkedin_simulator.token])
    asker.start()
    lines = control.get("/journal?since=0&wait=5").splitlines()
    asker.join()

    assert [json.loads(line)["operation"] for line in lines] == ["userinfo.get_all"]
    assert control.get("/journal?since=1&wait=0.05") == b""


# In a process


async def test_a_process_is_used_like_the_simulator_in_the_loop(process, remote):
    image = await remote.upload()
    post = (await remote.post(image)).id

    assert process.pid != os.getpid()
    assert process.journal.count(operation="posts.create", status=201) == 1
    assert process.journal.connections >= 1
    assert process.journal[1].sha256 == process.images[image].sha256
    assert process.images[image].status == "AVAILABLE"
    assert process.images.content(image) == png()
    assert (list(process.images), len(process.images)) == ([image], 1)
    assert process.posts[post].images == (image,)
    assert process.posts.with_image(image) == process.posts.live() == list(process.posts.values())
    assert (len(process.posts), process.organization[:7], process.account[:7]) == (1, "urn:li:", "urn:li:")


async def test_a_process_takes_faults_settings_clock_and_tokens(process, remote):
    process.faults.add(Fault(action=Answer(status=503, body={"x": 1}), on="posts.create", nth=1))
    assert (await remote.post()).status == 503
    assert process.faults.to_json() == [{"name": "Answer before", "on": "posts.create", "seen": 1, "struck": 1}]
    assert len(process.faults) == 1
    process.faults.clear()
    with pytest.raises(InvalidArgument):
        process.faults.add(Fault(action=Hook(call=print)))

    process.configure(post_id_headers="none")
    assert (await remote.post()).id is None
    process.clock.freeze()
    before = process.clock.now()
    process.clock.advance(10)
    assert process.clock.now() == before + 10
    process.clock.thaw()

    revoked, expired = (process.issue_token("w_member_social", tier="development") for _ in range(2))
    process.revoke_token(revoked)
    process.expire_token(expired)
    assert [(await remote.post(token=token)).json["serviceErrorCode"] for token in (revoked, expired)] == [65601, 65602]
    process.revoke_refresh_tokens()
    url = (await remote.initialize()).json["value"]["uploadUrl"]
    process.expire_uploads()
    assert (await remote.put(url)).status == 400
    assert process.issue_token() != process.token


async def test_a_process_can_be_seeded_with_articles_and_reactions(process, remote):
    control = Control(process.base_url)
    control.send("POST", "/articles", {"id": 7, "authors": [], "newsArticle": "urn:li:article:7", "publishedAt": 1})
    comment = json.loads(
        control.send("POST", "/comments", {"target": "urn:li:article:7", "actor": process.person, "text": "hi"})
    )
    control.send("POST", "/likes", {"target": "urn:li:article:7", "actor": process.person})

    assert (await remote.get("/v2/originalArticles/7")).json["id"] == 7
    likes = (await remote.get("/v2/socialActions/urn%3Ali%3Aarticle%3A7/likes")).json["elements"]
    assert (len(likes), comment["urn"]) == (1, "urn:li:comment:(urn:li:article:7,6300000000000000000)")


async def test_a_process_can_be_down_for_a_while(process, remote):
    process.refuse_for(0.2)
    with pytest.raises(Exception, match=r"(?i)connect"):
        await remote.post()
    await asyncio.sleep(0.4)
    assert (await remote.post()).status == 201


def test_settings_that_cannot_leave_the_process_are_refused():
    with pytest.raises(InvalidArgument, match="is a function"):
        SimulatorProcess(SimulatorConfig(processing_seconds=lambda image, size: 0))


def test_a_process_that_cannot_start_is_an_error(capfd):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = SimulatorConfig(port=taken.getsockname()[1])
        with pytest.raises(Exception, match="did not start"), SimulatorProcess(config):
            pass
    assert "in use" in capfd.readouterr().err


# From the shell


@pytest.fixture
def shell():
    started = []

    def start(*arguments):
        command = [sys.executable, "-c", "from linkedin_media.cli.simulate import simulate; simulate()", *arguments]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


def test_the_command_prints_the_environment_and_logs_every_call(shell, tmp_path):
    faults = tmp_path / "faults.toml"
    faults.write_text('[[fault]]\naction = "latency"\nseconds = 0.01\n')
    child = shell("--port", "0", "--processing", "0.1-0.2", "--faults", str(faults))
    lines = [child.stdout.readline() for _ in range(5)]
    environment = dict(line.strip().split("=", 1) for line in lines)
    get(f"{environment['LINKEDIN_BASE_URL']}/v2/userinfo", environment["LINKEDIN_ACCESS_TOKEN"])
    with pytest.raises(urllib.error.HTTPError):
        get(f"{environment['LINKEDIN_BASE_URL']}/dms/image/X/y?e=1&t=secret", "")
    child.send_signal(signal.SIGINT)
    _, log = child.communicate(timeout=10)

    assert child.returncode == 0
    assert "/_simulator/" in log
    assert "200 GET /v2/userinfo [fault: Latency before]" in log
    assert "404 GET /dms/image/X/y?e=1&t=[redacted]" in log
    assert "no such picture" in log
    assert environment["LINKEDIN_ACCESS_TOKEN"] not in log


def test_the_command_can_print_json_and_stay_quiet(shell):
    child = shell("--port", "0", "--json", "--quiet")
    info = json.loads(child.stdout.readline())
    get(f"{info['base_url']}/v2/userinfo", info["token"])
    child.terminate()
    _, log = child.communicate(timeout=10)

    assert "GET" not in log


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "loopback only"),
        (["--processing", "soon"], "neither a number nor a range"),
        (["--faults", "/nowhere"], "does not exist"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(arguments, message):
    result = CliRunner().invoke(simulate, arguments)

    assert result.exit_code == 2
    assert message in re.sub(r"\s+", " ", result.output)


def test_the_command_says_when_the_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = CliRunner().invoke(simulate, ["--port", str(taken.getsockname()[1])])

    assert result.exit_code == 1
    assert "--port 0" in result.output


def test_the_module_runs_by_itself_and_prints_the_environment(tmp_path):
    faults = tmp_path / "faults.json"
    faults.write_text("[]")
    command = [sys.executable, "-m", "linkedin_media.simulator", "--port", "0", "--faults", str(faults)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        base_url = child.stdout.readline().strip().partition("=")[2]
        with pytest.raises(urllib.error.HTTPError):
            get(f"{base_url}/v2/userinfo", "nobody's")
    finally:
        child.terminate()
        _, log = child.communicate(timeout=10)

    assert "401 GET /v2/userinfo" in log
