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

  var $root = $protobuf.roots["containerd/task-events.proto"] || ($protobuf.roots["containerd/task-events.proto"] = {});

  $root.containerd = (function() {

      var containerd = {};

      containerd.events = (function() {

          var events = {};

          events.TaskIO = (function() {

              var TaskIO = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskIO.prototype.stdin = "";
              TaskIO.prototype.stdout = "";
              TaskIO.prototype.stderr = "";
              TaskIO.prototype.terminal = false;

              TaskIO.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.stdin != null && $Object.hasOwnProperty.call(m, "stdin") && m.stdin !== "")
                      w.uint32(10).string(m.stdin);
                  if (m.stdout != null && $Object.hasOwnProperty.call(m, "stdout") && m.stdout !== "")
                      w.uint32(18).string(m.stdout);
                  if (m.stderr != null && $Object.hasOwnProperty.call(m, "stderr") && m.stderr !== "")
                      w.uint32(26).string(m.stderr);
                  if (m.terminal != null && $Object.hasOwnProperty.call(m, "terminal") && m.terminal !== false)
                      w.uint32(32).bool(m.terminal);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskIO.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskIO();
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
                                  m.stdin = v;
                              else
                                  delete m.stdin;
                              continue;
                          }
                      case 2: {
                              if (u !== 2)
                                  break;
                              if ((v = r.stringVerify()).length)
                                  m.stdout = v;
                              else
                                  delete m.stdout;
                              continue;
                          }
                      case 3: {
                              if (u !== 2)
                                  break;
                              if ((v = r.stringVerify()).length)
                                  m.stderr = v;
                              else
                                  delete m.stderr;
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

              return TaskIO;
          })();

          events.TaskCreate = (function() {

              var TaskCreate = function (p) {
                  this.rootfs = [];
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskCreate.prototype.containerId = "";
              TaskCreate.prototype.bundle = "";
              TaskCreate.prototype.rootfs = $util.emptyArray;
              TaskCreate.prototype.io = null;
              TaskCreate.prototype.checkpoint = "";
              TaskCreate.prototype.pid = 0;

              TaskCreate.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                      w.uint32(10).string(m.containerId);
                  if (m.bundle != null && $Object.hasOwnProperty.call(m, "bundle") && m.bundle !== "")
                      w.uint32(18).string(m.bundle);
                  if (m.rootfs != null && m.rootfs.length) {
                      for (var i = 0; i < m.rootfs.length; ++i)
                          $root.containerd.types.Mount.encode(m.rootfs[i], w.uint32(26).fork(), q + 1).ldelim();
                  }
                  if (m.io != null && $Object.hasOwnProperty.call(m, "io"))
                      $root.containerd.events.TaskIO.encode(m.io, w.uint32(34).fork(), q + 1).ldelim();
                  if (m.checkpoint != null && $Object.hasOwnProperty.call(m, "checkpoint") && m.checkpoint !== "")
                      w.uint32(42).string(m.checkpoint);
                  if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                      w.uint32(48).uint32(m.pid);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskCreate.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskCreate();
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
                                  m.containerId = v;
                              else
                                  delete m.containerId;
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
                              if (u !== 2)
                                  break;
                              m.io = $root.containerd.events.TaskIO.decode(r, r.size(), $undefined, q + 1, m.io);
                              continue;
                          }
                      case 5: {
                              if (u !== 2)
                                  break;
                              if ((v = r.stringVerify()).length)
                                  m.checkpoint = v;
                              else
                                  delete m.checkpoint;
                              continue;
                          }
                      case 6: {
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

              return TaskCreate;
          })();

          events.TaskStart = (function() {

              var TaskStart = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskStart.prototype.containerId = "";
              TaskStart.prototype.pid = 0;

              TaskStart.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                      w.uint32(10).string(m.containerId);
                  if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                      w.uint32(16).uint32(m.pid);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskStart.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskStart();
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
                                  m.containerId = v;
                              else
                                  delete m.containerId;
                              continue;
                          }
                      case 2: {
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

              return TaskStart;
          })();

          events.TaskDelete = (function() {

              var TaskDelete = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskDelete.prototype.containerId = "";
              TaskDelete.prototype.pid = 0;
              TaskDelete.prototype.exitStatus = 0;
              TaskDelete.prototype.exitedAt = null;
              TaskDelete.prototype.id = "";

              TaskDelete.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                      w.uint32(10).string(m.containerId);
                  if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                      w.uint32(16).uint32(m.pid);
                  if (m.exitStatus != null && $Object.hasOwnProperty.call(m, "exitStatus") && m.exitStatus !== 0)
                      w.uint32(24).uint32(m.exitStatus);
                  if (m.exitedAt != null && $Object.hasOwnProperty.call(m, "exitedAt"))
                      $root.google.protobuf.Timestamp.encode(m.exitedAt, w.uint32(34).fork(), q + 1).ldelim();
                  if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                      w.uint32(42).string(m.id);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskDelete.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskDelete();
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
                                  m.containerId = v;
                              else
                                  delete m.containerId;
                              continue;
                          }
                      case 2: {
                              if (u !== 0)
                                  break;
                              if (v = r.uint32())
                                  m.pid = v;
                              else
                                  delete m.pid;
                              continue;
                          }
                      case 3: {
                              if (u !== 0)
                                  break;
                              if (v = r.uint32())
                                  m.exitStatus = v;
                              else
                                  delete m.exitStatus;
                              continue;
                          }
                      case 4: {
                              if (u !== 2)
                                  break;
                              m.exitedAt = $root.google.protobuf.Timestamp.decode(r, r.size(), $undefined, q + 1, m.exitedAt);
                              continue;
                          }
                      case 5: {
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

              return TaskDelete;
          })();

          events.TaskExit = (function() {

              var TaskExit = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskExit.prototype.containerId = "";
              TaskExit.prototype.id = "";
              TaskExit.prototype.pid = 0;
              TaskExit.prototype.exitStatus = 0;
              TaskExit.prototype.exitedAt = null;

              TaskExit.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                      w.uint32(10).string(m.containerId);
                  if (m.id != null && $Object.hasOwnProperty.call(m, "id") && m.id !== "")
                      w.uint32(18).string(m.id);
                  if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                      w.uint32(24).uint32(m.pid);
                  if (m.exitStatus != null && $Object.hasOwnProperty.call(m, "exitStatus") && m.exitStatus !== 0)
                      w.uint32(32).uint32(m.exitStatus);
                  if (m.exitedAt != null && $Object.hasOwnProperty.call(m, "exitedAt"))
                      $root.google.protobuf.Timestamp.encode(m.exitedAt, w.uint32(42).fork(), q + 1).ldelim();
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskExit.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskExit();
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
                                  m.containerId = v;
                              else
                                  delete m.containerId;
                              continue;
                          }
                      case 2: {
                              if (u !== 2)
                                  break;
                              if ((v = r.stringVerify()).length)
                                  m.id = v;
                              else
                                  delete m.id;
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
                              if (v = r.uint32())
                                  m.exitStatus = v;
                              else
                                  delete m.exitStatus;
                              continue;
                          }
                      case 5: {
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

              return TaskExit;
          })();

          events.TaskOOM = (function() {

              var TaskOOM = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskOOM.prototype.containerId = "";

              TaskOOM.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                      w.uint32(10).string(m.containerId);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskOOM.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskOOM();
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
                                  m.containerId = v;
                              else
                                  delete m.containerId;
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

              return TaskOOM;
          })();

          events.TaskExecAdded = (function() {

              var TaskExecAdded = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskExecAdded.prototype.containerId = "";
              TaskExecAdded.prototype.execId = "";

              TaskExecAdded.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                      w.uint32(10).string(m.containerId);
                  if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                      w.uint32(18).string(m.execId);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskExecAdded.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskExecAdded();
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
                                  m.containerId = v;
                              else
                                  delete m.containerId;
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

              return TaskExecAdded;
          })();

          events.TaskExecStarted = (function() {

              var TaskExecStarted = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskExecStarted.prototype.containerId = "";
              TaskExecStarted.prototype.execId = "";
              TaskExecStarted.prototype.pid = 0;

              TaskExecStarted.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                      w.uint32(10).string(m.containerId);
                  if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                      w.uint32(18).string(m.execId);
                  if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                      w.uint32(24).uint32(m.pid);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskExecStarted.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskExecStarted();
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
                                  m.containerId = v;
                              else
                                  delete m.containerId;
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

              return TaskExecStarted;
          })();

          events.TaskPaused = (function() {

              var TaskPaused = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskPaused.prototype.containerId = "";

              TaskPaused.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                      w.uint32(10).string(m.containerId);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskPaused.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskPaused();
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
                                  m.containerId = v;
                              else
                                  delete m.containerId;
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

              return TaskPaused;
          })();

          events.TaskResumed = (function() {

              var TaskResumed = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskResumed.prototype.containerId = "";

              TaskResumed.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                      w.uint32(10).string(m.containerId);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskResumed.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskResumed();
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
                                  m.containerId = v;
                              else
                                  delete m.containerId;
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

              return TaskResumed;
          })();

          events.TaskCheckpointed = (function() {

              var TaskCheckpointed = function (p) {
                  if (p)
                      for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                          if (p[ks[i]] != null && ks[i] !== "__proto__")
                              this[ks[i]] = p[ks[i]];
              };

              TaskCheckpointed.prototype.containerId = "";
              TaskCheckpointed.prototype.checkpoint = "";

              TaskCheckpointed.encode = function (m, w, q) {
                  if (!w)
                      w = $Writer.create();
                  if (q === $undefined)
                      q = 0;
                  if (q > $util.recursionLimit)
                      throw $Error("max depth exceeded");
                  if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                      w.uint32(10).string(m.containerId);
                  if (m.checkpoint != null && $Object.hasOwnProperty.call(m, "checkpoint") && m.checkpoint !== "")
                      w.uint32(18).string(m.checkpoint);
                  if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                      for (var i = 0; i < m.$unknowns.length; ++i)
                          w.raw(m.$unknowns[i]);
                  return w;
              };

              TaskCheckpointed.decode = function (r, l, z, q, g) {
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
                  m = g || new $root.containerd.events.TaskCheckpointed();
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
                                  m.containerId = v;
                              else
                                  delete m.containerId;
                              continue;
                          }
                      case 2: {
                              if (u !== 2)
                                  break;
                              if ((v = r.stringVerify()).length)
                                  m.checkpoint = v;
                              else
                                  delete m.checkpoint;
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

              return TaskCheckpointed;
          })();

          return events;
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
