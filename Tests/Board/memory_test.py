"""What the idle daemon keeps in memory on the board, beside curl in the same guest with the same certificates.

As aws-greengrass-lite does it: only after the tests of the same guest have passed, after a warm-up, the median over a
window.
"""

import re
import statistics
import time

WARM_ORDERS = 20
LIT = 12  # seconds: the light shows for 10 what became of a press, and until then the daemon is not idle
SAMPLES = 20
HELD = 6  # seconds that the service holds back its answer while curl is looked at
MARGIN = 512  # KiB
TYPES = "com.amazon.dash.replenishment.Drs"
FIELDS = ("Rss", "Pss", "Private_Dirty", "Private_Clean")


def sample(agent, pid):
    done = agent.run("/bin/cat", f"/proc/{pid}/smaps_rollup")
    values = dict(re.findall(r"^(\w+): +(\d+) kB$", done.stdout, re.M))
    return {name: int(values[name]) for name in FIELDS} if values else None


def median(samples):
    return {name: statistics.median(sample[name] for sample in samples) for name in FIELDS}


def test_memory(request, linked, amazon, tell):
    assert request.session.testsfailed == 0, "memory is measured only after the other tests have passed"
    agent = linked.guest.agent
    for _ in range(WARM_ORDERS):
        linked.press()
        assert linked.settled()["state"] == "test-ordered"
        amazon.deliver()
    time.sleep(LIT)
    pid, daemon = linked.pid(), []
    for _ in range(SAMPLES):
        daemon.append(sample(agent, pid))
        time.sleep(0.5)

    token = linked.record("link")["access_token"]
    amazon.script("subscriptionInfo", "delayAnswer", seconds=HELD)
    curl = agent.start(
        *("/run/tests/curl", "-q", "-sS", "--max-time", "30", "--cacert", "/etc/dash-button/ca.pem"),
        *("-H", f"Authorization: Bearer {token}", "-H", f"x-amzn-accept-type: {TYPES}SubscriptionInfoResult@1.0"),
        *("-H", f"x-amzn-type-version: {TYPES}SubscriptionInfoInput@1.0"),
        *("-o", "/tmp/answer", "-w", "%{http_code}", linked.sections["amazon"]["service-host"] + "/subscriptionInfo"),
    )
    its = []
    while curl.poll() is None:
        pid = agent.shell("busybox pidof curl || true").strip()
        if pid and (taken := sample(agent, pid)):
            its.append(taken)
        time.sleep(0.1)
    said, complaint = curl.communicate()
    assert curl.returncode == 0 and said == "200", (said, complaint)
    # Once the request is sent nothing changes any more: the later half is while it waits for the answer.
    its = its[len(its) // 2 :]
    assert len(its) >= 5

    ours, theirs = median(daemon), median(its)
    for name, values in (("dash-button, idle", ours), ("curl, one HTTPS GET", theirs)):
        tell(f"{name:22}" + "".join(f"  {field} {values[field]:.0f} KiB" for field in FIELDS))
    assert ours["Private_Dirty"] <= theirs["Private_Dirty"] + MARGIN
