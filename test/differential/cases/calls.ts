/** Sequences of calls to the task service, in the order in which somebody may make them. */
import { answerOf } from "../shim.ts";
import type { Trace, Traced } from "../trace.ts";

export interface CallCase {
  readonly name: string;
  readonly run: (trace: Trace) => Promise<void>;
}

const TERM = 15;
const KILL = 9;

/** A container that was created; its name in the lines is "c". */
async function created(trace: Trace, args: readonly string[], options: Parameters<Trace["container"]>[2] = {}): Promise<Traced> {
  const c = await trace.container("c", args, options);
  await c.create();
  return c;
}

async function running(trace: Trace, args: readonly string[] = ["hold"], options: Parameters<Trace["container"]>[2] = {}): Promise<Traced> {
  const c = await created(trace, args, options);
  await c.start();
  if (args[0] === "hold" || args[0] === "family" || args[0] === "term" || args[0] === "stubborn") {
    await c.says("holding");
  }
  if (args[0] === "copy") {
    await c.says("copying");
  }
  return c;
}

async function stopped(trace: Trace, status = "0"): Promise<Traced> {
  const c = await running(trace, ["exit", status]);
  await c.wait();
  return c;
}

async function end(c: Traced): Promise<void> {
  await c.kill(KILL);
  await c.wait();
  await c.delete();
}

function sequence(name: string, run: (trace: Trace) => Promise<void>): CallCase {
  return { name, run };
}

const lives: readonly CallCase[] = [
  sequence("create, start, wait, delete", async (trace) => {
    const c = await stopped(trace, "3");
    await c.state();
    await c.delete();
    await c.state();
  }),
  sequence("state in every state", async (trace) => {
    const c = await trace.container("c", ["hold"]);
    await c.state();
    await c.create();
    await c.state();
    await c.start();
    await c.state();
    await c.pause();
    await c.state();
    await c.resume();
    await c.state();
    await c.kill(KILL);
    await c.wait();
    await c.state();
    await c.delete();
    await c.state();
  }),
  sequence("create, delete without start", async (trace) => {
    const c = await created(trace, ["hold"]);
    await c.delete();
    await c.state();
  }),
  sequence("create, kill 9, wait, delete", async (trace) => {
    const c = await created(trace, ["hold"]);
    await c.kill(KILL);
    await c.wait();
    await c.state();
    await c.delete();
  }),
  sequence("create, kill 15", async (trace) => {
    const c = await created(trace, ["hold"]);
    await c.kill(TERM);
    await c.wait("", 3_000);
    await end(c);
  }),
  sequence("create, kill 9, start", async (trace) => {
    const c = await created(trace, ["hold"]);
    await c.kill(KILL);
    await c.wait();
    await c.start();
    await c.delete();
  }),
  sequence("create twice", async (trace) => {
    const c = await created(trace, ["hold"]);
    await c.create();
    await c.start();
    await end(c);
  }),
  sequence("start twice", async (trace) => {
    const c = await running(trace);
    await c.start();
    await c.state();
    await end(c);
  }),
  sequence("start after the exit", async (trace) => {
    const c = await stopped(trace);
    await c.start();
    await c.delete();
  }),
  sequence("start after delete", async (trace) => {
    const c = await stopped(trace);
    await c.delete();
    await c.start();
  }),
  sequence("delete twice", async (trace) => {
    const c = await stopped(trace);
    await c.delete();
    await c.delete();
  }),
  sequence("delete of a running one", async (trace) => {
    const c = await running(trace);
    await c.delete();
    await c.state();
    await end(c);
  }),
  sequence("delete of a paused one", async (trace) => {
    const c = await running(trace);
    await c.pause();
    await c.delete();
    await c.resume();
    await end(c);
  }),
  sequence("create again after delete", async (trace) => {
    const c = await stopped(trace, "1");
    await c.delete();
    await c.createAgain();
    await c.start();
    await c.wait();
    await c.delete();
  }),
  sequence("create that fails, then everything", async (trace) => {
    const c = await trace.container("c", [], { edit: (spec) => void (spec.process.args = ["/nowhere"]) });
    await c.create();
    await c.state();
    await c.start();
    await c.kill(KILL);
    await c.wait("", 2_000);
    await c.delete();
  }),
  ...["0", "1", "126", "127", "137", "255"].map((status) =>
    sequence(`exit status ${status}`, async (trace) => await (await stopped(trace, status)).delete()),
  ),
];

const kills: readonly CallCase[] = [
  ...[1, 2, 3, 6, 10, TERM, 34, 64].map((signal) =>
    sequence(`kill ${signal} of a plain init`, async (trace) => {
      const c = await running(trace);
      await c.kill(signal);
      await end(c);
    }),
  ),
  sequence("kill 15 of one that exits with 7", async (trace) => {
    const c = await running(trace, ["term"]);
    await c.kill(TERM);
    await c.wait();
    await c.delete();
  }),
  ...[0, 65, 200].map((signal) =>
    sequence(`kill ${signal}`, async (trace) => {
      const c = await running(trace);
      await c.kill(signal);
      await end(c);
    }),
  ),
  sequence("kill after the exit", async (trace) => {
    const c = await stopped(trace);
    await c.kill(TERM);
    await c.kill(KILL, { all: true });
    await c.delete();
    await c.kill(KILL);
  }),
  sequence("kill all", async (trace) => {
    const c = await running(trace, ["family", "3"]);
    await c.kill(KILL, { all: true });
    await c.wait();
    await c.delete();
  }),
  sequence("kill all with 15", async (trace) => {
    const c = await running(trace, ["stubborn"]);
    await c.exec("e", { args: ["/probe", "hold"] });
    await c.start("e");
    await c.says("holding", "e");
    await c.kill(TERM, { all: true });
    await c.wait("e");
    await c.delete("e");
    await end(c);
  }),
  sequence("kill of a paused one", async (trace) => {
    const c = await running(trace);
    await c.pause();
    await c.kill(KILL);
    await c.wait();
    await c.resume();
    await c.delete();
  }),
  sequence("init ends with execs running", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/probe", "hold"] });
    await c.start("e");
    await c.says("holding", "e");
    await c.kill(KILL);
    await c.wait();
    await c.wait("e");
    await c.delete("e");
    await c.delete();
  }),
  sequence("init ends with an orphan", async (trace) => {
    const c = await running(trace, ["orphan"]);
    await c.wait();
    await c.output();
    await c.delete();
  }),
];

const execs: readonly CallCase[] = [
  sequence("exec to its end", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/probe", "exit", "4"] });
    await c.state("e");
    await c.start("e");
    await c.wait("e");
    await c.state("e");
    await c.delete("e");
    await c.state("e");
    await end(c);
  }),
  sequence("exec before start", async (trace) => {
    const c = await created(trace, ["hold"]);
    await c.exec("e", { args: ["/probe", "exit", "4"] });
    await c.start("e");
    await c.wait("e");
    await c.delete("e");
    await c.start();
    await end(c);
  }),
  sequence("exec after the exit", async (trace) => {
    const c = await stopped(trace);
    await c.exec("e");
    await c.start("e");
    await c.delete("e");
    await c.delete();
  }),
  sequence("exec of an unknown container", async (trace) => {
    const c = await trace.container("c", ["hold"]);
    await c.exec("e");
    await c.start("e");
  }),
  sequence("exec twice by one name", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/probe", "hold"] });
    await c.exec("e", { args: ["/probe", "hold"] });
    await c.start("e");
    await c.exec("e", { args: ["/probe", "hold"] });
    await c.kill(KILL, { execId: "e" });
    await c.wait("e");
    await c.exec("e", { args: ["/probe", "hold"] });
    await c.delete("e");
    await end(c);
  }),
  sequence("exec by the name of one that was deleted", async (trace) => {
    const c = await running(trace);
    for (const status of ["1", "2"]) {
      await c.exec("e", { args: ["/probe", "exit", status] });
      await c.start("e");
      await c.wait("e");
      await c.delete("e");
    }
    await end(c);
  }),
  sequence("exec with an empty name", async (trace) => {
    const c = await running(trace);
    await c.exec("");
    await end(c);
  }),
  sequence("exec with an odd name", async (trace) => {
    const c = await running(trace);
    await c.exec("../x y");
    await end(c);
  }),
  sequence("exec that is deleted unstarted", async (trace) => {
    const c = await running(trace);
    await c.exec("e");
    await c.delete("e");
    await c.start("e");
    await end(c);
  }),
  sequence("exec that is deleted running", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/probe", "hold"] });
    await c.start("e");
    await c.delete("e");
    await c.kill(KILL, { execId: "e" });
    await c.wait("e");
    await c.delete("e");
    await end(c);
  }),
  sequence("exec that is killed unstarted", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/probe", "hold"] });
    await c.kill(KILL, { execId: "e" });
    await c.state("e");
    await c.delete("e");
    await end(c);
  }),
  sequence("exec of a missing program", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/nowhere"] });
    await c.start("e");
    await c.state("e");
    await c.wait("e", 3_000);
    await c.delete("e");
    await end(c);
  }),
  sequence("exec while paused", async (trace) => {
    const c = await running(trace);
    await c.pause();
    await c.exec("e", { args: ["/probe", "exit", "0"] });
    await c.delete("e");
    await c.resume();
    await end(c);
  }),
  sequence("delete with an exec that has ended", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/probe", "exit", "0"] });
    await c.start("e");
    await c.wait("e");
    await end(c);
  }),
  ...[
    ["still writes", "sleep 4; echo late"],
    ["writes now and then", "while sleep 7; do echo again; done"],
  ].map(([does, script]) =>
    sequence(`delete of an exec whose child ${does}`, async (trace) => {
      const c = await running(trace);
      await c.exec("e", { args: ["/bin/sh", "-c", `(${script}) & echo hi`] });
      await c.start("e");
      await c.wait("e");
      await c.delete("e");
      await c.output("e");
      await end(c);
    }),
  ),
  sequence("delete with an unstarted exec", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/probe", "exit", "0"] });
    await end(c);
  }),
  sequence("calls for an unknown exec", async (trace) => {
    const c = await running(trace);
    await c.start("x");
    await c.state("x");
    await c.kill(KILL, { execId: "x" });
    await c.delete("x");
    await c.resize(80, 24, "x");
    await c.closeStdin("x");
    await c.wait("x", 2_000);
    await end(c);
  }),
  sequence("exec killed by a signal", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/probe", "hold"] });
    await c.start("e");
    await c.says("holding", "e");
    await c.kill(TERM, { execId: "e" });
    await c.wait("e");
    await c.delete("e");
    await end(c);
  }),
  sequence("ten execs at once", async (trace) => {
    const c = await running(trace);
    const names = Array.from({ length: 10 }, (_, i) => `e${i}`);
    for (const name of names) {
      await c.exec(name, { args: ["/probe", "hold"] });
    }
    for (const name of names) {
      await c.start(name);
    }
    for (const name of names) {
      await c.says("holding", name);
    }
    await c.pids();
    for (const name of names) {
      await c.kill(KILL, { execId: name });
    }
    for (const name of names) {
      await c.wait(name);
    }
    for (const name of names) {
      await c.delete(name);
    }
    await end(c);
  }),
];

const unknown: readonly CallCase[] = [
  sequence("every call for an unknown container", async (trace) => {
    const c = await trace.container("c", ["hold"]);
    await c.start();
    await c.state();
    await c.kill(KILL);
    await c.delete();
    await c.pause();
    await c.resume();
    await c.pids();
    await c.stats();
    await c.update({});
    await c.resize(80, 24);
    await c.closeStdin();
    await c.connect();
    await c.wait("", 2_000);
    await c.checkpoint();
  }),
  sequence("every call for a created one", async (trace) => {
    const c = await created(trace, ["hold"]);
    await c.connect();
    await c.pids();
    await c.stats();
    await c.update({ pids: { limit: 100 } });
    await c.resize(80, 24);
    await c.closeStdin();
    await c.pause();
    await c.state();
    await c.resume();
    await c.state();
    await c.start();
    await end(c);
  }),
  sequence("every call for a stopped one", async (trace) => {
    const c = await stopped(trace);
    await c.connect();
    await c.pids();
    await c.stats();
    await c.update({ pids: { limit: 100 } });
    await c.resize(80, 24);
    await c.closeStdin();
    await c.pause();
    await c.resume();
    await c.state();
    await c.wait();
    await c.wait();
    await c.delete();
  }),
  sequence("ids that nobody has", async (trace) => {
    const { task } = trace.pod.holder.shim;
    for (const id of ["", "/", "..", "x".repeat(300), "\u00e9"]) {
      await trace.call(`state of ${JSON.stringify(id).slice(0, 20)}`, task.state({ id, execId: "" }, { timeoutMs: 5_000 }));
      await trace.call(`delete of ${JSON.stringify(id).slice(0, 20)}`, task.delete({ id, execId: "" }, { timeoutMs: 5_000 }));
    }
  }),
];

const pauses: readonly CallCase[] = [
  sequence("pause twice", async (trace) => {
    const c = await running(trace);
    await c.pause();
    await c.pause();
    await c.state();
    await c.resume();
    await c.resume();
    await c.state();
    await end(c);
  }),
  sequence("resume of a running one", async (trace) => {
    const c = await running(trace);
    await c.resume();
    await end(c);
  }),
  sequence("pids, stats and update while paused", async (trace) => {
    const c = await running(trace);
    await c.pause();
    await c.pids();
    await c.stats();
    await c.update({ pids: { limit: 50 } });
    await c.state();
    await c.resume();
    await end(c);
  }),
];

const streams: readonly CallCase[] = [
  sequence("closeIO ends stdin", async (trace) => {
    const c = await running(trace, ["copy"], { stdin: true });
    c.write("some input\n");
    await c.says("some input");
    await c.closeStdin();
    await c.wait();
    await c.output();
    await c.delete();
  }),
  sequence("closeIO without stdin set goes on", async (trace) => {
    const c = await running(trace, ["copy"], { stdin: true });
    await c.closeStdin("", false);
    await c.wait("", 2_000);
    await end(c);
  }),
  sequence("closeIO twice", async (trace) => {
    const c = await running(trace, ["copy"], { stdin: true });
    await c.closeStdin();
    await c.wait();
    await c.closeStdin();
    await c.delete();
  }),
  sequence("closeIO before start", async (trace) => {
    const c = await created(trace, ["copy"], { stdin: true });
    c.write("early\n");
    await c.closeStdin();
    await c.start();
    await c.wait();
    await c.output();
    await c.delete();
  }),
  sequence("closeIO of a process without stdin", async (trace) => {
    const c = await running(trace);
    await c.closeStdin();
    await end(c);
  }),
  sequence("closeIO of an exec", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/probe", "copy"], stdin: true });
    await c.start("e");
    c.write("to the exec\n", "e");
    await c.says("to the exec", "e");
    await c.closeStdin("e");
    await c.wait("e");
    await c.output("e");
    await c.delete("e");
    await end(c);
  }),
  sequence("output after stdout is closed", async (trace) => {
    const c = await running(trace, ["close"]);
    await c.state();
    await end(c);
  }),
  sequence("output of 3 MB", async (trace) => {
    const c = await running(trace, ["flood", "3000000"]);
    await c.wait();
    await c.output();
    await c.delete();
  }),
];

/** Owners of the pipes by the runtime's options, and the users of the processes that have them. */
const OWNERS = [{}, { ioGid: 1000 }, { ioUid: 1234, ioGid: 4321 }, { ioUid: 4294967295, ioGid: 4294967295 }];
const USERS = [
  { uid: 0, gid: 0 },
  { uid: 1000, gid: 1000 },
  { uid: 1234, gid: 100 },
];

const owners: readonly CallCase[] = OWNERS.map((runtimeOptions) =>
  sequence(`streams owned by ${JSON.stringify(runtimeOptions)}`, async (trace) => {
    const holder = await running(trace, ["hold"], { runtimeOptions });
    for (const [index, user] of USERS.entries()) {
      for (const terminal of [false, true]) {
        const name = `${index}${terminal ? "-terminal" : ""}`;
        const stdio = { terminal, stdin: index > 0 };
        const c = await trace.container(`c${name}`, ["streams"], { ...stdio, runtimeOptions, edit: (spec) => void (spec.process.user = user) });
        await c.create();
        await c.start();
        await c.wait();
        await c.output();
        await c.delete();
        await holder.exec(`e${name}`, { ...stdio, args: ["/probe", "streams"], process: { user } });
        await holder.start(`e${name}`);
        await holder.wait(`e${name}`);
        await holder.output(`e${name}`);
        await holder.delete(`e${name}`);
      }
    }
    await end(holder);
  }),
);

const terminals: readonly CallCase[] = [
  // Of an exec: whoever reads as an init may be told the end or EIO, by a race of the kernel's, and does not die of SIGHUP.
  sequence("closeIO hangs up the terminal of an exec", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/bin/sh", "-c", "echo up; read line; sleep 600"], terminal: true, stdin: true });
    await c.start("e");
    await c.says("up", "e");
    await c.closeStdin("e");
    await c.wait("e");
    await c.delete("e");
    await end(c);
  }),
  sequence("closeIO of a terminal before start", async (trace) => {
    const c = await created(trace, ["copy"], { terminal: true, stdin: true });
    await c.closeStdin();
    await c.start();
    await c.wait("", 3_000);
    await end(c);
  }),
  sequence("a child that outlives an exec with a terminal", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/bin/sh", "-c", "trap '' HUP; (sleep 3; echo late) & echo hi"], terminal: true });
    await c.start("e");
    await c.wait("e");
    await c.delete("e");
    await end(c);
  }),
  sequence("resize of a terminal", async (trace) => {
    const c = await running(trace, ["sizes", "2"], { terminal: true });
    await c.says("size ");
    await c.resize(100, 40);
    await c.says("100x40");
    await c.resize(1, 1);
    await c.wait();
    await c.output();
    await c.delete();
  }),
  sequence("resize before start", async (trace) => {
    const c = await created(trace, ["sizes", "0"], { terminal: true });
    await c.resize(120, 50);
    await c.start();
    await c.wait();
    await c.output();
    await c.delete();
  }),
  ...[
    [0, 0],
    [65535, 65535],
    [65536, 70000],
    [4294967295, 4294967295],
  ].map(([width = 0, height = 0]) =>
    sequence(`resize to ${width} x ${height}`, async (trace) => {
      const c = await created(trace, ["sizes", "0"], { terminal: true });
      await c.resize(width, height);
      await c.start();
      await c.wait();
      await c.output();
      await c.delete();
    }),
  ),
  sequence("resize without a terminal", async (trace) => {
    const c = await running(trace);
    await c.resize(80, 24);
    await end(c);
  }),
  sequence("resize after the exit", async (trace) => {
    const c = await running(trace, ["sizes", "0"], { terminal: true });
    await c.wait();
    await c.resize(80, 24);
    await c.delete();
  }),
  sequence("resize of an exec", async (trace) => {
    const c = await running(trace);
    await c.exec("e", { args: ["/probe", "sizes", "1"], terminal: true });
    await c.resize(90, 30, "e");
    await c.start("e");
    await c.says("size ", "e");
    await c.resize(91, 31, "e");
    await c.wait("e");
    await c.output("e");
    await c.delete("e");
    await end(c);
  }),
  // ONLCR, OCRNL, ONOCR, ONLRET, OLCUC and XTABS beside OPOST.
  ...[0, 0o4, 0o10, 0o14, 0o20, 0o24, 0o40, 0o44, 0o50, 0o2, 0o6, 0o14000, 0o14004, 0o14076].map((flags) =>
    sequence(`output of a terminal with the flags ${flags.toString(8)}`, async (trace) => {
      const c = await running(trace, ["paint", String(flags)], { terminal: true });
      await c.wait();
      await c.output();
      await c.delete();
    }),
  ),
  ...[1, 64, 511, 512, 513, 4096, 65536].map((size) =>
    sequence(`lines that are typed, read by ${size}`, async (trace) => {
      const c = await running(trace, ["typed", String(size)], { terminal: true, stdin: true });
      await c.says("ready");
      const lines = [0, 1, 62, 63, 64, 65, 126, 127, 128, 510, 511, 512, 513, 1023, 1024, 2000, 4000].map((length) => `${"x".repeat(length)}\n`);
      c.write([...lines, `${"y".repeat(63)}\x04`, `${"y".repeat(64)}\x04`, `${"y".repeat(512)}\x04`, "last\n", "\x04"].join(""));
      await c.wait();
      await c.output();
      await c.delete();
    }),
  ),
  ...[true, false].map((terminal) =>
    sequence(`exec with${terminal ? "" : "out"} a terminal, whose spec says the opposite`, async (trace) => {
      const c = await running(trace);
      await c.exec("e", { args: ["/bin/sh", "-c", "test -t 1; echo $?"], terminal, process: { terminal: !terminal } });
      await c.start("e");
      await c.wait("e");
      await c.output("e");
      await end(c);
    }),
  ),
];

const updates: readonly CallCase[] = [
  ...(
    [
      {},
      { pids: { limit: 30 } },
      { memory: { limit: 67108864 } },
      { cpu: { shares: 512 } },
      { cpu: { quota: 50000, period: 100000 } },
      { memory: { limit: 1 } },
      { cpu: { cpus: "nonsense" } },
      { unknown: 1 },
      { pids: { limit: "x" } },
      { memory: { limit: -1 } },
    ] as const
  ).map((resources) =>
    sequence(`update ${JSON.stringify(resources)}`, async (trace) => {
      const c = await running(trace);
      await c.update(resources);
      await end(c);
    }),
  ),
  sequence("update with no JSON", async (trace) => {
    const c = await running(trace);
    await c.update("{");
    await end(c);
  }),
  sequence("update with another type", async (trace) => {
    const c = await running(trace);
    await c.update("{}", "types.containerd.io/opencontainers/runtime-spec/1/Process");
    await end(c);
  }),
];

const crowds: readonly CallCase[] = [
  sequence("two clients wait for one exit", async (trace) => {
    const c = await running(trace);
    await using other = await trace.client();
    const waits = [c.container.wait(), answerOf(other.task.wait({ id: c.container.id, execId: "" }, { timeoutMs: 30_000 }))];
    await c.kill(KILL);
    for (const answer of await Promise.all(waits)) {
      trace.add("waited", answer.ok ? `status ${answer.value.exitStatus}` : `code ${answer.code}`, "");
    }
    await c.delete();
  }),
  sequence("two clients start one container", async (trace) => {
    const c = await created(trace, ["hold"]);
    await using other = await trace.client();
    const starts = [c.container.start(), answerOf(other.task.start({ id: c.container.id, execId: "" }, { timeoutMs: 30_000 }))];
    const answers = (await Promise.all(starts)).map((answer) => (answer.ok ? "ok" : "refused"));
    trace.add("started", answers.sort().join(" "), "");
    await end(c);
  }),
  sequence("two clients delete one container", async (trace) => {
    const c = await stopped(trace);
    await using other = await trace.client();
    const deletes = [c.container.delete(), answerOf(other.task.delete({ id: c.container.id, execId: "" }, { timeoutMs: 30_000 }))];
    const answers = (await Promise.all(deletes)).map((answer) => (answer.ok ? "ok" : "refused"));
    trace.add("deleted", answers.sort().join(" "), "");
    c.deletions += 1;
  }),
  sequence("two clients create one id", async (trace) => {
    const c = await trace.container("c", ["hold"]);
    const answers = (await Promise.all([c.container.create(), c.container.create()])).map((answer) => (answer.ok ? "ok" : "refused"));
    trace.add("created", answers.sort().join(" "), "");
    await c.start();
    await end(c);
  }),
  sequence("a client that leaves while it waits", async (trace) => {
    const c = await running(trace);
    const other = await trace.client();
    const wait = answerOf(other.task.wait({ id: c.container.id, execId: "" }, { timeoutMs: 30_000 }));
    await other[Symbol.asyncDispose]();
    await wait;
    await end(c);
  }),
  sequence("wait before the answer to kill", async (trace) => {
    const c = await running(trace);
    const killed = c.container.kill(KILL);
    await c.container.wait();
    await killed;
    await c.delete();
  }),
  sequence("five containers that come and go", async (trace) => {
    for (const name of ["c1", "c2", "c3", "c4", "c5"]) {
      const c = await trace.container(name, ["exit", "2"]);
      await c.create();
      await c.start();
      await c.wait();
      await c.delete();
    }
  }),
  sequence("five containers at once", async (trace) => {
    const names = ["c1", "c2", "c3", "c4", "c5"];
    const all = await Promise.all(names.map(async (name) => await trace.container(name, ["hold"])));
    const created = await Promise.all(all.map(async (c) => await c.container.create()));
    const started = await Promise.all(all.map(async (c) => await c.container.start()));
    for (const answer of [...created, ...started]) {
      trace.add("made", String(answer.ok), "");
    }
    for (const c of all) {
      await c.pids();
    }
    for (const c of all.reverse()) {
      await end(c);
    }
  }),
  sequence("shutdown with containers", async (trace) => {
    const c = await running(trace);
    await trace.call("shutdown", c.container.shim.task.shutdown({ id: c.container.id, now: false }, { timeoutMs: 5_000 }));
    await c.state();
    await end(c);
  }),
];

export const CALL_CASES: readonly CallCase[] = [
  ...lives,
  ...kills,
  ...execs,
  ...unknown,
  ...pauses,
  ...streams,
  ...owners,
  ...terminals,
  ...updates,
  ...crowds,
];
