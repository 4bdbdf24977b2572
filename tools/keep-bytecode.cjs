/**
 * For tools/bundle.ts, with `node --require`: when the process exits, writes what V8 has compiled of the one script
 * that src/shim/load.ts makes to $HADRON_BYTECODE_RESULT.
 */
const { writeFileSync } = require("node:fs");
const vm = require("node:vm");

const { Script } = vm;

vm.Script = class extends Script {
  constructor(...parameters) {
    super(...parameters);
    process.once("exit", () => writeFileSync(process.env.HADRON_BYTECODE_RESULT, this.createCachedData()));
  }
};
