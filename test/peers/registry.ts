/**
 * The images that the suites pull, made of busybox, in a registry on loopback: what the suites name is on the network, and
 * there may be none. A repository is known by the last part of its name, and every tag of it is the same image.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { dirname, join } from "node:path";

import { mustRun } from "../harness/command.ts";
import { imageArchive } from "../harness/images.ts";

interface Blob {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
}

interface ImageConfig {
  readonly Cmd?: readonly string[];
  readonly User?: string;
}

/** The repositories with what is special about them. */
const repositories: Readonly<Record<string, ImageConfig>> = {
  busybox: {},
  "volume-copy-up": {},
  "volume-ownership": {},
  pause: {},
  sandbox: { Cmd: ["tail", "-f", "/dev/null"] },
  nginx: { Cmd: ["nginx", "80", "nginx: master process"] },
  "hostnet-nginx-amd64": { Cmd: ["nginx", "12003", "nginx: master process"] },
  httpd: { Cmd: ["nginx", "80"] },
  nonewprivs: { Cmd: ["effective-uid"] },
  "test-image-user-uid": { User: "1002" },
  "test-image-user-username": { User: "www-data" },
  "test-image-user-uid-group": { User: "1003:1004" },
  "test-image-user-username-group": { User: "www-data:1004" },
  "test-image-predefined-group": { User: "1000" },
  "test-image-latest": {},
  "test-image-tag": {},
  "test-image-tags": {},
  "test-image-1": {},
  "test-image-2": {},
  "test-image-3": {},
};

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

export class Registry implements AsyncDisposable {
  /** What comes before the name of a repository. */
  readonly host: string;
  readonly #server: Server;
  readonly #manifests: ReadonlyMap<string, string>;
  readonly #blobs: ReadonlyMap<string, Blob | string>;

  private constructor(port: number, manifests: ReadonlyMap<string, string>, blobs: ReadonlyMap<string, Blob | string>) {
    this.host = `localhost:${port}`;
    this.#manifests = manifests;
    this.#blobs = blobs;
    this.#server = createServer((request, response) => this.#answer(request.url ?? "", request.method === "HEAD", response));
  }

  /** Makes the images in `directory` and serves them: all, or those with these names. */
  static async start(directory: string, port: number, names: readonly string[] = Object.keys(repositories)): Promise<Registry> {
    const base = await blob(join(dirname(await imageArchive("busybox")), "layer.tar"));
    const manifests = new Map<string, string>();
    const blobs = new Map<string, Blob | string>([[base.digest, base]]);
    for (const name of names) {
      const layers = [base, await blob(await secondLayer(base.path, directory, name))];
      const config = JSON.stringify({
        architecture: "amd64",
        os: "linux",
        config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: ["sh"], ...repositories[name] },
        rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
      });
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(config), size: config.length },
        layers: layers.map(({ digest, size }) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size })),
      });
      for (const layer of layers) {
        blobs.set(layer.digest, layer);
      }
      blobs.set(digestOf(config), config);
      blobs.set(digestOf(manifest), manifest);
      manifests.set(name, manifest);
    }
    const registry = new Registry(port, manifests, blobs);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    registry.#server.once("error", reject);
    registry.#server.listen(port, "127.0.0.1", resolve);
    await promise;
    return registry;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  /** The four paths of the distribution specification that a pull takes. */
  #answer(url: string, headersOnly: boolean, response: ServerResponse): void {
    const { pathname } = new URL(url, "http://localhost");
    if (pathname === "/v2/") {
      return void response.end("{}");
    }
    const [, name, kind, reference] = /^\/v2\/(?:.+\/)?([^/]+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    const manifest = this.#manifests.get(name ?? "");
    const named = kind === "manifests" && reference?.includes(":") !== true;
    const found = named ? manifest : this.#blobs.get(reference ?? "");
    if (manifest === undefined || found === undefined) {
      response.writeHead(404, { "content-type": "application/json" });
      return void response.end(JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: `there is no ${pathname}` }] }));
    }
    const text = typeof found === "string";
    response.writeHead(200, {
      "content-type": kind === "manifests" ? MANIFEST : "application/octet-stream",
      "content-length": text ? found.length : found.size,
      "docker-content-digest": text ? digestOf(found) : found.digest,
    });
    if (headersOnly) {
      response.end();
    } else if (text) {
      response.end(found);
    } else {
      createReadStream(found.path).pipe(response);
    }
  }
}

const effectiveUid = '#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf("Effective uid: %d\\n", geteuid()); }\n';

/** The users and groups that the suites expect, what a server serves, and what makes each image another one. */
async function secondLayer(base: string, directory: string, name: string): Promise<string> {
  const root = join(directory, name);
  const users = ["root:0", "daemon:1", "sys:3", "www-data:33", "backup:34", "nobody:65534"];
  const groups = [...users];
  if (name === "test-image-predefined-group") {
    users.push("default-user:1000");
    groups.push("default-user:1000", "group-defined-in-image:50000:default-user");
  }
  const files: Record<string, string> = {
    "etc/passwd": users.map((user) => user.replace(/(.*):(.*)/, "$1:x:$2:$2::/:/bin/sh\n")).join(""),
    "etc/group": groups.map((group) => `${group.replace(":", ":x:")}${group.includes(":default") ? "" : ":"}\n`).join(""),
    "bin/bash": '#!/bin/sh\nexec sh "$@"\n',
    // Debian's busybox lacks these.
    "bin/ipcs": "#!/bin/sh\nexec cat /proc/sysvipc/shm\n",
    "bin/pgrep": '#!/bin/sh\nexec pidof "$@"\n',
    // As the first process of its container it has to end by a signal.
    "bin/nc": "#!/bin/sh\ntrap 'exit 143' TERM\nbusybox nc \"$@\" &\nwait $!\n",
    // A web server that looks like nginx in what the suites ask of its processes.
    "bin/nginx": "#!/bin/sh\nmkdir -p /var/run\necho $$ >/var/run/nginx.pid\necho httpd -f -p $1\nhttpd -f -p $1 -h /www &\nwait\n",
    "usr/bin/passwd": "",
    "www/index.html": "<title>Welcome</title>\n",
    "test_dir/test_file": `${name}\n`,
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    if (/\bbin\//.test(path)) {
      await chmod(join(root, path), 0o755);
    }
  }
  // A program that can be masked without all others, whose names are links to one file.
  await mustRun("tar", ["-xf", base, "-C", root, "--transform", "s/busybox/ls/", "./bin/busybox"]);
  await mustRun("cc", ["-x", "c", "-static", "-o", join(root, "bin/effective-uid"), "-"], { stdin: effectiveUid });
  for (const path of ["bin/effective-uid", "usr/bin/passwd"]) {
    await chmod(join(root, path), 0o4755);
  }
  const layer = `${root}.tar`;
  await mustRun("tar", ["--sort=name", "--mtime=@0", "--owner=0:0", "--group=0:0", "--numeric-owner", "-C", root, "-cf", layer, "."]);
  await rm(root, { recursive: true });
  return layer;
}

async function blob(path: string): Promise<Blob> {
  return { path, digest: digestOf(await readFile(path)), size: (await stat(path)).size };
}

function digestOf(content: string | Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
