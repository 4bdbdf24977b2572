/**
 * Makes `dist/`, the package as it is published: JavaScript and declarations, because Node does not
 * strip types below node_modules. Inside its repository the package is used from its sources.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const dist = join(here, "dist");
rmSync(dist, { recursive: true, force: true });
execFileSync("npx", ["tsc", "-p", join(here, "tsconfig.build.json")], { stdio: "inherit" });
const manifest = JSON.parse(readFileSync(join(here, "package.json"), "utf8")) as Record<string, unknown>;
delete manifest["scripts"];
delete manifest["private"];
manifest["exports"] = {
  ".": { types: "./index.d.ts", default: "./index.js" },
  "./code": { types: "./code.d.ts", default: "./code.js" },
};
writeFileSync(join(dist, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
copyFileSync(join(here, "README.md"), join(dist, "README.md"));
copyFileSync(join(here, "../../LICENSE"), join(dist, "LICENSE"));
