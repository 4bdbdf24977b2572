import { defineConfig } from "vitest/config";

// How long expect.poll waits. Its default of a second is what one `ctr` may take on a busy machine.
const poll = { timeout: 20_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "packages/**/*.test.ts"],
          exclude: ["**/node_modules/**"],
          expect: { poll },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/**/*.test.ts"],
          // Each file has daemons and virtual machines of its own, and the machine may have two cores.
          fileParallelism: false,
          // A process for each file: what a test starts is told to die with it.
          pool: "forks",
          testTimeout: 120_000,
          expect: { poll },
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
