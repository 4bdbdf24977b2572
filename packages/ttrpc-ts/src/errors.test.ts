import { describe, expect, it } from "vitest";

import { Code } from "./code.ts";
import { abortError, toTtrpcError, TtrpcError } from "./errors.ts";
import { Metadata } from "./metadata.ts";

describe("toTtrpcError", () => {
  it.each<[string, unknown, Code]>([
    ["an error class with a code of its own", Object.assign(new Error("x"), { code: 5 }), Code.NOT_FOUND],
    ["a plain object with code and message", { code: 9, message: "x" }, Code.FAILED_PRECONDITION],
    ["an error without a code", new Error("x"), Code.INTERNAL],
    ["a system error", Object.assign(new Error("x"), { code: "ENOENT" }), Code.INTERNAL],
    ["code OK", Object.assign(new Error("x"), { code: 0 }), Code.INTERNAL],
    ["a code that does not exist", Object.assign(new Error("x"), { code: 17 }), Code.INTERNAL],
    ["a fraction", Object.assign(new Error("x"), { code: 2.5 }), Code.INTERNAL],
    ["a string", "x", Code.INTERNAL],
    ["null", null, Code.INTERNAL],
    ["an abort", new DOMException("x", "AbortError"), Code.CANCELLED],
    ["a timeout", new DOMException("x", "TimeoutError"), Code.DEADLINE_EXCEEDED],
    ["a DOMException whose legacy code is 8", new DOMException("x", "NotFoundError"), Code.INTERNAL],
  ])("gives %s its code", (_what, error, code) => {
    expect(toTtrpcError(error)).toMatchObject({ name: "TtrpcError", code, message: error === null ? "null" : "x" });
  });

  it("takes the code of what failed first, and says what failed after it", () => {
    const first = Object.assign(new Error("no room"), { code: 8 });
    const error = toTtrpcError(new SuppressedError(new Error("not removed"), first));
    expect(error).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, message: "no room; and then: not removed" });
  });

  it("leaves a TtrpcError alone", () => {
    const error = new TtrpcError(Code.ABORTED, "x");
    expect(toTtrpcError(error)).toBe(error);
  });
});

describe("abortError", () => {
  it("tells a timeout from an abort", () => {
    expect(abortError(new DOMException("x", "TimeoutError")).code).toBe(Code.DEADLINE_EXCEEDED);
    expect(abortError(new DOMException("x", "AbortError")).code).toBe(Code.CANCELLED);
    expect(abortError(new TtrpcError(Code.ABORTED, "x")).code).toBe(Code.ABORTED);
  });
});

describe("Metadata", () => {
  it("ignores case and keeps the order of values", () => {
    const metadata = new Metadata({ "Containerd-Namespace-ttrpc": "default", many: ["1", "2"] });
    metadata.append("MANY", "3");
    expect(metadata.get("containerd-namespace-TTRPC")).toBe("default");
    expect(metadata.getAll("many")).toEqual(["1", "2", "3"]);
    expect(metadata.get("absent")).toBeUndefined();
    expect([...new Metadata(metadata)]).toEqual([...metadata]);
  });

  it("takes names that objects have for themselves", () => {
    const metadata = new Metadata([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
    expect(metadata.get("__proto__")).toBe("a");
    expect(metadata.get("constructor")).toBe("b");
    expect(new Metadata().get("toString")).toBeUndefined();
  });
});
