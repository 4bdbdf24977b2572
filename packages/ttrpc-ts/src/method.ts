/**
 * What a call looks like: names on the wire, which sides stream, and how messages become bytes.
 * Nothing here knows a serialisation format; ttrpc itself uses protobuf for its envelope only.
 */

/**
 * Turns messages into bytes and back. `decode` may keep views of `bytes`: they are never written
 * again. Both may throw; the call then fails and the connection stays.
 */
export interface Codec<Encodable, Decoded = Encodable> {
  encode(value: Encodable): Uint8Array;
  decode(bytes: Uint8Array): Decoded;
}

/** Any codec, with its types forgotten. */
export type AnyCodec = Codec<never, unknown>;

export type Encodable<C extends AnyCodec> = C extends { encode(value: infer E): Uint8Array } ? E : never;
export type Decoded<C extends AnyCodec> = C extends { decode(bytes: Uint8Array): infer D } ? D : never;

export type MethodKind = "unary" | "server-streaming" | "client-streaming" | "bidi";

export interface MethodDescriptor<Req extends AnyCodec = AnyCodec, Res extends AnyCodec = AnyCodec, K extends MethodKind = MethodKind> {
  /** Full name with its package: "containerd.task.v2.Task". */
  readonly service: string;
  /** "Create". */
  readonly method: string;
  readonly kind: K;
  readonly request: Req;
  readonly response: Res;
}

/** One row of the table given to `defineService`. */
export interface MethodSpec {
  /** Default: "unary". */
  readonly kind?: MethodKind;
  /** Name on the wire. Default: the row's key with an upper-case first letter (`closeIO` -> "CloseIO"). */
  readonly name?: string;
  readonly request: AnyCodec;
  readonly response: AnyCodec;
}

export type MethodTable = Readonly<Record<string, MethodSpec>>;

export type DescriptorOf<S extends MethodSpec> = MethodDescriptor<
  S["request"],
  S["response"],
  S extends { readonly kind: infer K extends MethodKind } ? K : "unary"
>;

export interface ServiceDescriptor<T extends MethodTable = MethodTable> {
  readonly name: string;
  /** The table it was made from, for a second service with the same methods. */
  readonly table: T;
  readonly methods: { readonly [N in keyof T]: DescriptorOf<T[N]> };
}

/**
 * Describes a service by a table of codecs.
 *
 *     const Task = defineService("containerd.task.v2.Task", {
 *       create: { request: createTaskRequest, response: createTaskResponse },
 *       watch: { kind: "server-streaming", request: empty, response: event },
 *     });
 */
export function defineService<const T extends MethodTable>(name: string, table: T): ServiceDescriptor<T> {
  const methods: Record<string, MethodDescriptor> = {};
  for (const [key, spec] of Object.entries(table)) {
    methods[key] = {
      service: name,
      method: spec.name ?? key.charAt(0).toUpperCase() + key.slice(1),
      kind: spec.kind ?? "unary",
      request: spec.request,
      response: spec.response,
    };
  }
  return { name, table, methods: methods as ServiceDescriptor<T>["methods"] };
}

/** The messages of a client stream: an async generator, or simply an array. */
export type MessageSource<T> = AsyncIterable<T> | Iterable<T>;
