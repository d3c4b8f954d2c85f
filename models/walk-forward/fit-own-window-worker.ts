import { serveTasks } from "../learners/worker-pool.ts";
import { fitWindow, type WalkSetup, type WalkTask } from "./fit-window.ts";
import { ownField } from "./own-field.ts";

serveTasks((setup: WalkSetup) => (task: WalkTask) => fitWindow(setup, ownField, task));
