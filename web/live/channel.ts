import { liveChannel } from "../../pipeline/live.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import type { LiveChannel } from "./feed.ts";

/** The `live` channel over a subscriber connection; ioredis subscribes again by itself after each reconnect. */
export function redisLiveChannel(subscriber: RedisConnection, prefix: string): LiveChannel {
  let subscribed = false;
  const listeners: (() => void)[] = [];
  const set = (now: boolean): void => {
    if (subscribed === now) return;
    subscribed = now;
    for (const listener of listeners) listener();
  };
  const subscribe = (): void => {
    subscriber.subscribe(liveChannel(prefix)).then(
      () => set(true),
      () => {},
    );
  };
  subscriber.on("close", () => set(false));
  subscriber.on("ready", subscribe);
  if (subscriber.status === "ready") subscribe();
  return {
    connected: () => subscribed,
    onMessage: (listener) =>
      void subscriber.on("message", (_channel: string, text: string) => listener(text)),
    onChange: (listener) => void listeners.push(listener),
  };
}
