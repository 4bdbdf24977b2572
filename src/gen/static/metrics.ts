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

  var $root = $protobuf.roots["containerd/metrics.proto"] || ($protobuf.roots["containerd/metrics.proto"] = {});

  $root.io = (function() {

      var io = {};

      io.containerd = (function() {

          var containerd = {};

          containerd.cgroups = (function() {

              var cgroups = {};

              cgroups.v2 = (function() {

                  var v2 = {};

                  v2.Metrics = (function() {

                      var Metrics = function (p) {
                          this.hugetlb = [];
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      Metrics.prototype.pids = null;
                      Metrics.prototype.cpu = null;
                      Metrics.prototype.memory = null;
                      Metrics.prototype.rdma = null;
                      Metrics.prototype.io = null;
                      Metrics.prototype.hugetlb = $util.emptyArray;
                      Metrics.prototype.memoryEvents = null;

                      Metrics.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.pids != null && $Object.hasOwnProperty.call(m, "pids"))
                              $root.io.containerd.cgroups.v2.PidsStat.encode(m.pids, w.uint32(10).fork(), q + 1).ldelim();
                          if (m.cpu != null && $Object.hasOwnProperty.call(m, "cpu"))
                              $root.io.containerd.cgroups.v2.CPUStat.encode(m.cpu, w.uint32(18).fork(), q + 1).ldelim();
                          if (m.memory != null && $Object.hasOwnProperty.call(m, "memory"))
                              $root.io.containerd.cgroups.v2.MemoryStat.encode(m.memory, w.uint32(34).fork(), q + 1).ldelim();
                          if (m.rdma != null && $Object.hasOwnProperty.call(m, "rdma"))
                              $root.io.containerd.cgroups.v2.RdmaStat.encode(m.rdma, w.uint32(42).fork(), q + 1).ldelim();
                          if (m.io != null && $Object.hasOwnProperty.call(m, "io"))
                              $root.io.containerd.cgroups.v2.IOStat.encode(m.io, w.uint32(50).fork(), q + 1).ldelim();
                          if (m.hugetlb != null && m.hugetlb.length) {
                              for (var i = 0; i < m.hugetlb.length; ++i)
                                  $root.io.containerd.cgroups.v2.HugeTlbStat.encode(m.hugetlb[i], w.uint32(58).fork(), q + 1).ldelim();
                          }
                          if (m.memoryEvents != null && $Object.hasOwnProperty.call(m, "memoryEvents"))
                              $root.io.containerd.cgroups.v2.MemoryEvents.encode(m.memoryEvents, w.uint32(66).fork(), q + 1).ldelim();
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      Metrics.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.io.containerd.cgroups.v2.Metrics();
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
                                      m.pids = $root.io.containerd.cgroups.v2.PidsStat.decode(r, r.size(), $undefined, q + 1, m.pids);
                                      continue;
                                  }
                              case 2: {
                                      if (u !== 2)
                                          break;
                                      m.cpu = $root.io.containerd.cgroups.v2.CPUStat.decode(r, r.size(), $undefined, q + 1, m.cpu);
                                      continue;
                                  }
                              case 4: {
                                      if (u !== 2)
                                          break;
                                      m.memory = $root.io.containerd.cgroups.v2.MemoryStat.decode(r, r.size(), $undefined, q + 1, m.memory);
                                      continue;
                                  }
                              case 5: {
                                      if (u !== 2)
                                          break;
                                      m.rdma = $root.io.containerd.cgroups.v2.RdmaStat.decode(r, r.size(), $undefined, q + 1, m.rdma);
                                      continue;
                                  }
                              case 6: {
                                      if (u !== 2)
                                          break;
                                      m.io = $root.io.containerd.cgroups.v2.IOStat.decode(r, r.size(), $undefined, q + 1, m.io);
                                      continue;
                                  }
                              case 7: {
                                      if (u !== 2)
                                          break;
                                      if (!(m.hugetlb && m.hugetlb.length))
                                          m.hugetlb = [];
                                      m.hugetlb.push($root.io.containerd.cgroups.v2.HugeTlbStat.decode(r, r.size(), $undefined, q + 1));
                                      continue;
                                  }
                              case 8: {
                                      if (u !== 2)
                                          break;
                                      m.memoryEvents = $root.io.containerd.cgroups.v2.MemoryEvents.decode(r, r.size(), $undefined, q + 1, m.memoryEvents);
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

                      return Metrics;
                  })();

                  v2.PidsStat = (function() {

                      var PidsStat = function (p) {
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      PidsStat.prototype.current = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      PidsStat.prototype.limit = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                      PidsStat.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.current != null && $Object.hasOwnProperty.call(m, "current") && (typeof m.current === "object" ? m.current.low || m.current.high : m.current !== 0))
                              w.uint32(8).uint64(m.current);
                          if (m.limit != null && $Object.hasOwnProperty.call(m, "limit") && (typeof m.limit === "object" ? m.limit.low || m.limit.high : m.limit !== 0))
                              w.uint32(16).uint64(m.limit);
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      PidsStat.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.io.containerd.cgroups.v2.PidsStat();
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
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.current = v;
                                      else
                                          delete m.current;
                                      continue;
                                  }
                              case 2: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.limit = v;
                                      else
                                          delete m.limit;
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

                      return PidsStat;
                  })();

                  v2.CPUStat = (function() {

                      var CPUStat = function (p) {
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      CPUStat.prototype.usageUsec = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      CPUStat.prototype.userUsec = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      CPUStat.prototype.systemUsec = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      CPUStat.prototype.nrPeriods = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      CPUStat.prototype.nrThrottled = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      CPUStat.prototype.throttledUsec = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                      CPUStat.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.usageUsec != null && $Object.hasOwnProperty.call(m, "usageUsec") && (typeof m.usageUsec === "object" ? m.usageUsec.low || m.usageUsec.high : m.usageUsec !== 0))
                              w.uint32(8).uint64(m.usageUsec);
                          if (m.userUsec != null && $Object.hasOwnProperty.call(m, "userUsec") && (typeof m.userUsec === "object" ? m.userUsec.low || m.userUsec.high : m.userUsec !== 0))
                              w.uint32(16).uint64(m.userUsec);
                          if (m.systemUsec != null && $Object.hasOwnProperty.call(m, "systemUsec") && (typeof m.systemUsec === "object" ? m.systemUsec.low || m.systemUsec.high : m.systemUsec !== 0))
                              w.uint32(24).uint64(m.systemUsec);
                          if (m.nrPeriods != null && $Object.hasOwnProperty.call(m, "nrPeriods") && (typeof m.nrPeriods === "object" ? m.nrPeriods.low || m.nrPeriods.high : m.nrPeriods !== 0))
                              w.uint32(32).uint64(m.nrPeriods);
                          if (m.nrThrottled != null && $Object.hasOwnProperty.call(m, "nrThrottled") && (typeof m.nrThrottled === "object" ? m.nrThrottled.low || m.nrThrottled.high : m.nrThrottled !== 0))
                              w.uint32(40).uint64(m.nrThrottled);
                          if (m.throttledUsec != null && $Object.hasOwnProperty.call(m, "throttledUsec") && (typeof m.throttledUsec === "object" ? m.throttledUsec.low || m.throttledUsec.high : m.throttledUsec !== 0))
                              w.uint32(48).uint64(m.throttledUsec);
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      CPUStat.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.io.containerd.cgroups.v2.CPUStat();
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
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.usageUsec = v;
                                      else
                                          delete m.usageUsec;
                                      continue;
                                  }
                              case 2: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.userUsec = v;
                                      else
                                          delete m.userUsec;
                                      continue;
                                  }
                              case 3: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.systemUsec = v;
                                      else
                                          delete m.systemUsec;
                                      continue;
                                  }
                              case 4: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.nrPeriods = v;
                                      else
                                          delete m.nrPeriods;
                                      continue;
                                  }
                              case 5: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.nrThrottled = v;
                                      else
                                          delete m.nrThrottled;
                                      continue;
                                  }
                              case 6: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.throttledUsec = v;
                                      else
                                          delete m.throttledUsec;
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

                      return CPUStat;
                  })();

                  v2.MemoryStat = (function() {

                      var MemoryStat = function (p) {
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      MemoryStat.prototype.anon = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.file = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.kernelStack = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.slab = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.sock = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.shmem = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.fileMapped = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.fileDirty = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.fileWriteback = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.anonThp = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.inactiveAnon = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.activeAnon = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.inactiveFile = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.activeFile = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.unevictable = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.slabReclaimable = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.slabUnreclaimable = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.pgfault = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.pgmajfault = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.workingsetRefault = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.workingsetActivate = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.workingsetNodereclaim = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.pgrefill = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.pgscan = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.pgsteal = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.pgactivate = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.pgdeactivate = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.pglazyfree = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.pglazyfreed = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.thpFaultAlloc = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.thpCollapseAlloc = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.usage = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.usageLimit = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.swapUsage = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.swapLimit = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.maxUsage = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryStat.prototype.swapMaxUsage = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                      MemoryStat.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.anon != null && $Object.hasOwnProperty.call(m, "anon") && (typeof m.anon === "object" ? m.anon.low || m.anon.high : m.anon !== 0))
                              w.uint32(8).uint64(m.anon);
                          if (m.file != null && $Object.hasOwnProperty.call(m, "file") && (typeof m.file === "object" ? m.file.low || m.file.high : m.file !== 0))
                              w.uint32(16).uint64(m.file);
                          if (m.kernelStack != null && $Object.hasOwnProperty.call(m, "kernelStack") && (typeof m.kernelStack === "object" ? m.kernelStack.low || m.kernelStack.high : m.kernelStack !== 0))
                              w.uint32(24).uint64(m.kernelStack);
                          if (m.slab != null && $Object.hasOwnProperty.call(m, "slab") && (typeof m.slab === "object" ? m.slab.low || m.slab.high : m.slab !== 0))
                              w.uint32(32).uint64(m.slab);
                          if (m.sock != null && $Object.hasOwnProperty.call(m, "sock") && (typeof m.sock === "object" ? m.sock.low || m.sock.high : m.sock !== 0))
                              w.uint32(40).uint64(m.sock);
                          if (m.shmem != null && $Object.hasOwnProperty.call(m, "shmem") && (typeof m.shmem === "object" ? m.shmem.low || m.shmem.high : m.shmem !== 0))
                              w.uint32(48).uint64(m.shmem);
                          if (m.fileMapped != null && $Object.hasOwnProperty.call(m, "fileMapped") && (typeof m.fileMapped === "object" ? m.fileMapped.low || m.fileMapped.high : m.fileMapped !== 0))
                              w.uint32(56).uint64(m.fileMapped);
                          if (m.fileDirty != null && $Object.hasOwnProperty.call(m, "fileDirty") && (typeof m.fileDirty === "object" ? m.fileDirty.low || m.fileDirty.high : m.fileDirty !== 0))
                              w.uint32(64).uint64(m.fileDirty);
                          if (m.fileWriteback != null && $Object.hasOwnProperty.call(m, "fileWriteback") && (typeof m.fileWriteback === "object" ? m.fileWriteback.low || m.fileWriteback.high : m.fileWriteback !== 0))
                              w.uint32(72).uint64(m.fileWriteback);
                          if (m.anonThp != null && $Object.hasOwnProperty.call(m, "anonThp") && (typeof m.anonThp === "object" ? m.anonThp.low || m.anonThp.high : m.anonThp !== 0))
                              w.uint32(80).uint64(m.anonThp);
                          if (m.inactiveAnon != null && $Object.hasOwnProperty.call(m, "inactiveAnon") && (typeof m.inactiveAnon === "object" ? m.inactiveAnon.low || m.inactiveAnon.high : m.inactiveAnon !== 0))
                              w.uint32(88).uint64(m.inactiveAnon);
                          if (m.activeAnon != null && $Object.hasOwnProperty.call(m, "activeAnon") && (typeof m.activeAnon === "object" ? m.activeAnon.low || m.activeAnon.high : m.activeAnon !== 0))
                              w.uint32(96).uint64(m.activeAnon);
                          if (m.inactiveFile != null && $Object.hasOwnProperty.call(m, "inactiveFile") && (typeof m.inactiveFile === "object" ? m.inactiveFile.low || m.inactiveFile.high : m.inactiveFile !== 0))
                              w.uint32(104).uint64(m.inactiveFile);
                          if (m.activeFile != null && $Object.hasOwnProperty.call(m, "activeFile") && (typeof m.activeFile === "object" ? m.activeFile.low || m.activeFile.high : m.activeFile !== 0))
                              w.uint32(112).uint64(m.activeFile);
                          if (m.unevictable != null && $Object.hasOwnProperty.call(m, "unevictable") && (typeof m.unevictable === "object" ? m.unevictable.low || m.unevictable.high : m.unevictable !== 0))
                              w.uint32(120).uint64(m.unevictable);
                          if (m.slabReclaimable != null && $Object.hasOwnProperty.call(m, "slabReclaimable") && (typeof m.slabReclaimable === "object" ? m.slabReclaimable.low || m.slabReclaimable.high : m.slabReclaimable !== 0))
                              w.uint32(128).uint64(m.slabReclaimable);
                          if (m.slabUnreclaimable != null && $Object.hasOwnProperty.call(m, "slabUnreclaimable") && (typeof m.slabUnreclaimable === "object" ? m.slabUnreclaimable.low || m.slabUnreclaimable.high : m.slabUnreclaimable !== 0))
                              w.uint32(136).uint64(m.slabUnreclaimable);
                          if (m.pgfault != null && $Object.hasOwnProperty.call(m, "pgfault") && (typeof m.pgfault === "object" ? m.pgfault.low || m.pgfault.high : m.pgfault !== 0))
                              w.uint32(144).uint64(m.pgfault);
                          if (m.pgmajfault != null && $Object.hasOwnProperty.call(m, "pgmajfault") && (typeof m.pgmajfault === "object" ? m.pgmajfault.low || m.pgmajfault.high : m.pgmajfault !== 0))
                              w.uint32(152).uint64(m.pgmajfault);
                          if (m.workingsetRefault != null && $Object.hasOwnProperty.call(m, "workingsetRefault") && (typeof m.workingsetRefault === "object" ? m.workingsetRefault.low || m.workingsetRefault.high : m.workingsetRefault !== 0))
                              w.uint32(160).uint64(m.workingsetRefault);
                          if (m.workingsetActivate != null && $Object.hasOwnProperty.call(m, "workingsetActivate") && (typeof m.workingsetActivate === "object" ? m.workingsetActivate.low || m.workingsetActivate.high : m.workingsetActivate !== 0))
                              w.uint32(168).uint64(m.workingsetActivate);
                          if (m.workingsetNodereclaim != null && $Object.hasOwnProperty.call(m, "workingsetNodereclaim") && (typeof m.workingsetNodereclaim === "object" ? m.workingsetNodereclaim.low || m.workingsetNodereclaim.high : m.workingsetNodereclaim !== 0))
                              w.uint32(176).uint64(m.workingsetNodereclaim);
                          if (m.pgrefill != null && $Object.hasOwnProperty.call(m, "pgrefill") && (typeof m.pgrefill === "object" ? m.pgrefill.low || m.pgrefill.high : m.pgrefill !== 0))
                              w.uint32(184).uint64(m.pgrefill);
                          if (m.pgscan != null && $Object.hasOwnProperty.call(m, "pgscan") && (typeof m.pgscan === "object" ? m.pgscan.low || m.pgscan.high : m.pgscan !== 0))
                              w.uint32(192).uint64(m.pgscan);
                          if (m.pgsteal != null && $Object.hasOwnProperty.call(m, "pgsteal") && (typeof m.pgsteal === "object" ? m.pgsteal.low || m.pgsteal.high : m.pgsteal !== 0))
                              w.uint32(200).uint64(m.pgsteal);
                          if (m.pgactivate != null && $Object.hasOwnProperty.call(m, "pgactivate") && (typeof m.pgactivate === "object" ? m.pgactivate.low || m.pgactivate.high : m.pgactivate !== 0))
                              w.uint32(208).uint64(m.pgactivate);
                          if (m.pgdeactivate != null && $Object.hasOwnProperty.call(m, "pgdeactivate") && (typeof m.pgdeactivate === "object" ? m.pgdeactivate.low || m.pgdeactivate.high : m.pgdeactivate !== 0))
                              w.uint32(216).uint64(m.pgdeactivate);
                          if (m.pglazyfree != null && $Object.hasOwnProperty.call(m, "pglazyfree") && (typeof m.pglazyfree === "object" ? m.pglazyfree.low || m.pglazyfree.high : m.pglazyfree !== 0))
                              w.uint32(224).uint64(m.pglazyfree);
                          if (m.pglazyfreed != null && $Object.hasOwnProperty.call(m, "pglazyfreed") && (typeof m.pglazyfreed === "object" ? m.pglazyfreed.low || m.pglazyfreed.high : m.pglazyfreed !== 0))
                              w.uint32(232).uint64(m.pglazyfreed);
                          if (m.thpFaultAlloc != null && $Object.hasOwnProperty.call(m, "thpFaultAlloc") && (typeof m.thpFaultAlloc === "object" ? m.thpFaultAlloc.low || m.thpFaultAlloc.high : m.thpFaultAlloc !== 0))
                              w.uint32(240).uint64(m.thpFaultAlloc);
                          if (m.thpCollapseAlloc != null && $Object.hasOwnProperty.call(m, "thpCollapseAlloc") && (typeof m.thpCollapseAlloc === "object" ? m.thpCollapseAlloc.low || m.thpCollapseAlloc.high : m.thpCollapseAlloc !== 0))
                              w.uint32(248).uint64(m.thpCollapseAlloc);
                          if (m.usage != null && $Object.hasOwnProperty.call(m, "usage") && (typeof m.usage === "object" ? m.usage.low || m.usage.high : m.usage !== 0))
                              w.uint32(256).uint64(m.usage);
                          if (m.usageLimit != null && $Object.hasOwnProperty.call(m, "usageLimit") && (typeof m.usageLimit === "object" ? m.usageLimit.low || m.usageLimit.high : m.usageLimit !== 0))
                              w.uint32(264).uint64(m.usageLimit);
                          if (m.swapUsage != null && $Object.hasOwnProperty.call(m, "swapUsage") && (typeof m.swapUsage === "object" ? m.swapUsage.low || m.swapUsage.high : m.swapUsage !== 0))
                              w.uint32(272).uint64(m.swapUsage);
                          if (m.swapLimit != null && $Object.hasOwnProperty.call(m, "swapLimit") && (typeof m.swapLimit === "object" ? m.swapLimit.low || m.swapLimit.high : m.swapLimit !== 0))
                              w.uint32(280).uint64(m.swapLimit);
                          if (m.maxUsage != null && $Object.hasOwnProperty.call(m, "maxUsage") && (typeof m.maxUsage === "object" ? m.maxUsage.low || m.maxUsage.high : m.maxUsage !== 0))
                              w.uint32(288).uint64(m.maxUsage);
                          if (m.swapMaxUsage != null && $Object.hasOwnProperty.call(m, "swapMaxUsage") && (typeof m.swapMaxUsage === "object" ? m.swapMaxUsage.low || m.swapMaxUsage.high : m.swapMaxUsage !== 0))
                              w.uint32(296).uint64(m.swapMaxUsage);
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      MemoryStat.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.io.containerd.cgroups.v2.MemoryStat();
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
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.anon = v;
                                      else
                                          delete m.anon;
                                      continue;
                                  }
                              case 2: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.file = v;
                                      else
                                          delete m.file;
                                      continue;
                                  }
                              case 3: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.kernelStack = v;
                                      else
                                          delete m.kernelStack;
                                      continue;
                                  }
                              case 4: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.slab = v;
                                      else
                                          delete m.slab;
                                      continue;
                                  }
                              case 5: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.sock = v;
                                      else
                                          delete m.sock;
                                      continue;
                                  }
                              case 6: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.shmem = v;
                                      else
                                          delete m.shmem;
                                      continue;
                                  }
                              case 7: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.fileMapped = v;
                                      else
                                          delete m.fileMapped;
                                      continue;
                                  }
                              case 8: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.fileDirty = v;
                                      else
                                          delete m.fileDirty;
                                      continue;
                                  }
                              case 9: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.fileWriteback = v;
                                      else
                                          delete m.fileWriteback;
                                      continue;
                                  }
                              case 10: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.anonThp = v;
                                      else
                                          delete m.anonThp;
                                      continue;
                                  }
                              case 11: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.inactiveAnon = v;
                                      else
                                          delete m.inactiveAnon;
                                      continue;
                                  }
                              case 12: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.activeAnon = v;
                                      else
                                          delete m.activeAnon;
                                      continue;
                                  }
                              case 13: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.inactiveFile = v;
                                      else
                                          delete m.inactiveFile;
                                      continue;
                                  }
                              case 14: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.activeFile = v;
                                      else
                                          delete m.activeFile;
                                      continue;
                                  }
                              case 15: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.unevictable = v;
                                      else
                                          delete m.unevictable;
                                      continue;
                                  }
                              case 16: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.slabReclaimable = v;
                                      else
                                          delete m.slabReclaimable;
                                      continue;
                                  }
                              case 17: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.slabUnreclaimable = v;
                                      else
                                          delete m.slabUnreclaimable;
                                      continue;
                                  }
                              case 18: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.pgfault = v;
                                      else
                                          delete m.pgfault;
                                      continue;
                                  }
                              case 19: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.pgmajfault = v;
                                      else
                                          delete m.pgmajfault;
                                      continue;
                                  }
                              case 20: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.workingsetRefault = v;
                                      else
                                          delete m.workingsetRefault;
                                      continue;
                                  }
                              case 21: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.workingsetActivate = v;
                                      else
                                          delete m.workingsetActivate;
                                      continue;
                                  }
                              case 22: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.workingsetNodereclaim = v;
                                      else
                                          delete m.workingsetNodereclaim;
                                      continue;
                                  }
                              case 23: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.pgrefill = v;
                                      else
                                          delete m.pgrefill;
                                      continue;
                                  }
                              case 24: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.pgscan = v;
                                      else
                                          delete m.pgscan;
                                      continue;
                                  }
                              case 25: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.pgsteal = v;
                                      else
                                          delete m.pgsteal;
                                      continue;
                                  }
                              case 26: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.pgactivate = v;
                                      else
                                          delete m.pgactivate;
                                      continue;
                                  }
                              case 27: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.pgdeactivate = v;
                                      else
                                          delete m.pgdeactivate;
                                      continue;
                                  }
                              case 28: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.pglazyfree = v;
                                      else
                                          delete m.pglazyfree;
                                      continue;
                                  }
                              case 29: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.pglazyfreed = v;
                                      else
                                          delete m.pglazyfreed;
                                      continue;
                                  }
                              case 30: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.thpFaultAlloc = v;
                                      else
                                          delete m.thpFaultAlloc;
                                      continue;
                                  }
                              case 31: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.thpCollapseAlloc = v;
                                      else
                                          delete m.thpCollapseAlloc;
                                      continue;
                                  }
                              case 32: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.usage = v;
                                      else
                                          delete m.usage;
                                      continue;
                                  }
                              case 33: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.usageLimit = v;
                                      else
                                          delete m.usageLimit;
                                      continue;
                                  }
                              case 34: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.swapUsage = v;
                                      else
                                          delete m.swapUsage;
                                      continue;
                                  }
                              case 35: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.swapLimit = v;
                                      else
                                          delete m.swapLimit;
                                      continue;
                                  }
                              case 36: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.maxUsage = v;
                                      else
                                          delete m.maxUsage;
                                      continue;
                                  }
                              case 37: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.swapMaxUsage = v;
                                      else
                                          delete m.swapMaxUsage;
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

                      return MemoryStat;
                  })();

                  v2.MemoryEvents = (function() {

                      var MemoryEvents = function (p) {
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      MemoryEvents.prototype.low = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryEvents.prototype.high = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryEvents.prototype.max = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryEvents.prototype.oom = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      MemoryEvents.prototype.oomKill = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                      MemoryEvents.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.low != null && $Object.hasOwnProperty.call(m, "low") && (typeof m.low === "object" ? m.low.low || m.low.high : m.low !== 0))
                              w.uint32(8).uint64(m.low);
                          if (m.high != null && $Object.hasOwnProperty.call(m, "high") && (typeof m.high === "object" ? m.high.low || m.high.high : m.high !== 0))
                              w.uint32(16).uint64(m.high);
                          if (m.max != null && $Object.hasOwnProperty.call(m, "max") && (typeof m.max === "object" ? m.max.low || m.max.high : m.max !== 0))
                              w.uint32(24).uint64(m.max);
                          if (m.oom != null && $Object.hasOwnProperty.call(m, "oom") && (typeof m.oom === "object" ? m.oom.low || m.oom.high : m.oom !== 0))
                              w.uint32(32).uint64(m.oom);
                          if (m.oomKill != null && $Object.hasOwnProperty.call(m, "oomKill") && (typeof m.oomKill === "object" ? m.oomKill.low || m.oomKill.high : m.oomKill !== 0))
                              w.uint32(40).uint64(m.oomKill);
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      MemoryEvents.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.io.containerd.cgroups.v2.MemoryEvents();
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
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.low = v;
                                      else
                                          delete m.low;
                                      continue;
                                  }
                              case 2: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.high = v;
                                      else
                                          delete m.high;
                                      continue;
                                  }
                              case 3: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.max = v;
                                      else
                                          delete m.max;
                                      continue;
                                  }
                              case 4: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.oom = v;
                                      else
                                          delete m.oom;
                                      continue;
                                  }
                              case 5: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.oomKill = v;
                                      else
                                          delete m.oomKill;
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

                      return MemoryEvents;
                  })();

                  v2.RdmaStat = (function() {

                      var RdmaStat = function (p) {
                          this.current = [];
                          this.limit = [];
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      RdmaStat.prototype.current = $util.emptyArray;
                      RdmaStat.prototype.limit = $util.emptyArray;

                      RdmaStat.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.current != null && m.current.length) {
                              for (var i = 0; i < m.current.length; ++i)
                                  $root.io.containerd.cgroups.v2.RdmaEntry.encode(m.current[i], w.uint32(10).fork(), q + 1).ldelim();
                          }
                          if (m.limit != null && m.limit.length) {
                              for (var i = 0; i < m.limit.length; ++i)
                                  $root.io.containerd.cgroups.v2.RdmaEntry.encode(m.limit[i], w.uint32(18).fork(), q + 1).ldelim();
                          }
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      RdmaStat.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.io.containerd.cgroups.v2.RdmaStat();
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
                                      if (!(m.current && m.current.length))
                                          m.current = [];
                                      m.current.push($root.io.containerd.cgroups.v2.RdmaEntry.decode(r, r.size(), $undefined, q + 1));
                                      continue;
                                  }
                              case 2: {
                                      if (u !== 2)
                                          break;
                                      if (!(m.limit && m.limit.length))
                                          m.limit = [];
                                      m.limit.push($root.io.containerd.cgroups.v2.RdmaEntry.decode(r, r.size(), $undefined, q + 1));
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

                      return RdmaStat;
                  })();

                  v2.RdmaEntry = (function() {

                      var RdmaEntry = function (p) {
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      RdmaEntry.prototype.device = "";
                      RdmaEntry.prototype.hcaHandles = 0;
                      RdmaEntry.prototype.hcaObjects = 0;

                      RdmaEntry.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.device != null && $Object.hasOwnProperty.call(m, "device") && m.device !== "")
                              w.uint32(10).string(m.device);
                          if (m.hcaHandles != null && $Object.hasOwnProperty.call(m, "hcaHandles") && m.hcaHandles !== 0)
                              w.uint32(16).uint32(m.hcaHandles);
                          if (m.hcaObjects != null && $Object.hasOwnProperty.call(m, "hcaObjects") && m.hcaObjects !== 0)
                              w.uint32(24).uint32(m.hcaObjects);
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      RdmaEntry.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.io.containerd.cgroups.v2.RdmaEntry();
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
                                          m.device = v;
                                      else
                                          delete m.device;
                                      continue;
                                  }
                              case 2: {
                                      if (u !== 0)
                                          break;
                                      if (v = r.uint32())
                                          m.hcaHandles = v;
                                      else
                                          delete m.hcaHandles;
                                      continue;
                                  }
                              case 3: {
                                      if (u !== 0)
                                          break;
                                      if (v = r.uint32())
                                          m.hcaObjects = v;
                                      else
                                          delete m.hcaObjects;
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

                      return RdmaEntry;
                  })();

                  v2.IOStat = (function() {

                      var IOStat = function (p) {
                          this.usage = [];
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      IOStat.prototype.usage = $util.emptyArray;

                      IOStat.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.usage != null && m.usage.length) {
                              for (var i = 0; i < m.usage.length; ++i)
                                  $root.io.containerd.cgroups.v2.IOEntry.encode(m.usage[i], w.uint32(10).fork(), q + 1).ldelim();
                          }
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      IOStat.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.io.containerd.cgroups.v2.IOStat();
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
                                      if (!(m.usage && m.usage.length))
                                          m.usage = [];
                                      m.usage.push($root.io.containerd.cgroups.v2.IOEntry.decode(r, r.size(), $undefined, q + 1));
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

                      return IOStat;
                  })();

                  v2.IOEntry = (function() {

                      var IOEntry = function (p) {
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      IOEntry.prototype.major = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      IOEntry.prototype.minor = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      IOEntry.prototype.rbytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      IOEntry.prototype.wbytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      IOEntry.prototype.rios = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      IOEntry.prototype.wios = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                      IOEntry.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.major != null && $Object.hasOwnProperty.call(m, "major") && (typeof m.major === "object" ? m.major.low || m.major.high : m.major !== 0))
                              w.uint32(8).uint64(m.major);
                          if (m.minor != null && $Object.hasOwnProperty.call(m, "minor") && (typeof m.minor === "object" ? m.minor.low || m.minor.high : m.minor !== 0))
                              w.uint32(16).uint64(m.minor);
                          if (m.rbytes != null && $Object.hasOwnProperty.call(m, "rbytes") && (typeof m.rbytes === "object" ? m.rbytes.low || m.rbytes.high : m.rbytes !== 0))
                              w.uint32(24).uint64(m.rbytes);
                          if (m.wbytes != null && $Object.hasOwnProperty.call(m, "wbytes") && (typeof m.wbytes === "object" ? m.wbytes.low || m.wbytes.high : m.wbytes !== 0))
                              w.uint32(32).uint64(m.wbytes);
                          if (m.rios != null && $Object.hasOwnProperty.call(m, "rios") && (typeof m.rios === "object" ? m.rios.low || m.rios.high : m.rios !== 0))
                              w.uint32(40).uint64(m.rios);
                          if (m.wios != null && $Object.hasOwnProperty.call(m, "wios") && (typeof m.wios === "object" ? m.wios.low || m.wios.high : m.wios !== 0))
                              w.uint32(48).uint64(m.wios);
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      IOEntry.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.io.containerd.cgroups.v2.IOEntry();
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
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.major = v;
                                      else
                                          delete m.major;
                                      continue;
                                  }
                              case 2: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.minor = v;
                                      else
                                          delete m.minor;
                                      continue;
                                  }
                              case 3: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.rbytes = v;
                                      else
                                          delete m.rbytes;
                                      continue;
                                  }
                              case 4: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.wbytes = v;
                                      else
                                          delete m.wbytes;
                                      continue;
                                  }
                              case 5: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.rios = v;
                                      else
                                          delete m.rios;
                                      continue;
                                  }
                              case 6: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.wios = v;
                                      else
                                          delete m.wios;
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

                      return IOEntry;
                  })();

                  v2.HugeTlbStat = (function() {

                      var HugeTlbStat = function (p) {
                          if (p)
                              for (var ks = $Object.keys(p), i = 0; i < ks.length; ++i)
                                  if (p[ks[i]] != null && ks[i] !== "__proto__")
                                      this[ks[i]] = p[ks[i]];
                      };

                      HugeTlbStat.prototype.current = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      HugeTlbStat.prototype.max = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                      HugeTlbStat.prototype.pagesize = "";

                      HugeTlbStat.encode = function (m, w, q) {
                          if (!w)
                              w = $Writer.create();
                          if (q === $undefined)
                              q = 0;
                          if (q > $util.recursionLimit)
                              throw $Error("max depth exceeded");
                          if (m.current != null && $Object.hasOwnProperty.call(m, "current") && (typeof m.current === "object" ? m.current.low || m.current.high : m.current !== 0))
                              w.uint32(8).uint64(m.current);
                          if (m.max != null && $Object.hasOwnProperty.call(m, "max") && (typeof m.max === "object" ? m.max.low || m.max.high : m.max !== 0))
                              w.uint32(16).uint64(m.max);
                          if (m.pagesize != null && $Object.hasOwnProperty.call(m, "pagesize") && m.pagesize !== "")
                              w.uint32(26).string(m.pagesize);
                          if (m.$unknowns != null && $Object.hasOwnProperty.call(m, "$unknowns"))
                              for (var i = 0; i < m.$unknowns.length; ++i)
                                  w.raw(m.$unknowns[i]);
                          return w;
                      };

                      HugeTlbStat.decode = function (r, l, z, q, g) {
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
                          m = g || new $root.io.containerd.cgroups.v2.HugeTlbStat();
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
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.current = v;
                                      else
                                          delete m.current;
                                      continue;
                                  }
                              case 2: {
                                      if (u !== 0)
                                          break;
                                      if (typeof (v = r.uint64()) === "object" ? v.low || v.high : v !== 0)
                                          m.max = v;
                                      else
                                          delete m.max;
                                      continue;
                                  }
                              case 3: {
                                      if (u !== 2)
                                          break;
                                      if ((v = r.stringVerify()).length)
                                          m.pagesize = v;
                                      else
                                          delete m.pagesize;
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

                      return HugeTlbStat;
                  })();

                  return v2;
              })();

              return cgroups;
          })();

          return containerd;
      })();

      return io;
  })();
  return $root;
}
