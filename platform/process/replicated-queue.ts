import { type Job, Queue, type QueueOptions } from "bullmq";
import type { RedisConnection } from "./redis.ts";
import { replicated } from "./replicated.ts";

type Add = Queue["add"];
type AddBulk = Queue["addBulk"];

/**
 * A queue whose jobs are on replicas, as many as the connection asks for, when adding them resolves. Jobs carry ids of
 * their own: after a fail-over they are added again.
 */
export class ReplicatedQueue extends Queue {
  readonly #redis: RedisConnection;

  constructor(name: string, redis: RedisConnection, options: Omit<QueueOptions, "connection">) {
    // INFO, which BullMQ asks for its version, is nothing every user may: readiness looks at it where we may.
    super(name, { ...options, connection: redis, skipVersionCheck: true });
    this.#redis = redis;
  }

  /** @throws DomainError `unavailable` when too few replicas have it; Redis' error */
  override async add(...job: Parameters<Add>): Promise<Job> {
    return await replicated(this.#redis, this.toKey(""), () => super.add(...job));
  }

  /** @throws as {@link add} */
  override async addBulk(jobs: Parameters<AddBulk>[0]): Promise<Job[]> {
    return await replicated(this.#redis, this.toKey(""), () => super.addBulk(jobs));
  }
}
