/** containerd's services. The task service containerd 1.x calls by the first name, 2.x by the second; nothing else differs. */

import { defineService } from "ttrpc-ts";

import { Sandbox as SandboxV1 } from "../gen/sandbox.ts";
import { Task as TaskV2 } from "../gen/task.ts";

export { SandboxV1, TaskV2 };
export const TaskV3 = defineService("containerd.task.v3.Task", TaskV2.table);
