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

  var $root = $protobuf.roots["containerd/runc-options.proto"] || ($protobuf.roots["containerd/runc-options.proto"] = {});

  $root.containerd = (function() {

      var containerd = {};

      containerd.runc = (function() {

          var runc = {};

          runc.v1 = (function() {

              var v1 = {};

              v1.Options = (function() {

                  var Options = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  Options.prototype.noPivotRoot = false;
                  Options.prototype.noNewKeyring = false;
                  Options.prototype.shimCgroup = "";
                  Options.prototype.ioUid = 0;
                  Options.prototype.ioGid = 0;
                  Options.prototype.binaryName = "";
                  Options.prototype.root = "";
                  Options.prototype.criuPath = "";
                  Options.prototype.systemdCgroup = false;
                  Options.prototype.criuImagePath = "";
                  Options.prototype.criuWorkPath = "";
                  Options.prototype.taskApiAddress = "";
                  Options.prototype.taskApiVersion = 0;

                  Options.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.noPivotRoot != null && $Object.hasOwnProperty.call(m, "noPivotRoot") && m.noPivotRoot !== false)
                          w.uint32(8).bool(m.noPivotRoot);
                      if (m.noNewKeyring != null && $Object.hasOwnProperty.call(m, "noNewKeyring") && m.noNewKeyring !== false)
                          w.uint32(16).bool(m.noNewKeyring);
                      if (m.shimCgroup != null && $Object.hasOwnProperty.call(m, "shimCgroup") && m.shimCgroup !== "")
                          w.uint32(26).string(m.shimCgroup);
                      if (m.ioUid != null && $Object.hasOwnProperty.call(m, "ioUid") && m.ioUid !== 0)
                          w.uint32(32).uint32(m.ioUid);
                      if (m.ioGid != null && $Object.hasOwnProperty.call(m, "ioGid") && m.ioGid !== 0)
                          w.uint32(40).uint32(m.ioGid);
                      if (m.binaryName != null && $Object.hasOwnProperty.call(m, "binaryName") && m.binaryName !== "")
                          w.uint32(50).string(m.binaryName);
                      if (m.root != null && $Object.hasOwnProperty.call(m, "root") && m.root !== "")
                          w.uint32(58).string(m.root);
                      if (m.criuPath != null && $Object.hasOwnProperty.call(m, "criuPath") && m.criuPath !== "")
                          w.uint32(66).string(m.criuPath);
                      if (m.systemdCgroup != null && $Object.hasOwnProperty.call(m, "systemdCgroup") && m.systemdCgroup !== false)
                          w.uint32(72).bool(m.systemdCgroup);
                      if (m.criuImagePath != null && $Object.hasOwnProperty.call(m, "criuImagePath") && m.criuImagePath !== "")
                          w.uint32(82).string(m.criuImagePath);
                      if (m.criuWorkPath != null && $Object.hasOwnProperty.call(m, "criuWorkPath") && m.criuWorkPath !== "")
                          w.uint32(90).string(m.criuWorkPath);
                      if (m.taskApiAddress != null && $Object.hasOwnProperty.call(m, "taskApiAddress") && m.taskApiAddress !== "")
                          w.uint32(98).string(m.taskApiAddress);
                      if (m.taskApiVersion != null && $Object.hasOwnProperty.call(m, "taskApiVersion") && m.taskApiVersion !== 0)
                          w.uint32(104).uint32(m.taskApiVersion);
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
                      m = g || new $root.containerd.runc.v1.Options();
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
                                  if (v = r.bool())
                                      m.noPivotRoot = v;
                                  else
                                      delete m.noPivotRoot;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.bool())
                                      m.noNewKeyring = v;
                                  else
                                      delete m.noNewKeyring;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.shimCgroup = v;
                                  else
                                      delete m.shimCgroup;
                                  continue;
                              }
                          case 4: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.ioUid = v;
                                  else
                                      delete m.ioUid;
                                  continue;
                              }
                          case 5: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.ioGid = v;
                                  else
                                      delete m.ioGid;
                                  continue;
                              }
                          case 6: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.binaryName = v;
                                  else
                                      delete m.binaryName;
                                  continue;
                              }
                          case 7: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.root = v;
                                  else
                                      delete m.root;
                                  continue;
                              }
                          case 8: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.criuPath = v;
                                  else
                                      delete m.criuPath;
                                  continue;
                              }
                          case 9: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.bool())
                                      m.systemdCgroup = v;
                                  else
                                      delete m.systemdCgroup;
                                  continue;
                              }
                          case 10: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.criuImagePath = v;
                                  else
                                      delete m.criuImagePath;
                                  continue;
                              }
                          case 11: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.criuWorkPath = v;
                                  else
                                      delete m.criuWorkPath;
                                  continue;
                              }
                          case 12: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.taskApiAddress = v;
                                  else
                                      delete m.taskApiAddress;
                                  continue;
                              }
                          case 13: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.taskApiVersion = v;
                                  else
                                      delete m.taskApiVersion;
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

              v1.ProcessDetails = (function() {

                  var ProcessDetails = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ProcessDetails.prototype.execId = "";

                  ProcessDetails.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                          w.uint32(10).string(m.execId);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ProcessDetails.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.runc.v1.ProcessDetails();
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
                                      m.execId = v;
                                  else
                                      delete m.execId;
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

                  return ProcessDetails;
              })();

              return v1;
          })();

          return runc;
      })();

      return containerd;
  })();
  return $root;
}
