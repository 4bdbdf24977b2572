// @ts-nocheck: what pbjs writes is JavaScript.
// Written by tools/proto.ts with protobufjs-cli. Not to be edited.

import $protobuf from "protobufjs/minimal.js";
import type { StaticNamespace } from "../codec.ts";

let loaded: StaticNamespace | undefined;

/** The messages are made when the first of them is used. */
export function load(): StaticNamespace {
  loaded ??= make();
  return loaded;
}

function make(): StaticNamespace {
  var $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
  var $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

  var $root = $protobuf.roots["google/protobuf.proto"] || ($protobuf.roots["google/protobuf.proto"] = {});

  $root.google = (function() {

      var google = {};

      google.protobuf = (function() {

          var protobuf = {};

          protobuf.Any = (function() {

              var Any = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              Any.prototype.typeUrl = "";
              Any.prototype.value = $util.newBuffer([]);

              Any.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.typeUrl != null && $Object.hasOwnProperty.call(m, "typeUrl") && m.typeUrl !== "")
                      w.uint32(10).string(m.typeUrl);
                  if (m.value != null && $Object.hasOwnProperty.call(m, "value") && m.value.length)
                      w.uint32(18).bytes(m.value);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              Any.decode = function (r, l, z, q, g) {
                  if (!(r instanceof $Reader))
                      r = $Reader.create(r);
                  if (q === $undefined)
                      q = 0;
                  if (q > $Reader.recursionLimit)
                      throw $Error("max depth exceeded");
                  var c, m, v;
                  if (l === $undefined)
                      c = r.len;
                  else {
                      c = r.pos + l;
                      if (c > r.len)
                          throw $RangeError("index out of range");
                      l = r.len;
                      r.len = c;
                  }
                  m = g || new $root.google.protobuf.Any();
                  while (r.pos < c) {
                      var s = r.pos;
                      var t = r.tag();
                      if (t === z) {
                          z = $undefined;
                          break;
                      }
                      var u = t & 7;
                      switch (t >>>= 3) {
                      case 1: {
                              if (u !== 2)
                                  break;
                              if ((v = r.stringVerify()).length)
                                  m.typeUrl = v;
                              else
                                  delete m.typeUrl;
                              continue;
                          }
                      case 2: {
                              if (u !== 2)
                                  break;
                              if ((v = r.bytes()).length)
                                  m.value = v;
                              else
                                  delete m.value;
                              continue;
                          }
                      }
                      r.skipType(u, q, t);
                      if (!r.discardUnknown) {
                          $util.makeProp(m, "$unknowns", false);
                          (m.$unknowns || (m.$unknowns = [])).push(r.raw(s, r.pos));
                      }
                  }
                  if (l !== $undefined) {
                      if (r.pos !== c)
                          throw $RangeError("index out of range");
                      r.len = l;
                  }
                  if (z !== $undefined)
                      throw $Error("missing end group");
                  return m;
              };

              return Any;
          })();

          protobuf.Empty = (function() {

              var Empty = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              Empty.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              Empty.decode = function (r, l, z, q, g) {
                  if (!(r instanceof $Reader))
                      r = $Reader.create(r);
                  if (q === $undefined)
                      q = 0;
                  if (q > $Reader.recursionLimit)
                      throw $Error("max depth exceeded");
                  var c, m;
                  if (l === $undefined)
                      c = r.len;
                  else {
                      c = r.pos + l;
                      if (c > r.len)
                          throw $RangeError("index out of range");
                      l = r.len;
                      r.len = c;
                  }
                  m = g || new $root.google.protobuf.Empty();
                  while (r.pos < c) {
                      var s = r.pos;
                      var t = r.tag();
                      if (t === z) {
                          z = $undefined;
                          break;
                      }
                      r.skipType(t & 7, q, t);
                      if (!r.discardUnknown) {
                          $util.makeProp(m, "$unknowns", false);
                          (m.$unknowns || (m.$unknowns = [])).push(r.raw(s, r.pos));
                      }
                  }
                  if (l !== $undefined) {
                      if (r.pos !== c)
                          throw $RangeError("index out of range");
                      r.len = l;
                  }
                  if (z !== $undefined)
                      throw $Error("missing end group");
                  return m;
              };

              return Empty;
          })();

          protobuf.Timestamp = (function() {

              var Timestamp = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              Timestamp.prototype.seconds = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
              Timestamp.prototype.nanos = 0;

              Timestamp.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.seconds != null && $Object.hasOwnProperty.call(m, "seconds") && (typeof m.seconds === "object" ? m.seconds.low || m.seconds.high : m.seconds !== 0))
                      w.uint32(8).int64(m.seconds);
                  if (m.nanos != null && $Object.hasOwnProperty.call(m, "nanos") && m.nanos !== 0)
                      w.uint32(16).int32(m.nanos);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              Timestamp.decode = function (r, l, z, q, g) {
                  if (!(r instanceof $Reader))
                      r = $Reader.create(r);
                  if (q === $undefined)
                      q = 0;
                  if (q > $Reader.recursionLimit)
                      throw $Error("max depth exceeded");
                  var c, m, v;
                  if (l === $undefined)
                      c = r.len;
                  else {
                      c = r.pos + l;
                      if (c > r.len)
                          throw $RangeError("index out of range");
                      l = r.len;
                      r.len = c;
                  }
                  m = g || new $root.google.protobuf.Timestamp();
                  while (r.pos < c) {
                      var s = r.pos;
                      var t = r.tag();
                      if (t === z) {
                          z = $undefined;
                          break;
                      }
                      var u = t & 7;
                      switch (t >>>= 3) {
                      case 1: {
                              if (u !== 0)
                                  break;
                              if (typeof (v = r.int64()) === "object" ? v.low || v.high : v !== 0)
                                  m.seconds = v;
                              else
                                  delete m.seconds;
                              continue;
                          }
                      case 2: {
                              if (u !== 0)
                                  break;
                              if (v = r.int32())
                                  m.nanos = v;
                              else
                                  delete m.nanos;
                              continue;
                          }
                      }
                      r.skipType(u, q, t);
                      if (!r.discardUnknown) {
                          $util.makeProp(m, "$unknowns", false);
                          (m.$unknowns || (m.$unknowns = [])).push(r.raw(s, r.pos));
                      }
                  }
                  if (l !== $undefined) {
                      if (r.pos !== c)
                          throw $RangeError("index out of range");
                      r.len = l;
                  }
                  if (z !== $undefined)
                      throw $Error("missing end group");
                  return m;
              };

              return Timestamp;
          })();

          return protobuf;
      })();

      return google;
  })();
  return $root;
}
