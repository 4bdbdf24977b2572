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

  var $root = $protobuf.roots["containerd/task.proto"] || ($protobuf.roots["containerd/task.proto"] = {});

  $root.containerd = (function() {

      var containerd = {};

      containerd.task = (function() {

          var task = {};

          task.v2 = (function() {

              var v2 = {};

              v2.CreateTaskRequest = (function() {

                  var CreateTaskRequest = function (p) {
                      this.rootfs = [];
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  CreateTaskRequest.prototype.id = "";
                  CreateTaskRequest.prototype.bundle = "";
                  CreateTaskRequest.prototype.rootfs = $util.emptyArray;
                  CreateTaskRequest.prototype.terminal = false;
                  CreateTaskRequest.prototype.stdin = "";
                  CreateTaskRequest.prototype.stdout = "";
                  CreateTaskRequest.prototype.stderr = "";
                  CreateTaskRequest.prototype.checkpoint = "";
                  CreateTaskRequest.prototype.parentCheckpoint = "";
                  CreateTaskRequest.prototype.options = null;

                  CreateTaskRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.bundle != null && $Object.hasOwnProperty.call(m, "bundle") && m.bundle !== "")
                          w.uint32(18).string(m.bundle);
                      if (m.rootfs != null && m.rootfs.length) {
                          for (var i = 0; i < m.rootfs.length; ++i)
                              $root.containerd.types.Mount.encode(m.rootfs[i], w.uint32(26).fork(), q + 1).ldelim();
                      }
                      if (m.terminal != null && $Object.hasOwnProperty.call(m, "terminal") && m.terminal !== false)
                          w.uint32(32).bool(m.terminal);
                      if (m.stdin != null && $Object.hasOwnProperty.call(m, "stdin") && m.stdin !== "")
                          w.uint32(42).string(m.stdin);
                      if (m.stdout != null && $Object.hasOwnProperty.call(m, "stdout") && m.stdout !== "")
                          w.uint32(50).string(m.stdout);
                      if (m.stderr != null && $Object.hasOwnProperty.call(m, "stderr") && m.stderr !== "")
                          w.uint32(58).string(m.stderr);
                      if (m.checkpoint != null && $Object.hasOwnProperty.call(m, "checkpoint") && m.checkpoint !== "")
                          w.uint32(66).string(m.checkpoint);
                      if (m.parentCheckpoint != null && $Object.hasOwnProperty.call(m, "parentCheckpoint") && m.parentCheckpoint !== "")
                          w.uint32(74).string(m.parentCheckpoint);
                      if (m.options != null && $Object.hasOwnProperty.call(m, "options"))
                          $root.google.protobuf.Any.encode(m.options, w.uint32(82).fork(), q + 1).ldelim();
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  CreateTaskRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.CreateTaskRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.bundle = v;
                                  else
                                      delete m.bundle;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 2)
                                      break;
                                  if (!(m.rootfs && m.rootfs.length))
                                      m.rootfs = [];
                                  m.rootfs.push($root.containerd.types.Mount.decode(r, r.size(), $undefined, q + 1));
                                  continue;
                              }
                          case 4: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.bool())
                                      m.terminal = v;
                                  else
                                      delete m.terminal;
                                  continue;
                              }
                          case 5: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.stdin = v;
                                  else
                                      delete m.stdin;
                                  continue;
                              }
                          case 6: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.stdout = v;
                                  else
                                      delete m.stdout;
                                  continue;
                              }
                          case 7: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.stderr = v;
                                  else
                                      delete m.stderr;
                                  continue;
                              }
                          case 8: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.checkpoint = v;
                                  else
                                      delete m.checkpoint;
                                  continue;
                              }
                          case 9: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.parentCheckpoint = v;
                                  else
                                      delete m.parentCheckpoint;
                                  continue;
                              }
                          case 10: {
                                  if (u !== 2)
                                      break;
                                  m.options = $root.google.protobuf.Any.decode(r, r.size(), $undefined, q + 1, m.options);
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

                  return CreateTaskRequest;
              })();

              v2.CreateTaskResponse = (function() {

                  var CreateTaskResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  CreateTaskResponse.prototype.pid = 0;

                  CreateTaskResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                          w.uint32(8).uint32(m.pid);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  CreateTaskResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.CreateTaskResponse();
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
                                  if (v = r.uint32())
                                      m.pid = v;
                                  else
                                      delete m.pid;
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

                  return CreateTaskResponse;
              })();

              v2.StartRequest = (function() {

                  var StartRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  StartRequest.prototype.id = "";
                  StartRequest.prototype.execId = "";

                  StartRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                          w.uint32(18).string(m.execId);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  StartRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.StartRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
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

                  return StartRequest;
              })();

              v2.StartResponse = (function() {

                  var StartResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  StartResponse.prototype.pid = 0;

                  StartResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                          w.uint32(8).uint32(m.pid);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  StartResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.StartResponse();
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
                                  if (v = r.uint32())
                                      m.pid = v;
                                  else
                                      delete m.pid;
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

                  return StartResponse;
              })();

              v2.DeleteRequest = (function() {

                  var DeleteRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  DeleteRequest.prototype.id = "";
                  DeleteRequest.prototype.execId = "";

                  DeleteRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                          w.uint32(18).string(m.execId);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  DeleteRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.DeleteRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
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

                  return DeleteRequest;
              })();

              v2.DeleteResponse = (function() {

                  var DeleteResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  DeleteResponse.prototype.pid = 0;
                  DeleteResponse.prototype.exitStatus = 0;
                  DeleteResponse.prototype.exitedAt = null;

                  DeleteResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                          w.uint32(8).uint32(m.pid);
                      if (m.exitStatus != null && $Object.hasOwnProperty.call(m, "exitStatus") && m.exitStatus !== 0)
                          w.uint32(16).uint32(m.exitStatus);
                      if (m.exitedAt != null && $Object.hasOwnProperty.call(m, "exitedAt"))
                          $root.google.protobuf.Timestamp.encode(m.exitedAt, w.uint32(26).fork(), q + 1).ldelim();
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  DeleteResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.DeleteResponse();
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
                                  if (v = r.uint32())
                                      m.pid = v;
                                  else
                                      delete m.pid;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.exitStatus = v;
                                  else
                                      delete m.exitStatus;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 2)
                                      break;
                                  m.exitedAt = $root.google.protobuf.Timestamp.decode(r, r.size(), $undefined, q + 1, m.exitedAt);
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

                  return DeleteResponse;
              })();

              v2.ExecProcessRequest = (function() {

                  var ExecProcessRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ExecProcessRequest.prototype.id = "";
                  ExecProcessRequest.prototype.execId = "";
                  ExecProcessRequest.prototype.terminal = false;
                  ExecProcessRequest.prototype.stdin = "";
                  ExecProcessRequest.prototype.stdout = "";
                  ExecProcessRequest.prototype.stderr = "";
                  ExecProcessRequest.prototype.spec = null;

                  ExecProcessRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                          w.uint32(18).string(m.execId);
                      if (m.terminal != null && $Object.hasOwnProperty.call(m, "terminal") && m.terminal !== false)
                          w.uint32(24).bool(m.terminal);
                      if (m.stdin != null && $Object.hasOwnProperty.call(m, "stdin") && m.stdin !== "")
                          w.uint32(34).string(m.stdin);
                      if (m.stdout != null && $Object.hasOwnProperty.call(m, "stdout") && m.stdout !== "")
                          w.uint32(42).string(m.stdout);
                      if (m.stderr != null && $Object.hasOwnProperty.call(m, "stderr") && m.stderr !== "")
                          w.uint32(50).string(m.stderr);
                      if (m.spec != null && $Object.hasOwnProperty.call(m, "spec"))
                          $root.google.protobuf.Any.encode(m.spec, w.uint32(58).fork(), q + 1).ldelim();
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ExecProcessRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.ExecProcessRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.execId = v;
                                  else
                                      delete m.execId;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.bool())
                                      m.terminal = v;
                                  else
                                      delete m.terminal;
                                  continue;
                              }
                          case 4: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.stdin = v;
                                  else
                                      delete m.stdin;
                                  continue;
                              }
                          case 5: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.stdout = v;
                                  else
                                      delete m.stdout;
                                  continue;
                              }
                          case 6: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.stderr = v;
                                  else
                                      delete m.stderr;
                                  continue;
                              }
                          case 7: {
                                  if (u !== 2)
                                      break;
                                  m.spec = $root.google.protobuf.Any.decode(r, r.size(), $undefined, q + 1, m.spec);
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

                  return ExecProcessRequest;
              })();

              v2.ResizePtyRequest = (function() {

                  var ResizePtyRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ResizePtyRequest.prototype.id = "";
                  ResizePtyRequest.prototype.execId = "";
                  ResizePtyRequest.prototype.width = 0;
                  ResizePtyRequest.prototype.height = 0;

                  ResizePtyRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                          w.uint32(18).string(m.execId);
                      if (m.width != null && $Object.hasOwnProperty.call(m, "width") && m.width !== 0)
                          w.uint32(24).uint32(m.width);
                      if (m.height != null && $Object.hasOwnProperty.call(m, "height") && m.height !== 0)
                          w.uint32(32).uint32(m.height);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ResizePtyRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.ResizePtyRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.execId = v;
                                  else
                                      delete m.execId;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.width = v;
                                  else
                                      delete m.width;
                                  continue;
                              }
                          case 4: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.height = v;
                                  else
                                      delete m.height;
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

                  return ResizePtyRequest;
              })();

              v2.StateRequest = (function() {

                  var StateRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  StateRequest.prototype.id = "";
                  StateRequest.prototype.execId = "";

                  StateRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                          w.uint32(18).string(m.execId);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  StateRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.StateRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
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

                  return StateRequest;
              })();

              v2.StateResponse = (function() {

                  var StateResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  StateResponse.prototype.id = "";
                  StateResponse.prototype.bundle = "";
                  StateResponse.prototype.pid = 0;
                  StateResponse.prototype.status = 0;
                  StateResponse.prototype.stdin = "";
                  StateResponse.prototype.stdout = "";
                  StateResponse.prototype.stderr = "";
                  StateResponse.prototype.terminal = false;
                  StateResponse.prototype.exitStatus = 0;
                  StateResponse.prototype.exitedAt = null;
                  StateResponse.prototype.execId = "";

                  StateResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.bundle != null && $Object.hasOwnProperty.call(m, "bundle") && m.bundle !== "")
                          w.uint32(18).string(m.bundle);
                      if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                          w.uint32(24).uint32(m.pid);
                      if (m.status != null && $Object.hasOwnProperty.call(m, "status") && m.status !== 0)
                          w.uint32(32).int32(m.status);
                      if (m.stdin != null && $Object.hasOwnProperty.call(m, "stdin") && m.stdin !== "")
                          w.uint32(42).string(m.stdin);
                      if (m.stdout != null && $Object.hasOwnProperty.call(m, "stdout") && m.stdout !== "")
                          w.uint32(50).string(m.stdout);
                      if (m.stderr != null && $Object.hasOwnProperty.call(m, "stderr") && m.stderr !== "")
                          w.uint32(58).string(m.stderr);
                      if (m.terminal != null && $Object.hasOwnProperty.call(m, "terminal") && m.terminal !== false)
                          w.uint32(64).bool(m.terminal);
                      if (m.exitStatus != null && $Object.hasOwnProperty.call(m, "exitStatus") && m.exitStatus !== 0)
                          w.uint32(72).uint32(m.exitStatus);
                      if (m.exitedAt != null && $Object.hasOwnProperty.call(m, "exitedAt"))
                          $root.google.protobuf.Timestamp.encode(m.exitedAt, w.uint32(82).fork(), q + 1).ldelim();
                      if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                          w.uint32(90).string(m.execId);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  StateResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.StateResponse();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.bundle = v;
                                  else
                                      delete m.bundle;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.pid = v;
                                  else
                                      delete m.pid;
                                  continue;
                              }
                          case 4: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.int32())
                                      m.status = v;
                                  else
                                      delete m.status;
                                  continue;
                              }
                          case 5: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.stdin = v;
                                  else
                                      delete m.stdin;
                                  continue;
                              }
                          case 6: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.stdout = v;
                                  else
                                      delete m.stdout;
                                  continue;
                              }
                          case 7: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.stderr = v;
                                  else
                                      delete m.stderr;
                                  continue;
                              }
                          case 8: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.bool())
                                      m.terminal = v;
                                  else
                                      delete m.terminal;
                                  continue;
                              }
                          case 9: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.exitStatus = v;
                                  else
                                      delete m.exitStatus;
                                  continue;
                              }
                          case 10: {
                                  if (u !== 2)
                                      break;
                                  m.exitedAt = $root.google.protobuf.Timestamp.decode(r, r.size(), $undefined, q + 1, m.exitedAt);
                                  continue;
                              }
                          case 11: {
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

                  return StateResponse;
              })();

              v2.KillRequest = (function() {

                  var KillRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  KillRequest.prototype.id = "";
                  KillRequest.prototype.execId = "";
                  KillRequest.prototype.signal = 0;
                  KillRequest.prototype.all = false;

                  KillRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                          w.uint32(18).string(m.execId);
                      if (m.signal != null && $Object.hasOwnProperty.call(m, "signal") && m.signal !== 0)
                          w.uint32(24).uint32(m.signal);
                      if (m.all != null && $Object.hasOwnProperty.call(m, "all") && m.all !== false)
                          w.uint32(32).bool(m.all);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  KillRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.KillRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.execId = v;
                                  else
                                      delete m.execId;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.signal = v;
                                  else
                                      delete m.signal;
                                  continue;
                              }
                          case 4: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.bool())
                                      m.all = v;
                                  else
                                      delete m.all;
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

                  return KillRequest;
              })();

              v2.CloseIORequest = (function() {

                  var CloseIORequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  CloseIORequest.prototype.id = "";
                  CloseIORequest.prototype.execId = "";
                  CloseIORequest.prototype.stdin = false;

                  CloseIORequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                          w.uint32(18).string(m.execId);
                      if (m.stdin != null && $Object.hasOwnProperty.call(m, "stdin") && m.stdin !== false)
                          w.uint32(24).bool(m.stdin);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  CloseIORequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.CloseIORequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.execId = v;
                                  else
                                      delete m.execId;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.bool())
                                      m.stdin = v;
                                  else
                                      delete m.stdin;
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

                  return CloseIORequest;
              })();

              v2.PidsRequest = (function() {

                  var PidsRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  PidsRequest.prototype.id = "";

                  PidsRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  PidsRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.PidsRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
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

                  return PidsRequest;
              })();

              v2.PidsResponse = (function() {

                  var PidsResponse = function (p) {
                      this.processes = [];
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  PidsResponse.prototype.processes = $util.emptyArray;

                  PidsResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.processes != null && m.processes.length) {
                          for (var i = 0; i < m.processes.length; ++i)
                              $root.containerd.v1.types.ProcessInfo.encode(m.processes[i], w.uint32(10).fork(), q + 1).ldelim();
                      }
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  PidsResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.PidsResponse();
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
                                  if (!(m.processes && m.processes.length))
                                      m.processes = [];
                                  m.processes.push($root.containerd.v1.types.ProcessInfo.decode(r, r.size(), $undefined, q + 1));
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

                  return PidsResponse;
              })();

              v2.CheckpointTaskRequest = (function() {

                  var CheckpointTaskRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  CheckpointTaskRequest.prototype.id = "";
                  CheckpointTaskRequest.prototype.path = "";
                  CheckpointTaskRequest.prototype.options = null;

                  CheckpointTaskRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.path != null && $Object.hasOwnProperty.call(m, "path") && m.path !== "")
                          w.uint32(18).string(m.path);
                      if (m.options != null && $Object.hasOwnProperty.call(m, "options"))
                          $root.google.protobuf.Any.encode(m.options, w.uint32(26).fork(), q + 1).ldelim();
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  CheckpointTaskRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.CheckpointTaskRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.path = v;
                                  else
                                      delete m.path;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 2)
                                      break;
                                  m.options = $root.google.protobuf.Any.decode(r, r.size(), $undefined, q + 1, m.options);
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

                  return CheckpointTaskRequest;
              })();

              v2.UpdateTaskRequest = (function() {

                  var UpdateTaskRequest = function (p) {
                      this.annotations = {};
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  UpdateTaskRequest.prototype.id = "";
                  UpdateTaskRequest.prototype.resources = null;
                  UpdateTaskRequest.prototype.annotations = $util.emptyObject;

                  UpdateTaskRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.resources != null && $Object.hasOwnProperty.call(m, "resources"))
                          $root.google.protobuf.Any.encode(m.resources, w.uint32(18).fork(), q + 1).ldelim();
                      if (m.annotations != null && $Object.hasOwnProperty.call(m, "annotations")) {
                          for (var ks = $Object.keys(m.annotations), i = 0; i < ks.length; ++i) {
                              w.uint32(26).fork().uint32(10).string(ks[i]).uint32(18).string(m.annotations[ks[i]]).ldelim();
                          }
                      }
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  UpdateTaskRequest.decode = function (r, l, z, q, g) {
                      if (!(r instanceof $Reader))
                          r = $Reader.create(r);
                      if (q === $undefined)
                          q = 0;
                      if (q > $Reader.recursionLimit)
                          throw $Error("max depth exceeded");
                      var c, m, k, v;
                      if (l === $undefined)
                          c = r.len;
                      else {
                          c = r.pos + l;
                          if (c > r.len)
                              throw $RangeError("index out of range");
                          l = r.len;
                          r.len = c;
                      }
                      m = g || new $root.containerd.task.v2.UpdateTaskRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  m.resources = $root.google.protobuf.Any.decode(r, r.size(), $undefined, q + 1, m.resources);
                                  continue;
                              }
                          case 3: {
                                  if (u !== 2)
                                      break;
                                  if (m.annotations === $util.emptyObject)
                                      m.annotations = {};
                                  var c2 = r.size() + r.pos;
                                  if (c2 > r.len)
                                      throw $RangeError("index out of range");
                                  r.len = c2;
                                  k = "";
                                  v = "";
                                  while (r.pos < c2) {
                                      var t2 = r.tag();
                                      u = t2 & 7;
                                      switch (t2 >>>= 3) {
                                      case 1:
                                          if (u !== 2)
                                              break;
                                          k = r.stringVerify();
                                          continue;
                                      case 2:
                                          if (u !== 2)
                                              break;
                                          v = r.stringVerify();
                                          continue;
                                      }
                                      r.skipType(u, q, t2);
                                  }
                                  if (r.pos !== c2)
                                      throw $RangeError("index out of range");
                                  r.len = c;
                                  if (k === "__proto__")
                                      $util.makeProp(m.annotations, k);
                                  m.annotations[k] = v;
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

                  return UpdateTaskRequest;
              })();

              v2.WaitRequest = (function() {

                  var WaitRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  WaitRequest.prototype.id = "";
                  WaitRequest.prototype.execId = "";

                  WaitRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                          w.uint32(18).string(m.execId);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  WaitRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.WaitRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
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

                  return WaitRequest;
              })();

              v2.WaitResponse = (function() {

                  var WaitResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  WaitResponse.prototype.exitStatus = 0;
                  WaitResponse.prototype.exitedAt = null;

                  WaitResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.exitStatus != null && $Object.hasOwnProperty.call(m, "exitStatus") && m.exitStatus !== 0)
                          w.uint32(8).uint32(m.exitStatus);
                      if (m.exitedAt != null && $Object.hasOwnProperty.call(m, "exitedAt"))
                          $root.google.protobuf.Timestamp.encode(m.exitedAt, w.uint32(18).fork(), q + 1).ldelim();
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  WaitResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.WaitResponse();
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
                                  if (v = r.uint32())
                                      m.exitStatus = v;
                                  else
                                      delete m.exitStatus;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  m.exitedAt = $root.google.protobuf.Timestamp.decode(r, r.size(), $undefined, q + 1, m.exitedAt);
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

                  return WaitResponse;
              })();

              v2.StatsRequest = (function() {

                  var StatsRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  StatsRequest.prototype.id = "";

                  StatsRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  StatsRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.StatsRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
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

                  return StatsRequest;
              })();

              v2.StatsResponse = (function() {

                  var StatsResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  StatsResponse.prototype.stats = null;

                  StatsResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.stats != null && $Object.hasOwnProperty.call(m, "stats"))
                          $root.google.protobuf.Any.encode(m.stats, w.uint32(10).fork(), q + 1).ldelim();
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  StatsResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.StatsResponse();
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
                                  m.stats = $root.google.protobuf.Any.decode(r, r.size(), $undefined, q + 1, m.stats);
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

                  return StatsResponse;
              })();

              v2.ConnectRequest = (function() {

                  var ConnectRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ConnectRequest.prototype.id = "";

                  ConnectRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ConnectRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.ConnectRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
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

                  return ConnectRequest;
              })();

              v2.ConnectResponse = (function() {

                  var ConnectResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ConnectResponse.prototype.shimPid = 0;
                  ConnectResponse.prototype.taskPid = 0;
                  ConnectResponse.prototype.version = "";

                  ConnectResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.shimPid != null && $Object.hasOwnProperty.call(m, "shimPid") && m.shimPid !== 0)
                          w.uint32(8).uint32(m.shimPid);
                      if (m.taskPid != null && $Object.hasOwnProperty.call(m, "taskPid") && m.taskPid !== 0)
                          w.uint32(16).uint32(m.taskPid);
                      if (m.version != null && $Object.hasOwnProperty.call(m, "version") && m.version !== "")
                          w.uint32(26).string(m.version);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ConnectResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.ConnectResponse();
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
                                  if (v = r.uint32())
                                      m.shimPid = v;
                                  else
                                      delete m.shimPid;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.taskPid = v;
                                  else
                                      delete m.taskPid;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.version = v;
                                  else
                                      delete m.version;
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

                  return ConnectResponse;
              })();

              v2.ShutdownRequest = (function() {

                  var ShutdownRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ShutdownRequest.prototype.id = "";
                  ShutdownRequest.prototype.now = false;

                  ShutdownRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.now != null && $Object.hasOwnProperty.call(m, "now") && m.now !== false)
                          w.uint32(16).bool(m.now);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ShutdownRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.ShutdownRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.bool())
                                      m.now = v;
                                  else
                                      delete m.now;
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

                  return ShutdownRequest;
              })();

              v2.PauseRequest = (function() {

                  var PauseRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  PauseRequest.prototype.id = "";

                  PauseRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  PauseRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.PauseRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
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

                  return PauseRequest;
              })();

              v2.ResumeRequest = (function() {

                  var ResumeRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ResumeRequest.prototype.id = "";

                  ResumeRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                          w.uint32(10).string(m.id);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ResumeRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.task.v2.ResumeRequest();
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
                                      m.id = v;
                                  else
                                      delete m.id;
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

                  return ResumeRequest;
              })();

              return v2;
          })();

          return task;
      })();

      containerd.types = (function() {

          var types = {};

          types.Mount = (function() {

              var Mount = function (p) {
                  this.options = [];
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              Mount.prototype.type = "";
              Mount.prototype.source = "";
              Mount.prototype.target = "";
              Mount.prototype.options = $util.emptyArray;

              Mount.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.type != null && $Object.hasOwnProperty.call(m, "type") && m.type !== "")
                      w.uint32(10).string(m.type);
                  if (m.source != null && $Object.hasOwnProperty.call(m, "source") && m.source !== "")
                      w.uint32(18).string(m.source);
                  if (m.target != null && $Object.hasOwnProperty.call(m, "target") && m.target !== "")
                      w.uint32(26).string(m.target);
                  if (m.options != null && m.options.length) {
                      for (var i = 0; i < m.options.length; ++i)
                          w.uint32(34).string(m.options[i]);
                  }
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              Mount.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.types.Mount();
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
                                  m.type = v;
                              else
                                  delete m.type;
                              continue;
                          }
                      case 2: {
                              if (u !== 2)
                                  break;
                              if ((v = r.stringVerify()).length)
                                  m.source = v;
                              else
                                  delete m.source;
                              continue;
                          }
                      case 3: {
                              if (u !== 2)
                                  break;
                              if ((v = r.stringVerify()).length)
                                  m.target = v;
                              else
                                  delete m.target;
                              continue;
                          }
                      case 4: {
                              if (u !== 2)
                                  break;
                              if (!(m.options && m.options.length))
                                  m.options = [];
                              m.options.push(r.stringVerify());
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

              return Mount;
          })();

          types.Envelope = (function() {

              var Envelope = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              Envelope.prototype.timestamp = null;
              Envelope.prototype.namespace = "";
              Envelope.prototype.topic = "";
              Envelope.prototype.event = null;

              Envelope.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.timestamp != null && $Object.hasOwnProperty.call(m, "timestamp"))
                      $root.google.protobuf.Timestamp.encode(m.timestamp, w.uint32(10).fork(), q + 1).ldelim();
                  if (m.namespace != null && $Object.hasOwnProperty.call(m, "namespace") && m.namespace !== "")
                      w.uint32(18).string(m.namespace);
                  if (m.topic != null && $Object.hasOwnProperty.call(m, "topic") && m.topic !== "")
                      w.uint32(26).string(m.topic);
                  if (m.event != null && $Object.hasOwnProperty.call(m, "event"))
                      $root.google.protobuf.Any.encode(m.event, w.uint32(34).fork(), q + 1).ldelim();
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              Envelope.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.types.Envelope();
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
                              m.timestamp = $root.google.protobuf.Timestamp.decode(r, r.size(), $undefined, q + 1, m.timestamp);
                              continue;
                          }
                      case 2: {
                              if (u !== 2)
                                  break;
                              if ((v = r.stringVerify()).length)
                                  m.namespace = v;
                              else
                                  delete m.namespace;
                              continue;
                          }
                      case 3: {
                              if (u !== 2)
                                  break;
                              if ((v = r.stringVerify()).length)
                                  m.topic = v;
                              else
                                  delete m.topic;
                              continue;
                          }
                      case 4: {
                              if (u !== 2)
                                  break;
                              m.event = $root.google.protobuf.Any.decode(r, r.size(), $undefined, q + 1, m.event);
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

              return Envelope;
          })();

          return types;
      })();

      containerd.v1 = (function() {

          var v1 = {};

          v1.types = (function() {

              var types = {};

              types.Status = (function() {
                  var valuesById = $Object.create(null), values = $Object.create(valuesById);
                  values[valuesById[0] = "UNKNOWN"] = 0;
                  values[valuesById[1] = "CREATED"] = 1;
                  values[valuesById[2] = "RUNNING"] = 2;
                  values[valuesById[3] = "STOPPED"] = 3;
                  values[valuesById[4] = "PAUSED"] = 4;
                  values[valuesById[5] = "PAUSING"] = 5;
                  return values;
              })();

              types.ProcessInfo = (function() {

                  var ProcessInfo = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ProcessInfo.prototype.pid = 0;
                  ProcessInfo.prototype.info = null;

                  ProcessInfo.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                          w.uint32(8).uint32(m.pid);
                      if (m.info != null && $Object.hasOwnProperty.call(m, "info"))
                          $root.google.protobuf.Any.encode(m.info, w.uint32(18).fork(), q + 1).ldelim();
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ProcessInfo.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.containerd.v1.types.ProcessInfo();
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
                                  if (v = r.uint32())
                                      m.pid = v;
                                  else
                                      delete m.pid;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  m.info = $root.google.protobuf.Any.decode(r, r.size(), $undefined, q + 1, m.info);
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

                  return ProcessInfo;
              })();

              return types;
          })();

          return v1;
      })();

      return containerd;
  })();

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
