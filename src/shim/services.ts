/** containerd's task service. containerd 1.x calls it by the first name, 2.x by the second; nothing else differs. */

import { defineService } from "ttrpc-ts";

import { Task as TaskV2 } from "../gen/task.ts";

export { TaskV2 };
export const TaskV3 = defineService("containerd.task.v3.Task", TaskV2.table);
