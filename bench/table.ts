/** The printed table and the statistics behind it. */

export interface Row {
  readonly what: string;
  readonly hadron: string;
  /** Absent where runc has nothing to compare with. */
  readonly runc?: string;
  readonly ratio?: number;
  /** What issue and design ask for. */
  readonly goal: string;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** `q` from 0 to 1, by the nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Milliseconds of one call, after `warmUp` calls that do not count. */
export async function measure(count: number, warmUp: number, work: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let i = -warmUp; i < count; i++) {
    const start = performance.now();
    await work();
    if (i >= 0) {
      times.push(performance.now() - start);
    }
  }
  return times;
}

export function ms(value: number): string {
  return `${value < 20 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

/** `columns`: what is measured beside what, and what the last column has. */
export function table(rows: readonly Row[], [own, peer, last]: readonly [string, string, string] = ["hadron", "runc", "goal"]): string {
  const cells = [
    ["what", own, peer, "ratio", last],
    ...rows.map(({ what, hadron, runc, ratio, goal }) => [what, hadron, runc ?? "", ratio === undefined ? "" : ratio.toFixed(1), goal]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`);
  lines.splice(1, 0, `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  return `${lines.join("\n")}\n`;
}
