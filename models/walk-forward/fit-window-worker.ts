import { serveTasks } from "../learners/worker-pool.ts";
import { publicField } from "./candidates.ts";
import { fitWindow, type WalkSetup, type WalkTask } from "./fit-window.ts";

serveTasks((setup: WalkSetup) => (task: WalkTask) => fitWindow(setup, publicField, task));
