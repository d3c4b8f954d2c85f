import type { Redis } from "ioredis";
import { LIVE_CHANNEL } from "../../pipeline/live.ts";
import type { LiveChannel } from "./feed.ts";

/** The `live` channel over a subscriber connection; ioredis subscribes again by itself after each reconnect. */
export function redisLiveChannel(subscriber: Redis): LiveChannel {
  let subscribed = false;
  subscriber.on("close", () => {
    subscribed = false;
  });
  const subscribe = (): void => {
    subscriber.subscribe(LIVE_CHANNEL).then(
      () => {
        subscribed = true;
      },
      () => {},
    );
  };
  subscriber.on("ready", subscribe);
  if (subscriber.status === "ready") subscribe();
  return {
    connected: () => subscribed && subscriber.status === "ready",
    onMessage: (listener) =>
      void subscriber.on("message", (_channel: string, text: string) => listener(text)),
  };
}
