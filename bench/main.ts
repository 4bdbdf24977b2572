/**
 * `make bench`: what Hadron costs, with runc beside it in the same run on the same containerd. Figures of a shared
 * machine drift; the ratios hold. Nothing here passes or fails.
 */
import { Containerd } from "../test/harness/containerd.ts";
import { importImage } from "../test/harness/images.ts";
import { benchExec, benchOutput, benchRun, benchSteps, benchTerminal } from "./container.ts";
import { benchDaemon, benchLauncher } from "./daemon.ts";
import { benchNetwork } from "./network.ts";
import { benchPod } from "./pod.ts";
import { type Row, table } from "./table.ts";

await using containerd = await Containerd.start("2.1");
await importImage(containerd, "busybox");

const rows: Row[] = [];
for (const bench of [benchLauncher, benchDaemon, benchRun, benchSteps, benchExec, benchOutput, benchTerminal, benchPod, benchNetwork]) {
  process.stderr.write(`bench: ${bench.name}\n`);
  rows.push(...(await bench(containerd)));
}
process.stdout.write(table(rows));
