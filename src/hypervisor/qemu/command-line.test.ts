import { describe, expect, test } from "vitest";

import { Code } from "../../errors.ts";
import { busOfPlugged, escapeOption, pluggedNic, qemuArguments, type QemuMachine } from "./command-line.ts";

const machine: QemuMachine = {
  acceleration: "tcg",
  kernel: { path: "/boot/vmlinux-tuned", kind: "tuned" },
  initrd: "/boot/initramfs.cpio",
  kernelParameters: [],
  vcpus: 2,
  memoryMiB: 256,
  tscKhz: 2_596_125,
  qmpFd: 3,
  consoleFd: 4,
  vsockSocket: "/run/hadron/x/vsock.sock",
  devices: [],
  pluggedNics: 0,
};

/** Without ACPI. */
const MACHINE = "microvm,memory-backend=ram,acpi=off,auto-kernel-cmdline=off";
/** What is said of the first so many slots. */
const slots = (count: number): string =>
  Array.from({ length: count }, (_, slot) => `virtio_mmio.device=512@0xfeb00${(slot * 2).toString(16)}00:${5 + slot}`).join(" ");

/** The values that follow an option, in order. */
function values(args: readonly string[], option: string): string[] {
  return args.flatMap((word, index) => (word === option ? [args[index + 1] ?? ""] : []));
}

describe("the command line", () => {
  test("the tuned kernel under TCG", () => {
    const args = qemuArguments(machine);
    expect(values(args, "-machine")).toEqual([MACHINE]);
    expect(values(args, "-accel")).toEqual(["tcg,thread=multi"]);
    expect(values(args, "-cpu").join()).toMatch(/^EPYC-Rome,-erms,-rdseed,.*,-xsaves$/);
    expect(values(args, "-smp")).toEqual(["2"]);
    expect(values(args, "-m")).toEqual(["256M"]);
    expect(values(args, "-object")).toEqual(["memory-backend-memfd,id=ram,size=256M,share=on", "rng-builtin,id=rng"]);
    expect(values(args, "-device")).toEqual([
      "vhost-user-vsock-device,chardev=vsock,bus=virtio-mmio-bus.0",
      "virtio-rng-device,rng=rng,bus=virtio-mmio-bus.1",
    ]);
    expect(values(args, "-global")).toEqual(["virtio-mmio.force-legacy=false"]);
    expect(values(args, "-chardev")).toEqual(["socket,id=qmp,fd=3", "socket,id=console,fd=4", "socket,id=vsock,path=/run/hadron/x/vsock.sock"]);
    expect(args).not.toContain("-S");
  });

  test("Debian's kernel has PCI devices and ACPI", () => {
    const args = qemuArguments({ ...machine, kernel: { path: "/k", kind: "debian" }, devices: [{ kind: "9p", tag: "rootfs", directory: 5 }] });
    expect(values(args, "-machine")).toEqual(["microvm,memory-backend=ram,acpi=on,pcie=on"]);
    expect(values(args, "-device")).toEqual(["vhost-user-vsock-pci,chardev=vsock", "virtio-9p-pci,fsdev=device0,mount_tag=rootfs"]);
  });

  test("KVM", () => {
    const args = qemuArguments({ ...machine, acceleration: "kvm", devices: [{ kind: "virtiofs", tag: "rootfs", socket: "/s,1" }] });
    expect(values(args, "-accel")).toEqual(["kvm"]);
    expect(values(args, "-cpu")).toEqual(["host"]);
    expect(values(args, "-chardev")).toContain("socket,id=device0,path=/s,,1");
    expect(values(args, "-device")).toContain("vhost-user-fs-device,chardev=device0,tag=rootfs,queue-size=1024,bus=virtio-mmio-bus.2");
    expect(values(args, "-append").join()).not.toContain("tsc");
    // The guest of a real CPU has the kernel's mitigations.
    expect(values(args, "-append").join()).not.toMatch(/mitigations|kaslr/);
  });

  test("disks, with a medium and without", () => {
    const medium = { path: "/proc/1/fd/9", isDevice: true, readOnly: true, direct: true, cache: "writeBack" } as const;
    const devices = [
      { kind: "disk", id: "disk0", queues: 2, medium },
      { kind: "disk", id: "disk1", queues: 1, medium: { ...medium, isDevice: false, readOnly: false, direct: false, cache: "unsafe" } },
      { kind: "disk", id: "disk2", queues: 1, medium: undefined },
      { kind: "disk", id: "disk3", queues: 1, medium: { ...medium, cache: "writeThrough" } },
    ] as const;
    const args = qemuArguments({ ...machine, devices });
    const common = { filename: "/proc/1/fd/9", discard: "unmap", locking: "off" };
    expect(values(args, "-blockdev").map((json) => JSON.parse(json) as unknown)).toEqual([
      {
        driver: "host_device",
        "node-name": "disk0-medium",
        ...common,
        "read-only": true,
        aio: "native",
        cache: { direct: true, "no-flush": false },
      },
      { driver: "file", "node-name": "disk1-medium", ...common, "read-only": false, aio: "threads", cache: { direct: false, "no-flush": true } },
      { driver: "null-co", "node-name": "disk2-empty", size: 0, "read-zeroes": true },
      expect.objectContaining({ "node-name": "disk3-medium" }),
    ]);
    expect(values(args, "-device").filter((device) => device.startsWith("virtio-blk"))).toEqual([
      "virtio-blk-device,id=disk0,drive=disk0-medium,serial=disk0,num-queues=2,write-cache=on,bus=virtio-mmio-bus.2",
      "virtio-blk-device,id=disk1,drive=disk1-medium,serial=disk1,num-queues=1,write-cache=on,bus=virtio-mmio-bus.3",
      "virtio-blk-device,id=disk2,drive=disk2-empty,serial=disk2,num-queues=1,write-cache=on,bus=virtio-mmio-bus.4",
      "virtio-blk-device,id=disk3,drive=disk3-medium,serial=disk3,num-queues=1,write-cache=off,bus=virtio-mmio-bus.5",
    ]);
  });

  test("NICs on descriptors", () => {
    const devices = [
      { kind: "nic", hardwareAddress: "02:00:00:00:00:0a", queues: [5], vhost: [] },
      { kind: "nic", hardwareAddress: "02:00:00:00:00:0b", queues: [6, 7], vhost: [8, 9] },
      { kind: "nic", hardwareAddress: "02:00:00:00:00:0c", queues: [10], vhost: [11] },
    ] as const;
    const kvm = qemuArguments({ ...machine, acceleration: "kvm", devices });
    expect(values(kvm, "-netdev")).toEqual([
      "tap,id=device0,fd=5,vhost=off",
      "tap,id=device1,fds=6:7,vhost=on,vhostfds=8:9",
      "tap,id=device2,fd=10,vhost=on,vhostfd=11",
    ]);
    expect(values(kvm, "-device").slice(2)).toEqual([
      "virtio-net-device,netdev=device0,mac=02:00:00:00:00:0a,mrg_rxbuf=on,bus=virtio-mmio-bus.2",
      "virtio-net-device,netdev=device1,mac=02:00:00:00:00:0b,mrg_rxbuf=on,mq=on,bus=virtio-mmio-bus.3",
      "virtio-net-device,netdev=device2,mac=02:00:00:00:00:0c,mrg_rxbuf=on,bus=virtio-mmio-bus.4",
    ]);
    const debian = qemuArguments({ ...machine, kernel: { path: "/k", kind: "debian" }, devices: devices.slice(0, 1) });
    expect(values(debian, "-device").slice(1)).toEqual(["virtio-net-pci,netdev=device0,mac=02:00:00:00:00:0a,mrg_rxbuf=on,romfile="]);
  });

  test("a NIC on a stream socket", () => {
    const devices = [{ kind: "stream-nic", hardwareAddress: "02:00:00:00:00:0a", socket: 5 }] as const;
    const args = qemuArguments({ ...machine, devices });
    expect(values(args, "-netdev")).toEqual(["stream,id=device0,server=off,addr.type=fd,addr.str=5"]);
    expect(values(args, "-device").slice(2)).toEqual(["virtio-net-device,netdev=device0,mac=02:00:00:00:00:0a,mrg_rxbuf=on,bus=virtio-mmio-bus.2"]);
  });

  test("NICs that are plugged later have slots that the kernel is told of, and what QEMU wants for them one that it is not", () => {
    const nic = { kind: "nic", hardwareAddress: "02:00:00:00:00:0a", queues: [5], vhost: [] } as const;
    const args = qemuArguments({ ...machine, devices: [nic], pluggedNics: 2 });
    expect(values(args, "-device").slice(3)).toEqual(["virtio-scsi-device,id=plug,bus=virtio-mmio-bus.7"]);
    expect(
      values(args, "-append")
        .join()
        .endsWith(` ${slots(5)}`),
    ).toBe(true);
    expect([busOfPlugged(0, 1), busOfPlugged(1, 1)]).toEqual(["virtio-mmio-bus.3", "virtio-mmio-bus.4"]);
    const plugged = { id: "p0", hardwareAddress: "02:00:00:00:00:0b", bus: "virtio-mmio-bus.3", queues: ["q0"], vhost: [] };
    expect(pluggedNic(plugged)).toEqual({
      netdev: { type: "tap", id: "p0", fd: "q0", vhost: false },
      device: { driver: "virtio-net-device", id: "p0-nic", netdev: "p0", bus: "virtio-mmio-bus.3", mac: "02:00:00:00:00:0b", mrg_rxbuf: true },
    });
    const several = pluggedNic({ ...plugged, queues: ["q0", "q1"], vhost: ["v0", "v1"] });
    expect(several.netdev).toEqual({ type: "tap", id: "p0", fds: "q0:q1", vhost: true, vhostfds: "v0:v1" });
    expect(several.device).toMatchObject({ mq: true });
  });

  test("more devices than fit without ACPI", () => {
    const shares = (count: number) => Array.from({ length: count }, (_, index) => ({ kind: "9p", tag: `t${index}`, directory: 5 }) as const);
    expect(values(qemuArguments({ ...machine, devices: shares(6) }), "-machine")).toEqual([MACHINE]);
    expect(values(qemuArguments({ ...machine, devices: shares(7) }), "-machine")).toEqual(["microvm,memory-backend=ram,acpi=on"]);
    expect(values(qemuArguments({ ...machine, devices: shares(7) }), "-device")[0]).toBe("vhost-user-vsock-device,chardev=vsock");
  });

  test("paths keep their commas, spaces and line feeds", () => {
    const args = qemuArguments({
      ...machine,
      vsockSocket: "/run/a,b/vsock.sock",
      devices: [{ kind: "9p", tag: "a,b", directory: 5 }],
    });
    expect(values(args, "-chardev")).toContain("socket,id=vsock,path=/run/a,,b/vsock.sock");
    expect(values(args, "-fsdev")).toEqual(["local,id=device0,path=/proc/self/fd/5,security_model=passthrough,multidevs=remap"]);
    expect(values(args, "-device")).toContain("virtio-9p-device,fsdev=device0,mount_tag=a,,b,bus=virtio-mmio-bus.2");
    expect(escapeOption("plain")).toBe("plain");
  });

  test("a kernel command line too long is refused", () => {
    expect(() => qemuArguments({ ...machine, kernelParameters: ["x".repeat(1800)] })).toThrow(
      expect.objectContaining({
        code: Code.INVALID_ARGUMENT,
        message: expect.stringMatching(/kernel command line has \d+ bytes/) as string,
      }) as Error,
    );
  });
});

describe("the kernel command line", () => {
  const kernelCommandLine = (of: QemuMachine): string => values(qemuArguments(of), "-append").join();

  test("of the tuned kernel under TCG", () => {
    expect(kernelCommandLine(machine)).toBe(
      `console=ttyS0 quiet panic=-1 rcupdate.rcu_expedited=1 fb_tunnels=none dummy.numdummies=0 ifb.numifbs=0 reboot=t no_timer_check tsc=reliable noreplace-smp mitigations=off nokaslr tsc_early_khz=2596125 lapic_timer_hz=1000000000 ${slots(2)}`,
    );
  });

  test("without a known TSC rate, and with parameters of the configuration, which come last", () => {
    const line = kernelCommandLine({
      ...machine,
      kernel: { path: "/k", kind: "debian" },
      tscKhz: undefined,
      kernelParameters: ["loglevel=7", "debug"],
    });
    expect(line).toBe(
      "console=ttyS0 quiet panic=-1 rcupdate.rcu_expedited=1 fb_tunnels=none dummy.numdummies=0 ifb.numifbs=0 reboot=t no_timer_check tsc=reliable noreplace-smp mitigations=off nokaslr loglevel=7 debug",
    );
  });
});
