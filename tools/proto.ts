/**
 * Writes src/gen from proto: for every .proto file a TypeScript file with its messages, as tables for src/protobuf/message.ts,
 * its enums and its services.
 *
 *     node tools/proto.ts [output directory]
 *
 * What src/protobuf/message.ts cannot carry is refused here, by name.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import protobuf from "protobufjs";

const ROOT = join(import.meta.dirname, "..");
const GENERATED = join(ROOT, "src/gen");

const SOURCES = [
  "google/protobuf.proto",
  "containerd/types.proto",
  "containerd/task-types.proto",
  "containerd/task.proto",
  "containerd/task-events.proto",
  "containerd/sandbox.proto",
  "containerd/cri.proto",
  "containerd/events.proto",
  "containerd/runtime-options.proto",
  "containerd/runc-options.proto",
  "containerd/metrics.proto",
  "hadron/agent.proto",
];

const SCALARS = ["string", "bytes", "bool", "uint32", "int32", "uint64", "int64"];

/** "proto/containerd/task-events.proto" -> "task-events.ts", beside the others in one directory. */
function outputName(source: string): string {
  return `${basename(source, ".proto")}.ts`;
}

/** Every type and service of `source`, in the file's order; nested messages before the one they are in. */
function declarations(root: protobuf.Root, source: string): protobuf.ReflectionObject[] {
  const found: protobuf.ReflectionObject[] = [];
  const visit = (parent: protobuf.NamespaceBase): void => {
    for (const child of parent.nestedArray) {
      if (child instanceof protobuf.Namespace) {
        visit(child);
      }
      const declared = child instanceof protobuf.Type || child instanceof protobuf.Enum || child instanceof protobuf.Service;
      if (declared && child.filename?.endsWith(`/proto/${source}`)) {
        found.push(child);
      }
    }
  };
  visit(root);
  return found;
}

/** "ListProcessesResponse.Process" is ListProcessesResponseProcess. */
function identifier(object: protobuf.ReflectionObject): string {
  const { parent } = object;
  return parent instanceof protobuf.Type ? identifier(parent) + object.name : object.name;
}

function fullName(object: protobuf.ReflectionObject): string {
  return object.fullName.slice(1);
}

/** The file being written: what it has so far, and what it needs of the others. */
class Output {
  readonly #source: string;
  readonly #imports = new Map<string, Set<string>>();
  readonly #body: string[] = [];
  readonly #done = new Set<protobuf.Type>();

  constructor(source: string) {
    this.#source = source;
  }

  text(): string {
    const imports = [...this.#imports]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([from, names]) => `import { ${[...names].sort().join(", ")} } from "${from}";\n`);
    return [`// Written by tools/proto.ts from proto/${this.#source}. Not to be edited.\n\n`, ...imports, ...this.#body].join("");
  }

  enumeration(type: protobuf.Enum): void {
    this.#body.push(`\n/** ${fullName(type)}. A value that is not here can come from a newer peer. */\n`);
    this.#body.push(`export const ${identifier(type)} = {\n`);
    for (const [key, value] of Object.entries(type.values)) {
      this.#body.push(`  ${key}: ${value},\n`);
    }
    this.#body.push("} as const;\n");
  }

  /** Writes the messages that this one is made of first, because its table refers to theirs. */
  message(type: protobuf.Type, within: readonly protobuf.Type[] = []): void {
    if (within.includes(type)) {
      throw new Error(`${fullName(type)} contains itself: the codec has no recursion.`);
    }
    if (this.#done.has(type)) {
      return;
    }
    for (const field of type.fieldsArray) {
      if (field.resolvedType instanceof protobuf.Type && !this.#isForeign(field.resolvedType)) {
        this.message(field.resolvedType, [...within, type]);
      }
    }
    this.#done.add(type);
    this.#use("../protobuf/message.ts", "type Decoded");
    this.#use("../protobuf/message.ts", "defineMessage");
    const name = identifier(type);
    const fields = [...type.fieldsArray].sort((a, b) => a.id - b.id);
    const table = fields.map((field) => `  ${field.name}: ${this.#entry(field)},\n`).join("");
    this.#body.push(`\nexport const ${name} = defineMessage("${fullName(type)}", () => ({${table === "" ? "" : `\n${table}`}}));\n`);
    this.#body.push(`export type ${name} = Decoded<typeof ${name}>;\n`);
  }

  service(service: protobuf.Service): void {
    this.#use("ttrpc-ts", "defineService");
    this.#body.push(`\nexport const ${service.name} = defineService("${fullName(service)}", {\n`);
    for (const method of service.methodsArray) {
      if (method.requestStream === true) {
        throw new Error(`${fullName(method)} takes a stream: tools/proto.ts knows streams from the server only.`);
      }
      const key = method.name.charAt(0).toLowerCase() + method.name.slice(1);
      const kind = method.responseStream === true ? 'kind: "server-streaming", ' : "";
      const request = this.#reference(method.resolvedRequestType);
      const response = this.#reference(method.resolvedResponseType);
      this.#body.push(`  ${key}: { ${kind}request: ${request}, response: ${response} },\n`);
    }
    this.#body.push("});\n");
  }

  /** The field in its message's table. */
  #entry(field: protobuf.Field): string {
    const message = field.resolvedType instanceof protobuf.Type;
    const type = message ? this.#reference(field.resolvedType) : `"${scalar(field)}"`;
    if (field instanceof protobuf.MapField) {
      if (field.keyType !== "string" || field.type !== "string") {
        throw new Error(`${fullName(field)} is a map<${field.keyType}, ${field.type}>: the codec has map<string, string> only.`);
      }
      return `[${field.id}, ${type}, "map"]`;
    }
    if (field.repeated) {
      if (!message && type !== '"string"' && type !== '"bytes"') {
        throw new Error(`${fullName(field)} is a list of ${field.type}: the codec has no packed lists.`);
      }
      return `[${field.id}, ${type}, "repeated"]`;
    }
    if (field.partOf !== null && !(message && field.partOf.oneof.length === 1)) {
      throw new Error(`${fullName(field)}: of oneofs the codec has only those with a single member that is a message.`);
    }
    return `[${field.id}, ${type}]`;
  }

  #reference(type: protobuf.Type | protobuf.Enum | null): string {
    if (!(type instanceof protobuf.Type)) {
      throw new Error(`proto/${this.#source} refers to a message that is not there.`);
    }
    if (this.#isForeign(type)) {
      const source = SOURCES.find((name) => type.filename?.endsWith(`/proto/${name}`));
      if (source === undefined) {
        throw new Error(`${fullName(type)} is in ${type.filename}, which is not in the list of tools/proto.ts.`);
      }
      this.#use(`./${outputName(source)}`, identifier(type));
    }
    return identifier(type);
  }

  #isForeign(type: protobuf.Type): boolean {
    return type.filename?.endsWith(`/proto/${this.#source}`) !== true;
  }

  #use(from: string, name: string): void {
    const names = this.#imports.get(from) ?? new Set();
    this.#imports.set(from, names.add(name));
  }
}

function scalar(field: protobuf.Field): string {
  if (field.resolvedType instanceof protobuf.Enum) {
    return "enum";
  }
  if (!SCALARS.includes(field.type)) {
    throw new Error(`${fullName(field)} is a ${field.type}: the codec has ${SCALARS.join(", ")}.`);
  }
  return field.type;
}

function generate(root: protobuf.Root, source: string): string {
  const output = new Output(source);
  const all = declarations(root, source);
  for (const declaration of all) {
    if (declaration instanceof protobuf.Enum) {
      output.enumeration(declaration);
    } else if (declaration instanceof protobuf.Type) {
      output.message(declaration);
    }
  }
  // Their tables refer to the messages, wherever the .proto file has them.
  for (const declaration of all.filter((object) => object instanceof protobuf.Service)) {
    output.service(declaration);
  }
  return output.text();
}

/** All of proto, parsed, with its references resolved. */
export function loadProto(): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(ROOT, "proto", target);
  return root.loadSync([...SOURCES]).resolveAll() as protobuf.Root;
}

/** Makes `directory` what proto says. A file that is so already is left alone, and at no moment is one half written. */
export function writeGenerated(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const root = loadProto();
  const files = new Map(SOURCES.map((source) => [outputName(source), generate(root, source)]));
  for (const name of readdirSync(directory)) {
    // Those with a dot are being written by another run.
    if (!files.has(name) && !name.startsWith(".")) {
      rmSync(join(directory, name), { recursive: true });
    }
  }
  for (const [name, text] of files) {
    const path = join(directory, name);
    if (readIfThere(path) !== text) {
      const written = join(directory, `.${name}.${process.pid}`);
      writeFileSync(written, text);
      renameSync(written, path);
    }
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/** For vitest, as what is run before all tests: they need no `make` first. */
export function setup(): void {
  writeGenerated(GENERATED);
}

if (import.meta.main) {
  writeGenerated(process.argv[2] ?? GENERATED);
}
