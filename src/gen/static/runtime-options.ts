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

  var $root = $protobuf.roots["containerd/runtime-options.proto"] || ($protobuf.roots["containerd/runtime-options.proto"] = {});

  $root.runtimeoptions = (function() {

      var runtimeoptions = {};

      runtimeoptions.v1 = (function() {

          var v1 = {};

          v1.Options = (function() {

              var Options = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              Options.prototype.typeUrl = "";
              Options.prototype.configPath = "";
              Options.prototype.configBody = $util.newBuffer([]);

              Options.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.typeUrl != null && $Object.hasOwnProperty.call(m, "typeUrl") && m.typeUrl !== "")
                      w.uint32(10).string(m.typeUrl);
                  if (m.configPath != null && $Object.hasOwnProperty.call(m, "configPath") && m.configPath !== "")
                      w.uint32(18).string(m.configPath);
                  if (m.configBody != null && $Object.hasOwnProperty.call(m, "configBody") && m.configBody.length)
                      w.uint32(26).bytes(m.configBody);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              Options.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.runtimeoptions.v1.Options();
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
                              if ((v = r.stringVerify()).length)
                                  m.configPath = v;
                              else
                                  delete m.configPath;
                              continue;
                          }
                      case 3: {
                              if (u !== 2)
                                  break;
                              if ((v = r.bytes()).length)
                                  m.configBody = v;
                              else
                                  delete m.configBody;
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

              return Options;
          })();

          return v1;
      })();

      return runtimeoptions;
  })();
  return $root;
}
