import { createServer, type Server as NetServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";

import { Code } from "./code.ts";
import type { Closed } from "./connection.ts";
import { TtrpcError } from "./errors.ts";
import type { MessageStream } from "./message-queue.ts";
import type { Decoded, Encodable, MessageSource, MethodDescriptor, MethodTable, ServiceDescriptor } from "./method.ts";
import type { CallContext, UntypedHandler } from "./server-call.ts";
import { ServerConnection, type Route } from "./server-connection.ts";

export interface ServerOptions {
  /** Handlers that may run at once for one connection; more calls are refused with RESOURCE_EXHAUSTED. Default 1024. */
  readonly maxConcurrentRequests?: number;
  /**
   * How long a request stream that its handler does not read may hold up the connection before the
   * call fails with RESOURCE_EXHAUSTED; milliseconds. Default 10,000.
   */
  readonly streamStallMs?: number;
  /** For the log: what a handler threw that became INTERNAL, with its stack. */
  readonly onHandlerError?: (error: unknown, context: CallContext) => void;
  /** A handler is done, whatever came of it. */
  readonly onHandlerEnd?: (context: CallContext) => void;
  /** For the log: a listener failed after it had been up. */
  readonly onListenerError?: (error: Error) => void;
}

/**
 * The function that serves a method. What it throws becomes the status: an error with a numeric
 * `code` of 1 to 16 that code, anything else INTERNAL.
 */
export type Handler<M extends MethodDescriptor> = (
  input: M["kind"] extends "unary" | "server-streaming" ? Decoded<M["request"]> : MessageStream<Decoded<M["request"]>>,
  context: CallContext,
) => M["kind"] extends "unary" | "client-streaming"
  ? Promise<Encodable<M["response"]>> | Encodable<M["response"]>
  : MessageSource<Encodable<M["response"]>>;

export type ServiceHandlers<T extends MethodTable> = {
  readonly [N in keyof T]: Handler<ServiceDescriptor<T>["methods"][N]>;
};

/** A unix socket's path, an inherited listening descriptor, a TCP port, or a server that listens or will. */
export type ListenTarget = { readonly path: string } | { readonly fd: number } | { readonly port: number; readonly host?: string } | NetServer;

export interface ServedConnection {
  /** Resolves, and never rejects, when the connection has ended. */
  readonly closed: Promise<Closed>;
  /** Ends the connection at once; signals of its running calls fire. */
  close(): Promise<void>;
}

export class Server implements AsyncDisposable {
  readonly #routes = new Map<string, Map<string, Route>>();
  readonly #options: ServerOptions;
  readonly #listeners = new Set<NetServer>();
  readonly #connections = new Set<ServerConnection>();
  #stopped = false;

  constructor(options: ServerOptions = {}) {
    this.#options = options;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Serves all methods of a service. The handlers keep their `this`. */
  addService<T extends MethodTable>(service: ServiceDescriptor<T>, handlers: ServiceHandlers<T>): this {
    for (const [name, method] of Object.entries<MethodDescriptor>(service.methods)) {
      const handler = handlers[name] as UntypedHandler | undefined;
      if (typeof handler !== "function") {
        throw new TypeError(`there is no handler for ${service.name}'s method ${name}`);
      }
      this.#add(method, handler.bind(handlers));
    }
    return this;
  }

  /** Serves one method. */
  addMethod<M extends MethodDescriptor>(method: M, handler: Handler<M>): this {
    this.#add(method, handler);
    return this;
  }

  #add(descriptor: MethodDescriptor, handler: UntypedHandler): void {
    let methods = this.#routes.get(descriptor.service);
    if (methods === undefined) {
      this.#routes.set(descriptor.service, (methods = new Map()));
    }
    if (methods.has(descriptor.method)) {
      throw new TypeError(`${descriptor.service}/${descriptor.method} has a handler already`);
    }
    methods.set(descriptor.method, { descriptor, handler });
  }

  /**
   * Serves every connection that a listener accepts; resolves when it listens.
   * The listener then belongs to this server, which closes it.
   */
  async listen(target: ListenTarget): Promise<void> {
    this.#checkOpen();
    const listener = "on" in target ? target : createServer();
    // Connections may be queued already: the handler has to be there before the first turn of the loop.
    listener.on("connection", (socket: Socket) => {
      if (this.#stopped) {
        socket.destroy();
      } else {
        this.serve(socket);
      }
    });
    this.#listeners.add(listener);
    if (!("on" in target)) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      listener.once("error", reject);
      listener.listen({ ...target }, resolve);
      try {
        await promise;
      } catch (error) {
        this.#listeners.delete(listener);
        throw error;
      }
      listener.off("error", reject);
    }
    listener.on("error", (error) => this.#options.onListenerError?.(error));
  }

  /** Serves one connection that exists already: a socket, or any other Duplex of bytes. */
  serve(socket: Duplex): ServedConnection {
    this.#checkOpen();
    const served = new ServerConnection(socket, {
      routes: this.#routes,
      maxConcurrentRequests: this.#options.maxConcurrentRequests ?? 1024,
      streamStallMs: this.#options.streamStallMs ?? 10_000,
      onHandlerError: (error, context) => this.#options.onHandlerError?.(error, context),
      onHandlerEnd: (context) => this.#options.onHandlerEnd?.(context),
    });
    this.#connections.add(served);
    const { connection } = served;
    void connection.closed.then(() => this.#connections.delete(served));
    return {
      closed: connection.closed,
      close: async () => {
        connection.destroy();
        await connection.closed;
      },
    };
  }

  /**
   * Stops accepting, refuses new calls with UNAVAILABLE, lets the running ones finish and their
   * answers leave, then closes. Not to be awaited by a handler: it is one of those waited for.
   *
   * @param signal ends the waiting: what is still open is then closed hard.
   * @returns whether everything finished by itself.
   */
  async shutdown(signal?: AbortSignal): Promise<boolean> {
    this.#stopped = true;
    const listeners = this.#closeListeners();
    const connections = [...this.#connections];
    for (const connection of connections) {
      connection.drain();
    }
    let cut = false;
    const onAbort = (): void => {
      for (const { connection } of connections) {
        if (connection.end === undefined) {
          cut = true;
        }
        connection.destroy();
      }
    };
    if (signal?.aborted === true) {
      onAbort();
    } else {
      signal?.addEventListener("abort", onAbort, { once: true });
    }
    await Promise.all(connections.map(({ connection }) => connection.closed));
    signal?.removeEventListener("abort", onAbort);
    await listeners;
    return !cut;
  }

  /** Closes everything at once; the signals of running calls fire. */
  async close(): Promise<void> {
    this.#stopped = true;
    const listeners = this.#closeListeners();
    const connections = [...this.#connections];
    for (const { connection } of connections) {
      connection.destroy();
    }
    await Promise.all(connections.map(({ connection }) => connection.closed));
    await listeners;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #closeListeners(): Promise<void> {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    await Promise.all(listeners.map((listener) => new Promise<void>((resolve) => void listener.close(() => resolve()))));
  }

  #checkOpen(): void {
    if (this.#stopped) {
      throw new TtrpcError(Code.UNAVAILABLE, "the server has been stopped; make a new one");
    }
  }
}
