/** The services that Hadron serves or calls, as ttrpc-ts wants them described. */

import { defineService } from "ttrpc-ts";
import { AgentMethods } from "./agent.ts";
import { EventsMethods } from "./events.ts";
import { TaskMethods } from "./task.ts";

/** containerd's task service. containerd 1.x calls it by the first name, 2.x by the second; nothing else differs. */
export const TaskV2 = defineService("containerd.task.v2.Task", TaskMethods);
export const TaskV3 = defineService("containerd.task.v3.Task", TaskMethods);

/** Where containerd takes events. */
export const Events = defineService("containerd.services.events.ttrpc.v1.Events", EventsMethods);

/** The guest's. */
export const Agent = defineService("hadron.agent.v1.Agent", AgentMethods);
