/**
 * `make test-peers`: containerd's client suite and critest, with runc and with Hadron. What Hadron fails of what runc passes
 * here has to be in docs/peers.md, with the reason, and nothing else may be there. Started by `run`, in namespaces of its own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { makeIptables } from "../harness/cni.ts";
import { mustRun } from "../harness/command.ts";
import { newerPasst } from "../harness/passt.ts";
import { repository } from "../harness/paths.ts";
import { Registry } from "./registry.ts";

/** The outcome of each test that ran; a skipped one did not. */
type Outcomes = ReadonlyMap<string, "passed" | "failed">;
/** Hadron by either of containerd's sandboxers; "hadron" is podsandbox. */
type Run = "runc" | "hadron" | "hadron-shim";
interface Suite {
  readonly runs: readonly Run[];
  readonly outcomesOf: (run: Run) => Promise<Outcomes>;
}

const suites: Readonly<Record<string, Suite>> = {
  client: { runs: ["runc", "hadron"], outcomesOf: clientSuite },
  critest: { runs: ["runc", "hadron", "hadron-shim"], outcomesOf: critest },
};
/** A suite that says nothing for so long hangs in the test that runs. One prints 700 MB to a terminal without a word. */
const SILENCE_MS = 20 * 60_000;

const [only, pattern = ""] = process.argv.slice(2);
const programs = environment("HADRON_PEERS_SUITES");
const logs = join(repository, "build/peers");
await using work = await temporary();
// For the plugin that maps ports.
process.env["PATH"] = `${await makeIptables(join(work.path, "iptables"))}:${environment("PATH")}`;
await using registry = await Registry.start(work.path, 5000);

const documented = new Set(
  [...(await readFile(join(repository, "docs/peers.md"), "utf8")).matchAll(/^\| `(.+?)` \|/gm)].map(([, name]) => name ?? ""),
);
let surprises = 0;
for (const [suite, { runs, outcomesOf }] of Object.entries(suites)) {
  if (only !== undefined && only !== suite) {
    continue;
  }
  const columns = new Map<Run, Outcomes>();
  for (const run of runs) {
    columns.set(run, await outcomesOf(run));
  }
  print(suite, columns);
}
process.exitCode = surprises === 0 ? 0 : 1;

/** What each of them says of each test, and what that means for docs/peers.md. */
function print(suite: string, columns: ReadonlyMap<Run, Outcomes>): void {
  const outcomes = (name: string): string[] => [...columns.values()].map((column) => column.get(name) ?? "not run");
  const row = (cells: readonly string[], name: string): void => console.log(`  ${cells.map((cell) => cell.padEnd(11)).join("  ")}  ${name}`);
  const names = [...(columns.get("runc")?.keys() ?? [])];
  console.log(`\n${suite}`);
  row([...columns.keys()], "");
  for (const name of names.toSorted()) {
    const [runc, ...others] = outcomes(name);
    const [passes, known] = [others.every((outcome) => outcome === "passed"), documented.has(name)];
    const surprising = runc === "passed" && passes === known;
    surprises += surprising ? 1 : 0;
    row(outcomes(name), surprising ? `${name}: ${known ? "AGAINST" : "NOT IN"} docs/peers.md` : name);
  }
  for (const [run, column] of columns) {
    const shared = names.filter((name) => columns.get("runc")?.get(name) === "passed" && column.get(name) === "passed");
    console.log(`${run} passes ${shared.length}${run === "runc" ? ` of ${names.length}` : " of these"}`);
  }
}

/** containerd's integration/client, which starts a containerd itself. A test that hangs fails, and the rest goes on without it. */
async function clientSuite(runtime: Run): Promise<Outcomes> {
  const program = join(programs, "client.test");
  const listed = await mustRun(program, ["-test.short", "-test.list", pattern === "" ? "^Test" : pattern]);
  const outcomes = new Map<string, "passed" | "failed">();
  const done = new Set<string>();
  const waiting = (): string[] => listed.split("\n").filter((name) => name.startsWith("Test") && !done.has(name));
  for (let round = 1; waiting().length > 0; round += 1) {
    const before = done.size;
    const running = new Set<string>();
    await lines(
      [
        "env",
        `TEST_RUNTIME=io.containerd.${runtime}.v2`,
        program,
        "-test.root",
        "-test.v",
        "-test.timeout=60m",
        "-test.run",
        `^(${waiting().join("|")})$`,
      ],
      `client-${runtime}-${round}.log`,
      (line) => {
        // A program of the test may have left its line open.
        const [, state, name = ""] = /(=== (?:RUN|CONT|PAUSE)|--- (?:PASS|FAIL|SKIP):) +(Test\w+)(?: \(.*)?$/.exec(line) ?? [];
        if (state === undefined) {
          return;
        }
        if (state === "=== RUN" || state === "=== CONT") {
          return void running.add(name);
        }
        running.delete(name);
        if (state === "=== PAUSE") {
          return;
        }
        done.add(name);
        if (state !== "--- SKIP:") {
          outcomes.set(name, state === "--- PASS:" ? "passed" : "failed");
        }
      },
    );
    for (const name of running) {
      done.add(name);
      outcomes.set(name, "failed");
    }
    if (done.size === before) {
      throw new Error(`client.test ran none of ${waiting().join(" ")}: see build/peers/client-${runtime}-${round}.log`);
    }
  }
  return outcomes;
}

/** critest, against a containerd whose pods have networks of the bridge plugin and whose images all come from the registry. */
async function critest(run: Run): Promise<Outcomes> {
  const directory = join(work.path, run);
  const runtime = run === "runc" ? "runc" : "hadron";
  const [hosts, networks] = [join(directory, "hosts/_default"), join(directory, "net.d")];
  await mkdir(hosts, { recursive: true });
  await mkdir(networks);
  await writeFile(join(hosts, "hosts.toml"), `[host."http://${registry.host}"]\n  capabilities = ["pull", "resolve"]\n`);
  const ipam = { type: "host-local", ranges: [[{ subnet: "10.88.0.0/16" }]] };
  const plugins = [
    { type: "bridge", bridge: "peers0", isGateway: true, hairpinMode: true, ipam },
    { type: "portmap", capabilities: { portMappings: true } },
  ];
  await writeFile(join(networks, "10-peers.conflist"), JSON.stringify({ cniVersion: "1.0.0", name: "peers", plugins }));
  const hadronConfig = join(directory, "hadron.json");
  await writeFile(hadronConfig, JSON.stringify({ host_network: "passt", passt_path: await newerPasst(directory) }));
  const socket = "/run/peers/containerd.sock";
  const cri = "io.containerd.cri.v1";
  await writeFile(
    join(directory, "config.toml"),
    [
      "version = 3",
      `root = "/var/lib/peers"`,
      `state = "/run/peers"`,
      `[grpc]`,
      `address = "${socket}"`,
      `[debug]`,
      `level = "debug"`,
      `[plugins."${cri}.images".pinned_images]`,
      `sandbox = "${registry.host}/sandbox:1"`,
      `[plugins."${cri}.images".registry]`,
      `config_path = "${directory}/hosts"`,
      `[plugins."${cri}.runtime"]`,
      // A machine that lacks CAP_SYS_RESOURCE cannot do what kubelet asks for.
      `restrict_oom_score_adj = true`,
      `[plugins."${cri}.runtime".cni]`,
      `bin_dirs = ["${environment("HADRON_PEERS_CNI")}"]`,
      `conf_dir = "${networks}"`,
      `[plugins."${cri}.runtime".containerd]`,
      `default_runtime_name = "${runtime}"`,
      `[plugins."${cri}.runtime".containerd.runtimes.${runtime}]`,
      `runtime_type = "io.containerd.${runtime}.v2"`,
      `privileged_without_host_devices = ${runtime === "hadron"}`,
      `sandboxer = "${run === "hadron-shim" ? "shim" : "podsandbox"}"`,
      ...(runtime === "runc"
        ? []
        : [`[plugins."${cri}.runtime".containerd.runtimes.${runtime}.options]`, `ConfigPath = ${JSON.stringify(hadronConfig)}`]),
      "",
    ].join("\n"),
  );
  const report = join(logs, `critest-${run}.json`);
  await rm(report, { force: true });
  const focus = pattern === "" ? [] : ["--ginkgo.focus", pattern];
  const start =
    'containerd --config "$0" >"$1" 2>&1 & until ctr --connect-timeout 60s -a "$2" version >/dev/null; do kill -0 $! || exit; done; shift 2; "$@"';
  const daemon = ["bash", "-c", start, join(directory, "config.toml"), join(logs, `critest-${run}-containerd.log`), socket];
  const suite = [join(programs, "critest"), "--runtime-endpoint", `unix://${socket}`, "--runtime-handler", runtime];
  const reporting = ["--ginkgo.json-report", report, "--ginkgo.no-color"];
  await lines([...daemon, ...suite, ...reporting, ...focus], `critest-${run}.log`, () => undefined);
  return critestOutcomes(JSON.parse(await readFile(report, "utf8")) as readonly GinkgoReport[]);
}

interface GinkgoReport {
  readonly SpecReports: readonly {
    readonly ContainerHierarchyTexts: readonly string[] | null;
    readonly LeafNodeText: string;
    readonly State: string;
  }[];
}

function critestOutcomes(reports: readonly GinkgoReport[]): Outcomes {
  const outcomes = new Map<string, "passed" | "failed">();
  for (const spec of reports.flatMap((report) => report.SpecReports)) {
    if (spec.ContainerHierarchyTexts === null || spec.State === "skipped" || spec.State === "pending") {
      continue;
    }
    const name = [spec.ContainerHierarchyTexts.at(-1), spec.LeafNodeText].join(": ").replace(/^\[k8s\.io\] /, "");
    outcomes.set(name, spec.State === "passed" ? "passed" : "failed");
  }
  return outcomes;
}

/**
 * Runs a suite to its end, or until it has been silent for too long; its output goes to a file of build/peers as well. It has
 * mounts and processes of its own, so that nothing of it is left, nor seen by the next.
 */
async function lines(command: readonly string[], logName: string, each: (line: string) => void): Promise<void> {
  console.log(`running into build/peers/${logName}`);
  // Bash, the first process there, reaps what the shims leave; so it is not replaced by the suite.
  const prepare = 'for directory in /run /var/lib; do mount -t tmpfs -o mode=0755 tmpfs "$directory" || exit; done; "$@" || exit';
  const isolated = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", "bash", "-c", prepare, "bash", ...command];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", "unshare", ...isolated], { stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(join(logs, logName));
  const watchdog = setTimeout(() => child.kill("SIGKILL"), SILENCE_MS);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", () => watchdog.refresh());
    createInterface({ input: stream }).on("line", (line) => {
      log.write(`${line}\n`);
      each(line);
    });
  }
  await once(child, "close");
  clearTimeout(watchdog);
  log.end();
}

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "hadron-peers-"));
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true }) };
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: start test/peers/run`);
  }
  return value;
}
