// Written by tools/proto.ts from proto/hadron/agent.proto. Not to be edited.

import { Message } from "./codec.ts";
import { load } from "./static/agent.ts";

/** hadron.agent.v1.Empty */
export type Empty = Readonly<Record<string, never>>;

export const Empty = new Message<Empty>("hadron.agent.v1.Empty", load, () => ({}));

/** hadron.agent.v1.Share */
export interface Share {
  readonly fsType: string;
  readonly tag: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
}

export const Share = new Message<Share>("hadron.agent.v1.Share", load, () => ({
  fsType: ["string"],
  tag: ["string"],
  mountPoint: ["string"],
  options: ["string", "repeated"],
}));

/** hadron.agent.v1.CreateSandboxRequest */
export interface CreateSandboxRequest {
  readonly realtimeNs: bigint;
  readonly hostname: string;
  readonly sysctls: ReadonlyMap<string, string>;
  readonly shares: readonly Share[];
  readonly logLevel: string;
}

export const CreateSandboxRequest = new Message<CreateSandboxRequest>("hadron.agent.v1.CreateSandboxRequest", load, () => ({
  realtimeNs: ["int64"],
  hostname: ["string"],
  sysctls: ["string", "map"],
  shares: [Share, "repeated"],
  logLevel: ["string"],
}));

/** hadron.agent.v1.CreateSandboxResponse */
export interface CreateSandboxResponse {
  readonly agentVersion: string;
  readonly kernelRelease: string;
  readonly initEnteredNs: bigint;
  readonly requestReadNs: bigint;
}

export const CreateSandboxResponse = new Message<CreateSandboxResponse>("hadron.agent.v1.CreateSandboxResponse", load, () => ({
  agentVersion: ["string"],
  kernelRelease: ["string"],
  initEnteredNs: ["uint64"],
  requestReadNs: ["uint64"],
}));

/** hadron.agent.v1.Stdio */
export interface Stdio {
  readonly stdinPort: number;
  readonly stdoutPort: number;
  readonly stderrPort: number;
  readonly terminalWidth: number;
  readonly terminalHeight: number;
}

export const Stdio = new Message<Stdio>("hadron.agent.v1.Stdio", load, () => ({
  stdinPort: ["uint32"],
  stdoutPort: ["uint32"],
  stderrPort: ["uint32"],
  terminalWidth: ["uint32"],
  terminalHeight: ["uint32"],
}));

/** hadron.agent.v1.CreateContainerRequest */
export interface CreateContainerRequest {
  readonly containerId: string;
  readonly specJson: Uint8Array;
  readonly stdio?: Stdio;
}

export const CreateContainerRequest = new Message<CreateContainerRequest>("hadron.agent.v1.CreateContainerRequest", load, () => ({
  containerId: ["string"],
  specJson: ["bytes"],
  stdio: [Stdio],
}));

/** hadron.agent.v1.CreateContainerResponse */
export interface CreateContainerResponse {
  readonly pid: number;
}

export const CreateContainerResponse = new Message<CreateContainerResponse>("hadron.agent.v1.CreateContainerResponse", load, () => ({
  pid: ["uint32"],
}));

/** hadron.agent.v1.StartContainerRequest */
export interface StartContainerRequest {
  readonly containerId: string;
}

export const StartContainerRequest = new Message<StartContainerRequest>("hadron.agent.v1.StartContainerRequest", load, () => ({
  containerId: ["string"],
}));

/** hadron.agent.v1.DeleteContainerRequest */
export interface DeleteContainerRequest {
  readonly containerId: string;
}

export const DeleteContainerRequest = new Message<DeleteContainerRequest>("hadron.agent.v1.DeleteContainerRequest", load, () => ({
  containerId: ["string"],
}));

/** hadron.agent.v1.ContainerRequest */
export interface ContainerRequest {
  readonly containerId: string;
}

export const ContainerRequest = new Message<ContainerRequest>("hadron.agent.v1.ContainerRequest", load, () => ({
  containerId: ["string"],
}));

/** hadron.agent.v1.ExecProcessRequest */
export interface ExecProcessRequest {
  readonly containerId: string;
  readonly execId: string;
  readonly processJson: Uint8Array;
  readonly stdio?: Stdio;
}

export const ExecProcessRequest = new Message<ExecProcessRequest>("hadron.agent.v1.ExecProcessRequest", load, () => ({
  containerId: ["string"],
  execId: ["string"],
  processJson: ["bytes"],
  stdio: [Stdio],
}));

/** hadron.agent.v1.ExecProcessResponse */
export interface ExecProcessResponse {
  readonly pid: number;
}

export const ExecProcessResponse = new Message<ExecProcessResponse>("hadron.agent.v1.ExecProcessResponse", load, () => ({
  pid: ["uint32"],
}));

/** hadron.agent.v1.ProcessRequest */
export interface ProcessRequest {
  readonly containerId: string;
  readonly execId: string;
}

export const ProcessRequest = new Message<ProcessRequest>("hadron.agent.v1.ProcessRequest", load, () => ({
  containerId: ["string"],
  execId: ["string"],
}));

/** hadron.agent.v1.WaitProcessResponse */
export interface WaitProcessResponse {
  readonly exitStatus: number;
  readonly exitedAtNs: bigint;
}

export const WaitProcessResponse = new Message<WaitProcessResponse>("hadron.agent.v1.WaitProcessResponse", load, () => ({
  exitStatus: ["uint32"],
  exitedAtNs: ["int64"],
}));

/** hadron.agent.v1.SignalProcessRequest */
export interface SignalProcessRequest {
  readonly containerId: string;
  readonly execId: string;
  readonly signal: number;
  readonly all: boolean;
}

export const SignalProcessRequest = new Message<SignalProcessRequest>("hadron.agent.v1.SignalProcessRequest", load, () => ({
  containerId: ["string"],
  execId: ["string"],
  signal: ["uint32"],
  all: ["bool"],
}));

/** hadron.agent.v1.PathsRequest */
export interface PathsRequest {
  readonly paths: readonly string[];
}

export const PathsRequest = new Message<PathsRequest>("hadron.agent.v1.PathsRequest", load, () => ({
  paths: ["string", "repeated"],
}));

/** hadron.agent.v1.SharesRequest.Inner */
export interface SharesRequestInner {
  readonly directory: string;
  readonly below: string;
  readonly recursive: boolean;
  readonly target: string;
}

export const SharesRequestInner = new Message<SharesRequestInner>("hadron.agent.v1.SharesRequest.Inner", load, () => ({
  directory: ["string"],
  below: ["string"],
  recursive: ["bool"],
  target: ["string"],
}));

/** hadron.agent.v1.SharesRequest */
export interface SharesRequest {
  readonly paths: readonly string[];
  readonly inner: readonly SharesRequestInner[];
}

export const SharesRequest = new Message<SharesRequest>("hadron.agent.v1.SharesRequest", load, () => ({
  paths: ["string", "repeated"],
  inner: [SharesRequestInner, "repeated"],
}));

/** hadron.agent.v1.ResizeTerminalRequest */
export interface ResizeTerminalRequest {
  readonly containerId: string;
  readonly execId: string;
  readonly width: number;
  readonly height: number;
}

export const ResizeTerminalRequest = new Message<ResizeTerminalRequest>("hadron.agent.v1.ResizeTerminalRequest", load, () => ({
  containerId: ["string"],
  execId: ["string"],
  width: ["uint32"],
  height: ["uint32"],
}));

/** hadron.agent.v1.ListProcessesResponse.Process */
export interface ListProcessesResponseProcess {
  readonly pid: number;
  readonly execId: string;
}

export const ListProcessesResponseProcess = new Message<ListProcessesResponseProcess>("hadron.agent.v1.ListProcessesResponse.Process", load, () => ({
  pid: ["uint32"],
  execId: ["string"],
}));

/** hadron.agent.v1.ListProcessesResponse */
export interface ListProcessesResponse {
  readonly processes: readonly ListProcessesResponseProcess[];
}

export const ListProcessesResponse = new Message<ListProcessesResponse>("hadron.agent.v1.ListProcessesResponse", load, () => ({
  processes: [ListProcessesResponseProcess, "repeated"],
}));

/** hadron.agent.v1.UpdateContainerRequest */
export interface UpdateContainerRequest {
  readonly containerId: string;
  readonly resourcesJson: Uint8Array;
}

export const UpdateContainerRequest = new Message<UpdateContainerRequest>("hadron.agent.v1.UpdateContainerRequest", load, () => ({
  containerId: ["string"],
  resourcesJson: ["bytes"],
}));

/** hadron.agent.v1.SetClockRequest */
export interface SetClockRequest {
  readonly realtimeNs: bigint;
  readonly backwards: boolean;
}

export const SetClockRequest = new Message<SetClockRequest>("hadron.agent.v1.SetClockRequest", load, () => ({
  realtimeNs: ["int64"],
  backwards: ["bool"],
}));

/** hadron.agent.v1.SetClockResponse */
export interface SetClockResponse {
  readonly aheadNs: bigint;
}

export const SetClockResponse = new Message<SetClockResponse>("hadron.agent.v1.SetClockResponse", load, () => ({
  aheadNs: ["int64"],
}));

/** hadron.agent.v1.OomEvent */
export interface OomEvent {
  readonly containerId: string;
}

export const OomEvent = new Message<OomEvent>("hadron.agent.v1.OomEvent", load, () => ({
  containerId: ["string"],
}));

/** hadron.agent.v1.Event */
export interface Event {
  readonly oom?: OomEvent;
}

export const Event = new Message<Event>("hadron.agent.v1.Event", load, () => ({
  oom: [OomEvent],
}));

/** hadron.agent.v1.ContainerStatsResponse */
export interface ContainerStatsResponse {
  readonly files: ReadonlyMap<string, string>;
}

export const ContainerStatsResponse = new Message<ContainerStatsResponse>("hadron.agent.v1.ContainerStatsResponse", load, () => ({
  files: ["string", "map"],
}));

/** The methods of hadron.agent.v1.Agent. */
export const AgentMethods = {
  createSandbox: { request: CreateSandboxRequest, response: CreateSandboxResponse },
  createContainer: { request: CreateContainerRequest, response: CreateContainerResponse },
  startContainer: { request: StartContainerRequest, response: Empty },
  deleteContainer: { request: DeleteContainerRequest, response: Empty },
  execProcess: { request: ExecProcessRequest, response: ExecProcessResponse },
  deleteProcess: { request: ProcessRequest, response: Empty },
  waitProcess: { request: ProcessRequest, response: WaitProcessResponse },
  signalProcess: { request: SignalProcessRequest, response: Empty },
  resizeTerminal: { request: ResizeTerminalRequest, response: Empty },
  pauseContainer: { request: ContainerRequest, response: Empty },
  resumeContainer: { request: ContainerRequest, response: Empty },
  listProcesses: { request: ContainerRequest, response: ListProcessesResponse },
  containerStats: { request: ContainerRequest, response: ContainerStatsResponse },
  updateContainer: { request: UpdateContainerRequest, response: Empty },
  ping: { request: Empty, response: Empty },
  setClock: { request: SetClockRequest, response: SetClockResponse },
  events: { kind: "server-streaming", request: Empty, response: Event },
  sync: { request: Empty, response: Empty },
  writeBack: { request: PathsRequest, response: Empty },
  enterShares: { request: SharesRequest, response: Empty },
  leaveShares: { request: SharesRequest, response: Empty },
} as const;
