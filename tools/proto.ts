/**
 * Writes src/gen from proto: for every .proto file protobufjs' static code (static/x.ts) and a TypeScript file (x.ts)
 * with its messages, enums and services in our own types.
 *
 *     node tools/proto.ts [output directory]
 *
 * What src/gen/codec.ts cannot carry is refused here, by name.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import protobuf from "protobufjs";
import pbjs from "protobufjs-cli/pbjs.js";

const ROOT = join(import.meta.dirname, "..");

const SOURCES = [
  "google/protobuf.proto",
  "containerd/types.proto",
  "containerd/task-types.proto",
  "containerd/task.proto",
  "containerd/task-events.proto",
  "containerd/events.proto",
  "containerd/runtime-options.proto",
  "containerd/runc-options.proto",
  "containerd/metrics.proto",
  "hadron/agent.proto",
];

/** Without what src/gen/codec.ts has no use for: the daemon reads all of it at every start. */
const STATIC_OPTIONS = [
  ..."--target static-module --dependency protobufjs/minimal.js --no-beautify --no-comments".split(" "),
  ..."--no-create --no-verify --no-convert --no-delimited --no-typeurl --no-service".split(" "),
  ...["--wrap", join(ROOT, "tools/static-wrapper.ts"), "--path", join(ROOT, "proto"), "--lint", ""],
];

const SCALARS: Readonly<Record<string, string>> = {
  string: "string",
  bytes: "Uint8Array",
  bool: "boolean",
  uint32: "number",
  int32: "number",
  uint64: "bigint",
  int64: "bigint",
};

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
      .map(([from, names]) => `import { ${[...names].sort().join(", ")} } from "./${from}";\n`);
    return [`// Written by tools/proto.ts from proto/${this.#source}. Not to be edited.\n\n`, ...imports, ...this.#body].join("");
  }

  enumeration(type: protobuf.Enum): void {
    const name = identifier(type);
    this.#body.push(`\n/** ${fullName(type)}. A value that is not here can come from a newer peer. */\n`);
    this.#body.push(`export const ${name} = {\n`);
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
    this.#use("codec.ts", "Message");
    this.#use(`static/${outputName(this.#source)}`, "load");
    const name = identifier(type);
    const fields = [...type.fieldsArray].sort((a, b) => a.id - b.id);
    this.#body.push(`\n/** ${fullName(type)} */\n`);
    if (fields.length === 0) {
      this.#body.push(`export type ${name} = Readonly<Record<string, never>>;\n\n`);
      this.#body.push(`export const ${name} = new Message<${name}>("${fullName(type)}", load, () => ({}));\n`);
      return;
    }
    this.#body.push(`export interface ${name} {\n`);
    for (const field of fields) {
      this.#body.push(`  ${this.#property(field)};\n`);
    }
    this.#body.push(`}\n\nexport const ${name} = new Message<${name}>("${fullName(type)}", load, () => ({\n`);
    for (const field of fields) {
      this.#body.push(`  ${field.name}: [${this.#entry(field)}],\n`);
    }
    this.#body.push("}));\n");
  }

  service(service: protobuf.Service): void {
    this.#body.push(`\n/** The methods of ${fullName(service)}. */\n`);
    this.#body.push(`export const ${service.name}Methods = {\n`);
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
    this.#body.push("} as const;\n");
  }

  /** The field as a member of the interface. */
  #property(field: protobuf.Field): string {
    if (field instanceof protobuf.MapField) {
      if (field.keyType !== "string" || field.type !== "string") {
        throw new Error(`${fullName(field)} is a map<${field.keyType}, ${field.type}>: the codec has map<string, string> only.`);
      }
      return `readonly ${field.name}: ReadonlyMap<string, string>`;
    }
    const message = field.resolvedType instanceof protobuf.Type;
    const type = message ? this.#reference(field.resolvedType) : this.#scalar(field)[1];
    if (field.repeated) {
      if (!message && type !== "string" && type !== "Uint8Array") {
        throw new Error(`${fullName(field)} is a list of ${field.type}: the codec has no packed lists.`);
      }
      return `readonly ${field.name}: readonly ${type}[]`;
    }
    if (field.partOf !== null && !(message && field.partOf.oneof.length === 1)) {
      throw new Error(`${fullName(field)}: of oneofs the codec has only those with a single member that is a message.`);
    }
    return `readonly ${field.name}${message ? "?" : ""}: ${type}`;
  }

  /** The field's entry in the table. */
  #entry(field: protobuf.Field): string {
    const message = field.resolvedType instanceof protobuf.Type;
    const type = message ? this.#reference(field.resolvedType) : `"${this.#scalar(field)[0]}"`;
    const label = field instanceof protobuf.MapField ? ', "map"' : field.repeated ? ', "repeated"' : "";
    return `${type}${label}`;
  }

  /** Its name in the table, and in TypeScript. */
  #scalar(field: protobuf.Field): [scalar: string, type: string] {
    if (field.resolvedType instanceof protobuf.Enum) {
      return ["enum", "number"];
    }
    const type = SCALARS[field.type];
    if (type === undefined) {
      throw new Error(`${fullName(field)} is a ${field.type}: the codec has ${Object.keys(SCALARS).join(", ")}.`);
    }
    return [field.type, type];
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
      this.#use(outputName(source), identifier(type));
    }
    return identifier(type);
  }

  #isForeign(type: protobuf.Type): boolean {
    return type.filename?.endsWith(`/proto/${this.#source}`) !== true;
  }

  #use(file: string, name: string): void {
    const names = this.#imports.get(file) ?? new Set();
    this.#imports.set(file, names.add(name));
  }
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

/**
 * protobufjs' static code of `source` and of the files that it imports, so that each can be loaded without the others.
 * (pbjs has an option to leave out what is not referred to; it also leaves out what is referred to at second hand.)
 */
async function staticCode(source: string): Promise<string> {
  const code = await promisify(pbjs.main)([...STATIC_OPTIONS, "--root", source, join(ROOT, "proto", source)]);
  return code?.replaceAll(/^ +$/gm, "") ?? "";
}

/** All of proto, parsed, with its references resolved. */
export function loadProto(): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(ROOT, "proto", target);
  return root.loadSync([...SOURCES]).resolveAll() as protobuf.Root;
}

async function main(): Promise<void> {
  const directory = process.argv[2] ?? join(ROOT, "src/gen");
  mkdirSync(join(directory, "static"), { recursive: true });
  const root = loadProto();
  for (const source of SOURCES) {
    writeFileSync(join(directory, outputName(source)), generate(root, source));
    writeFileSync(join(directory, "static", outputName(source)), await staticCode(source));
  }
}

if (import.meta.main) {
  await main();
}
