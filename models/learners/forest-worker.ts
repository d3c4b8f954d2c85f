import { type GrownTree, type GrowSetup, growTree } from "./forest-tree.ts";
import { serveTasks } from "./worker-pool.ts";

serveTasks(
  (setup: GrowSetup) =>
    (index: number): GrownTree =>
      growTree(setup, index),
);
