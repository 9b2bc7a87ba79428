#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The containers of tests/e2e/container.sh, as bundles of the Open Container Initiative.

  container_bundle.py CDI-FILE DIR     DIR/NAME/config.json and its rootfs for each

What an engine (podman, containerd, Docker) does with the CDI file is done here: the node
becomes one of linux.devices, and a rule of the device cgroup. The device's number is known
in the guest only: MINOR stands for it. Every container but one has no capability, no new
privileges and a root that it cannot write to.
"""
import copy
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import cdi  # noqa: E402

WORKER, OTHER, GROUP = 1001, 1002, 970
MAJOR, MINOR = 10, 4242     # misc; the guest puts its own in the place of the second
SHARED = ("bin", "lib", "lib64", "usr", "data", "etc")
EMPTY = {name: [] for name in ("bounding", "effective", "permitted", "inheritable", "ambient")}


def mount(where, kind, source, *options):
    return {"destination": where, "type": kind, "source": source, "options": list(options)}


def base(command, uid, cgroup):
    read_only = ("bind", "ro", "nosuid", "nodev")
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False, "user": {"uid": uid, "gid": GROUP},
            "args": ["sh", "-c", command], "cwd": "/", "env": ["PATH=/bin", "HOME=/tmp"],
            "capabilities": copy.deepcopy(EMPTY), "noNewPrivileges": True},
        "root": {"path": "rootfs", "readonly": True},
        "mounts": [
            mount("/proc", "proc", "proc"),
            mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=64k"),
            mount("/tmp", "tmpfs", "tmpfs", "nosuid", "nodev", "mode=1777", "size=4m"),
            mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "ro"),
            *(mount(f"/{name}", "bind", f"/{name}", *read_only) for name in SHARED),
            mount("/out", "bind", "/out", "bind", "rw", "nosuid", "nodev")],
        "linux": {
            "cgroupsPath": cgroup,
            "namespaces": [{"type": t} for t in ("pid", "ipc", "uts", "mount", "cgroup")],
            "devices": [],
            "resources": {"devices": [{"allow": False, "access": "rwm"}]}}}


def allow(config, access):
    config["linux"]["resources"]["devices"].append(
        {"allow": True, "type": "c", "major": MAJOR, "minor": MINOR, "access": access})


def with_cdi(config, spec):
    """As an engine edits a container that asks for ward/session=all."""
    found = cdi.wrong(spec)
    assert not found, found
    for node in spec["devices"][0]["containerEdits"]["deviceNodes"]:
        config["linux"]["devices"].append({
            "path": node["path"], "type": node["type"], "major": MAJOR, "minor": MINOR,
            "fileMode": node["fileMode"]})
        allow(config, node["permissions"])
    return config


def with_node(config):
    """The host's node, mounted: what is left where nobody may make one."""
    config["mounts"].append(mount("/dev/ward", "bind", "/dev/ward", "bind", "nosuid", "noexec"))
    return config


def own_user_namespace(config):
    """Root inside is the worker outside; not even that root has a capability."""
    config["linux"]["namespaces"].append({"type": "user"})
    for ids, outside in (("uidMappings", WORKER), ("gidMappings", GROUP)):
        config["linux"][ids] = [{"containerID": 0, "hostID": outside, "size": 1}]
    config["process"]["user"] = {"uid": 0, "gid": 0}
    # The network namespace is not its own, and neither is what sysfs shows of it.
    config["mounts"] = [m for m in config["mounts"] if m["type"] != "sysfs"]
    return config


def rootless(config):
    """Made by the worker, who may neither make cgroups nor set their rules."""
    own_user_namespace(with_node(config))
    del config["linux"]["cgroupsPath"], config["linux"]["resources"]
    config["mounts"] = [m for m in config["mounts"] if m["type"] != "cgroup"]
    return config


def memory_limit(config, mib):
    config["linux"]["resources"]["memory"] = {"limit": mib << 20, "swap": mib << 20}
    return config


def report(name):
    return f"wardctl report --bundle /out/{name}.ward /tmp/report /data/request"


def containers(spec):
    train = "exec sh /data/train"
    yield "hospital", with_cdi(base(train, WORKER, "/ward/hospital"), spec)
    yield "other-uid", with_cdi(base(train, OTHER, "/ward/hospital"), spec)
    yield "other-cgroup", with_cdi(base(train, WORKER, "/ward/elsewhere"), spec)
    yield "look", with_cdi(base("sh /data/look", WORKER, "/ward/hospital"), spec)
    yield "no-rule", with_node(base("wardctl report --random /tmp/report /tmp/request",
                                    WORKER, "/ward/no-rule"))
    yield "no-rule-doctor", with_node(base("wardctl doctor", WORKER, "/ward/no-rule"))
    yield "no-rule-train", with_node(base(train, WORKER, "/ward/no-rule"))
    yield "no-device", base("wardctl doctor", WORKER, "/ward/no-device")
    small = with_cdi(base("contained && cat /sys/fs/cgroup/memory.events", WORKER, "/ward/small"),
                     spec)
    yield "small", memory_limit(small, 48)
    private = own_user_namespace(with_node(base(report("private"), 0, "/ward/private")))
    allow(private, "rw")
    yield "private", private
    yield "rootless", rootless(base(report("rootless"), 0, None))


def main(cdi_file, folder):
    spec = json.loads(pathlib.Path(cdi_file).read_text(encoding="utf-8"))
    for name, config in containers(spec):
        bundle = pathlib.Path(folder) / name
        for inside in (*SHARED, "proc", "dev", "sys/fs/cgroup", "tmp", "out"):
            (bundle / "rootfs" / inside).mkdir(parents=True, exist_ok=True)
        (bundle / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
