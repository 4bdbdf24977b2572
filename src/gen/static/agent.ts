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

  var $root = $protobuf.roots["hadron/agent.proto"] || ($protobuf.roots["hadron/agent.proto"] = {});

  $root.hadron = (function() {

      var hadron = {};

      hadron.agent = (function() {

          var agent = {};

          agent.v1 = (function() {

              var v1 = {};

              v1.Empty = (function() {

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
                      m = g || new $root.hadron.agent.v1.Empty();
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

              v1.CreateSandboxRequest = (function() {

                  var CreateSandboxRequest = function (p) {
                      this.sysctls = {};
                      this.shares = [];
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  CreateSandboxRequest.prototype.realtimeNs = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                  CreateSandboxRequest.prototype.hostname = "";
                  CreateSandboxRequest.prototype.sysctls = $util.emptyObject;
                  CreateSandboxRequest.prototype.shares = $util.emptyArray;
                  CreateSandboxRequest.prototype.logLevel = "";

                  CreateSandboxRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.realtimeNs != null && $Object.hasOwnProperty.call(m, "realtimeNs") && (typeof m.realtimeNs === "object" ? m.realtimeNs.low || m.realtimeNs.high : m.realtimeNs !== 0))
                          w.uint32(8).int64(m.realtimeNs);
                      if (m.hostname != null && $Object.hasOwnProperty.call(m, "hostname") && m.hostname !== "")
                          w.uint32(18).string(m.hostname);
                      if (m.sysctls != null && $Object.hasOwnProperty.call(m, "sysctls")) {
                          for (var ks = $Object.keys(m.sysctls), i = 0; i < ks.length; ++i) {
                              w.uint32(26).fork().uint32(10).string(ks[i]).uint32(18).string(m.sysctls[ks[i]]).ldelim();
                          }
                      }
                      if (m.shares != null && m.shares.length) {
                          for (var i = 0; i < m.shares.length; ++i)
                              $root.hadron.agent.v1.Share.encode(m.shares[i], w.uint32(34).fork(), q + 1).ldelim();
                      }
                      if (m.logLevel != null && $Object.hasOwnProperty.call(m, "logLevel") && m.logLevel !== "")
                          w.uint32(42).string(m.logLevel);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  CreateSandboxRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.CreateSandboxRequest();
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
                                      m.realtimeNs = v;
                                  else
                                      delete m.realtimeNs;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.hostname = v;
                                  else
                                      delete m.hostname;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 2)
                                      break;
                                  if (m.sysctls === $util.emptyObject)
                                      m.sysctls = {};
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
                                      $util.makeProp(m.sysctls, k);
                                  m.sysctls[k] = v;
                                  continue;
                              }
                          case 4: {
                                  if (u !== 2)
                                      break;
                                  if (!(m.shares && m.shares.length))
                                      m.shares = [];
                                  m.shares.push($root.hadron.agent.v1.Share.decode(r, r.size(), $undefined, q + 1));
                                  continue;
                              }
                          case 5: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.logLevel = v;
                                  else
                                      delete m.logLevel;
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

                  return CreateSandboxRequest;
              })();

              v1.Share = (function() {

                  var Share = function (p) {
                      this.options = [];
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  Share.prototype.fsType = "";
                  Share.prototype.tag = "";
                  Share.prototype.mountPoint = "";
                  Share.prototype.options = $util.emptyArray;

                  Share.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.fsType != null && $Object.hasOwnProperty.call(m, "fsType") && m.fsType !== "")
                          w.uint32(10).string(m.fsType);
                      if (m.tag != null && $Object.hasOwnProperty.call(m, "tag") && m.tag !== "")
                          w.uint32(18).string(m.tag);
                      if (m.mountPoint != null && $Object.hasOwnProperty.call(m, "mountPoint") && m.mountPoint !== "")
                          w.uint32(26).string(m.mountPoint);
                      if (m.options != null && m.options.length) {
                          for (var i = 0; i < m.options.length; ++i)
                              w.uint32(34).string(m.options[i]);
                      }
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  Share.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.Share();
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
                                      m.fsType = v;
                                  else
                                      delete m.fsType;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.tag = v;
                                  else
                                      delete m.tag;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.mountPoint = v;
                                  else
                                      delete m.mountPoint;
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

                  return Share;
              })();

              v1.CreateSandboxResponse = (function() {

                  var CreateSandboxResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  CreateSandboxResponse.prototype.agentVersion = "";
                  CreateSandboxResponse.prototype.kernelRelease = "";
                  CreateSandboxResponse.prototype.initEnteredNs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                  CreateSandboxResponse.prototype.requestReadNs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                  CreateSandboxResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.agentVersion != null && $Object.hasOwnProperty.call(m, "agentVersion") && m.agentVersion !== "")
                          w.uint32(10).string(m.agentVersion);
                      if (m.kernelRelease != null && $Object.hasOwnProperty.call(m, "kernelRelease") && m.kernelRelease !== "")
                          w.uint32(18).string(m.kernelRelease);
                      if (m.initEnteredNs != null && $Object.hasOwnProperty.call(m, "initEnteredNs") && (typeof m.initEnteredNs === "object" ? m.initEnteredNs.low || m.initEnteredNs.high : m.initEnteredNs !== 0))
                          w.uint32(24).uint64(m.initEnteredNs);
                      if (m.requestReadNs != null && $Object.hasOwnProperty.call(m, "requestReadNs") && (typeof m.requestReadNs === "object" ? m.requestReadNs.low || m.requestReadNs.high : m.requestReadNs !== 0))
                          w.uint32(32).uint64(m.requestReadNs);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  CreateSandboxResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.CreateSandboxResponse();
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
                                      m.agentVersion = v;
                                  else
                                      delete m.agentVersion;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if ((v = r.stringVerify()).length)
                                      m.kernelRelease = v;
                                  else
                                      delete m.kernelRelease;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 0)
                                      break;
                                  if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                      m.initEnteredNs = v;
                                  else
                                      delete m.initEnteredNs;
                                  continue;
                              }
                          case 4: {
                                  if (u !== 0)
                                      break;
                                  if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                      m.requestReadNs = v;
                                  else
                                      delete m.requestReadNs;
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

                  return CreateSandboxResponse;
              })();

              v1.Stdio = (function() {

                  var Stdio = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  Stdio.prototype.stdinPort = 0;
                  Stdio.prototype.stdoutPort = 0;
                  Stdio.prototype.stderrPort = 0;
                  Stdio.prototype.terminalWidth = 0;
                  Stdio.prototype.terminalHeight = 0;

                  Stdio.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.stdinPort != null && $Object.hasOwnProperty.call(m, "stdinPort") && m.stdinPort !== 0)
                          w.uint32(8).uint32(m.stdinPort);
                      if (m.stdoutPort != null && $Object.hasOwnProperty.call(m, "stdoutPort") && m.stdoutPort !== 0)
                          w.uint32(16).uint32(m.stdoutPort);
                      if (m.stderrPort != null && $Object.hasOwnProperty.call(m, "stderrPort") && m.stderrPort !== 0)
                          w.uint32(24).uint32(m.stderrPort);
                      if (m.terminalWidth != null && $Object.hasOwnProperty.call(m, "terminalWidth") && m.terminalWidth !== 0)
                          w.uint32(32).uint32(m.terminalWidth);
                      if (m.terminalHeight != null && $Object.hasOwnProperty.call(m, "terminalHeight") && m.terminalHeight !== 0)
                          w.uint32(40).uint32(m.terminalHeight);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  Stdio.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.Stdio();
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
                                      m.stdinPort = v;
                                  else
                                      delete m.stdinPort;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.stdoutPort = v;
                                  else
                                      delete m.stdoutPort;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.stderrPort = v;
                                  else
                                      delete m.stderrPort;
                                  continue;
                              }
                          case 4: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.terminalWidth = v;
                                  else
                                      delete m.terminalWidth;
                                  continue;
                              }
                          case 5: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.uint32())
                                      m.terminalHeight = v;
                                  else
                                      delete m.terminalHeight;
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

                  return Stdio;
              })();

              v1.CreateContainerRequest = (function() {

                  var CreateContainerRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  CreateContainerRequest.prototype.containerId = "";
                  CreateContainerRequest.prototype.specJson = $util.newBuffer([]);
                  CreateContainerRequest.prototype.stdio = null;

                  CreateContainerRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                          w.uint32(10).string(m.containerId);
                      if (m.specJson != null && $Object.hasOwnProperty.call(m, "specJson") && m.specJson.length)
                          w.uint32(18).bytes(m.specJson);
                      if (m.stdio != null && $Object.hasOwnProperty.call(m, "stdio"))
                          $root.hadron.agent.v1.Stdio.encode(m.stdio, w.uint32(26).fork(), q + 1).ldelim();
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  CreateContainerRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.CreateContainerRequest();
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
                                  if ((v = r.bytes()).length)
                                      m.specJson = v;
                                  else
                                      delete m.specJson;
                                  continue;
                              }
                          case 3: {
                                  if (u !== 2)
                                      break;
                                  m.stdio = $root.hadron.agent.v1.Stdio.decode(r, r.size(), $undefined, q + 1, m.stdio);
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

                  return CreateContainerRequest;
              })();

              v1.CreateContainerResponse = (function() {

                  var CreateContainerResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  CreateContainerResponse.prototype.pid = 0;

                  CreateContainerResponse.encode = function (m, w, q) {
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

                  CreateContainerResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.CreateContainerResponse();
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

                  return CreateContainerResponse;
              })();

              v1.StartContainerRequest = (function() {

                  var StartContainerRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  StartContainerRequest.prototype.containerId = "";

                  StartContainerRequest.encode = function (m, w, q) {
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

                  StartContainerRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.StartContainerRequest();
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

                  return StartContainerRequest;
              })();

              v1.DeleteContainerRequest = (function() {

                  var DeleteContainerRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  DeleteContainerRequest.prototype.containerId = "";

                  DeleteContainerRequest.encode = function (m, w, q) {
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

                  DeleteContainerRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.DeleteContainerRequest();
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

                  return DeleteContainerRequest;
              })();

              v1.ContainerRequest = (function() {

                  var ContainerRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ContainerRequest.prototype.containerId = "";

                  ContainerRequest.encode = function (m, w, q) {
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

                  ContainerRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.ContainerRequest();
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

                  return ContainerRequest;
              })();

              v1.ExecProcessRequest = (function() {

                  var ExecProcessRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ExecProcessRequest.prototype.containerId = "";
                  ExecProcessRequest.prototype.execId = "";
                  ExecProcessRequest.prototype.processJson = $util.newBuffer([]);
                  ExecProcessRequest.prototype.stdio = null;

                  ExecProcessRequest.encode = function (m, w, q) {
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
                      if (m.processJson != null && $Object.hasOwnProperty.call(m, "processJson") && m.processJson.length)
                          w.uint32(26).bytes(m.processJson);
                      if (m.stdio != null && $Object.hasOwnProperty.call(m, "stdio"))
                          $root.hadron.agent.v1.Stdio.encode(m.stdio, w.uint32(34).fork(), q + 1).ldelim();
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
                      m = g || new $root.hadron.agent.v1.ExecProcessRequest();
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
                                  if (u !== 2)
                                      break;
                                  if ((v = r.bytes()).length)
                                      m.processJson = v;
                                  else
                                      delete m.processJson;
                                  continue;
                              }
                          case 4: {
                                  if (u !== 2)
                                      break;
                                  m.stdio = $root.hadron.agent.v1.Stdio.decode(r, r.size(), $undefined, q + 1, m.stdio);
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

              v1.ExecProcessResponse = (function() {

                  var ExecProcessResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ExecProcessResponse.prototype.pid = 0;

                  ExecProcessResponse.encode = function (m, w, q) {
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

                  ExecProcessResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.ExecProcessResponse();
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

                  return ExecProcessResponse;
              })();

              v1.ProcessRequest = (function() {

                  var ProcessRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ProcessRequest.prototype.containerId = "";
                  ProcessRequest.prototype.execId = "";

                  ProcessRequest.encode = function (m, w, q) {
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

                  ProcessRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.ProcessRequest();
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

                  return ProcessRequest;
              })();

              v1.WaitProcessResponse = (function() {

                  var WaitProcessResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  WaitProcessResponse.prototype.exitStatus = 0;
                  WaitProcessResponse.prototype.exitedAtNs = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

                  WaitProcessResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.exitStatus != null && $Object.hasOwnProperty.call(m, "exitStatus") && m.exitStatus !== 0)
                          w.uint32(8).uint32(m.exitStatus);
                      if (m.exitedAtNs != null && $Object.hasOwnProperty.call(m, "exitedAtNs") && (typeof m.exitedAtNs === "object" ? m.exitedAtNs.low || m.exitedAtNs.high : m.exitedAtNs !== 0))
                          w.uint32(16).int64(m.exitedAtNs);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  WaitProcessResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.WaitProcessResponse();
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
                                  if (u !== 0)
                                      break;
                                  if (typeof (v = r.int64()) === "object" ? v.low || v.high : v !== 0)
                                      m.exitedAtNs = v;
                                  else
                                      delete m.exitedAtNs;
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

                  return WaitProcessResponse;
              })();

              v1.SignalProcessRequest = (function() {

                  var SignalProcessRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  SignalProcessRequest.prototype.containerId = "";
                  SignalProcessRequest.prototype.execId = "";
                  SignalProcessRequest.prototype.signal = 0;
                  SignalProcessRequest.prototype.all = false;

                  SignalProcessRequest.encode = function (m, w, q) {
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
                      if (m.signal != null && $Object.hasOwnProperty.call(m, "signal") && m.signal !== 0)
                          w.uint32(24).uint32(m.signal);
                      if (m.all != null && $Object.hasOwnProperty.call(m, "all") && m.all !== false)
                          w.uint32(32).bool(m.all);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  SignalProcessRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.SignalProcessRequest();
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

                  return SignalProcessRequest;
              })();

              v1.PathsRequest = (function() {

                  var PathsRequest = function (p) {
                      this.paths = [];
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  PathsRequest.prototype.paths = $util.emptyArray;

                  PathsRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.paths != null && m.paths.length) {
                          for (var i = 0; i < m.paths.length; ++i)
                              w.uint32(10).string(m.paths[i]);
                      }
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  PathsRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.PathsRequest();
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
                                  if (!(m.paths && m.paths.length))
                                      m.paths = [];
                                  m.paths.push(r.stringVerify());
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

                  return PathsRequest;
              })();

              v1.SharesRequest = (function() {

                  var SharesRequest = function (p) {
                      this.paths = [];
                      this.inner = [];
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  SharesRequest.prototype.paths = $util.emptyArray;
                  SharesRequest.prototype.inner = $util.emptyArray;

                  SharesRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.paths != null && m.paths.length) {
                          for (var i = 0; i < m.paths.length; ++i)
                              w.uint32(10).string(m.paths[i]);
                      }
                      if (m.inner != null && m.inner.length) {
                          for (var i = 0; i < m.inner.length; ++i)
                              $root.hadron.agent.v1.SharesRequest.Inner.encode(m.inner[i], w.uint32(18).fork(), q + 1).ldelim();
                      }
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  SharesRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.SharesRequest();
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
                                  if (!(m.paths && m.paths.length))
                                      m.paths = [];
                                  m.paths.push(r.stringVerify());
                                  continue;
                              }
                          case 2: {
                                  if (u !== 2)
                                      break;
                                  if (!(m.inner && m.inner.length))
                                      m.inner = [];
                                  m.inner.push($root.hadron.agent.v1.SharesRequest.Inner.decode(r, r.size(), $undefined, q + 1));
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

                  SharesRequest.Inner = (function() {

                      var Inner = function (p) {
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      Inner.prototype.directory = "";
                      Inner.prototype.below = "";
                      Inner.prototype.recursive = false;
                      Inner.prototype.target = "";

                      Inner.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.directory != null && $Object.hasOwnProperty.call(m, "directory") && m.directory !== "")
                              w.uint32(10).string(m.directory);
                          if (m.below != null && $Object.hasOwnProperty.call(m, "below") && m.below !== "")
                              w.uint32(18).string(m.below);
                          if (m.recursive != null && $Object.hasOwnProperty.call(m, "recursive") && m.recursive !== false)
                              w.uint32(24).bool(m.recursive);
                          if (m.target != null && $Object.hasOwnProperty.call(m, "target") && m.target !== "")
                              w.uint32(34).string(m.target);
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      Inner.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.hadron.agent.v1.SharesRequest.Inner();
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
                                          m.directory = v;
                                      else
                                          delete m.directory;
                                      continue;
                                  }
                              case 2: {
                                      if (u !== 2)
                                          break;
                                      if ((v = r.stringVerify()).length)
                                          m.below = v;
                                      else
                                          delete m.below;
                                      continue;
                                  }
                              case 3: {
                                      if (u !== 0)
                                          break;
                                      if (v = r.bool())
                                          m.recursive = v;
                                      else
                                          delete m.recursive;
                                      continue;
                                  }
                              case 4: {
                                      if (u !== 2)
                                          break;
                                      if ((v = r.stringVerify()).length)
                                          m.target = v;
                                      else
                                          delete m.target;
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

                      return Inner;
                  })();

                  return SharesRequest;
              })();

              v1.ResizeTerminalRequest = (function() {

                  var ResizeTerminalRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ResizeTerminalRequest.prototype.containerId = "";
                  ResizeTerminalRequest.prototype.execId = "";
                  ResizeTerminalRequest.prototype.width = 0;
                  ResizeTerminalRequest.prototype.height = 0;

                  ResizeTerminalRequest.encode = function (m, w, q) {
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
                      if (m.width != null && $Object.hasOwnProperty.call(m, "width") && m.width !== 0)
                          w.uint32(24).uint32(m.width);
                      if (m.height != null && $Object.hasOwnProperty.call(m, "height") && m.height !== 0)
                          w.uint32(32).uint32(m.height);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ResizeTerminalRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.ResizeTerminalRequest();
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

                  return ResizeTerminalRequest;
              })();

              v1.ListProcessesResponse = (function() {

                  var ListProcessesResponse = function (p) {
                      this.processes = [];
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ListProcessesResponse.prototype.processes = $util.emptyArray;

                  ListProcessesResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.processes != null && m.processes.length) {
                          for (var i = 0; i < m.processes.length; ++i)
                              $root.hadron.agent.v1.ListProcessesResponse.Process.encode(m.processes[i], w.uint32(10).fork(), q + 1).ldelim();
                      }
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ListProcessesResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.ListProcessesResponse();
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
                                  m.processes.push($root.hadron.agent.v1.ListProcessesResponse.Process.decode(r, r.size(), $undefined, q + 1));
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

                  ListProcessesResponse.Process = (function() {

                      var Process = function (p) {
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      Process.prototype.pid = 0;
                      Process.prototype.execId = "";

                      Process.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.pid != null && $Object.hasOwnProperty.call(m, "pid") && m.pid !== 0)
                              w.uint32(8).uint32(m.pid);
                          if (m.execId != null && $Object.hasOwnProperty.call(m, "execId") && m.execId !== "")
                              w.uint32(18).string(m.execId);
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      Process.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.hadron.agent.v1.ListProcessesResponse.Process();
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

                      return Process;
                  })();

                  return ListProcessesResponse;
              })();

              v1.UpdateContainerRequest = (function() {

                  var UpdateContainerRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  UpdateContainerRequest.prototype.containerId = "";
                  UpdateContainerRequest.prototype.resourcesJson = $util.newBuffer([]);

                  UpdateContainerRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.containerId != null && $Object.hasOwnProperty.call(m, "containerId") && m.containerId !== "")
                          w.uint32(10).string(m.containerId);
                      if (m.resourcesJson != null && $Object.hasOwnProperty.call(m, "resourcesJson") && m.resourcesJson.length)
                          w.uint32(18).bytes(m.resourcesJson);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  UpdateContainerRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.UpdateContainerRequest();
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
                                  if ((v = r.bytes()).length)
                                      m.resourcesJson = v;
                                  else
                                      delete m.resourcesJson;
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

                  return UpdateContainerRequest;
              })();

              v1.SetClockRequest = (function() {

                  var SetClockRequest = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  SetClockRequest.prototype.realtimeNs = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                  SetClockRequest.prototype.backwards = false;

                  SetClockRequest.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.realtimeNs != null && $Object.hasOwnProperty.call(m, "realtimeNs") && (typeof m.realtimeNs === "object" ? m.realtimeNs.low || m.realtimeNs.high : m.realtimeNs !== 0))
                          w.uint32(8).int64(m.realtimeNs);
                      if (m.backwards != null && $Object.hasOwnProperty.call(m, "backwards") && m.backwards !== false)
                          w.uint32(16).bool(m.backwards);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  SetClockRequest.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.SetClockRequest();
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
                                      m.realtimeNs = v;
                                  else
                                      delete m.realtimeNs;
                                  continue;
                              }
                          case 2: {
                                  if (u !== 0)
                                      break;
                                  if (v = r.bool())
                                      m.backwards = v;
                                  else
                                      delete m.backwards;
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

                  return SetClockRequest;
              })();

              v1.SetClockResponse = (function() {

                  var SetClockResponse = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  SetClockResponse.prototype.aheadNs = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

                  SetClockResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.aheadNs != null && $Object.hasOwnProperty.call(m, "aheadNs") && (typeof m.aheadNs === "object" ? m.aheadNs.low || m.aheadNs.high : m.aheadNs !== 0))
                          w.uint32(8).int64(m.aheadNs);
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  SetClockResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.SetClockResponse();
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
                                      m.aheadNs = v;
                                  else
                                      delete m.aheadNs;
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

                  return SetClockResponse;
              })();

              v1.Event = (function() {

                  var Event = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  Event.prototype.oom = null;

                  var $oneOfFields;

                  $Object.defineProperty(Event.prototype, "event", {
                      get: $util.oneOfGetter($oneOfFields = ["oom"]),
                      set: $util.oneOfSetter($oneOfFields)
                  });

                  Event.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.oom != null && $Object.hasOwnProperty.call(m, "oom"))
                          $root.hadron.agent.v1.OomEvent.encode(m.oom, w.uint32(10).fork(), q + 1).ldelim();
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  Event.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.Event();
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
                                  m.oom = $root.hadron.agent.v1.OomEvent.decode(r, r.size(), $undefined, q + 1, m.oom);
                                  m.event = "oom";
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

                  return Event;
              })();

              v1.OomEvent = (function() {

                  var OomEvent = function (p) {
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  OomEvent.prototype.containerId = "";

                  OomEvent.encode = function (m, w, q) {
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

                  OomEvent.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.OomEvent();
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

                  return OomEvent;
              })();

              v1.ContainerStatsResponse = (function() {

                  var ContainerStatsResponse = function (p) {
                      this.files = {};
                      if (p)
                          for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                              if (p[ks[i]] != null && ks[i] !== "__proto__")
                                  this[ks[i]] = p[ks[i]];
                  };

                  ContainerStatsResponse.prototype.files = $util.emptyObject;

                  ContainerStatsResponse.encode = function (m, w, q) {
                      if (!w)
                          w = $Writer.create();
                      if (q === $undefined)
                          q = 0;
                      if (q > $util.recursionLimit)
                          throw $Error("max depth exceeded");
                      if (m.files != null && $Object.hasOwnProperty.call(m, "files")) {
                          for (var ks = $Object.keys(m.files), i = 0; i < ks.length; ++i) {
                              w.uint32(10).fork().uint32(10).string(ks[i]).uint32(18).string(m.files[ks[i]]).ldelim();
                          }
                      }
                      if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                          for (var i = 0; i < m.$unknowns.length; ++i)
                              w.raw(m.$unknowns[i]);
                      return w;
                  };

                  ContainerStatsResponse.decode = function (r, l, z, q, g) {
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
                      m = g || new $root.hadron.agent.v1.ContainerStatsResponse();
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
                                  if (m.files === $util.emptyObject)
                                      m.files = {};
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
                                      $util.makeProp(m.files, k);
                                  m.files[k] = v;
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

                  return ContainerStatsResponse;
              })();

              return v1;
          })();

          return agent;
      })();

      return hadron;
  })();
  return $root;
}
